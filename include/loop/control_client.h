#ifndef MCASTD_LOOP_CONTROL_CLIENT_H
#define MCASTD_LOOP_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

struct event_base;
struct json_t;

/* One client of a control socket: lines in, lines out, and its end. */
struct control_client;

/* While more than this of its output waits, none of its requests is taken; where more than the second waits,
 * not counting its last answer, it is dropped: bytes. */
#define CONTROL_OUTPUT_HOLD (256 << 10)
#define CONTROL_OUTPUT_MAX  (1 << 20)

/* A client that asks for nothing, and does not watch, is dropped after this. */
#define CONTROL_IDLE_NS INT64_C(60000000000)

/* Called when there may be a request to take, or the client is gone. May be called in the midst of anything.
 */
typedef void (*control_client_wake)(void *arg);

/* Owns the descriptor, also where it fails. `may_change`: more than look. 0 or -ENOMEM. */
int control_client_new(struct event_base *base, int fd, bool may_change, control_client_wake wake, void *arg,
                       struct control_client **ret);

/* Not within one of its callbacks: `wake` is called there. Takes NULL. */
struct control_client *control_client_free(struct control_client *c);

bool control_client_may_change(const struct control_client *c);

/* Whether there is a request that may be carried out now. */
bool control_client_ready(const struct control_client *c);

/* Takes it: a line without its end, which the caller frees. 0; -E2BIG: it is longer than CONTROL_REQUEST_MAX;
 * -ENOMEM. */
int control_client_take(struct control_client *c, char **ret_line, size_t *ret_length);

/* Says a line: the answer to a request, which it consumes. NULL: there was no memory for one. */
void control_client_answer(struct control_client *c, struct json_t *answer);

/* Says a line that is no answer. A client that is too far behind is dropped instead, and so is one for whose
 * line there was no memory (NULL). */
void control_client_tell(struct control_client *c, const char *line);

/* Nothing more is taken from it, and it is gone once it has read what it was told; or at once. Either counts
 * as dropped. */
void control_client_refuse(struct control_client *c);
void control_client_drop(struct control_client *c);

/* When it will have been idle for too long (monotonic). */
int64_t control_client_idle_due(const struct control_client *c);

/* Events of at least this level are told. */
void control_client_watch(struct control_client *c, enum log_level level);
bool control_client_watches(const struct control_client *c, enum log_level level);

/* Whether it is to be freed, and whether that is because it was dropped. */
bool control_client_gone(const struct control_client *c);
bool control_client_dropped(const struct control_client *c);

/* Writes what waits, as far as it goes at once. */
void control_client_flush(struct control_client *c);

#endif
