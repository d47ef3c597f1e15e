#ifndef MCASTD_OS_LOCAL_SOCKET_H
#define MCASTD_OS_LOCAL_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

/* A socket in the file system at which programs of this host connect. Who may, its file's mode says. */
struct local_socket;

/* What was tried and has failed, as the end of "cannot …". */
#define LOCAL_SOCKET_TRIED_SIZE 256

/* Makes the folder if it is missing, for all to look into. 0; or -errno, and `ret_tried` says what failed. */
int local_socket_folder(const char *folder, char ret_tried[LOCAL_SOCKET_TRIED_SIZE]);

/* Listens as `name` in the folder, non-blocking and close-on-exec. The socket of a process that is gone is
 * replaced; of one that still listens it is left alone, and the error is -EADDRINUSE. 0; or -errno, and
 * `ret_tried` says what failed. */
int local_socket_new(const char *folder, const char *name, mode_t mode, struct local_socket **ret,
                     char ret_tried[LOCAL_SOCKET_TRIED_SIZE]);

/* The same for datagrams: there is nobody to accept, what comes is received from the descriptor. */
int local_socket_new_mailbox(const char *folder, const char *name, mode_t mode, struct local_socket **ret,
                             char ret_tried[LOCAL_SOCKET_TRIED_SIZE]);

/* Stops listening, and removes the file unless somebody has put another one in its place. Takes NULL. */
struct local_socket *local_socket_free(struct local_socket *s);

/* Readable when somebody wants to connect, or a datagram is there. */
int local_socket_fd(const struct local_socket *s);

/* The descriptor of the next one who wants to, non-blocking and close-on-exec; -EAGAIN: nobody does; or
 * another -errno, and he still waits. */
int local_socket_accept(const struct local_socket *s);

/* Sends a last line to somebody who is not wanted, as far as it goes at once, and closes the descriptor. */
void local_socket_refuse(int fd, const char *line, size_t length);

#endif
