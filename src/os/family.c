/* family.c - address families, as the system's calls want them. A family is a row. Calls nothing. */
#include "os/family.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(sizeof(struct ip_mreqn) <= FAMILY_VALUE_MAX && sizeof(struct in_pktinfo) <= FAMILY_VALUE_MAX &&
                       sizeof(struct in6_pktinfo) <= FAMILY_VALUE_MAX,
               "FAMILY_VALUE_MAX is the longest");

static size_t interface_value_ipv4(uint32_t link, void *value)
{
        struct ip_mreqn request = { .imr_ifindex = (int)link };

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

static size_t interface_value_ipv6(uint32_t link, void *value)
{
        memcpy(value, &link, sizeof link);
        return sizeof link;
}

/* The address by which the source is answered is not told; the kernel chooses it then (RFC 6724). */
static void read_packet_info_ipv6(const void *info, struct datagram *d)
{
        struct in6_pktinfo i;

        memcpy(&i, info, sizeof i);
        d->destination.family = d->local.family = AF_INET6;
        memcpy(d->destination.bytes, &i.ipi6_addr, sizeof i.ipi6_addr);
        d->ifindex = i.ipi6_ifindex;
}

static size_t put_packet_info_ipv6(const struct reply *r, void *info)
{
        struct in6_pktinfo i = { .ipi6_ifindex = r->ifindex };

        memcpy(&i.ipi6_addr, r->from.bytes, sizeof i.ipi6_addr);
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
        {
                .family = AF_INET6,
                .level = IPPROTO_IPV6,
                .multicast_all = IPV6_MULTICAST_ALL,
                .multicast_if = IPV6_MULTICAST_IF,
                .multicast_ttl = IPV6_MULTICAST_HOPS,
                .multicast_loop = IPV6_MULTICAST_LOOP,
                .traffic_class = IPV6_TCLASS,
                .receive_packet_info = IPV6_RECVPKTINFO,
                .packet_info = IPV6_PKTINFO,
                .interface_value = interface_value_ipv6,
                .read_packet_info = read_packet_info_ipv6,
                .put_packet_info = put_packet_info_ipv6,
        },
};

const struct family *family_of(int family)
{
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
                if (families[i].family == family)
                        return &families[i];
        return NULL;
}
