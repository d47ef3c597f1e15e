/* links.c - the interfaces of this host: a snapshot, and which of them is meant. */
#include "os/links.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a snapshot is begun anew when the world changes under it. */
#define READ_TRIES 64

/* Room for one more element; NULL without memory. The array's size is always a power of two. */
static void *grow(void *array, size_t n, size_t size)
{
        if (n & (n - 1))
                return array;
        return reallocarray(array, n ? 2 * n : 1, size);
}

static int note_slave_kind(const struct nlattr *a, void *arg)
{
        static const char *const takers[] = { "bridge", "bond", "team" };
        struct link *link = arg;

        if (mnl_attr_get_type(a) != IFLA_INFO_SLAVE_KIND || mnl_attr_validate(a, MNL_TYPE_NUL_STRING) < 0)
                return MNL_CB_OK;
        for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
                link->is_port |= strcmp(mnl_attr_get_str(a), takers[i]) == 0;
        return MNL_CB_OK;
}

static int note_link_attribute(const struct nlattr *a, void *arg)
{
        struct link *link = arg;

        switch (mnl_attr_get_type(a)) {
        case IFLA_IFNAME:
                if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
                        snprintf(link->name, sizeof link->name, "%s", mnl_attr_get_str(a));
                break;
        case IFLA_MASTER:
                if (mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
                        link->master = mnl_attr_get_u32(a);
                break;
        case IFLA_CARRIER_UP_COUNT:
                if (mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
                        link->ups = mnl_attr_get_u32(a);
                break;
        case IFLA_LINKINFO:
                (void)mnl_attr_parse_nested(a, note_slave_kind, link);
                break;
        default:
                break;
        }
        return MNL_CB_OK;
}

static int note_link(const struct nlmsghdr *message, struct links *l)
{
        const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
        struct link *links = grow(l->links, l->n, sizeof l->links[0]), *link;

        if (!links)
                return MNL_CB_ERROR;
        l->links = links;
        link = &links[l->n++];
        *link = (struct link){ .index = (uint32_t)info->ifi_index, .flags = info->ifi_flags };
        return mnl_attr_parse(message, sizeof *info, note_link_attribute, link);
}

/* What a message about an address says. */
struct told {
        const struct nlattr *local;   /* this end of a link with two ends */
        const struct nlattr *address; /* the other end; without `local` it is ours */
        uint32_t flags;
};

static int note_address_attribute(const struct nlattr *a, void *arg)
{
        struct told *told = arg;

        switch (mnl_attr_get_type(a)) {
        case IFA_LOCAL:
                told->local = a;
                break;
        case IFA_ADDRESS:
                told->address = a;
                break;
        case IFA_FLAGS:
                if (mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
                        told->flags = mnl_attr_get_u32(a);
                break;
        default:
                break;
        }
        return MNL_CB_OK;
}

static bool is_usable(uint32_t flags)
{
        return !(flags & IFA_F_DADFAILED) && (!(flags & IFA_F_TENTATIVE) || (flags & IFA_F_OPTIMISTIC));
}

static int note_address(const struct nlmsghdr *message, struct links *l)
{
        const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
        size_t size = info->ifa_family == AF_INET6 ? 16 : 4;
        struct told told = { .flags = info->ifa_flags };
        const struct nlattr *a;
        struct link_address *addresses;

        (void)mnl_attr_parse(message, sizeof *info, note_address_attribute, &told);
        a = told.local ? told.local : told.address;
        if ((info->ifa_family != AF_INET && info->ifa_family != AF_INET6) || !a ||
            mnl_attr_get_payload_len(a) != size || !is_usable(told.flags))
                return MNL_CB_OK;
        addresses = grow(l->addresses, l->n_addresses, sizeof l->addresses[0]);
        if (!addresses)
                return MNL_CB_ERROR;
        l->addresses = addresses;
        addresses += l->n_addresses++;
        *addresses = (struct link_address){ .link = info->ifa_index, .address.family = info->ifa_family };
        memcpy(addresses->address.bytes, mnl_attr_get_payload(a), size);
        if (address_needs_link(&addresses->address))
                addresses->address.scope = info->ifa_index;
        return MNL_CB_OK;
}

int links_note(const struct nlmsghdr *message, void *links)
{
        size_t length = mnl_nlmsg_get_payload_len(message);

        if (message->nlmsg_type == RTM_NEWLINK && length >= sizeof(struct ifinfomsg))
                return note_link(message, links);
        if (message->nlmsg_type == RTM_NEWADDR && length >= sizeof(struct ifaddrmsg))
                return note_address(message, links);
        return MNL_CB_OK;
}

static int read_once(struct netlink *netlink, struct links **ret)
{
        struct links *l = calloc(1, sizeof *l);
        int r;

        if (!l)
                return -ENOMEM;
        r = netlink_dump(netlink, RTM_GETLINK, links_note, l);
        if (r == 0)
                r = netlink_dump(netlink, RTM_GETADDR, links_note, l);
        if (r < 0) {
                links_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

int links_read(struct netlink *netlink, struct links **ret)
{
        int r = -EINTR;

        /* The kernel says so when the list has changed while it was being told. */
        for (int i = 0; i < READ_TRIES && r == -EINTR; i++)
                r = read_once(netlink, ret);
        return r;
}

struct links *links_free(struct links *l)
{
        if (!l)
                return NULL;
        free(l->links);
        free(l->addresses);
        free(l);
        return NULL;
}

const struct link *links_by_index(const struct links *l, uint32_t index)
{
        for (size_t i = 0; i < l->n; i++)
                if (l->links[i].index == index)
                        return &l->links[i];
        return NULL;
}

const struct link *links_by_name(const struct links *l, const char *name)
{
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->links[i].name, name) == 0)
                        return &l->links[i];
        return NULL;
}

const struct link *links_by_address(const struct links *l, const struct address *address)
{
        for (size_t i = 0; i < l->n_addresses; i++)
                if (address_equal(&l->addresses[i].address, address))
                        return links_by_index(l, l->addresses[i].link);
        return NULL;
}

const struct address *links_address_of(const struct links *l, uint32_t index, int family)
{
        for (size_t i = 0; i < l->n_addresses; i++)
                if (l->addresses[i].link == index && l->addresses[i].address.family == family)
                        return &l->addresses[i].address;
        return NULL;
}

bool link_has_carrier(const struct link *l)
{
        return (l->flags & IFF_UP) && (l->flags & IFF_RUNNING);
}

static bool is_by_name(const struct link_choice *c)
{
        return c->interface && c->interface[0];
}

static bool is_by_address(const struct link_choice *c)
{
        return c->ip_address && c->ip_address->family;
}

bool link_choice_is_by_route(const struct link_choice *c)
{
        return !is_by_name(c) && !is_by_address(c);
}

int links_choose(const struct links *l, struct netlink *netlink, const struct link_choice *c,
                 const struct link **ret)
{
        uint32_t index;
        int r;

        if (is_by_name(c)) {
                *ret = links_by_name(l, c->interface);
                if (!*ret)
                        return -ENODEV;
        } else if (is_by_address(c)) {
                *ret = links_by_address(l, c->ip_address);
                if (!*ret)
                        return -EADDRNOTAVAIL;
        } else {
                *ret = NULL;
                r = netlink_route(netlink, c->group, &index);
                if (r < 0)
                        return r;
                *ret = links_by_index(l, index);
                /* It came after the snapshot: the next one has it. */
                if (!*ret)
                        return -ENETUNREACH;
        }
        return (*ret)->flags & IFF_UP ? 0 : -ENETDOWN;
}

const struct address *links_source_address(const struct links *l, const struct link *link,
                                           const struct link_choice *c)
{
        if (is_by_address(c))
                return c->ip_address;
        return link->flags & IFF_LOOPBACK ? links_address_of(l, link->index, c->group->family) : NULL;
}

/* What the question for a route comes back with: there is none, or one of the kinds unreachable and
 * prohibit. */
static bool failure_is_of_route(int error)
{
        return error == -ENETUNREACH || error == -EHOSTUNREACH || error == -EACCES;
}

const char *link_choice_why(const struct link_choice *c, int error, const struct link *found,
                            char buffer[LINK_WHY_SIZE])
{
        if (error == -ENETDOWN && found)
                snprintf(buffer, LINK_WHY_SIZE, "%s is down", found->name);
        else if (error == -ENODEV && is_by_name(c))
                snprintf(buffer, LINK_WHY_SIZE, "there is no interface %s", c->interface);
        else if (error == -EADDRNOTAVAIL && is_by_address(c))
                snprintf(buffer, LINK_WHY_SIZE, "no interface has the address %s",
                         ADDRESS_TEXT(c->ip_address));
        else if (link_choice_is_by_route(c) && failure_is_of_route(error))
                snprintf(buffer, LINK_WHY_SIZE, "there is no route to %s; %s would do without",
                         ADDRESS_TEXT(c->group), c->option);
        else
                snprintf(buffer, LINK_WHY_SIZE, "the route to %s: %s", ADDRESS_TEXT(c->group),
                         strerror(-error));
        return buffer;
}
