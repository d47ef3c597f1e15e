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

/* The i-th datagram of the last batch, for whoever finds out more about it to note that there. */
struct datagram *batch_datagram(struct batch *b, size_t i);

/* Sends all replies by the socket that have no `error` yet, without blocking; each one's says what came of it
 * then. Returns how many went out. Does not clear the outbox. */
size_t outbox_flush(struct outbox *out, int fd);

#endif
