#ifndef MCASTD_OS_BRIDGE_H
#define MCASTD_OS_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "os/netlink.h"

/* What a bridge of this host does about groups, see ip-link(8). */
struct bridge {
        bool snooping;     /* forwards a group only to ports that have asked for it */
        bool querier;      /* asks the members itself */
        bool querier_seen; /* somebody asks them; of the family that was asked for */
};

/* 0; -ENODEV where the interface is no bridge, or another -errno. The kernel tells which querier it sees
 * since Linux 5.16; with an older one querier_seen is never true. */
int bridge_read(struct netlink *netlink, uint32_t link, int family, struct bridge *ret);

#endif
