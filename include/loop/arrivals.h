#ifndef MCASTD_LOOP_ARRIVALS_H
#define MCASTD_LOOP_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "message/datagram.h"

/* When the datagrams of a socket came, which may be long before they are read. */
struct arrivals {
        int fd;
        int64_t emptied_ns;    /* when nothing more waited at the socket */
        bool told;             /* the kernel tells when each datagram came */
        unsigned close_in_row; /* batches that followed each other closely */
};

/* A socket that was opened just now. */
void arrivals_begin(struct arrivals *a, int fd, int64_t now_ns);

/* It is about to be read: chooses whether the kernel is to tell. */
void arrivals_choose(struct arrivals *a, int64_t now_ns);

/* Nothing more waits. */
void arrivals_emptied(struct arrivals *a, int64_t now_ns);

/* When a datagram came that was read at that moment, monotonic. */
int64_t arrivals_at_ns(const struct arrivals *a, const struct datagram *d, const struct moment *moment);

#endif
