#ifndef MCASTD_VIEW_CURSOR_H
#define MCASTD_VIEW_CURSOR_H

#include <stddef.h>

#include "state/snapshot.h"

/* Cursors as text, and back: 0, or -EINVAL and nothing touched. The number of a section, "256", goes on in a
 * status; section and slot, "12:345", among peers. */
#define VIEW_CURSOR_SIZE 48
const char *view_cursor_text(const struct snapshot_cursor *c, char buffer[VIEW_CURSOR_SIZE]);
int view_cursor_parse(const char *text, struct snapshot_cursor *ret);
int view_index_parse(const char *text, size_t *ret);

#endif
