/* doctor_options.c - the command line of mcastctl doctor. */
#include "ctl/doctor_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static const char help[] =
        "Usage: mcastctl doctor [OPTION]... GROUP:PORT\n"
        "Looks what keeps this host from hearing a multicast group, and tells how to mend it.\n"
        "\n"
        "  -I, --interface NAME|ADDRESS  look at this interface, not at that of the route\n"
        "  -p, --source-port N           ask from this port, which a firewall can know\n"
        "  -j, --json                    print one JSON document\n"
        "  -h, --help                    say this, and exit\n"
        "\n"
        "Sends one datagram to the group. As root it sees more.\n"
        "Exit status: 0 all is well, 1 there are problems, 64 wrong usage. See mcastctl(1).\n";

static const struct option long_options[] = {
        { "interface", required_argument, NULL, 'I' },
        { "source-port", required_argument, NULL, 'p' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

static int parse_option(int c, struct doctor_options *o)
{
        switch (c) {
        case 'I':
                return target_parse_interface("doctor", optarg, &o->target);
        case 'p':
                return target_parse_port("doctor", optarg, &o->source_port);
        case 'j':
                o->json = true;
                return 0;
        case 'h':
                fputs(help, stdout);
                return EXIT_SUCCESS + 1;
        default:
                fputs("Try mcastctl doctor --help.\n", stderr);
                return EX_USAGE + 1;
        }
}

int doctor_options_parse(int argc, char *argv[], struct doctor_options *ret)
{
        struct doctor_options o = { 0 };
        int c, r;

        while ((c = getopt_long(argc, argv, "I:p:jh", long_options, NULL)) != -1) {
                r = parse_option(c, &o);
                if (r)
                        return r;
        }
        if (optind != argc - 1) {
                fputs("mcastctl doctor: one GROUP:PORT is needed\nTry mcastctl doctor --help.\n", stderr);
                return EX_USAGE + 1;
        }
        r = target_parse_group("doctor", argv[optind], &o.target);
        if (r)
                return r;
        *ret = o;
        return target_settle("doctor", &ret->target);
}
