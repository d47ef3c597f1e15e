#ifndef MCASTD_OS_JOURNAL_H
#define MCASTD_OS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/* Whether standard error is connected to the journal, see JOURNAL_STREAM in systemd.exec(5). */
bool journal_is_stderr(void);

/* Opens a way to the journal. Fails only where no socket can be had at all: whether somebody listens shows
 * with each record. 0 or -errno. */
struct journal;
int journal_new(struct journal **ret);
struct journal *journal_free(struct journal *j);

/* A log_sink for log_set_sink(), with the journal as argument. */
int journal_write(void *journal, const struct log_record *record);

/* The record in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), of which one form
 * suffices here: lines `NAME=value`, since no value holds a newline. Returns the length, or 0 where it does
 * not fit. */
#define JOURNAL_ENTRY_SIZE 8192
size_t journal_format(const struct log_record *record, char buffer[JOURNAL_ENTRY_SIZE]);

#endif
