#ifndef MCASTD_OS_LINKS_H
#define MCASTD_OS_LINKS_H

#include <net/if.h>
#include <stdint.h>

#include "base/address.h"

/* The index of the interface of this name. 0 or -errno (-ENODEV: there is none). */
int link_by_name(const char *name, uint32_t *ret_index);

/* The index of the interface that has this address. 0 or -errno (-EADDRNOTAVAIL: none has). */
int link_by_address(const struct address *address, uint32_t *ret_index);

/* The index of the interface that the route to `to` leaves by. Sends nothing. 0 or -errno (-ENETUNREACH: no
 * route). */
int link_by_route(const struct endpoint *to, uint32_t *ret_index);

/* The address that a loopback interface has in this family. 0 or -errno (-EADDRNOTAVAIL: none, or no
 * loopback). */
int link_loopback_address(uint32_t index, sa_family_t family, struct address *ret);

/* The name of an interface, or "?" where it is gone. Returns the buffer. */
const char *link_name(uint32_t index, char buffer[IFNAMSIZ]);

#endif
