#ifndef MCASTD_BASE_ADDRESS_H
#define MCASTD_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* A network address without a port. family 0 is "no address". Bytes beyond the family's length are zero, so
 * that two equal addresses are equal byte for byte. */
struct address {
        sa_family_t family;
        uint8_t bytes[16]; /* network byte order, left aligned */
};

struct endpoint {
        struct address address;
        in_port_t port; /* host byte order */
};

/* Addresses that share their first `length` bits, as in RFC 4632. */
struct network {
        struct address address;
        uint16_t length; /* in bits; as wide as keeps equal networks equal byte for byte */
};

/* Strict: dotted decimal of four parts, no octal, no blank. 0, or -EINVAL and *ret untouched. */
int address_parse(const char *text, struct address *ret);

/* `address` or `address/length`; -EINVAL where that is not its form, where the length is out of range, or
 * where bits are set behind it (10.0.0.1/8 is a slip of the pen, not a network). */
int network_parse(const char *text, struct network *ret);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_unspecified(const struct address *a);
bool address_is_multicast(const struct address *a);
bool address_is_broadcast(const struct address *a);
bool address_is_link_local_group(const struct address *a);
bool network_contains(const struct network *n, const struct address *a);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* From the kernel's form and back. An unknown family becomes family 0; endpoint_to_sockaddr returns the
 * length. */
void endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *ret);
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret);

/* Printed into the caller's buffer, which is returned. The macros make a buffer that lives as long as the
 * block they stand in, so that two addresses fit into one line. */
#define ADDRESS_TEXT_SIZE  INET6_ADDRSTRLEN
#define ENDPOINT_TEXT_SIZE (INET6_ADDRSTRLEN + sizeof ":65535")
const char *address_text(const struct address *a, char buffer[ADDRESS_TEXT_SIZE]);
const char *endpoint_text(const struct endpoint *e, char buffer[ENDPOINT_TEXT_SIZE]);
#define ADDRESS_TEXT(a)  address_text((a), (char[ADDRESS_TEXT_SIZE]){ 0 })
#define ENDPOINT_TEXT(e) endpoint_text((e), (char[ENDPOINT_TEXT_SIZE]){ 0 })

#endif
