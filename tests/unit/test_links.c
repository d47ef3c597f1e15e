/* test_links.c - os/links and os/membership: which interface is meant, among some that are made up; and what
 * a network namespace of the test's own has. */
#include "test.h"

#include <errno.h>
#include <net/route.h>

#include "namespace.h"
#include "os/links.h"
#include "os/membership.h"

static struct link made_up[] = {
        { .index = 1, .name = "lo", .flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK },
        { .index = 2, .name = "eth0", .flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST },
        { .index = 3, .name = "eth1", .flags = IFF_UP | IFF_MULTICAST },
        { .index = 4, .name = "eth2", .flags = IFF_RUNNING | IFF_MULTICAST },
};

static struct link_address addresses[] = {
        { 1, { AF_INET, { 127, 0, 0, 1 }, 0 } }, { 1, { AF_INET6, { [15] = 1 }, 0 } },
        { 2, { AF_INET, { 10, 0, 0, 2 }, 0 } },  { 2, { AF_INET, { 10, 0, 0, 3 }, 0 } },
        { 2, { AF_INET6, { 0xfe, 0x80 }, 2 } },  { 3, { AF_INET6, { 0xfe, 0x80 }, 3 } },
        { 4, { AF_INET, { 192, 0, 2, 4 }, 0 } }, { 9, { AF_INET, { 192, 0, 2, 9 }, 0 } },
};

static const struct links links = { N_OF(made_up), made_up, N_OF(addresses), addresses };
static const struct address group = { AF_INET, { 239, 1, 1, 1 }, 0 };

static const struct {
        const char *name;
        const char *interface;
        struct address ip_address;
        int result;
        uint32_t index; /* 0: none is found */
        const char *why;
} choices[] = {
        { "by name", "eth0", { 0 }, 0, 2, NULL },
        { "by name, without carrier", "eth1", { 0 }, 0, 3, NULL },
        { "by name, down", "eth2", { 0 }, -ENETDOWN, 4, "eth2 is down" },
        { "by name, not there", "eth", { 0 }, -ENODEV, 0, "there is no interface eth" },
        { "by address", "", { AF_INET, { 10, 0, 0, 2 }, 0 }, 0, 2, NULL },
        { "by its other address", "", { AF_INET, { 10, 0, 0, 3 }, 0 }, 0, 2, NULL },
        { "by IPv6 address", "", { AF_INET6, { [15] = 1 }, 0 }, 0, 1, NULL },
        { "by address, down", "", { AF_INET, { 192, 0, 2, 4 }, 0 }, -ENETDOWN, 4, "eth2 is down" },
        { "by address, not there",
          "",
          { AF_INET, { 10, 0, 0, 4 }, 0 },
          -EADDRNOTAVAIL,
          0,
          "no interface has the address 10.0.0.4" },
        { "by address, of an interface that has gone meanwhile",
          "",
          { AF_INET, { 192, 0, 2, 9 }, 0 },
          -EADDRNOTAVAIL,
          0,
          "no interface has the address 192.0.2.9" },
};

static void test_choice(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(choices); i++) {
                const struct link_choice c = { choices[i].interface, &choices[i].ip_address, &group,
                                               "INTERFACE" };
                const struct link *found = NULL;
                char why[LINK_WHY_SIZE];
                int r = links_choose(&links, NULL, &c, &found);

                CHECK(choices[i].name, !link_choice_is_by_route(&c));
                CHECK_INT(choices[i].name, r, choices[i].result);
                CHECK_INT(choices[i].name, found ? found->index : 0, choices[i].index);
                if (r < 0)
                        CHECK_TEXT(choices[i].name, link_choice_why(&c, r, found, why), choices[i].why);
        }
}

static void test_why_there_is_no_route(void **state)
{
        const struct link_choice c = { NULL, NULL, &group, "INTERFACE" };
        char why[LINK_WHY_SIZE];

        (void)state;
        assert_true(link_choice_is_by_route(&c));
        assert_string_equal(link_choice_why(&c, -ENETUNREACH, NULL, why),
                            "there is no route to 239.1.1.1; INTERFACE would do without");
        assert_string_equal(link_choice_why(&c, -ENOBUFS, NULL, why),
                            "the route to 239.1.1.1: No buffer space available");
}

static void test_addresses(void **state)
{
        (void)state;
        assert_ptr_equal(links_address_of(&links, 2, AF_INET), &addresses[2].address);
        assert_ptr_equal(links_address_of(&links, 3, AF_INET6), &addresses[5].address);
        assert_null(links_address_of(&links, 3, AF_INET));
        /* The same address on two links. */
        assert_int_equal(links_by_address(&links, &addresses[4].address)->index, 2);
        assert_int_equal(links_by_address(&links, &addresses[5].address)->index, 3);
        assert_null(links_by_address(&links, &(struct address){ AF_INET6, { 0xfe, 0x80 }, 0 }));
        assert_true(link_has_carrier(&made_up[1]));
        assert_false(link_has_carrier(&made_up[2]));
        assert_false(link_has_carrier(&made_up[3]));
}

static void test_source_address(void **state)
{
        const struct address ip = { AF_INET, { 10, 0, 0, 3 }, 0 }, none = { 0 };
        const struct address group6 = { AF_INET6, { 0xff, 0x15 }, 0 };
        const struct link_choice by_address = { "", &ip, &group, "INTERFACE" },
                                 by_name = { "eth0", &none, &group, "INTERFACE" };
        const struct link_choice on_lo = { "lo", &none, &group, "INTERFACE" },
                                 on_lo6 = { "lo", &none, &group6, "INTERFACE" };

        (void)state;
        assert_ptr_equal(links_source_address(&links, &made_up[1], &by_address), &ip);
        assert_null(links_source_address(&links, &made_up[1], &by_name));
        assert_ptr_equal(links_source_address(&links, &made_up[0], &on_lo), &addresses[0].address);
        assert_ptr_equal(links_source_address(&links, &made_up[0], &on_lo6), &addresses[1].address);
}

static int set_up(void **state)
{
        static bool permitted;

        permitted = enter_namespace();
        *state = &permitted;
        return 0;
}

static void need_namespace(void **state)
{
        const bool *permitted = *state;

        if (!*permitted)
                fail_msg("no namespaces here: unshare(CLONE_NEWUSER | CLONE_NEWNET) is refused");
}

/* A new network has a loopback interface, which is down, and nobody has joined anything. */
static void test_new_network(void **state)
{
        struct netlink *netlink;
        struct links *l;
        uint32_t index;
        struct ip_mreqn join = { .imr_ifindex = 1 };
        int fd;

        need_namespace(state);
        assert_int_equal(netlink_new(&netlink), 0);
        assert_int_equal(links_read(netlink, &l), 0);
        assert_non_null(links_by_name(l, "lo"));
        assert_int_equal(links_by_name(l, "lo")->index, 1);
        assert_false(links_by_name(l, "lo")->flags & IFF_UP);
        assert_int_equal(l->n_addresses, 0);
        assert_int_equal(netlink_route(netlink, &group, &index), -ENETUNREACH);
        /* The next question is not disturbed by what was left of the last one. */
        links_free(l);
        assert_int_equal(links_read(netlink, &l), 0);
        links_free(l);
        assert_null(netlink_free(netlink));

        assert_int_equal(membership_count(&group, 1), 0);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        memcpy(&join.imr_multiaddr, group.bytes, sizeof join.imr_multiaddr);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), 0);
        assert_int_equal(membership_count(&group, 1), 1);
        assert_int_equal(membership_count(&group, 2), 0);
        close(fd);
        assert_int_equal(membership_count(&group, 1), 0);
        assert_int_equal(membership_count(&(struct address){ AF_INET6, { 0xff, 0x15 }, 0 }, 1), 0);
}

/* All IPv4 groups go by the loopback interface from here on, or no longer. */
static void set_route(unsigned long request)
{
        const struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xe0000000) };
        const struct sockaddr_in mask = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xf0000000) };
        struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = (char[]){ "lo" } };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        memcpy(&route.rt_dst, &to, sizeof to);
        memcpy(&route.rt_genmask, &mask, sizeof mask);
        assert_int_equal(ioctl(fd, request, &route), 0);
        close(fd);
}

/* The loopback interface with its two addresses, and a route by it. */
static void test_by_route(void **state)
{
        const struct address ipv6_loopback = { AF_INET6, { [15] = 1 }, 0 };
        const struct link_choice c = { "", NULL, &group, "INTERFACE" };
        const struct link *found = &made_up[0];
        struct netlink *netlink;
        struct links *l;

        need_namespace(state);
        assert_true(set_loopback(IFF_UP));
        assert_int_equal(netlink_new(&netlink), 0);
        assert_int_equal(links_read(netlink, &l), 0);
        assert_int_equal(l->n, 1);
        assert_int_equal(l->n_addresses, 2);
        assert_ptr_equal(links_by_address(l, &addresses[0].address), &l->links[0]);
        assert_ptr_equal(links_by_address(l, &ipv6_loopback), &l->links[0]);
        assert_true(link_has_carrier(&l->links[0]));
        assert_int_equal(links_choose(l, netlink, &c, &found), -ENETUNREACH);
        assert_null(found);
        set_route(SIOCADDRT);
        assert_int_equal(links_choose(l, netlink, &c, &found), 0);
        assert_ptr_equal(found, &l->links[0]);
        /* The route leads to an interface that is newer than the list. */
        assert_int_equal(links_choose(&(struct links){ 0 }, netlink, &c, &found), -ENETUNREACH);
        assert_null(found);
        /* The list is what counts. */
        l->links[0].flags &= ~(unsigned)IFF_UP;
        assert_int_equal(links_choose(l, netlink, &c, &found), -ENETDOWN);
        assert_ptr_equal(found, &l->links[0]);
        set_route(SIOCDELRT);
        assert_int_equal(links_choose(l, netlink, &c, &found), -ENETUNREACH);
        assert_null(links_free(l));
        assert_null(links_free(NULL));
        assert_null(netlink_free(netlink));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_choice),      cmocka_unit_test(test_why_there_is_no_route),
                cmocka_unit_test(test_addresses),   cmocka_unit_test(test_source_address),
                cmocka_unit_test(test_new_network), cmocka_unit_test(test_by_route),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
