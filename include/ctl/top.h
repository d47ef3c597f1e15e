#ifndef MCASTD_CTL_TOP_H
#define MCASTD_CTL_TOP_H

#include "ctl/command.h"

/* Shows the daemon's groups and peers, again and again. */
extern const struct command command_top;

#endif
