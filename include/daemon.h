#ifndef MCASTD_DAEMON_H
#define MCASTD_DAEMON_H

#include <stdbool.h>

struct daemon_options {
        const char *config_path;
        bool debug; /* log everything, whatever LOG_LEVEL says */
};

/* All log to the journal where standard error leads there, else to standard error, and return the exit
 * status of the process: 0, 1, or 78 (EX_CONFIG of sysexits.h) where the configuration is wrong. */

/* Checks the configuration and says all that is wrong with it. */
int daemon_check(const struct daemon_options *options);

/* Says on standard output what a reload would do that goes from the file `running` to that of the options. 0;
 * or 78, and it was logged what is wrong with either. */
int daemon_diff(const struct daemon_options *options, const char *running);

/* Runs until SIGTERM or SIGINT. SIGHUP reloads the configuration, SIGUSR1 logs the counters. */
int daemon_run(const struct daemon_options *options);

#endif
