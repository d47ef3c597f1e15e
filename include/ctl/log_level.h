#ifndef MCASTD_CTL_LOG_LEVEL_COMMAND_H
#define MCASTD_CTL_LOG_LEVEL_COMMAND_H

#include "ctl/command.h"

/* Tells or changes from which level on the daemon logs. */
extern const struct command command_log_level;

#endif
