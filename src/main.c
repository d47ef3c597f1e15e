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
        "Tells the machines of a network each other's state by UDP multicast.\n"
        "\n"
        "  -c, --config FILE  read this file instead of " MCASTD_CONFIG_FILE "\n"
        "  -t, --check        say what is wrong with the file, and exit: 0 nothing, 78 something\n"
        "  -v, --verbose      log everything, whatever LOG_LEVEL says\n"
        "      --options      list the options of the file, and exit\n"
        "      --version      say the version, and exit\n"
        "  -h, --help         say this, and exit\n"
        "\n"
        "See mcastd(8) and mcastd.conf(5).\n";

enum {
        OPTION_OPTIONS = 256,
        OPTION_VERSION,
};

static const struct option long_options[] = {
        { "config", required_argument, NULL, 'c' },
        { "check", no_argument, NULL, 't' },
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

int main(int argc, char *argv[])
{
        struct daemon_options options = { .config_path = MCASTD_CONFIG_FILE };
        bool check = false;
        int c;

        while ((c = getopt_long(argc, argv, "c:tvh", long_options, NULL)) != -1) {
                switch (c) {
                case 'c':
                        options.config_path = optarg;
                        break;
                case 't':
                        check = true;
                        break;
                case 'v':
                        options.debug = true;
                        break;
                case OPTION_OPTIONS:
                        options_print(stdout);
                        return printed();
                case OPTION_VERSION:
                        puts("mcastd " MCASTD_VERSION);
                        return printed();
                case 'h':
                        fputs(help, stdout);
                        return printed();
                default:
                        fputs("Try mcastd --help.\n", stderr);
                        return EX_USAGE;
                }
        }
        if (optind < argc) {
                fprintf(stderr,
                        "mcastd: unexpected argument: %s; a file is given with -c\nTry mcastd --help.\n",
                        argv[optind]);
                return EX_USAGE;
        }
        return check ? daemon_check(&options) : daemon_run(&options);
}
