#ifndef MCASTD_OS_BATCH_H
#define MCASTD_OS_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "message/datagram.h"
#include "message/outbox.h"

/* How many datagrams, or runs of them, are taken at a time before the loop looks after others; and how many
 * datagrams that should be, where runs are long. */
#define BATCH_MAX    64
#define BATCH_ENOUGH 512

/* Room for one batch of received datagrams, and for what is needed to send the replies; one is enough for all
 * sockets of a thread. It is some megabytes, of which only that is resident which datagrams have been in. */
struct batch;

/* 0 or -ENOMEM. */
int batch_new(struct batch **ret);
struct batch *batch_free(struct batch *b);

/* Receives what waits on a socket, at most *most messages of the kernel, 1 to BATCH_MAX: each is one
 * datagram, or where the socket has UDP_GRO a run of them, from one source and all but the last one of one
 * length. Afterwards *most is for the next time, so that it brings about BATCH_ENOUGH datagrams where runs
 * are as long as now. Returns how many messages (0: nothing waits), or -errno. What they were is read with
 * batch_next(). */
int batch_receive(struct batch *b, int fd, size_t *most);

/* Whether it took as many as it was ready to take, so that more may wait. */
bool batch_is_full(const struct batch *b);

/* Gives memory back that only long messages have needed. What was received before is gone. */
void batch_give_back(struct batch *b);

/* The next datagrams of those that were received, in their order, at most BATCH_MAX. Returns how many there
 * are now for batch_datagram(); 0: there are no more. */
size_t batch_next(struct batch *b);

/* The i-th of them, for whoever finds out more about it to note that there. Good until the next ones. */
struct datagram *batch_datagram(struct batch *b, size_t i);

/* Sends all replies by the socket that have no `error` yet, without blocking; each one's says what came of it
 * then. Returns how many went out. Does not clear the outbox. While *runs replies of one length that follow
 * each other to one destination are handed over together (UDP_SEGMENT, udp(7)); it becomes false where the
 * kernel or the device refuses that, and then each goes by itself, those of the refused run as well. */
size_t batch_send(struct batch *b, struct outbox *out, int fd, bool *runs);

#endif
