#ifndef MCASTD_OS_BATCH_H
#define MCASTD_OS_BATCH_H

#include <stddef.h>

#include "message/datagram.h"
#include "message/outbox.h"

/* How many datagrams are taken at a time before the loop looks after others. */
#define BATCH_MAX 64

/* Room for one batch of received datagrams; one is enough for all sockets of a thread. */
struct batch;

/* 0 or -ENOMEM. */
int batch_new(struct batch **ret);
struct batch *batch_free(struct batch *b);

/* Receives what waits on a socket, at most BATCH_MAX datagrams. Returns how many (0: nothing waits), or
 * -errno. */
int batch_receive(struct batch *b, int fd);

/* The i-th datagram of the last batch. */
const struct datagram *batch_datagram(const struct batch *b, size_t i);

/* Sends all replies by the socket, without blocking; each one's `error` says what came of it. Returns how
 * many went out. Does not clear the outbox. */
size_t outbox_flush(struct outbox *out, int fd);

#endif
