#ifndef MCASTD_CTL_COMPLETION_H
#define MCASTD_CTL_COMPLETION_H

#include "ctl/command.h"

/* Prints what makes a shell complete the command lines of mcastctl. */
extern const struct command command_completion;

/* By which name `mcastctl completion --words` lists what such an argument can be; NULL: it cannot. */
const char *completion_words_of(enum argument_kind kind);

#endif
