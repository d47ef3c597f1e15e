#ifndef MCASTD_CTL_PEERS_H
#define MCASTD_CTL_PEERS_H

#include "ctl/command.h"

/* Tells whom the receivers hear, and who acknowledges the emitters' messages. */
extern const struct command command_peers;

#endif
