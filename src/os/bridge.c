/* bridge.c - a bridge's own view of groups: whether it snoops, and who asks for members.
 * By netlink and not from /sys, which may show another network namespace than ours. */
#include "os/bridge.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct search {
        uint32_t link;
        uint16_t querier; /* the attribute with the querier's address, of the family */
        bool found;
        struct bridge bridge;
};

static int note_querier(const struct nlattr *a, void *arg)
{
        struct search *s = arg;

        if (mnl_attr_get_type(a) == s->querier)
                s->bridge.querier_seen = true;
        return MNL_CB_OK;
}

static int note_setting(const struct nlattr *a, void *arg)
{
        struct search *s = arg;

        switch (mnl_attr_get_type(a)) {
        case IFLA_BR_MCAST_SNOOPING:
                s->bridge.snooping = mnl_attr_get_u8(a);
                break;
        case IFLA_BR_MCAST_QUERIER:
                s->bridge.querier = mnl_attr_get_u8(a);
                break;
        case IFLA_BR_MCAST_QUERIER_STATE:
                return mnl_attr_parse_nested(a, note_querier, s);
        default:
                break;
        }
        return MNL_CB_OK;
}

static int note_kind(const struct nlattr *a, void *arg)
{
        struct search *s = arg;

        if (mnl_attr_get_type(a) == IFLA_INFO_KIND && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
                s->found = strcmp(mnl_attr_get_str(a), "bridge") == 0;
        /* The kind comes first; the data of another kind means something else. */
        else if (mnl_attr_get_type(a) == IFLA_INFO_DATA && s->found)
                return mnl_attr_parse_nested(a, note_setting, s);
        return MNL_CB_OK;
}

static int note_attribute(const struct nlattr *a, void *arg)
{
        return mnl_attr_get_type(a) == IFLA_LINKINFO ? mnl_attr_parse_nested(a, note_kind, arg) : MNL_CB_OK;
}

static int note_link(const struct nlmsghdr *message, void *arg)
{
        const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
        struct search *s = arg;

        if ((uint32_t)info->ifi_index != s->link)
                return MNL_CB_OK;
        return mnl_attr_parse(message, sizeof *info, note_attribute, s);
}

int bridge_read(struct netlink *netlink, uint32_t link, int family, struct bridge *ret)
{
        struct search s = {
                .link = link,
                .querier = family == AF_INET6 ? BRIDGE_QUERIER_IPV6_ADDRESS : BRIDGE_QUERIER_IP_ADDRESS,
        };
        int r = netlink_dump(netlink, RTM_GETLINK, note_link, &s);

        if (r == 0 && !s.found)
                r = -ENODEV;
        if (r == 0)
                *ret = s.bridge;
        return r;
}
