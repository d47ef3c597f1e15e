#ifndef MCASTD_OS_JOURNAL_H
#define MCASTD_OS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/* Whether standard error is connected to the journal, see JOURNAL_STREAM in systemd.exec(5). */
bool journal_is_stderr(void);

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Opens a way to the journal that has this socket. Fails only where no socket can be had at all: whether
 * somebody listens shows with each flush. 0 or -errno. */
struct journal;
int journal_new(const char *path, struct journal **ret);
struct journal *journal_free(struct journal *j);

/* A log_sink for log_set_sink(), with the journal as argument: keeps the record until the next flush. */
int journal_write(void *journal, const struct log_record *record);

/* A log_flush_sink for log_set_flush(), the same. What the journal has no room for waits for the next one;
 * where there is no journal, all is lost. */
size_t journal_flush(void *journal, size_t *ret_lost);

/* The record in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), of which one form
 * suffices here: lines `NAME=value`, since no value holds a newline. Returns the length, or 0 where it does
 * not fit. */
#define JOURNAL_ENTRY_SIZE 8192
size_t journal_format(const struct log_record *record, char buffer[JOURNAL_ENTRY_SIZE]);

#endif
