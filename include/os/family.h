#ifndef MCASTD_OS_FAMILY_H
#define MCASTD_OS_FAMILY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/address.h"
#include "message/datagram.h"
#include "message/outbox.h"

/* The longest packet info and the longest value of the option that chooses the interface, of any family. */
#define FAMILY_VALUE_MAX 32

/* What the system's calls want differently from one address family to another: options by number, values by
 * function. */
struct family {
        int family;
        int level;
        int multicast_all;
        int multicast_if;
        int multicast_ttl;
        int multicast_loop;
        int traffic_class;
        int receive_packet_info; /* the option that asks for it */
        int packet_info;         /* the control message that brings it, and takes it */

        /* The value of multicast_if. Returns its size. */
        size_t (*interface_value)(uint32_t link, void *value);

        /* Packet info, from a datagram and for a reply. put returns its size. */
        void (*read_packet_info)(const void *info, struct datagram *d);
        size_t (*put_packet_info)(const struct reply *r, void *info);
};

/* NULL for one that is not known; the configuration lets none of these through. */
const struct family *family_of(int family);

#endif
