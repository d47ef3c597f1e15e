/* main.c - mcastctl: finds the command and runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/check.h"
#include "ctl/command.h"
#include "ctl/completion.h"
#include "ctl/doctor.h"
#include "ctl/forget.h"
#include "ctl/keygen.h"
#include "ctl/keys.h"
#include "ctl/log_level.h"
#include "ctl/peers.h"
#include "ctl/ping.h"
#include "ctl/reload.h"
#include "ctl/send.h"
#include "ctl/status.h"
#include "ctl/top.h"
#include "ctl/watch.h"
#include "version.h"

/* clang-format off */
const struct command *const commands[] = {
        &command_ping,
        &command_doctor,
        &command_status,
        &command_peers,
        &command_watch,
        &command_top,
        &command_send,
        &command_log_level,
        &command_reload,
        &command_forget,
        &command_keygen,
        &command_keys,
        &command_check,
        &command_completion,
        NULL,
};
/* clang-format on */

static void print_help(FILE *to)
{
        fputs("Usage: mcastctl COMMAND [ARGUMENT]...\n\nCommands:\n", to);
        for (size_t i = 0; commands[i]; i++)
                fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
        fputs("\nmcastctl COMMAND --help says more. See mcastctl(1).\n", to);
}

/* A status of success would be a lie where the output was lost. */
static int checked(int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        fprintf(stderr, "mcastctl: cannot write: %s\n", strerror(errno));
        return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
        const char *name = argc > 1 ? argv[1] : NULL;
        char shown[32];

        if (!name) {
                print_help(stderr);
                return EX_USAGE;
        }
        if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
                print_help(stdout);
                return EXIT_SUCCESS;
        }
        if (strcmp(name, "--version") == 0) {
                puts("mcastctl " MCASTD_VERSION);
                return EXIT_SUCCESS;
        }
        for (size_t i = 0; commands[i]; i++) {
                if (strcmp(commands[i]->name, name) == 0) {
                        /* getopt puts this in front of what it says. */
                        snprintf(shown, sizeof shown, "mcastctl %s", name);
                        argv[1] = shown;
                        return checked(commands[i]->run(argc - 1, argv + 1));
                }
        }
        fprintf(stderr, "mcastctl: unknown command: %s\nTry mcastctl --help.\n", name);
        return EX_USAGE;
}
