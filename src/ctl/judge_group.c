/* judge_group.c - judges the group's address. Pure: tables of who gave which address to whom. */
#include "ctl/judge_group.h"

#include <stdio.h>
#include <string.h>

/* --- IPv4 --- */

/* The IPv4 groups, by RFC 5771 and what it refers to; the first that contains the address is meant. */
static const struct block {
        uint8_t bytes[4];
        uint32_t length;
        enum severity severity;
        const char *what;
} blocks[] = {
        { { 224, 0, 0 }, 24, SEVERITY_NOTE, "link-local, for routing protocols: no router forwards it" },
        { { 224, 0, 1 }, 24, SEVERITY_NOTE, "for protocols of the Internet (RFC 5771)" },
        { { 224, 0 }, 16, SEVERITY_NOTE, "given to somebody by IANA (RFC 5771, AD-HOC block)" },
        { { 224, 2 }, 16, SEVERITY_NOTE, "for announced sessions (RFC 5771, SDP/SAP block)" },
        { { 224, 3 }, 16, SEVERITY_NOTE, "given to somebody by IANA (RFC 5771, AD-HOC block)" },
        { { 224, 4 }, 16, SEVERITY_NOTE, "given to somebody by IANA (RFC 5771, AD-HOC block)" },
        { { 232 }, 8, SEVERITY_NOTE, "source-specific (RFC 4607): routers want SOURCES to be named" },
        { { 233, 252 }, 14, SEVERITY_NOTE, "given to somebody by IANA (RFC 5771, AD-HOC block)" },
        { { 233 }, 8, SEVERITY_OK, "of the owner of an autonomous system (RFC 3180)" },
        { { 234 }, 8, SEVERITY_OK, "of the owner of an IPv4 network (RFC 6034)" },
        { { 239, 255 }, 16, SEVERITY_OK, "administratively scoped, for one site (RFC 2365)" },
        { { 239, 192 }, 14, SEVERITY_OK, "administratively scoped, for one organization (RFC 2365)" },
        { { 239 }, 8, SEVERITY_OK, "administratively scoped, for networks of your own (RFC 2365)" },
        { { 224 }, 4, SEVERITY_NOTE, "of a reserved block (RFC 5771)" },
};

static void judge_block(const struct address *a, struct findings *ret)
{
        for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
                struct network n = { .address.family = AF_INET, .length = blocks[i].length };

                memcpy(n.address.bytes, blocks[i].bytes, sizeof blocks[i].bytes);
                if (!network_contains(&n, a))
                        continue;
                finding_add(ret, blocks[i].severity, "%s is %s", ADDRESS_TEXT(a), blocks[i].what);
                if (blocks[i].severity == SEVERITY_NOTE && !address_is_source_specific_group(a))
                        finding_mend(ret, "MCAST_GROUP = 239.%u.%u.%u, or another of 239.0.0.0/8",
                                     a->bytes[1] & 0x7fu ? a->bytes[1] : 1u, a->bytes[2], a->bytes[3]);
                return;
        }
}

/* Of the 28 bits that tell groups apart, an Ethernet address has the lower 23 (RFC 1112): 32 groups share
 * one. */
static void judge_ethernet_ipv4(const struct address *a, struct findings *ret)
{
        struct address control = { .family = AF_INET, .bytes = { 224, 0, 0, a->bytes[3] } };

        if ((a->bytes[1] & 0x7f) || a->bytes[2] || address_equal(a, &control))
                return;
        finding_add(
                ret, SEVERITY_PROBLEM,
                "%s shares its Ethernet address 01:00:5e:00:00:%02x with %s, which is for control: switches "
                "send it everywhere, or to themselves",
                ADDRESS_TEXT(a), a->bytes[3], ADDRESS_TEXT(&control));
        finding_mend(ret, "MCAST_GROUP = 239.1.1.%u, or another of 239.0.0.0/8 but 239.0.0.x and 239.128.0.x",
                     a->bytes[3]);
}

/* --- IPv6 --- */

/* By RFC 4291 and RFC 7346; those that are not named are unassigned. */
static const char *const scopes[16] = {
        [0x1] = "interface-local: it does not leave the host",
        [0x2] = "link-local: no router forwards it",
        [0x3] = "realm-local",
        [0x4] = "admin-local",
        [0x5] = "site-local",
        [0x8] = "for one organization",
        [0xe] = "global",
};

static void judge_scope(const struct address *a, struct findings *ret)
{
        unsigned scope = a->bytes[1] & 15u;

        if (scope == 0 || scope == 15) {
                finding_add(ret, SEVERITY_PROBLEM, "%s is of the reserved scope %x (RFC 7346)",
                            ADDRESS_TEXT(a), scope);
                finding_mend(ret, "MCAST_GROUP = one of ff15::/16, of the scope of a site");
        } else {
                finding_add(ret, SEVERITY_OK, "%s is %s (scope %x)", ADDRESS_TEXT(a),
                            scopes[scope] ? scopes[scope] : "of an unassigned scope", scope);
        }
}

/* The bits of RFC 4291, RFC 3306 and RFC 3956. */
enum {
        FLAG_TRANSIENT = 1, /* 0: given to somebody by IANA */
        FLAG_PREFIX = 2,    /* made from the prefix of a network */
        FLAG_RENDEZVOUS = 4,
        FLAG_RESERVED = 8,
};

static void judge_flags(const struct address *a, struct findings *ret)
{
        unsigned flags = a->bytes[1] >> 4;
        const char *group = ADDRESS_TEXT(a);

        if (flags & FLAG_RESERVED)
                finding_add(ret, SEVERITY_NOTE, "%s has a flag that is reserved (RFC 4291)", group);
        else if ((flags & FLAG_RENDEZVOUS && !(flags & FLAG_PREFIX)) ||
                 (flags & FLAG_PREFIX && !(flags & FLAG_TRANSIENT)))
                finding_add(ret, SEVERITY_NOTE, "%s has flags that do not go together (RFC 3306, RFC 3956)",
                            group);
        else if (!(flags & FLAG_TRANSIENT))
                finding_add(ret, SEVERITY_NOTE, "%s is of those that IANA gives to protocols", group);
        else if (address_is_source_specific_group(a))
                finding_add(ret, SEVERITY_NOTE,
                            "%s is source-specific (RFC 4607): routers want SOURCES to be named", group);
        else
                return;
        if (flags != (FLAG_PREFIX | FLAG_TRANSIENT))
                finding_mend(ret, "MCAST_GROUP = one of ff1%x::/16, which are for whoever takes them",
                             a->bytes[1] & 15u);
}

/* An Ethernet address has the last 32 bits (RFC 2464). Every host listens to 33:33:00:00:00:01, and to one of
 * 33:33:ff:… for each of its addresses; the protocols' own groups are small numbers. */
static void judge_ethernet_ipv6(const struct address *a, struct findings *ret)
{
        const uint8_t *e = a->bytes + 12;
        struct address control = { .family = AF_INET6, .bytes = { 0xff, 0x02 } };

        memcpy(control.bytes + 12, e, 4);
        if (e[0] == 0xff)
                control.bytes[11] = 1; /* solicited-node: ff02::1:ff00:0/104 */
        else if (e[0] || e[1] || e[2])
                return;
        if (address_equal(a, &control))
                return;
        finding_add(ret, SEVERITY_NOTE,
                    "%s shares its Ethernet address 33:33:%02x:%02x:%02x:%02x with %s: switches may send it "
                    "everywhere",
                    ADDRESS_TEXT(a), e[0], e[1], e[2], e[3], ADDRESS_TEXT(&control));
}

void judge_group(const struct doctor_facts *f, struct findings *ret)
{
        const struct address *a = &f->group.address;

        if (a->family == AF_INET6) {
                judge_scope(a, ret);
                judge_flags(a, ret);
                judge_ethernet_ipv6(a, ret);
        } else {
                judge_block(a, ret);
                judge_ethernet_ipv4(a, ret);
        }
}
