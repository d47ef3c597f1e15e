/* test_membership.c - os/membership: who has joined what, in a network namespace of the test's own. */
#include "test.h"

#include <errno.h>

#include "namespace.h"
#include "os/membership.h"

static bool permitted;

static int set_up(void **state)
{
        (void)state;
        permitted = enter_namespace() && set_loopback(IFF_UP);
        return 0;
}

static void need_namespace(void)
{
        if (!permitted)
                fail_msg("no namespaces here: unshare(CLONE_NEWUSER | CLONE_NEWNET) is refused");
}

/* A socket that has joined the group on the loopback interface. */
static int member(const struct address *group)
{
        const struct endpoint e = { .address = *group };
        struct group_req request = { .gr_interface = LO };
        int fd = socket(group->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void)endpoint_to_sockaddr(&e, &request.gr_group);
        assert_int_equal(setsockopt(fd, group->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                                    MCAST_JOIN_GROUP, &request, sizeof request),
                         0);
        return fd;
}

/* Each with a neighbour that nobody joins: one that differs in the first or in the last byte. */
static const struct {
        const char *name;
        struct address group, neighbour;
} groups[] = {
        { "IPv4", { AF_INET, { 239, 1, 2, 3 }, 0 }, { AF_INET, { 239, 1, 2, 4 }, 0 } },
        { "IPv4, the first byte", { AF_INET, { 239, 1, 2, 3 }, 0 }, { AF_INET, { 238, 1, 2, 3 }, 0 } },
        { "IPv4, the other way round", { AF_INET, { 239, 3, 2, 1 }, 0 }, { AF_INET, { 225, 2, 3, 239 }, 0 } },
        { "IPv6",
          { AF_INET6, { 0xff, 0x15, [7] = 0xab, [15] = 1 }, 0 },
          { AF_INET6, { 0xff, 0x15, [7] = 0xab, [15] = 2 }, 0 } },
        { "IPv6, the scope",
          { AF_INET6, { 0xff, 0x12, [15] = 1 }, 0 },
          { AF_INET6, { 0xff, 0x15, [15] = 1 }, 0 } },
        { "IPv6, of one interface",
          { AF_INET6, { 0xff, 0x11, [15] = 1 }, 0 },
          { AF_INET6, { 0xff, 0x11, [15] = 3 }, 0 } },
};

static void test_count(void **state)
{
        (void)state;
        need_namespace();
        for (size_t i = 0; i < N_OF(groups); i++) {
                const struct address *g = &groups[i].group;
                int a, b;

                CHECK_INT(groups[i].name, membership_count(g, LO), 0);
                a = member(g);
                CHECK_INT(groups[i].name, membership_count(g, LO), 1);
                CHECK_INT(groups[i].name, membership_count(&groups[i].neighbour, LO), 0);
                CHECK_INT(groups[i].name, membership_count(g, LO + 1), 0);
                CHECK_INT(groups[i].name, membership_count(g, 0), 0);
                b = member(g);
                CHECK_INT(groups[i].name, membership_count(g, LO), 2);
                close(a);
                CHECK_INT(groups[i].name, membership_count(g, LO), 1);
                close(b);
                CHECK_INT(groups[i].name, membership_count(g, LO), 0);
        }
}

/* Others before and behind it in the list take nothing from it. */
static void test_among_others(void **state)
{
        enum {
                N = 15
        };
        int four[N], six[N];

        (void)state;
        need_namespace();
        for (uint8_t n = 0; n < N; n++) {
                four[n] = member(&(struct address){ AF_INET, { 239, 7, 7, n }, 0 });
                six[n] = member(&(struct address){ AF_INET6, { 0xff, 0x15, [15] = n }, 0 });
        }
        for (uint8_t n = 0; n < N; n++) {
                const struct address g4 = { AF_INET, { 239, 7, 7, n }, 0 };
                const struct address g6 = { AF_INET6, { 0xff, 0x15, [15] = n }, 0 };

                assert_int_equal(membership_count(&g4, LO), 1);
                assert_int_equal(membership_count(&g6, LO), 1);
                close(four[n]);
                close(six[n]);
        }
}

/* The kernel itself has joined these on each interface. */
static void test_all_hosts(void **state)
{
        const struct address four = { AF_INET, { 224, 0, 0, 1 }, 0 };
        const struct address six = { AF_INET6, { 0xff, 0x02, [15] = 1 }, 0 };

        (void)state;
        need_namespace();
        assert_int_equal(membership_count(&four, LO), 1);
        assert_int_equal(membership_count(&six, LO), 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_count),
                cmocka_unit_test(test_among_others),
                cmocka_unit_test(test_all_hosts),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
