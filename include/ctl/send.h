#ifndef MCASTD_CTL_SEND_H
#define MCASTD_CTL_SEND_H

#include "ctl/command.h"

/* Lets an emitter send a message at once. */
extern const struct command command_send;

#endif
