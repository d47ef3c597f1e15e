#ifndef MCASTD_OS_CONSOLE_H
#define MCASTD_OS_CONSOLE_H

#include "base/log.h"

/* Where lines go without a journal: a terminal, a pipe, a socket, a file. Writing never blocks, as long as
 * the system lets it be opened once more; else it may, after a look whether it is ready. */
struct console;

/* For what `fd` is open on, usually standard error; fd stays the caller's, and its flags are not touched:
 * others may be using it. 0 or -errno. */
int console_new(int fd, struct console **ret);
struct console *console_free(struct console *c);

/* A log_sink for log_set_sink(), with the console as argument: the bare line. */
int console_write(void *console, const struct log_record *record);

#endif
