/* test_address.c - base/address: what is taken for an address or a network, what kind it is, how it is
 * printed. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/un.h>

static const struct {
        const char *text;
        uint8_t bytes[4];
} addresses[] = {
        { "0.0.0.0", { 0, 0, 0, 0 } },         { "255.255.255.255", { 255, 255, 255, 255 } },
        { "0.0.0.1", { 0, 0, 0, 1 } },         { "1.0.0.0", { 1, 0, 0, 0 } },
        { "127.0.0.1", { 127, 0, 0, 1 } },     { "239.1.1.1", { 239, 1, 1, 1 } },
        { "224.3.29.71", { 224, 3, 29, 71 } },
};

static void test_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(addresses); i++) {
                static const uint8_t zero[12];
                struct address a;

                memset(&a, 0xff, sizeof a);
                CHECK_INT(addresses[i].text, address_parse(addresses[i].text, &a), 0);
                CHECK_INT(addresses[i].text, a.family, AF_INET);
                CHECK(addresses[i].text, memcmp(a.bytes, addresses[i].bytes, 4) == 0);
                CHECK(addresses[i].text, memcmp(a.bytes + 4, zero, sizeof zero) == 0);
        }
}

static const char *const no_addresses[] = {
        "",
        ".",
        "...",
        "0",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        ".1.2.3.4",
        "1..2.3",
        "256.0.0.1",
        "1.2.3.256",
        "4294967296.0.0.1",
        "99999999999999999999.1.1.1",
        "01.2.3.4",
        "1.2.3.04",
        "00.0.0.0",
        "0x7f.0.0.1",
        "127.1",
        "2130706433",
        "-1.2.3.4",
        "+1.2.3.4",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2. 3.4",
        "1.2.3.4\n",
        "1.2.3.4/32",
        "1.2.3.4:80",
        "1,2,3,4",
        "localhost",
        "1.2.3.a",
        "1.2.3.4.in-addr.arpa.which.is.longer.than.any.address.that.there.could.be",
};

static void test_parse_refuses(void **state)
{
        const struct address before = ipv4(1, 2, 3, 4);

        (void)state;
        for (size_t i = 0; i < N_OF(no_addresses); i++) {
                struct address a = before;

                CHECK_INT(no_addresses[i], address_parse(no_addresses[i], &a), -EINVAL);
                CHECK(no_addresses[i], address_equal(&a, &before));
        }
}

static const struct {
        const char *text;
        uint8_t bytes[4];
        uint8_t length;
} networks[] = {
        { "0.0.0.0/0", { 0, 0, 0, 0 }, 0 },
        { "0.0.0.0", { 0, 0, 0, 0 }, 32 },
        { "255.255.255.255/32", { 255, 255, 255, 255 }, 32 },
        { "255.255.255.254/31", { 255, 255, 255, 254 }, 31 },
        { "128.0.0.0/1", { 128, 0, 0, 0 }, 1 },
        { "10.0.0.0/8", { 10, 0, 0, 0 }, 8 },
        { "10.128.0.0/9", { 10, 128, 0, 0 }, 9 },
        { "10.1.2.3", { 10, 1, 2, 3 }, 32 },
        { "10.1.2.3/32", { 10, 1, 2, 3 }, 32 },
};

static void test_network_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(networks); i++) {
                struct network n;

                memset(&n, 0xff, sizeof n);
                CHECK_INT(networks[i].text, network_parse(networks[i].text, &n), 0);
                CHECK_INT(networks[i].text, n.address.family, AF_INET);
                CHECK(networks[i].text, memcmp(n.address.bytes, networks[i].bytes, 4) == 0);
                CHECK_INT(networks[i].text, n.length, networks[i].length);
        }
}

static const char *const no_networks[] = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/256",
        "10.0.0.0/999",
        "10.0.0.0/4294967304",
        "10.0.0.0/08",
        "10.0.0.0/00",
        "10.0.0.0/-8",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/8 ",
        "10.0.0.0 /8",
        "10.0.0.0/8/8",
        "10.0.0.0//8",
        "10.0.0.0/0x8",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/a",
        "10.0.0.1/8",
        "0.0.0.1/0",
        "128.0.0.0/0",
        "255.255.255.255/31",
        "10.128.0.0/8",
        "10.0.0/8",
        "10/8",
        "256.0.0.0/8",
        "an address that is longer than every address can be, and then some/8",
};

static void test_network_parse_refuses(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(no_networks); i++) {
                struct network n = { ipv4(1, 2, 3, 4), 17 };

                CHECK_INT(no_networks[i], network_parse(no_networks[i], &n), -EINVAL);
                CHECK_INT(no_networks[i], n.length, 17);
                CHECK_INT(no_networks[i], n.address.bytes[3], 4);
        }
}

static const struct {
        const char *name;
        struct network network;
        struct address address;
        bool inside;
} membership[] = {
        { "everything has the first", { { AF_INET, { 0 }, 0 }, 0 }, { AF_INET, { 0 }, 0 }, true },
        { "everything has the last",
          { { AF_INET, { 0 }, 0 }, 0 },
          { AF_INET, { 255, 255, 255, 255 }, 0 },
          true },
        { "lower half", { { AF_INET, { 0 }, 0 }, 1 }, { AF_INET, { 127, 255, 255, 255 }, 0 }, true },
        { "not in the lower half", { { AF_INET, { 0 }, 0 }, 1 }, { AF_INET, { 128 }, 0 }, false },
        { "one below", { { AF_INET, { 10 }, 0 }, 8 }, { AF_INET, { 9, 255, 255, 255 }, 0 }, false },
        { "first", { { AF_INET, { 10 }, 0 }, 8 }, { AF_INET, { 10 }, 0 }, true },
        { "last", { { AF_INET, { 10 }, 0 }, 8 }, { AF_INET, { 10, 255, 255, 255 }, 0 }, true },
        { "one above", { { AF_INET, { 10 }, 0 }, 8 }, { AF_INET, { 11 }, 0 }, false },
        { "last of /12", { { AF_INET, { 172, 16 }, 0 }, 12 }, { AF_INET, { 172, 31, 255, 255 }, 0 }, true },
        { "one above /12", { { AF_INET, { 172, 16 }, 0 }, 12 }, { AF_INET, { 172, 32 }, 0 }, false },
        { "pair", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 31 }, { AF_INET, { 10, 0, 0, 3 }, 0 }, true },
        { "one above the pair",
          { { AF_INET, { 10, 0, 0, 2 }, 0 }, 31 },
          { AF_INET, { 10, 0, 0, 4 }, 0 },
          false },
        { "itself", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 32 }, { AF_INET, { 10, 0, 0, 2 }, 0 }, true },
        { "its neighbour", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 32 }, { AF_INET, { 10, 0, 0, 3 }, 0 }, false },
        { "no address", { { AF_INET, { 0 }, 0 }, 0 }, { 0, { 0 }, 0 }, false },
        { "another family", { { AF_INET, { 0 }, 0 }, 0 }, { AF_INET6, { 0 }, 0 }, false },
        { "all of 16 bytes", { { AF_INET6, { [15] = 1 }, 0 }, 128 }, { AF_INET6, { [15] = 1 }, 0 }, true },
        { "last bit of 16 bytes", { { AF_INET6, { [15] = 1 }, 0 }, 128 }, { AF_INET6, { 0 }, 0 }, false },
};

static void test_network_contains(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(membership); i++)
                CHECK_INT(membership[i].name,
                          network_contains(&membership[i].network, &membership[i].address),
                          membership[i].inside);
}

enum kind {
        MULTICAST = 1,
        LINK_LOCAL_GROUP = 2,
        BROADCAST = 4,
        UNSPECIFIED = 8,
};

static const struct {
        const char *name;
        struct address address;
        unsigned kinds;
} kinds[] = {
        { "no address", { 0, { 0 }, 0 }, UNSPECIFIED },
        { "no address with bytes", { 0, { 224 }, 0 }, 0 },
        { "0.0.0.0", { AF_INET, { 0 }, 0 }, UNSPECIFIED },
        { "0.0.0.1", { AF_INET, { 0, 0, 0, 1 }, 0 }, 0 },
        { "223.255.255.255", { AF_INET, { 223, 255, 255, 255 }, 0 }, 0 },
        { "224.0.0.0", { AF_INET, { 224 }, 0 }, MULTICAST | LINK_LOCAL_GROUP },
        { "224.0.0.255", { AF_INET, { 224, 0, 0, 255 }, 0 }, MULTICAST | LINK_LOCAL_GROUP },
        { "224.0.1.0", { AF_INET, { 224, 0, 1, 0 }, 0 }, MULTICAST },
        { "239.255.255.255", { AF_INET, { 239, 255, 255, 255 }, 0 }, MULTICAST },
        { "240.0.0.0", { AF_INET, { 240 }, 0 }, 0 },
        { "255.255.255.254", { AF_INET, { 255, 255, 255, 254 }, 0 }, 0 },
        { "255.255.255.255", { AF_INET, { 255, 255, 255, 255 }, 0 }, BROADCAST },
        { "127.0.0.1", { AF_INET, { 127, 0, 0, 1 }, 0 }, 0 },
};

static void test_kinds(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                const struct address *a = &kinds[i].address;

                CHECK_INT(kinds[i].name, address_is_multicast(a), !!(kinds[i].kinds & MULTICAST));
                CHECK_INT(kinds[i].name, address_is_link_local_group(a),
                          !!(kinds[i].kinds & LINK_LOCAL_GROUP));
                CHECK_INT(kinds[i].name, address_is_broadcast(a), !!(kinds[i].kinds & BROADCAST));
                CHECK_INT(kinds[i].name, address_is_unspecified(a), !!(kinds[i].kinds & UNSPECIFIED));
        }
}

static void test_equal(void **state)
{
        const struct address a = ipv4(10, 0, 0, 1), b = ipv4(10, 0, 0, 2),
                             other = { AF_INET6, { 10, 0, 0, 1 }, 0 };
        const struct endpoint e = { a, 5001 }, same = { a, 5001 }, port = { a, 5002 }, address = { b, 5001 };

        (void)state;
        assert_true(address_equal(&a, &e.address));
        assert_false(address_equal(&a, &b));
        assert_false(address_equal(&a, &other));
        assert_true(endpoint_equal(&e, &same));
        assert_false(endpoint_equal(&e, &port));
        assert_false(endpoint_equal(&e, &address));
}

static void test_sockaddr_round_trip(void **state)
{
        static const in_port_t ports[] = { 0, 1, 255, 256, 5001, 65535 };

        (void)state;
        for (size_t i = 0; i < N_OF(ports); i++) {
                const struct endpoint e = { ipv4(239, 1, 2, 3), ports[i] };
                struct endpoint back;
                struct sockaddr_storage ss;
                struct sockaddr_in in;

                memset(&ss, 0xff, sizeof ss);
                memset(&back, 0xff, sizeof back);
                assert_int_equal(endpoint_to_sockaddr(&e, &ss), sizeof in);
                memcpy(&in, &ss, sizeof in);
                assert_int_equal(in.sin_family, AF_INET);
                assert_int_equal(in.sin_port, htons(ports[i]));
                assert_int_equal(in.sin_addr.s_addr, htonl(0xef010203));
                endpoint_from_sockaddr((struct sockaddr *)&ss, &back);
                assert_true(endpoint_equal(&back, &e));
        }
}

static void test_sockaddr_of_no_known_family(void **state)
{
        static const sa_family_t families[] = { AF_UNSPEC, AF_UNIX, AF_PACKET, UINT16_MAX };
        const struct endpoint nothing = { 0 };

        (void)state;
        for (size_t i = 0; i < N_OF(families); i++) {
                struct sockaddr_storage ss;
                struct endpoint e;

                memset(&ss, 0xff, sizeof ss);
                memset(&e, 0xff, sizeof e);
                ss.ss_family = families[i];
                endpoint_from_sockaddr((struct sockaddr *)&ss, &e);
                assert_true(endpoint_equal(&e, &nothing));
        }
}

static void test_text(void **state)
{
        const struct endpoint longest = { ipv4(255, 255, 255, 255), 65535 }, least = { ipv4(0, 0, 0, 0), 0 };
        const struct address none = { 0 };
        char line[128];

        (void)state;
        snprintf(line, sizeof line, "%s %s %s %s", ENDPOINT_TEXT(&longest), ENDPOINT_TEXT(&least),
                 ADDRESS_TEXT(&longest.address), ADDRESS_TEXT(&none));
        assert_string_equal(line, "255.255.255.255:65535 0.0.0.0:0 255.255.255.255 -");
}

static void test_text_is_parsed_again(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(addresses); i++) {
                struct address a;

                assert_int_equal(address_parse(addresses[i].text, &a), 0);
                CHECK_TEXT(addresses[i].text, ADDRESS_TEXT(&a), addresses[i].text);
        }
}

/* --- IPv6 --- */

static const struct {
        const char *text;
        struct address address;
        const char *printed; /* RFC 5952; NULL: as given */
} ipv6[] = {
        { "::", { AF_INET6, { 0 }, 0 }, NULL },
        { "::1", { AF_INET6, { [15] = 1 }, 0 }, NULL },
        { "0:0:0:0:0:0:0:1", { AF_INET6, { [15] = 1 }, 0 }, "::1" },
        { "fe80::1", { AF_INET6, { 0xfe, 0x80, [15] = 1 }, 0 }, NULL },
        { "FF02::FB", { AF_INET6, { 0xff, 2, [15] = 0xfb }, 0 }, "ff02::fb" },
        { "2001:db8::", { AF_INET6, { 0x20, 1, 0x0d, 0xb8 }, 0 }, NULL },
        { "1:2:3:4:5:6:7:8", { AF_INET6, { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 }, 0 }, NULL },
        { "::ffff:192.0.2.1",
          { AF_INET6, { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1 }, 0 },
          NULL },
};

static void test_ipv6(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(ipv6); i++) {
                struct address a;

                memset(&a, 0xff, sizeof a);
                CHECK_INT(ipv6[i].text, address_parse(ipv6[i].text, &a), 0);
                CHECK(ipv6[i].text, address_equal(&a, &ipv6[i].address));
                CHECK_TEXT(ipv6[i].text, ADDRESS_TEXT(&a), ipv6[i].printed ? ipv6[i].printed : ipv6[i].text);
        }
}

static const char *const no_ipv6[] = {
        ":",           ":::",     "1",    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "::1::",       "12345::", "g::",  "[::1]",         "::1%eth0",
        "fe80::1%2",   "::1/128", " ::1", "::1 ",          "1:2:3:4:5:6:7:",
        "::256.0.0.1",
};

static void test_ipv6_refuses(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(no_ipv6); i++) {
                struct address a = ipv4(1, 2, 3, 4);

                CHECK_INT(no_ipv6[i], address_parse(no_ipv6[i], &a), -EINVAL);
                CHECK_INT(no_ipv6[i], a.family, AF_INET);
        }
}

enum {
        GROUP = 1 << 0,
        STAYS = 1 << 1, /* no router forwards it */
        NEEDS = 1 << 2, /* an interface, to mean anything */
        SSM = 1 << 3,
};

static const struct {
        const char *text;
        unsigned kinds;
} scopes[] = {
        { "::", 0 },
        { "::1", 0 },
        { "fe7f:ffff::", 0 },
        { "fe80::", NEEDS },
        { "febf:ffff::1", NEEDS },
        { "fec0::", 0 },
        { "feff::", 0 },
        { "ff00::", GROUP },
        { "ff01::1", GROUP | STAYS | NEEDS },
        { "ff02::1", GROUP | STAYS | NEEDS },
        { "ff03::1", GROUP },
        { "ff05::1", GROUP },
        { "ff08::1", GROUP },
        { "ff0e::1", GROUP },
        { "ff0f::1", GROUP },
        { "ff11::1", GROUP | STAYS | NEEDS },
        { "ff12::1", GROUP | STAYS | NEEDS },
        { "ff15::1", GROUP },
        { "ff2e::1", GROUP },
        { "ff30::1", GROUP | SSM },
        { "ff32::1", GROUP | STAYS | NEEDS | SSM },
        { "ff3e::1", GROUP | SSM },
        { "ff40::1", GROUP },
        { "fff2::1", GROUP | STAYS | NEEDS },
        { "ffff::1", GROUP },
        { "169.254.0.1", 0 },
        { "223.255.255.255", 0 },
        { "224.0.0.1", GROUP | STAYS },
        { "224.0.0.255", GROUP | STAYS },
        { "224.0.1.0", GROUP },
        { "231.255.255.255", GROUP },
        { "232.0.0.0", GROUP | SSM },
        { "232.255.255.255", GROUP | SSM },
        { "233.0.0.0", GROUP },
        { "239.255.255.255", GROUP },
        { "240.0.0.0", 0 },
};

static void test_scopes(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(scopes); i++) {
                struct address a;
                unsigned found = 0;

                CHECK_INT(scopes[i].text, address_parse(scopes[i].text, &a), 0);
                found |= address_is_multicast(&a) ? GROUP : 0;
                found |= address_is_link_local_group(&a) ? STAYS : 0;
                found |= address_needs_link(&a) ? NEEDS : 0;
                found |= address_is_source_specific_group(&a) ? SSM : 0;
                CHECK_INT(scopes[i].text, found, scopes[i].kinds);
                CHECK(scopes[i].text, !address_is_broadcast(&a));
        }
}

static const struct {
        const char *network, *address;
        bool inside;
} insides[] = {
        { "::/0", "ffff::", true },
        { "::/0", "0.0.0.0", false },
        { "0.0.0.0/0", "::", false },
        { "fe80::/10", "febf::1", true },
        { "fe80::/10", "fec0::", false },
        { "2001:db8::/33", "2001:db8:7fff::", true },
        { "2001:db8::/33", "2001:db8:8000::", false },
        { "2001:db8::1", "2001:db8::1", true },
        { "2001:db8::1", "2001:db8::2", false },
        { "2001:db8::/127", "2001:db8::1", true },
};

static void test_ipv6_networks(void **state)
{
        static const char *const wrong[] = { "::/129", "::1/127", "fe80::1/10",
                                             "::/",    "::/-1",   "fe80::%eth0/10" };
        struct network n;

        (void)state;
        for (size_t i = 0; i < N_OF(insides); i++) {
                struct address a;

                CHECK_INT(insides[i].network, network_parse(insides[i].network, &n), 0);
                CHECK_INT(insides[i].address, address_parse(insides[i].address, &a), 0);
                CHECK_INT(insides[i].network, network_contains(&n, &a), insides[i].inside);
                /* Addresses of every link are in it. */
                a.scope = 7;
                CHECK_INT(insides[i].network, network_contains(&n, &a), insides[i].inside);
        }
        for (size_t i = 0; i < N_OF(wrong); i++)
                CHECK_INT(wrong[i], network_parse(wrong[i], &n), -EINVAL);
}

/* On two links the same address is two. */
static void test_scope(void **state)
{
        const struct endpoint on_2 = { { AF_INET6, { 0xfe, 0x80, [15] = 1 }, 2 }, 5001 };
        struct endpoint on_3 = on_2, back;
        struct sockaddr_storage ss;

        (void)state;
        on_3.address.scope = 3;
        assert_false(address_equal(&on_2.address, &on_3.address));
        assert_false(endpoint_equal(&on_2, &on_3));
        assert_string_equal(ADDRESS_TEXT(&on_2.address), "fe80::1%2");
        assert_string_equal(ADDRESS_TEXT_ON(&on_2.address, "eth0"), "fe80::1%eth0");
        assert_string_equal(ENDPOINT_TEXT(&on_2), "[fe80::1%2]:5001");
        assert_string_equal(ENDPOINT_TEXT_ON(&on_2, "eth0"), "[fe80::1%eth0]:5001");
        assert_int_equal(endpoint_to_sockaddr(&on_2, &ss), sizeof(struct sockaddr_in6));
        endpoint_from_sockaddr((struct sockaddr *)&ss, &back);
        assert_true(endpoint_equal(&back, &on_2));
        on_3.address.scope = 0;
        assert_string_equal(ENDPOINT_TEXT_ON(&on_3, "eth0"), "[fe80::1]:5001");
}

/* The longest of all fits. */
static void test_longest_text(void **state)
{
        const struct endpoint e = {
                { AF_INET6,
                  { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
                  UINT32_MAX },
                65535,
        };

        (void)state;
        assert_string_equal(ENDPOINT_TEXT_ON(&e, "fifteen-letters"),
                            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%fifteen-letters]:65535");
        assert_string_equal(ENDPOINT_TEXT(&e), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static const struct {
        const char *text;
        const char *address; /* NULL: refused */
        in_port_t port;
        const char *zone;
} endpoints[] = {
        { "239.1.1.1:5001", "239.1.1.1", 5001, "" },
        { "239.1.1.1:1", "239.1.1.1", 1, "" },
        { "239.1.1.1:65535", "239.1.1.1", 65535, "" },
        { "[ff15::1]:5001", "ff15::1", 5001, "" },
        { "[ff02::1%eth0]:5001", "ff02::1", 5001, "eth0" },
        { "[ff02::1%fifteen-letters]:5001", "ff02::1", 5001, "fifteen-letters" },
        { "", NULL, 0, NULL },
        { ":", NULL, 0, NULL },
        { ":5001", NULL, 0, NULL },
        { "[]:5001", NULL, 0, NULL },
        { "239.1.1.1", NULL, 0, NULL },
        { "239.1.1.1:", NULL, 0, NULL },
        { "239.1.1.1:0", NULL, 0, NULL },
        { "239.1.1.1:65536", NULL, 0, NULL },
        { "239.1.1.1:05001", NULL, 0, NULL },
        { "239.1.1.1:+1", NULL, 0, NULL },
        { "239.1.1.1:5001 ", NULL, 0, NULL },
        { "239.1.1.1:4294967297", NULL, 0, NULL },
        { "239.1.1.1%eth0:5001", NULL, 0, NULL },
        { "[239.1.1.1]:5001", NULL, 0, NULL },
        { "ff15::1:5001", NULL, 0, NULL },
        { "[ff15::1]", NULL, 0, NULL },
        { "[ff15::1]5001", NULL, 0, NULL },
        { "[ff15::1:5001", NULL, 0, NULL },
        { "ff15::1]:5001", NULL, 0, NULL },
        { "[ff02::1%]:5001", NULL, 0, NULL },
        { "[%eth0]:5001", NULL, 0, NULL },
        { "[ff02::1%sixteen-letters-]:5001", NULL, 0, NULL },
        { "[an address that is longer than every address can be, with or without a zone behind it]:1", NULL,
          0, NULL },
};

static void test_endpoint_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(endpoints); i++) {
                struct endpoint e = { .port = 7 };
                char zone[IFNAMSIZ] = "untouched";
                int r = endpoint_parse(endpoints[i].text, &e, zone);

                CHECK_INT(endpoints[i].text, r, endpoints[i].address ? 0 : -EINVAL);
                CHECK_INT(endpoints[i].text, e.port, endpoints[i].address ? endpoints[i].port : 7);
                CHECK_TEXT(endpoints[i].text, zone, endpoints[i].address ? endpoints[i].zone : "untouched");
                if (endpoints[i].address)
                        CHECK_TEXT(endpoints[i].text, ADDRESS_TEXT(&e.address), endpoints[i].address);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_parse_refuses),
                cmocka_unit_test(test_network_parse),
                cmocka_unit_test(test_network_parse_refuses),
                cmocka_unit_test(test_network_contains),
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_sockaddr_round_trip),
                cmocka_unit_test(test_sockaddr_of_no_known_family),
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_text_is_parsed_again),
                cmocka_unit_test(test_ipv6),
                cmocka_unit_test(test_ipv6_refuses),
                cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_ipv6_networks),
                cmocka_unit_test(test_scope),
                cmocka_unit_test(test_longest_text),
                cmocka_unit_test(test_endpoint_parse),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
