#ifndef MCASTD_CTL_KEYS_H
#define MCASTD_CTL_KEYS_H

#include "ctl/command.h"

/* Checks a file of keys, and hands it to the daemon. */
extern const struct command command_keys;

/* The same before a reload, with the default file, for the daemon of which the default folder is, but without
 * the check: that is the daemon's, which knows whether it needs keys. Where there is no such file an empty
 * one takes its place: a key that is gone must not go on to count. 0, also where the caller may not do that;
 * or -errno, for keys_not_taken(), where that was not possible: -ENOENT or -ECONNREFUSED where nobody takes
 * it. */
int keys_before_reload(void);

/* Says what the error of handover_give() means, in the name of the command, and what to do about it. Returns
 * the exit status. */
int keys_not_taken(const char *command, const char *folder, int error);

/* Whether it means that nobody takes keys there. */
bool keys_is_nobody_there(int error);

#endif
