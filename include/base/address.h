#ifndef MCASTD_BASE_ADDRESS_H
#define MCASTD_BASE_ADDRESS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* A network address without a port. family 0 is "no address". Bytes beyond the family's length are zero and
 * there is no padding, so that two equal addresses are equal byte for byte. */
struct address {
        int family;        /* AF_INET, AF_INET6 */
        uint8_t bytes[16]; /* network byte order, left aligned */
        uint32_t scope;    /* of an address that means something on one link only (IPv6 fe80::/10): the index
                              of the interface to that link; 0 for all others (RFC 4007) */
};

struct endpoint {
        struct address address;
        in_port_t port; /* host byte order */
};

/* Addresses that share their first `length` bits, as in RFC 4632. */
struct network {
        struct address address;
        uint32_t length; /* in bits; as wide as keeps equal networks equal byte for byte */
};

/* Strict: dotted decimal of four parts, no octal, no blank; or IPv6 (RFC 4291) without a zone, so that the
 * scope is 0. 0, or -EINVAL and *ret untouched. */
int address_parse(const char *text, struct address *ret);

/* `A.B.C.D:PORT`, `[IPv6]:PORT` or `[IPv6%INTERFACE]:PORT`, the port from 1 to 65535. The interface's name
 * goes to ret_zone ("": none was given). 0, or -EINVAL and nothing touched. */
int endpoint_parse(const char *text, struct endpoint *ret, char ret_zone[IFNAMSIZ]);

/* `address` or `address/length`; -EINVAL where that is not its form, where the length is out of range, or
 * where bits are set behind it (10.0.0.1/8 is a slip of the pen, not a network). */
int network_parse(const char *text, struct network *ret);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_unspecified(const struct address *a);
bool address_is_multicast(const struct address *a);
bool address_is_broadcast(const struct address *a);

/* Whether no router forwards what is sent to this group: 224.0.0.0/24 (RFC 5771), or an IPv6 group of
 * interface-local or link-local scope (RFC 4291). */
bool address_is_link_local_group(const struct address *a);

/* Whether the address means something else on every link, so that it says nothing without an interface: IPv6
 * fe80::/10, and groups of interface-local or link-local scope. */
bool address_needs_link(const struct address *a);

/* Whether sources are chosen by whoever joins: 232.0.0.0/8 (RFC 4607), ff30::/12 of any scope. */
bool address_is_source_specific_group(const struct address *a);

/* The scope of the network does not count: fe80::/10 has the addresses of all links. */
bool network_contains(const struct network *n, const struct address *a);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* From the kernel's form and back. An unknown family becomes family 0; endpoint_to_sockaddr returns the
 * length. */
void endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *ret);
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret);

/* Printed into the caller's buffer, which is returned: `fe80::1%eth0`, `[fe80::1%eth0]:5001`. An address with
 * a scope gets the zone, the interface's name, behind it; without one (NULL) the interface's index. The
 * macros make a buffer that lives as long as the block they stand in, so that two addresses fit into one
 * line. */
#define ADDRESS_TEXT_SIZE  (INET6_ADDRSTRLEN + IFNAMSIZ)
#define ENDPOINT_TEXT_SIZE (ADDRESS_TEXT_SIZE + sizeof "[]:65535")
const char *address_text(const struct address *a, const char *zone, char buffer[ADDRESS_TEXT_SIZE]);
const char *endpoint_text(const struct endpoint *e, const char *zone, char buffer[ENDPOINT_TEXT_SIZE]);
#define ADDRESS_TEXT(a)           address_text((a), NULL, (char[ADDRESS_TEXT_SIZE]){ 0 })
#define ENDPOINT_TEXT(e)          endpoint_text((e), NULL, (char[ENDPOINT_TEXT_SIZE]){ 0 })
#define ADDRESS_TEXT_ON(a, zone)  address_text((a), (zone), (char[ADDRESS_TEXT_SIZE]){ 0 })
#define ENDPOINT_TEXT_ON(e, zone) endpoint_text((e), (zone), (char[ENDPOINT_TEXT_SIZE]){ 0 })

#endif
