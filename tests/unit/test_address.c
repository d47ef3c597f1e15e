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
        { "everything has the first", { { AF_INET, { 0 } }, 0 }, { AF_INET, { 0 } }, true },
        { "everything has the last", { { AF_INET, { 0 } }, 0 }, { AF_INET, { 255, 255, 255, 255 } }, true },
        { "lower half", { { AF_INET, { 0 } }, 1 }, { AF_INET, { 127, 255, 255, 255 } }, true },
        { "not in the lower half", { { AF_INET, { 0 } }, 1 }, { AF_INET, { 128 } }, false },
        { "one below", { { AF_INET, { 10 } }, 8 }, { AF_INET, { 9, 255, 255, 255 } }, false },
        { "first", { { AF_INET, { 10 } }, 8 }, { AF_INET, { 10 } }, true },
        { "last", { { AF_INET, { 10 } }, 8 }, { AF_INET, { 10, 255, 255, 255 } }, true },
        { "one above", { { AF_INET, { 10 } }, 8 }, { AF_INET, { 11 } }, false },
        { "last of /12", { { AF_INET, { 172, 16 } }, 12 }, { AF_INET, { 172, 31, 255, 255 } }, true },
        { "one above /12", { { AF_INET, { 172, 16 } }, 12 }, { AF_INET, { 172, 32 } }, false },
        { "pair", { { AF_INET, { 10, 0, 0, 2 } }, 31 }, { AF_INET, { 10, 0, 0, 3 } }, true },
        { "one above the pair", { { AF_INET, { 10, 0, 0, 2 } }, 31 }, { AF_INET, { 10, 0, 0, 4 } }, false },
        { "itself", { { AF_INET, { 10, 0, 0, 2 } }, 32 }, { AF_INET, { 10, 0, 0, 2 } }, true },
        { "its neighbour", { { AF_INET, { 10, 0, 0, 2 } }, 32 }, { AF_INET, { 10, 0, 0, 3 } }, false },
        { "no address", { { AF_INET, { 0 } }, 0 }, { 0, { 0 } }, false },
        { "another family", { { AF_INET, { 0 } }, 0 }, { AF_INET6, { 0 } }, false },
        { "all of 16 bytes", { { AF_INET6, { [15] = 1 } }, 128 }, { AF_INET6, { [15] = 1 } }, true },
        { "last bit of 16 bytes", { { AF_INET6, { [15] = 1 } }, 128 }, { AF_INET6, { 0 } }, false },
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
        { "no address", { 0, { 0 } }, UNSPECIFIED },
        { "no address with bytes", { 0, { 224 } }, 0 },
        { "0.0.0.0", { AF_INET, { 0 } }, UNSPECIFIED },
        { "0.0.0.1", { AF_INET, { 0, 0, 0, 1 } }, 0 },
        { "223.255.255.255", { AF_INET, { 223, 255, 255, 255 } }, 0 },
        { "224.0.0.0", { AF_INET, { 224 } }, MULTICAST | LINK_LOCAL_GROUP },
        { "224.0.0.255", { AF_INET, { 224, 0, 0, 255 } }, MULTICAST | LINK_LOCAL_GROUP },
        { "224.0.1.0", { AF_INET, { 224, 0, 1, 0 } }, MULTICAST },
        { "239.255.255.255", { AF_INET, { 239, 255, 255, 255 } }, MULTICAST },
        { "240.0.0.0", { AF_INET, { 240 } }, 0 },
        { "255.255.255.254", { AF_INET, { 255, 255, 255, 254 } }, 0 },
        { "255.255.255.255", { AF_INET, { 255, 255, 255, 255 } }, BROADCAST },
        { "127.0.0.1", { AF_INET, { 127, 0, 0, 1 } }, 0 },
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
                             other = { AF_INET6, { 10, 0, 0, 1 } };
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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
