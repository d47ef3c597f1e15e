#ifndef MCASTD_OS_SOCKET_H
#define MCASTD_OS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* What the kernel may be given as the sources of one group. */
#define SOCKET_SOURCES_MAX 64

struct socket_receiver {
        struct endpoint group;
        uint32_t link;         /* index of the interface to join on */
        const char *link_name; /* of the same, for messages */
        const struct address *sources;
        size_t n_sources;        /* 0: from any source */
        uint64_t receive_buffer; /* bytes to ask for */
        bool share_any;          /* other users' programs may bind the same group and port */
};

struct socket_emitter {
        struct endpoint group;
        uint32_t link;              /* index of the interface to send by */
        const char *link_name;      /* of the same, for messages */
        const struct address *from; /* to send from; NULL: the kernel chooses */
        in_port_t source_port;      /* 0: the kernel chooses */
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
 * groups; non-blocking, close-on-exec. Returns the descriptor, and sets *ret_buffer to the bytes that the
 * kernel granted; or -errno, and *ret_failure says what failed. */
int socket_open_receiver(const struct socket_receiver *spec, uint64_t *ret_buffer,
                         struct socket_failure *ret_failure);

/* A raw socket that gets what this host lets in of a group's datagrams, whoever has the port: a copy of each,
 * for packets_next(). share_any and receive_buffer do not matter. Needs CAP_NET_RAW. The descriptor; or
 * -errno, and *ret_failure says what failed. */
int socket_open_tap(const struct socket_receiver *spec, struct socket_failure *ret_failure);

/* Changes on a living socket, for what may be changed there: receive buffer and sources. The new ones are in
 * force at once, without a moment without membership. 0; or -errno, and *ret_failure says what failed. */
int socket_set_receive_buffer(int fd, uint64_t bytes, uint64_t *ret_granted,
                              struct socket_failure *ret_failure);
uint64_t socket_receive_buffer(int fd); /* bytes that the kernel grants */
int socket_set_sources(int fd, const struct socket_receiver *spec, struct socket_failure *ret_failure);

/* Whether the kernel knows UDP_SEGMENT. One that does not takes no notice of it, and sends a run as one
 * datagram. */
bool socket_takes_runs(int fd);

/* Whether the kernel tells with each datagram when it came, as it does from the start on. What came before it
 * was told to do so has its time, too. 0 or -errno. */
int socket_set_timestamps(int fd, bool told);

/* How many datagrams the kernel has dropped at this socket, mostly for want of room, since it was opened,
 * modulo 2^32. What a datagram tells of it is older: how many there were when it was queued. 0 or -errno. */
int socket_drops(int fd, uint32_t *ret);

/* A receiver's socket gets nothing new from here on; what waits can still be received. 0 or -errno. */
int socket_retire(int fd, const struct endpoint *group);

/* Joins the group of a socket that has left it. As long as it has not, the kernel refuses this, and tells the
 * network nothing. */
int socket_join(int fd, const struct socket_receiver *spec, struct socket_failure *ret_failure);

/* Leaves the group. The kernel does so as well when the socket is closed; this makes it happen at a known
 * time, even where something else holds the descriptor. 0 or -errno. */
int socket_leave(int fd, const struct endpoint *group, uint32_t link);

/* A socket that sends to the group by the interface asked for, and receives the answers. The descriptor; or
 * -errno, and *ret_failure says what failed. */
int socket_open_emitter(const struct socket_emitter *spec, struct socket_failure *ret_failure);

/* TTL, LOOP and DSCP, on a living socket. 0; or -errno, and *ret_failure says what failed. */
int socket_set_emitter_options(int fd, const struct socket_emitter *spec, struct socket_failure *ret_failure);

/* Sends without blocking. 0 or -errno. */
int socket_send(int fd, const struct endpoint *to, const void *payload, size_t length);

/* The port that the socket has, host byte order; 0: none yet. 0 or -errno. */
int socket_port(int fd, in_port_t *ret);

/* A socket for datagrams to other programs of this host (the journal, the service manager): non-blocking,
 * close-on-exec, with as much room to send as the kernel allows up to `send_buffer` bytes. The descriptor or
 * -errno. */
int socket_open_local(int send_buffer);

/* A TCP socket that is bound there, to be listened on; also to an address that this host does not have yet.
 * The socket or -errno. */
int socket_open_listener(const struct endpoint *where);

#endif
