#ifndef MCASTD_CTL_RELOAD_H
#define MCASTD_CTL_RELOAD_H

#include "ctl/command.h"

/* Lets the daemon read its configuration again. */
extern const struct command command_reload;

#endif
