#ifndef MCASTD_CTL_STATUS_H
#define MCASTD_CTL_STATUS_H

#include "ctl/command.h"

/* Tells what the daemon does, and how its sections are. */
extern const struct command command_status;

#endif
