#ifndef MCASTD_CTL_PING_H
#define MCASTD_CTL_PING_H

#include "ctl/command.h"

/* Sends a message to a group, and tells who acknowledges it. */
extern const struct command command_ping;

#endif
