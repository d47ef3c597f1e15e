#ifndef MCASTD_CTL_OPTIONS_H
#define MCASTD_CTL_OPTIONS_H

#include "ctl/command.h"

/* Rows that commands have in common, for the struct of options `type`. That of the sockets' folder is for one
 * with a struct client_options, `daemon`. */
#define OPTION_SOCKET(type)                                                                                  \
        {                                                                                                    \
                "socket", 's', ARGUMENT_FOLDER, .word = "DIR",                                               \
                                                .help = "the folder of mcastd's sockets (/run/mcastd)",      \
                                                .offset = offsetof(type, daemon.folder)                      \
        }
#define OPTION_JSON(type, member)                                                                            \
        {                                                                                                    \
                "json", 'j', ARGUMENT_NONE, .help = "print one JSON document",                               \
                                            .offset = offsetof(type, member)                                 \
        }
#define OPTION_SOURCE_PORT(type)                                                                             \
        {                                                                                                    \
                "source-port", 'p', ARGUMENT_NUMBER,                                                         \
                        .word = "N", .help = "send from this port, which a firewall can know",               \
                        .offset = offsetof(type, source_port), .least = 1, .most = 65535                     \
        }

/* The levels of the log, for ARGUMENT_CHOICE. */
extern const char *const option_levels[];

/* The command line of a command, by its table. `options` is its struct of options, with the defaults, and
 * must stay where it is if it has a target. 0; or the exit status plus one, where there is nothing to do: the
 * help was asked for and given, or the usage is wrong and it was said to standard error why. */
int options_parse(const struct command *command, int argc, char *argv[], void *options);

/* Says to standard error what is wrong with the usage and where help is. Returns the exit status plus one. */
int options_refuse(const struct command *command, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Whether the row is one: the table is over where it is not. */
bool parameter_is(const struct parameter *p);

#endif
