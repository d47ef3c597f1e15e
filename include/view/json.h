#ifndef MCASTD_VIEW_JSON_H
#define MCASTD_VIEW_JSON_H

#include <jansson.h>

#include "base/log.h"
#include "state/snapshot.h"
#include "view/cursor.h"

/* The schema is in mcastctl(1), CONTROL PROTOCOL. */
#define VIEW_JSON_VERSION 1

/* How many sections, or peers, stand in one document; "next" says where to go on. */
#define VIEW_JSON_SECTIONS 256
#define VIEW_JSON_PEERS    1000

/* Documents of a snapshot; NULL without memory. The first has the sections from number `from` on, the second
 * the peers and ack sources that the snapshot has. */
json_t *view_json_status(const struct snapshot *s, size_t from);
json_t *view_json_peers(const struct snapshot *s);

/* A line of the log, as it was written at that time. */
json_t *view_json_event(const struct log_record *record, int64_t wall_ns);

/* How a document is written, for the caller to free; NULL without memory. */
char *view_json_dump(const json_t *document);

/* A text as it is, or, where it is no UTF-8, as text_escape() makes it. */
json_t *view_json_text(const char *text);

/* A wall clock time in UTC, RFC 3339 with milliseconds: "2026-11-21T01:16:11.123Z". */
#define VIEW_TIME_SIZE 32
const char *view_time(int64_t wall_ns, char buffer[VIEW_TIME_SIZE]);

#endif
