#ifndef MCASTD_DAEMON_H
#define MCASTD_DAEMON_H

#include "startup.h"

/* Runs until SIGTERM or SIGINT. SIGHUP reloads the configuration, SIGUSR1 logs the counters. Returns the exit
 * status of the process: 0, 1, or 78 (EX_CONFIG of sysexits.h) where the configuration is wrong. */
int daemon_run(const struct startup_options *options);

#endif
