#ifndef MCASTD_CTL_WATCH_H
#define MCASTD_CTL_WATCH_H

#include "ctl/command.h"

/* Tells what happens, as it happens. */
extern const struct command command_watch;

#endif
