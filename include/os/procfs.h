#ifndef MCASTD_OS_PROCFS_H
#define MCASTD_OS_PROCFS_H

#include <stdint.h>

/* Numbers that the kernel tells in /proc, of this network namespace; see ip-sysctl in the kernel's
 * documentation. */

/* The number in /proc/sys/net/…, by its path from there: "ipv4/conf/eth0/rp_filter". Not negative; or -errno,
 * -EINVAL where the file holds something else. */
int64_t procfs_sysctl(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A counter of /proc/self/net/netstat, such as "IPReversePathFilter". Not negative; or -errno, -ENOENT where
 * the kernel does not count this. */
int64_t procfs_netstat(const char *name);

#endif
