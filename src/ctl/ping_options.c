/* ping_options.c - the command line of mcastctl ping. */
#include "ctl/ping_options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "config/values.h"
#include "ctl/options.h"
#include "ctl/ping.h"
#include "message/auth.h"
#include "message/message.h"
#include "state/acks.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

#define AT(member) .offset = offsetof(struct ping_options, member)

const struct parameter ping_parameters[] = {
        { "interface", 'I', ARGUMENT_INTERFACE, .word = "NAME|ADDRESS",
          .help = "send by this interface, not by route", AT(target) },
        { "message", 'm', ARGUMENT_TEXT, .word = "TEXT", .help = "what to send (very important data)",
          AT(message), .most = MESSAGE_MAX },
        { "count", 'c', ARGUMENT_NUMBER, .word = "N", .help = "how many messages (1)", AT(count), .least = 1,
          .most = 1000000 },
        { "interval", 'i', ARGUMENT_DURATION, .word = "DURATION", .help = "from one message to the next (1s)",
          AT(interval_ns), .least = NS_PER_MS, .most = DAY_NS },
        { "timeout", 'W', ARGUMENT_DURATION, .word = "DURATION",
          .help = "how long to wait for acks of each (200ms)", AT(timeout_ns), .least = NS_PER_MS,
          .most = DAY_NS },
        { "expect", 'e', ARGUMENT_NUMBER, .word = "N", .help = "exit with 0 only if so many nodes answer (1)",
          AT(expect), .least = 1, .most = ACKS_SOURCES_MAX },
        { "ttl", 't', ARGUMENT_NUMBER, .word = "N", .help = "how many routers may forward it, and one (1)",
          AT(ttl), .most = 255 },
        OPTION_SOURCE_PORT(struct ping_options),
        { "roster", 'r', ARGUMENT_NONE, .help = "compare with the nodes that mcastd knows", AT(roster) },
        { "key", 'k', ARGUMENT_FILE, .word = "FILE:ID",
          .help = "sign with this key of a file of keys, and take signed acks only", AT(key) },
        OPTION_SOCKET(struct ping_options),
        OPTION_JSON(struct ping_options, daemon.json),
        { .kind = ARGUMENT_GROUP, .word = "GROUP:PORT", AT(target) },
        { 0 },
};

/* The name of a file may have colons. */
static int parse_key(struct ping_options *o)
{
        const char *colon = strrchr(o->key, ':');
        size_t length = colon ? (size_t)(colon - o->key) : 0;

        if (length == 0 || length >= sizeof o->key_file || value_number(colon + 1, &o->key_id) < 0 ||
            o->key_id < 1 || o->key_id > UINT16_MAX)
                return target_refuse("ping", "--key", o->key,
                                     "FILE:ID, a file of keys and a number from 1 to 65535");
        memcpy(o->key_file, o->key, length);
        o->key_file[length] = '\0';
        if (strlen(o->message) <= MESSAGE_MAX - AUTH_TRAILER_SIZE)
                return 0;
        fprintf(stderr, "mcastctl ping: --message: %zu bytes; at most %d with --key\n", strlen(o->message),
                MESSAGE_MAX - AUTH_TRAILER_SIZE);
        return EX_USAGE + 1;
}

/* What the parts say together. */
static int check(struct ping_options *o)
{
        const struct address *group = &o->target.group.address;
        int r = target_settle("ping", &o->target);
        struct link_choice choice = target_choice(&o->target);

        if (r == 0 && o->key)
                r = parse_key(o);
        if (r == 0 && address_needs_link(group) && link_choice_is_by_route(&choice)) {
                fprintf(stderr, "mcastctl ping: %s is another group on each link: give --interface\n",
                        ADDRESS_TEXT(group));
                r = EX_USAGE + 1;
        }
        return r;
}

int ping_options_parse(int argc, char *argv[], struct ping_options *ret)
{
        int r;

        *ret = (struct ping_options){
                .message = "very important data",
                .count = 1,
                .interval_ns = NS_PER_S,
                .timeout_ns = 200 * NS_PER_MS,
                .expect = 1,
                .ttl = 1,
        };
        r = options_parse(&command_ping, argc, argv, ret);
        return r ? r : check(ret);
}
