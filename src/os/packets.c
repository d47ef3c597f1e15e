/* packets.c - UDP packets as they are on the wire: who sends to whom. */
#include "os/packets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The longest IPv4 header (RFC 791), and a UDP header (RFC 768). */
#define HEADERS_MAX     (60 + 8)
#define UDP_HEADER_SIZE 8
#define IPV6_SIZE       40

int packets_open(int family, uint32_t link)
{
        uint16_t protocol = htons(family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
        struct sockaddr_ll where = {
                .sll_family = AF_PACKET,
                .sll_protocol = protocol,
                .sll_ifindex = (int)link,
        };
        /* It hears nothing, from no interface, until it is bound. */
        int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

static bool read_udp(const uint8_t *header, size_t length, struct packet *ret)
{
        if (length < UDP_HEADER_SIZE)
                return false;
        ret->source.port = (in_port_t)(header[0] << 8 | header[1]);
        ret->destination.port = (in_port_t)(header[2] << 8 | header[3]);
        return true;
}

static bool read_ipv4(const uint8_t *p, size_t length, struct packet *ret)
{
        size_t header = length ? 4u * (p[0] & 15u) : 0;

        if (header < 20 || length < header || p[9] != IPPROTO_UDP)
                return false;
        /* Only the first fragment has the ports. */
        if ((p[6] & 0x1f) || p[7])
                return false;
        ret->source.address.family = ret->destination.address.family = AF_INET;
        memcpy(ret->source.address.bytes, p + 12, 4);
        memcpy(ret->destination.address.bytes, p + 16, 4);
        return read_udp(p + header, length - header, ret);
}

/* Without extension headers, which neither mcastd nor the seeds send. */
static bool read_ipv6(const uint8_t *p, size_t length, struct packet *ret)
{
        if (length < IPV6_SIZE || p[6] != IPPROTO_UDP)
                return false;
        ret->source.address.family = ret->destination.address.family = AF_INET6;
        memcpy(ret->source.address.bytes, p + 8, 16);
        memcpy(ret->destination.address.bytes, p + 24, 16);
        return read_udp(p + IPV6_SIZE, length - IPV6_SIZE, ret);
}

/* What an IPv6 tap gives begins with the UDP header. */
static bool read_headless(const struct sockaddr_storage *from, const uint8_t *p, size_t length,
                          struct packet *ret)
{
        endpoint_from_sockaddr((const struct sockaddr *)from, &ret->source);
        return read_udp(p, length, ret);
}

static bool read_packet(const struct sockaddr_storage *from, const uint8_t *p, size_t length,
                        struct packet *ret)
{
        *ret = (struct packet){ 0 };
        if (from->ss_family == AF_INET6)
                return read_headless(from, p, length, ret);
        return length && p[0] >> 4 == 6 ? read_ipv6(p, length, ret) : read_ipv4(p, length, ret);
}

int packets_next(int fd, struct packet *ret)
{
        uint8_t bytes[HEADERS_MAX];
        struct sockaddr_storage from;
        ssize_t length;

        do {
                socklen_t size = sizeof from;

                length = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
                if (length < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        } while (!read_packet(&from, bytes, (size_t)length, ret));
        return 1;
}
