#ifndef MCASTD_OS_MEMBERSHIP_H
#define MCASTD_OS_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* The groups that sockets of this host, in this network namespace, have joined, as the kernel had them at one
 * moment: from /proc/self/net/igmp and igmp6, see proc(5). */
struct memberships;

/* 0 or -errno. Belongs to the caller. */
int memberships_read(struct memberships **ret);
struct memberships *memberships_free(struct memberships *m);

/* How many sockets have joined the group on an interface. The number; or -ENOENT where this cannot be known:
 * there is no such list, or `m` is NULL. */
int memberships_count(const struct memberships *m, const struct address *group, uint32_t link);

/* The same by itself, read anew. The number, or -errno. */
int membership_count(const struct address *group, uint32_t link);

#endif
