#ifndef MCASTD_OS_LINKS_H
#define MCASTD_OS_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "os/netlink.h"

struct link {
        uint32_t index;
        char name[IFNAMSIZ];
        unsigned flags;  /* IFF_UP and others, see netdevice(7) */
        uint32_t master; /* the index of the bridge, bond or VRF that it belongs to; 0: none */
        uint32_t ups;    /* how often it has got a carrier, modulo 2^32 */
        bool is_port;    /* of a bridge or bond, which takes what arrives */
};

struct link_address {
        uint32_t link; /* index of the interface */
        struct address address;
};

/* The interfaces of this host and their addresses, as the kernel had them at one moment. Addresses that are
 * not usable yet (IPv6 duplicate address detection) are not among them. */
struct links {
        size_t n;
        struct link *links;
        size_t n_addresses;
        struct link_address *addresses;
};

/* 0 or -errno. The snapshot belongs to the caller. */
int links_read(struct netlink *netlink, struct links **ret);
struct links *links_free(struct links *l);

/* Takes over one message of the kernel's answer, into a struct links; an mnl_cb_t. */
int links_note(const struct nlmsghdr *message, void *links);

/* The interface of this index, of this name, or that has this address; or NULL. */
const struct link *links_by_index(const struct links *l, uint32_t index);
const struct link *links_by_name(const struct links *l, const char *name);
const struct link *links_by_address(const struct links *l, const struct address *address);

/* The first address of this family that the interface has, or NULL. */
const struct address *links_address_of(const struct links *l, uint32_t index, int family);

/* Whether datagrams can pass: up, and with a carrier. */
bool link_has_carrier(const struct link *l);

/* Which interface a section means: by name, by address, or - neither given - by the route to the group. */
struct link_choice {
        const char *interface;            /* NULL or "": not by name */
        const struct address *ip_address; /* NULL or family 0: not by address */
        const struct address *group;
        const char *option; /* by which the interface could be named, for messages */
};

bool link_choice_is_by_route(const struct link_choice *c);

/* The interface that is meant, and that is up. 0; or -ENODEV (none has the name), -EADDRNOTAVAIL (none has
 * the address), -ENETDOWN (it is down; *ret is set all the same), or -errno of the question for the route
 * (-ENETUNREACH: there is none). */
int links_choose(const struct links *l, struct netlink *netlink, const struct link_choice *c,
                 const struct link **ret);

/* The address that messages are to be sent from: the one that the interface was chosen by; on a loopback
 * interface its own, since the kernel by itself would take 0.0.0.0, which nobody can answer; else NULL: the
 * kernel chooses. */
const struct address *links_source_address(const struct links *l, const struct link *link,
                                           const struct link_choice *c);

/* Why not, for people: "there is no interface eth9". Returns the buffer. */
#define LINK_WHY_SIZE 160
const char *link_choice_why(const struct link_choice *c, int error, const struct link *found,
                            char buffer[LINK_WHY_SIZE]);

#endif
