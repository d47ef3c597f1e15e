#ifndef MCASTD_CTL_KEYGEN_H
#define MCASTD_CTL_KEYGEN_H

#include "ctl/command.h"

/* Makes a key: prints a line for a file of keys. */
extern const struct command command_keygen;

#endif
