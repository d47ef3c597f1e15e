/* test_netlink.c - os/netlink: the kernel's news of a network of the test's own. What it answers is in
 * test_links.c. */
#include "test.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

#include "namespace.h"
#include "os/netlink.h"

static bool in_namespace;

static int set_up(void **state)
{
        (void)state;
        in_namespace = enter_namespace();
        return 0;
}

/* The interfaces that were told to be deleted. */
struct deletions {
        size_t n;
        uint32_t last;
};

static void note_deleted(void *arg, uint32_t index)
{
        struct deletions *d = arg;

        d->n++;
        d->last = index;
}

static struct netlink_watch *make(void)
{
        struct netlink_watch *w = NULL;

        if (!in_namespace)
                fail_msg("no namespaces here: unshare(CLONE_NEWUSER | CLONE_NEWNET) is refused");
        assert_true(set_loopback(IFF_UP));
        assert_int_equal(netlink_watch_new(&w), 0);
        return w;
}

/* The kernel writes news before the call returns that has made it. */
static bool has_news(const struct netlink_watch *w)
{
        struct pollfd fd = { .fd = netlink_watch_fd(w), .events = POLLIN };

        return poll(&fd, 1, 0) == 1;
}

static void expect_nothing_deleted(struct netlink_watch *w, int result)
{
        struct deletions d = { 0 };

        assert_int_equal(netlink_watch_read(w, note_deleted, &d), result);
        assert_int_equal(d.n, 0);
}

static void test_an_interface_goes_down(void **state)
{
        struct netlink_watch *w = make();

        (void)state;
        assert_false(has_news(w));
        expect_nothing_deleted(w, 0);
        assert_true(set_loopback(0));
        assert_true(has_news(w));
        expect_nothing_deleted(w, 0);
        assert_false(has_news(w));
        assert_null(netlink_watch_free(w));
        assert_null(netlink_watch_free(NULL));
}

static int on_a_socket(unsigned long request, void *arg)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = ioctl(fd, request, arg) < 0 ? -errno : 0;

        close(fd);
        return r;
}

static void test_an_interface_is_deleted(void **state)
{
        char name[] = "bridge";
        struct netlink_watch *w = make();
        struct deletions d = { 0 };
        uint32_t index;

        (void)state;
        /* Where the kernel has no bridges it has none that could be deleted. */
        if (on_a_socket(SIOCBRADDBR, name) < 0) {
                netlink_watch_free(w);
                skip();
        }
        index = if_nametoindex(name);
        expect_nothing_deleted(w, 0);
        assert_int_equal(on_a_socket(SIOCBRDELBR, name), 0);
        assert_int_equal(netlink_watch_read(w, note_deleted, &d), 0);
        assert_int_equal(d.n, 1);
        assert_int_equal(d.last, index);
        netlink_watch_free(w);
}

/* To 10.0.0.0/8 by the loopback interface. */
static void change_route(unsigned long request)
{
        const struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000) };
        const struct sockaddr_in mask = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xff000000) };
        struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = (char[]){ "lo" } };

        memcpy(&route.rt_dst, &to, sizeof to);
        memcpy(&route.rt_genmask, &mask, sizeof mask);
        assert_int_equal(on_a_socket(request, &route), 0);
}

static void test_routes_are_news_only_if_asked_for(void **state)
{
        struct netlink_watch *w = make();

        (void)state;
        assert_int_equal(netlink_watch_routes(w, false), 0);
        change_route(SIOCADDRT);
        assert_false(has_news(w));
        assert_int_equal(netlink_watch_routes(w, true), 0);
        change_route(SIOCDELRT);
        assert_true(has_news(w));
        expect_nothing_deleted(w, 0);
        assert_int_equal(netlink_watch_routes(w, false), 0);
        change_route(SIOCADDRT);
        assert_false(has_news(w));
        change_route(SIOCDELRT);
        netlink_watch_free(w);
}

/* That news was lost is said once, and what comes later is told again. */
static void test_too_much_news(void **state)
{
        struct netlink_watch *w = make();
        int least = 1;

        (void)state;
        assert_int_equal(setsockopt(netlink_watch_fd(w), SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
        for (int i = 0; i < 50; i++)
                assert_true(set_loopback(i % 2 ? IFF_UP : 0));
        expect_nothing_deleted(w, -ENOBUFS);
        assert_false(has_news(w));
        expect_nothing_deleted(w, 0);
        assert_true(set_loopback(0));
        assert_true(has_news(w));
        netlink_watch_free(w);
}

static void test_no_descriptor_is_left(void **state)
{
        struct netlink_watch *w = NULL;
        struct netlink *n = NULL;
        struct rlimit before, none;

        (void)state;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        assert_int_equal(netlink_watch_new(&w), -EMFILE);
        assert_int_equal(netlink_new(&n), -EMFILE);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_null(w);
        assert_null(n);
        assert_null(netlink_free(n));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_an_interface_goes_down),
                cmocka_unit_test(test_an_interface_is_deleted),
                cmocka_unit_test(test_routes_are_news_only_if_asked_for),
                cmocka_unit_test(test_too_much_news),
                cmocka_unit_test(test_no_descriptor_is_left),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
