#ifndef MCASTD_OS_HANDOVER_H
#define MCASTD_OS_HANDOVER_H

#include "os/local_socket.h"

/* A place where somebody who may open a file leaves it, open, for a daemon that may not: the file of keys is
 * root's, and the daemon is not. Whoever may write to the socket may (its mode is 0600): root, and the
 * daemon's own user. */
struct handover;

/* The socket's name in the folder of the control sockets. */
#define HANDOVER_SOCKET "keys.sock"

/* The daemon's side. The folder must be there. 0; or -errno, and `ret_tried` says what failed, as of
 * local_socket_new(). */
int handover_new(const char *folder, struct handover **ret, char ret_tried[LOCAL_SOCKET_TRIED_SIZE]);

/* Closes what was left there as well. Takes NULL. */
struct handover *handover_free(struct handover *h);

/* The file that was left there last, open for reading: the same one until there is another. What is no
 * regular file that can be read and nothing but read, or comes with others, is not taken. The descriptor
 * stays the handover's: good until the next call. -1: there is none. Takes NULL, where nothing is left. */
int handover_take(struct handover *h);

/* Leaves a file there; the descriptor stays the caller's. 0; or -errno: -ENOENT or -ECONNREFUSED where no
 * daemon is, -EACCES where it is another user's, -EAGAIN where so much was left and not yet taken that there
 * is no room. */
int handover_give(const char *folder, int fd);

/* An empty file to give, which has no name, and which nobody but its owner, the caller, may read and nobody
 * may write to: it takes the place of one that was given before. The descriptor is the caller's; or -errno.
 */
int handover_open_empty(void);

#endif
