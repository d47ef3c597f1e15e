#ifndef MCASTD_OS_PACKETS_H
#define MCASTD_OS_PACKETS_H

#include <stdint.h>

#include "base/address.h"

/* Between which sockets a UDP packet goes. Its payload is not looked at. */
struct packet {
        struct endpoint source, destination;
};

/* A socket that sees the packets of a family as they reach an interface, before any rule of this host's
 * firewall; non-blocking, close-on-exec. Needs CAP_NET_RAW. The descriptor or -errno. */
int packets_open(int family, uint32_t link);

/* The next UDP packet of such a socket, or of one from socket_open_tap(), which tells an IPv6 packet's
 * destination by its port only. 1; 0: nothing waits; or -errno. */
int packets_next(int fd, struct packet *ret);

#endif
