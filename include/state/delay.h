#ifndef MCASTD_STATE_DELAY_H
#define MCASTD_STATE_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/outbox.h"

/* Replies that wait for their time. The queue is bounded: what finds no room is refused. */
struct delay;

/* Room for ACK_TOTAL's default over four seconds. */
#define DELAY_MAX 4096

/* 0 or -ENOMEM. */
int delay_new(struct delay **ret);
struct delay *delay_free(struct delay *d);

/* Copies a reply, to be sent at due_ns (monotonic). False where the queue is full. The reply's payload must
 * live until it is taken. */
bool delay_put(struct delay *d, const struct reply *reply, int64_t due_ns);

/* Takes the reply that is due first, if it is due at now_ns. */
bool delay_take(struct delay *d, int64_t now_ns, struct reply *ret);

/* When the first one is due, or INT64_MAX where none waits. */
int64_t delay_due(const struct delay *d);

#endif
