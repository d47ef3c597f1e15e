#ifndef MCASTD_MESSAGE_DATAGRAM_H
#define MCASTD_MESSAGE_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* The longest payload that is handled: one jumbo frame. A longer one arrives truncated, and is dropped. */
#define DATAGRAM_MAX 9216

/* One received datagram, as the kernel described it, and what was found of its signature. Points into the
 * receive batch: good until the next one. */
struct datagram {
        const uint8_t *payload;
        size_t length; /* without its signature, once that was looked at */
        bool truncated;
        struct endpoint source;
        struct address destination; /* as in the datagram's header */
        struct address local;       /* this host's address by which the source is answered */
        uint32_t ifindex;           /* the interface that it came in by */
        int64_t wall_ns;            /* when it came, by the wall clock; 0: not known */
        uint16_t key_id;            /* it is rightly signed with this key; 0: not signed, or not checked */
        bool unchecked;             /* it is signed, and nobody has checked it */
        uint32_t kernel_drops;      /* datagrams that this socket had lost before this one, modulo 2^32 */
};

#endif
