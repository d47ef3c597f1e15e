/* family.c - address families, as the system's calls want them. A family is a row. Calls nothing. */
#include "os/family.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(sizeof(struct ip_mreqn) <= FAMILY_VALUE_MAX && sizeof(struct in_pktinfo) <= FAMILY_VALUE_MAX,
               "FAMILY_VALUE_MAX is the longest");

static size_t interface_value_ipv4(uint32_t link, const struct address *from, void *value)
{
        struct ip_mreqn request = { .imr_ifindex = (int)link };

        if (from)
                memcpy(&request.imr_address, from->bytes, sizeof request.imr_address);
        memcpy(value, &request, sizeof request);
        return sizeof request;
}

static void read_packet_info_ipv4(const void *info, struct datagram *d)
{
        struct in_pktinfo i;

        memcpy(&i, info, sizeof i);
        d->destination.family = d->local.family = AF_INET;
        memcpy(d->destination.bytes, &i.ipi_addr, sizeof i.ipi_addr);
        memcpy(d->local.bytes, &i.ipi_spec_dst, sizeof i.ipi_spec_dst);
        d->ifindex = (uint32_t)i.ipi_ifindex;
}

static size_t put_packet_info_ipv4(const struct reply *r, void *info)
{
        struct in_pktinfo i = { .ipi_ifindex = (int)r->ifindex };

        memcpy(&i.ipi_spec_dst, r->from.bytes, sizeof i.ipi_spec_dst);
        memcpy(info, &i, sizeof i);
        return sizeof i;
}

static const struct family families[] = {
        {
                .family = AF_INET,
                .level = IPPROTO_IP,
                .multicast_all = IP_MULTICAST_ALL,
                .multicast_if = IP_MULTICAST_IF,
                .multicast_ttl = IP_MULTICAST_TTL,
                .multicast_loop = IP_MULTICAST_LOOP,
                .traffic_class = IP_TOS,
                .receive_packet_info = IP_PKTINFO,
                .packet_info = IP_PKTINFO,
                .interface_value = interface_value_ipv4,
                .read_packet_info = read_packet_info_ipv4,
                .put_packet_info = put_packet_info_ipv4,
        },
};

const struct family *family_of(sa_family_t family)
{
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
                if (families[i].family == family)
                        return &families[i];
        return NULL;
}
