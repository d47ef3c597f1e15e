/* main.c - the command line of mcastd. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "config/options.h"
#include "daemon.h"
#include "version.h"

static const char help[] =
        "Usage: mcastd [-t] [-v] [-c FILE]\n"
        "       mcastd -t --diff RUNNING NEW\n"
        "Tells the machines of a network each other's state by UDP multicast.\n"
        "\n"
        "  -c, --config FILE  read this file instead of " MCASTD_CONFIG_FILE "\n"
        "  -t, --check        say what is wrong with the file, and exit: 0 nothing, 78 something\n"
        "      --diff FILE    with -t: say what a reload would do that goes from this file to another\n"
        "  -v, --verbose      log everything, whatever LOG_LEVEL says\n"
        "      --options      list the options of the file, and exit\n"
        "      --version      say the version, and exit\n"
        "  -h, --help         say this, and exit\n"
        "\n"
        "See mcastd(8) and mcastd.conf(5).\n";

enum {
        OPTION_DIFF = 256,
        OPTION_OPTIONS,
        OPTION_VERSION,
};

static const struct option long_options[] = {
        { "config", required_argument, NULL, 'c' },
        { "check", no_argument, NULL, 't' },
        { "diff", required_argument, NULL, OPTION_DIFF },
        { "verbose", no_argument, NULL, 'v' },
        { "options", no_argument, NULL, OPTION_OPTIONS },
        { "version", no_argument, NULL, OPTION_VERSION },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

/* The exit status after something was printed: success only if it has arrived. */
static int printed(void)
{
        if (fflush(stdout) == 0)
                return EXIT_SUCCESS;
        perror("mcastd: cannot write");
        return EXIT_FAILURE;
}

struct command_line {
        struct startup_options options;
        const char *running; /* NULL: no --diff */
        bool check;
};

/* 0; or the exit status plus one, where there is nothing more to do. */
static int parse(int argc, char *argv[], struct command_line *line)
{
        int c;

        while ((c = getopt_long(argc, argv, "c:tvh", long_options, NULL)) != -1) {
                switch (c) {
                case 'c':
                        line->options.config_path = optarg;
                        break;
                case 't':
                        line->check = true;
                        break;
                case 'v':
                        line->options.debug = true;
                        break;
                case OPTION_DIFF:
                        line->running = optarg;
                        break;
                case OPTION_OPTIONS:
                        options_print(stdout);
                        return printed() + 1;
                case OPTION_VERSION:
                        puts("mcastd " MCASTD_VERSION);
                        return printed() + 1;
                case 'h':
                        fputs(help, stdout);
                        return printed() + 1;
                default:
                        fputs("Try mcastd --help.\n", stderr);
                        return EX_USAGE + 1;
                }
        }
        return 0;
}

int main(int argc, char *argv[])
{
        struct command_line line = { .options.config_path = MCASTD_CONFIG_FILE };
        int r = parse(argc, argv, &line);

        if (r)
                return r - 1;
        if (line.running && line.check && optind == argc - 1) {
                line.options.config_path = argv[optind];
                r = startup_diff(&line.options, line.running);
                return r == EXIT_SUCCESS ? printed() : r;
        }
        if (line.running) {
                fputs("mcastd: --diff is used as in mcastd -t --diff RUNNING NEW\nTry mcastd --help.\n",
                      stderr);
                return EX_USAGE;
        }
        if (optind < argc) {
                fprintf(stderr,
                        "mcastd: unexpected argument: %s; a file is given with -c\nTry mcastd --help.\n",
                        argv[optind]);
                return EX_USAGE;
        }
        return line.check ? startup_check(&line.options) : daemon_run(&line.options);
}
