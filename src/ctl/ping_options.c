/* ping_options.c - the command line of mcastctl ping. */
#include "ctl/ping_options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
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
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

static int refuse(const char *what, const char *text, const char *right)
{
        fprintf(stderr, "mcastctl ping: %s: \"%s\" is not %s\n", what, TEXT_ESCAPE(text, strlen(text)),
                right);
        return EX_USAGE + 1;
}

static int parse_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
        char right[64];
        uint64_t number;

        if (value_number(text, &number) == 0 && number >= least && number <= most) {
                *ret = number;
                return 0;
        }
        snprintf(right, sizeof right, "a number from %" PRIu64 " to %" PRIu64, least, most);
        return refuse(what, text, right);
}

static int parse_duration(const char *what, const char *text, int64_t *ret_ns)
{
        int64_t ns;

        if (value_duration(text, &ns) < 0 || ns < NS_PER_MS || ns > DAY_NS)
                return refuse(what, text, "a duration from 1ms to 24h");
        *ret_ns = ns;
        return 0;
}

static int parse_group(const char *text, struct endpoint *ret)
{
        const char *colon = strrchr(text, ':');
        char address[ADDRESS_TEXT_SIZE];
        size_t length = colon ? (size_t)(colon - text) : 0;
        struct endpoint e;
        uint64_t port;

        if (!colon || length >= sizeof address)
                return refuse("group", text, "GROUP:PORT, such as 239.1.1.1:5001");
        memcpy(address, text, length);
        address[length] = '\0';
        if (address_parse(address, &e.address) < 0 || !address_is_multicast(&e.address))
                return refuse("group", address, "a multicast address: 224.0.0.0 to 239.255.255.255");
        if (parse_number("port", colon + 1, 1, 65535, &port))
                return EX_USAGE + 1;
        e.port = (in_port_t)port;
        *ret = e;
        return 0;
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
                o->interface = address_parse(optarg, &o->ip_address) < 0 ? optarg : NULL;
                return *optarg ? 0 : refuse("--interface", optarg, "the name or an address of an interface");
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

        while ((c = getopt_long(argc, argv, "I:m:c:i:W:e:t:jh", long_options, NULL)) != -1) {
                r = parse_option(c, &o);
                if (r)
                        return r;
        }
        if (optind != argc - 1) {
                fputs("mcastctl ping: one GROUP:PORT is needed\nTry mcastctl ping --help.\n", stderr);
                return EX_USAGE + 1;
        }
        r = parse_group(argv[optind], &o.group);
        if (r == 0)
                *ret = o;
        return r;
}
