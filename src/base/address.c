/* address.c - network addresses, networks and endpoints: parsing, comparing, printing.
 * Pure. What differs between address families stands in one table; a family is a row. */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static const struct family {
        sa_family_t family;
        uint8_t size;              /* of an address, in bytes */
        struct network multicast;  /* RFC 5771: 224.0.0.0/4 */
        struct network link_local; /* groups that no router forwards, RFC 5771 section 4 */
        struct address broadcast;  /* RFC 919 */
        void (*from_sockaddr)(const struct sockaddr *sa, struct endpoint *ret);
        socklen_t (*to_sockaddr)(const struct endpoint *e, struct sockaddr_storage *ret);
} families[] = {
        {
                .family = AF_INET,
                .size = 4,
                .multicast = { { AF_INET, { 224 } }, 4 },
                .link_local = { { AF_INET, { 224, 0, 0 } }, 24 },
                .broadcast = { AF_INET, { 255, 255, 255, 255 } },
                .from_sockaddr = from_sockaddr_ipv4,
                .to_sockaddr = to_sockaddr_ipv4,
        },
};
#define N_FAMILIES (sizeof families / sizeof families[0])

static const struct family *family_of(sa_family_t family)
{
        for (size_t i = 0; i < N_FAMILIES; i++)
                if (families[i].family == family)
                        return &families[i];
        return NULL;
}

int address_parse(const char *text, struct address *ret)
{
        for (size_t i = 0; i < N_FAMILIES; i++) {
                struct address a = { .family = families[i].family };

                if (inet_pton(a.family, text, a.bytes) == 1) {
                        *ret = a;
                        return 0;
                }
        }
        return -EINVAL;
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

/* One to three decimal digits without a leading zero, at most `max`. */
static int length_parse(const char *text, unsigned max, uint16_t *ret)
{
        unsigned value = 0;
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 3 || text[digits] || (digits > 1 && text[0] == '0'))
                return -EINVAL;
        for (const char *p = text; *p; p++)
                value = value * 10 + (unsigned)(*p - '0');
        if (value > max)
                return -EINVAL;
        *ret = (uint16_t)value;
        return 0;
}

int network_parse(const char *text, struct network *ret)
{
        char address[ADDRESS_TEXT_SIZE];
        const char *slash = strchr(text, '/');
        size_t len = slash ? (size_t)(slash - text) : strlen(text);
        struct network n = { 0 };

        if (len >= sizeof address)
                return -EINVAL;
        memcpy(address, text, len);
        address[len] = '\0';
        if (address_parse(address, &n.address) < 0)
                return -EINVAL;
        n.length = (uint16_t)(8 * family_of(n.address.family)->size);
        if (slash && length_parse(slash + 1, n.length, &n.length) < 0)
                return -EINVAL;
        if (!zero_behind(&n.address, n.length))
                return -EINVAL;
        *ret = n;
        return 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
        return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool address_is_unspecified(const struct address *a)
{
        static const uint8_t zero[sizeof a->bytes];

        return memcmp(a->bytes, zero, sizeof zero) == 0;
}

bool address_is_multicast(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && network_contains(&f->multicast, a);
}

bool address_is_broadcast(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && address_equal(a, &f->broadcast);
}

bool address_is_link_local_group(const struct address *a)
{
        const struct family *f = family_of(a->family);

        return f && network_contains(&f->link_local, a);
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

const char *address_text(const struct address *a, char buffer[ADDRESS_TEXT_SIZE])
{
        if (!family_of(a->family) || !inet_ntop(a->family, a->bytes, buffer, ADDRESS_TEXT_SIZE))
                snprintf(buffer, ADDRESS_TEXT_SIZE, "-");
        return buffer;
}

const char *endpoint_text(const struct endpoint *e, char buffer[ENDPOINT_TEXT_SIZE])
{
        char address[ADDRESS_TEXT_SIZE];

        snprintf(buffer, ENDPOINT_TEXT_SIZE, "%s:%u", address_text(&e->address, address), (unsigned)e->port);
        return buffer;
}
