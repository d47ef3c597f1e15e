#ifndef MCASTD_OS_MCFILTER_H
#define MCASTD_OS_MCFILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* A source that sockets of this host, in this network namespace, have joined a group from. */
struct mcfilter_source {
        struct address address;
        unsigned long sockets; /* how many have */
};

/* The sources of a group on an interface, as the kernel lists them in /proc/self/net/mcfilter and mcfilter6.
 * Returns how many there are, of which the first `max` are written; 0 where all are heard; or -errno. */
int mcfilter_read(const struct address *group, uint32_t link, struct mcfilter_source *ret, size_t max);

#endif
