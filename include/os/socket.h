#ifndef MCASTD_OS_SOCKET_H
#define MCASTD_OS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Which interface: by name, by address, or - neither given - by the route to the group. */
struct socket_link {
        const char *interface;            /* NULL or "": not by name */
        const struct address *ip_address; /* NULL or family 0: not by address */
};

struct socket_receiver {
        struct endpoint group;
        struct socket_link link;
        uint64_t receive_buffer; /* bytes to ask for */
        bool share_any;          /* other users' programs may bind the same group and port */
};

struct socket_emitter {
        struct endpoint group;
        struct socket_link link;
        uint8_t ttl;
        bool loop;
        uint8_t dscp; /* RFC 2474, 6 bits */
};

/* Where an open failed: the option to look at, and what was tried, as the end of "cannot …". */
#define SOCKET_TRIED_SIZE 160
struct socket_failure {
        const char *option;
        char tried[SOCKET_TRIED_SIZE];
};

/* A socket bound to the group's address and port, joined on one interface, that delivers nothing of other
 * groups; non-blocking, close-on-exec. Returns the descriptor, and sets *ret_link to the interface's index
 * and *ret_buffer to the bytes that the kernel granted; or -errno, and *ret_failure says what failed. */
int socket_open_receiver(const struct socket_receiver *spec, uint32_t *ret_link, uint64_t *ret_buffer,
                         struct socket_failure *ret_failure);

/* A receiver's socket gets nothing new from here on; what waits can still be received. 0 or -errno. */
int socket_retire(int fd, const struct endpoint *group);

/* Leaves the group. The kernel does so as well when the socket is closed; this makes it happen at a known
 * time, even where something else holds the descriptor. 0 or -errno. */
int socket_leave(int fd, const struct endpoint *group, uint32_t link);

/* A socket that sends to the group by the interface asked for, and receives the answers. *ret_link is 0 where
 * the kernel's route decides anew for each message. */
int socket_open_emitter(const struct socket_emitter *spec, uint32_t *ret_link,
                        struct socket_failure *ret_failure);

/* Sends without blocking. 0 or -errno. */
int socket_send(int fd, const struct endpoint *to, const void *payload, size_t length);

/* A socket for datagrams to other programs of this host (the journal, the service manager): non-blocking,
 * close-on-exec, with as much room to send as the kernel allows up to `send_buffer` bytes. The descriptor or
 * -errno. */
int socket_open_local(int send_buffer);

#endif
