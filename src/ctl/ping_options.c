/* ping_options.c - the command line of mcastctl ping. */
#include "ctl/ping_options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "config/values.h"
#include "message/message.h"
#include "state/acks.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

static const char help[] =
        "Usage: mcastctl ping [OPTION]... GROUP:PORT\n"
        "Sends a message to a multicast group, and tells who acknowledges it.\n"
        "\n"
        "  -I, --interface NAME|ADDRESS  send by this interface, not by route\n"
        "  -m, --message TEXT            what to send (very important data)\n"
        "  -c, --count N                 how many messages (1)\n"
        "  -i, --interval DURATION       from one message to the next (1s)\n"
        "  -W, --timeout DURATION        how long to wait for acks of each (200ms)\n"
        "  -e, --expect N                exit with 0 only if so many nodes answer (1)\n"
        "  -t, --ttl N                   how many routers may forward it, and one (1)\n"
        "  -p, --source-port N           send from this port, which a firewall can know\n"
        "  -j, --json                    print one JSON document\n"
        "  -h, --help                    say this, and exit\n"
        "\n"
        "Exit status: 0 enough nodes answered, 1 not enough, 64 wrong usage. See mcastctl(1).\n";

static const struct option long_options[] = {
        { "interface", required_argument, NULL, 'I' },
        { "message", required_argument, NULL, 'm' },
        { "count", required_argument, NULL, 'c' },
        { "interval", required_argument, NULL, 'i' },
        { "timeout", required_argument, NULL, 'W' },
        { "expect", required_argument, NULL, 'e' },
        { "ttl", required_argument, NULL, 't' },
        { "source-port", required_argument, NULL, 'p' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

static int parse_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
        char right[64];
        uint64_t number;

        if (value_number(text, &number) == 0 && number >= least && number <= most) {
                *ret = number;
                return 0;
        }
        snprintf(right, sizeof right, "a number from %" PRIu64 " to %" PRIu64, least, most);
        return target_refuse("ping", what, text, right);
}

static int parse_duration(const char *what, const char *text, int64_t *ret_ns)
{
        int64_t ns;

        if (value_duration(text, &ns) < 0 || ns < NS_PER_MS || ns > DAY_NS)
                return target_refuse("ping", what, text, "a duration from 1ms to 24h");
        *ret_ns = ns;
        return 0;
}

/* What the parts say together. */
static int check(struct ping_options *o)
{
        const struct address *group = &o->target.group.address;
        int r = target_settle("ping", &o->target);
        struct link_choice choice = target_choice(&o->target);

        if (r == 0 && address_needs_link(group) && link_choice_is_by_route(&choice)) {
                fprintf(stderr, "mcastctl ping: %s is another group on each link: give --interface\n",
                        ADDRESS_TEXT(group));
                r = EX_USAGE + 1;
        }
        return r;
}

static int parse_message(const char *text, const char **ret)
{
        if (strlen(text) > MESSAGE_MAX) {
                fprintf(stderr, "mcastctl ping: --message: %zu bytes; at most %d\n", strlen(text),
                        MESSAGE_MAX);
                return EX_USAGE + 1;
        }
        *ret = text;
        return 0;
}

static int parse_option(int c, struct ping_options *o)
{
        switch (c) {
        case 'I':
                return target_parse_interface("ping", optarg, &o->target);
        case 'm':
                return parse_message(optarg, &o->message);
        case 'c':
                return parse_number("--count", optarg, 1, 1000000, &o->count);
        case 'i':
                return parse_duration("--interval", optarg, &o->interval_ns);
        case 'W':
                return parse_duration("--timeout", optarg, &o->timeout_ns);
        case 'e':
                return parse_number("--expect", optarg, 1, ACKS_SOURCES_MAX, &o->expect);
        case 't':
                return parse_number("--ttl", optarg, 0, 255, &o->ttl);
        case 'p':
                return target_parse_port("ping", optarg, &o->source_port);
        case 'j':
                o->json = true;
                return 0;
        case 'h':
                fputs(help, stdout);
                return EXIT_SUCCESS + 1;
        default:
                fputs("Try mcastctl ping --help.\n", stderr);
                return EX_USAGE + 1;
        }
}

int ping_options_parse(int argc, char *argv[], struct ping_options *ret)
{
        struct ping_options o = {
                .message = "very important data",
                .count = 1,
                .interval_ns = NS_PER_S,
                .timeout_ns = 200 * NS_PER_MS,
                .expect = 1,
                .ttl = 1,
        };
        int c, r;

        while ((c = getopt_long(argc, argv, "I:m:c:i:W:e:t:p:jh", long_options, NULL)) != -1) {
                r = parse_option(c, &o);
                if (r)
                        return r;
        }
        if (optind != argc - 1) {
                fputs("mcastctl ping: one GROUP:PORT is needed\nTry mcastctl ping --help.\n", stderr);
                return EX_USAGE + 1;
        }
        r = target_parse_group("ping", argv[optind], &o.target);
        if (r)
                return r;
        *ret = o;
        return check(ret);
}
