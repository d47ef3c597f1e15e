/* address.c - network addresses, networks and endpoints: parsing, comparing, printing.
 * Pure. What differs between address families stands in one table; a family is a row. */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

_Static_assert(sizeof(struct address) == 24 && sizeof(struct network) == 28,
               "no padding: they are compared whole");

static void from_sockaddr_ipv4(const struct sockaddr *sa, struct endpoint *ret)
{
        struct sockaddr_in in;

        memcpy(&in, sa, sizeof in);
        memcpy(ret->address.bytes, &in.sin_addr, sizeof in.sin_addr);
        ret->port = ntohs(in.sin_port);
}

static socklen_t to_sockaddr_ipv4(const struct endpoint *e, struct sockaddr_storage *ret)
{
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

        memcpy(&in.sin_addr, e->address.bytes, sizeof in.sin_addr);
        memcpy(ret, &in, sizeof in);
        return sizeof in;
}

static void from_sockaddr_ipv6(const struct sockaddr *sa, struct endpoint *ret)
{
        struct sockaddr_in6 in;

        memcpy(&in, sa, sizeof in);
        memcpy(ret->address.bytes, &in.sin6_addr, sizeof in.sin6_addr);
        ret->address.scope = in.sin6_scope_id;
        ret->port = ntohs(in.sin6_port);
}

static socklen_t to_sockaddr_ipv6(const struct endpoint *e, struct sockaddr_storage *ret)
{
        struct sockaddr_in6 in = {
                .sin6_family = AF_INET6,
                .sin6_port = htons(e->port),
                .sin6_scope_id = e->address.scope,
        };

        memcpy(&in.sin6_addr, e->address.bytes, sizeof in.sin6_addr);
        memcpy(ret, &in, sizeof in);
        return sizeof in;
}

/* Addresses that have the bits of `bytes` where the mask has ones. */
struct pattern {
        uint8_t bytes[3], mask[3];
};

#define N_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct family {
        int family;
        uint8_t size; /* of an address, in bytes */
        struct pattern multicast;
        struct pattern link_local[2]; /* groups that no router forwards */
        struct pattern source_specific;
        struct pattern needs_link[3]; /* patterns all zero match nothing */
        void (*from_sockaddr)(const struct sockaddr *sa, struct endpoint *ret);
        socklen_t (*to_sockaddr)(const struct endpoint *e, struct sockaddr_storage *ret);
} families[] = {
        {
                .family = AF_INET,
                .size = 4,
                .multicast = { { 224 }, { 0xf0 } },                        /* RFC 5771 */
                .link_local = { { { 224, 0, 0 }, { 0xff, 0xff, 0xff } } }, /* RFC 5771 section 4 */
                .source_specific = { { 232 }, { 0xff } },                  /* RFC 4607 */
                .from_sockaddr = from_sockaddr_ipv4,
                .to_sockaddr = to_sockaddr_ipv4,
        },
        {
                .family = AF_INET6,
                .size = 16,
                .multicast = { { 0xff }, { 0xff } }, /* RFC 4291 section 2.7; the scope is in four bits */
                .link_local = { { { 0xff, 0x01 }, { 0xff, 0x0f } }, { { 0xff, 0x02 }, { 0xff, 0x0f } } },
                .source_specific = { { 0xff, 0x30 }, { 0xff, 0xf0 } }, /* RFC 4607 */
                .needs_link = { { { 0xff, 0x01 }, { 0xff, 0x0f } },
                                { { 0xff, 0x02 }, { 0xff, 0x0f } },
                                { { 0xfe, 0x80 }, { 0xff, 0xc0 } } },
                .from_sockaddr = from_sockaddr_ipv6,
                .to_sockaddr = to_sockaddr_ipv6,
        },
};
#define N_FAMILIES N_OF(families)

static const struct family *family_of(int family)
{
        for (size_t i = 0; i < N_FAMILIES; i++)
                if (families[i].family == family)
                        return &families[i];
        return NULL;
}

/* The family of the address, or NULL where the text is none. */
static const struct family *parse(const char *text, struct address *ret)
{
        for (size_t i = 0; i < N_FAMILIES; i++) {
                struct address a = { .family = families[i].family };

                if (inet_pton(a.family, text, a.bytes) == 1) {
                        *ret = a;
                        return &families[i];
                }
        }
        return NULL;
}

int address_parse(const char *text, struct address *ret)
{
        return parse(text, ret) ? 0 : -EINVAL;
}

/* Whether the first `length` bits of both are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned length)
{
        unsigned whole = length / 8, rest = length % 8;
        uint8_t mask = (uint8_t)(0xff00u >> rest);

        return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool zero_behind(const struct address *a, unsigned length)
{
        struct address cleared = *a;

        for (unsigned bit = length; bit < 8 * sizeof cleared.bytes; bit++)
                cleared.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
        return address_equal(a, &cleared);
}

/* One to five decimal digits without a leading zero, at most `max`. */
static int number_parse(const char *text, uint32_t max, uint32_t *ret)
{
        uint32_t value = 0;
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 5 || text[digits] || (digits > 1 && text[0] == '0'))
                return -EINVAL;
        for (const char *p = text; *p; p++)
                value = value * 10 + (uint32_t)(*p - '0');
        if (value > max)
                return -EINVAL;
        *ret = value;
        return 0;
}

int network_parse(const char *text, struct network *ret)
{
        char address[ADDRESS_TEXT_SIZE];
        const char *slash = strchr(text, '/');
        size_t len = slash ? (size_t)(slash - text) : strlen(text);
        const struct family *family;
        struct network n = { 0 };

        if (len >= sizeof address)
                return -EINVAL;
        memcpy(address, text, len);
        address[len] = '\0';
        family = parse(address, &n.address);
        if (!family)
                return -EINVAL;
        n.length = 8u * family->size;
        if (slash && number_parse(slash + 1, n.length, &n.length) < 0)
                return -EINVAL;
        if (!zero_behind(&n.address, n.length))
                return -EINVAL;
        *ret = n;
        return 0;
}

/* Takes `address%zone` apart; either part may be empty. */
static int split_zone(char *text, char ret_zone[IFNAMSIZ])
{
        char *percent = strchr(text, '%');
        size_t length;

        memset(ret_zone, 0, IFNAMSIZ);
        if (!percent)
                return 0;
        *percent = '\0';
        length = strlen(percent + 1);
        if (length == 0 || length >= IFNAMSIZ)
                return -EINVAL;
        memcpy(ret_zone, percent + 1, length);
        return 0;
}

int endpoint_parse(const char *text, struct endpoint *ret, char ret_zone[IFNAMSIZ])
{
        const char *colon = strrchr(text, ':');
        char address[ADDRESS_TEXT_SIZE], zone[IFNAMSIZ];
        struct endpoint e = { 0 };
        uint32_t port;
        size_t length;
        bool bracket;

        if (!colon)
                return -EINVAL;
        bracket = text[0] == '[' && colon > text && colon[-1] == ']';
        length = (size_t)(colon - text) - (bracket ? 2 : 0);
        if (length >= sizeof address)
                return -EINVAL;
        memcpy(address, text + bracket, length);
        address[length] = '\0';
        if (split_zone(address, zone) < 0 || address_parse(address, &e.address) < 0 ||
            number_parse(colon + 1, 65535, &port) < 0 || port == 0)
                return -EINVAL;
        e.port = (in_port_t)port;
        /* Brackets tell where an IPv6 address ends; only it has a zone. */
        if (bracket != (e.address.family == AF_INET6) || (zone[0] && !bracket))
                return -EINVAL;
        *ret = e;
        memcpy(ret_zone, zone, sizeof zone);
        return 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
        return memcmp(a, b, sizeof *a) == 0;
}

bool address_is_unspecified(const struct address *a)
{
        static const uint8_t zero[sizeof a->bytes];

        return memcmp(a->bytes, zero, sizeof zero) == 0;
}

static bool matches(const struct pattern *p, const struct address *a)
{
        uint8_t different = 0, of_interest = 0;

        for (size_t i = 0; i < sizeof p->mask; i++) {
                different |= (uint8_t)((a->bytes[i] ^ p->bytes[i]) & p->mask[i]);
                of_interest |= p->mask[i];
        }
        return of_interest && !different;
}

static bool matches_any(const struct pattern *patterns, size_t n, const struct address *a)
{
        for (size_t i = 0; i < n; i++)
                if (matches(&patterns[i], a))
                        return true;
        return false;
}

bool address_is_multicast(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && matches(&f->multicast, a);
}

bool address_is_broadcast(const struct address *a)
{
        static const struct address all_ones = { .family = AF_INET, .bytes = { 255, 255, 255, 255 } };

        return address_equal(a, &all_ones);
}

bool address_is_link_local_group(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && matches_any(f->link_local, N_OF(f->link_local), a);
}

bool address_needs_link(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && matches_any(f->needs_link, N_OF(f->needs_link), a);
}

bool address_is_source_specific_group(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && matches(&f->source_specific, a);
}

bool network_contains(const struct network *n, const struct address *a)
{
        return n->address.family == a->family && same_bits(n->address.bytes, a->bytes, n->length);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
        return a->port == b->port && address_equal(&a->address, &b->address);
}

void endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *ret)
{
        const struct family *f = family_of(sa->sa_family);

        *ret = (struct endpoint){ 0 };
        if (f) {
                ret->address.family = f->family;
                f->from_sockaddr(sa, ret);
        }
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret)
{
        const struct family *f = family_of(e->address.family);

        return f ? f->to_sockaddr(e, ret) : 0;
}

/* inet_ntop takes several times as long, and this is done for each datagram that is logged. */
static void ipv4_text(const uint8_t bytes[4], char buffer[ADDRESS_TEXT_SIZE])
{
        char *at = buffer;

        for (size_t i = 0; i < 4; i++) {
                if (i > 0)
                        *at++ = '.';
                at = text_number(bytes[i], at);
        }
}

const char *address_text(const struct address *a, const char *zone, char buffer[ADDRESS_TEXT_SIZE])
{
        size_t n;

        if (a->family == AF_INET)
                ipv4_text(a->bytes, buffer);
        else if (!family_of(a->family) || !inet_ntop(a->family, a->bytes, buffer, ADDRESS_TEXT_SIZE))
                snprintf(buffer, ADDRESS_TEXT_SIZE, "-");
        n = strlen(buffer);
        if (a->scope && zone)
                snprintf(buffer + n, ADDRESS_TEXT_SIZE - n, "%%%s", zone);
        else if (a->scope)
                snprintf(buffer + n, ADDRESS_TEXT_SIZE - n, "%%%" PRIu32, a->scope);
        return buffer;
}

const char *endpoint_text(const struct endpoint *e, const char *zone, char buffer[ENDPOINT_TEXT_SIZE])
{
        bool brackets = e->address.family == AF_INET6;
        char *at = buffer;

        if (brackets)
                *at++ = '[';
        at += strlen(address_text(&e->address, zone, at));
        if (brackets)
                *at++ = ']';
        *at++ = ':';
        (void)text_number(e->port, at);
        return buffer;
}
