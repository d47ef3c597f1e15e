#ifndef MCASTD_CTL_CHECK_H
#define MCASTD_CTL_CHECK_H

#include "ctl/command.h"

/* Judges the daemon, for a monitoring system. */
extern const struct command command_check;

#endif
