#ifndef MCASTD_CTL_FORGET_H
#define MCASTD_CTL_FORGET_H

#include "ctl/command.h"

/* Lets the daemon forget a peer. */
extern const struct command command_forget;

#endif
