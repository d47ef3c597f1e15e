#ifndef MCASTD_OS_NETLINK_H
#define MCASTD_OS_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* Questions to the kernel about interfaces, addresses and routes, see rtnetlink(7). Never blocks for long:
 * the kernel answers at once. */
struct netlink;

/* 0 or -errno. */
int netlink_new(struct netlink **ret);
struct netlink *netlink_free(struct netlink *n);

/* Calls `each` for every message of the answer to RTM_GETLINK or RTM_GETADDR. 0 or -errno. */
int netlink_dump(struct netlink *n, uint16_t type, mnl_cb_t each, void *arg);

/* The index of the interface that the route to an address leaves by. Sends nothing. 0 or -errno
 * (-ENETUNREACH: no route). */
int netlink_route(struct netlink *n, const struct address *to, uint32_t *ret_index);

/* What it reads in one message of the answer: the index, where that tells one. An mnl_cb_t. */
int netlink_note_route(const struct nlmsghdr *message, void *index);

/* The kernel's news of interfaces and addresses, and of routes if they are asked for. */
struct netlink_watch;

/* 0 or -errno. */
int netlink_watch_new(struct netlink_watch **ret);
struct netlink_watch *netlink_watch_free(struct netlink_watch *w);

/* Whether routes are among the news; at first they are not, since a router has many. 0 or -errno. */
int netlink_watch_routes(struct netlink_watch *w, bool follow);

/* Readable once there is news. Stays the watch's. */
int netlink_watch_fd(const struct netlink_watch *w);

/* Takes all news that waits, of which only this is told: for each interface that was deleted `deleted` is
 * called. 0; or -errno: news was lost (-ENOBUFS) or the socket is out of order. */
int netlink_watch_read(struct netlink_watch *w, void (*deleted)(void *arg, uint32_t index), void *arg);

/* The same of bytes that were read; aligned as struct nlmsghdr. */
void netlink_note_news(const void *bytes, size_t length, void (*deleted)(void *arg, uint32_t index),
                       void *arg);

#endif
