/* test_ipv6.c - os/batch and os/socket with IPv6: real datagrams, over the loopback interface of a network
 * namespace of the test's own. What is the same for all families is in test_batch.c. */
#include "test.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include "namespace.h"
#include "os/batch.h"
#include "os/socket.h"
#include "runs.h"

static const struct endpoint site = { { AF_INET6, { 0xff, 0x15, [15] = 1 }, 0 }, 5001 };
static const struct endpoint link_local = { { AF_INET6, { 0xff, 0x12, [15] = 1 }, 0 }, 5001 };
static const struct endpoint interface_local = { { AF_INET6, { 0xff, 0x11, [15] = 1 }, 0 }, 5001 };
static const struct address loopback = { AF_INET6, { [15] = 1 }, 0 };
static const struct address stranger = { AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 0 };

static const struct {
        const char *name;
        const struct endpoint *group;
} groups[] = {
        { "of a site", &site },
        { "of a link", &link_local },
        { "of an interface", &interface_local },
};

struct bench {
        bool permitted;
        int barrier; /* sends to itself */
        struct batch *batch;
};

static size_t most = BATCH_MAX;

static int open_receiver(const struct endpoint *group, const struct address *sources, size_t n)
{
        const struct socket_receiver spec = { .group = *group,
                                              .link = LO,
                                              .link_name = "lo",
                                              .sources = sources,
                                              .n_sources = n,
                                              .receive_buffer = 65536 };
        struct socket_failure failure = { 0 };
        uint64_t granted = 0;
        int fd = socket_open_receiver(&spec, &granted, &failure);

        if (fd < 0)
                fail_msg("cannot %s: %s", failure.tried, strerror(-fd));
        assert_true(granted > 0);
        return fd;
}

static int open_emitter(const struct endpoint *group, uint8_t ttl, bool loop, uint8_t dscp)
{
        const struct socket_emitter spec = { .group = *group,
                                             .link = LO,
                                             .link_name = "lo",
                                             .from = &loopback,
                                             .ttl = ttl,
                                             .loop = loop,
                                             .dscp = dscp };
        struct socket_failure failure = { 0 };
        int fd = socket_open_emitter(&spec, &failure);

        if (fd < 0)
                fail_msg("cannot %s: %s", failure.tried, strerror(-fd));
        return fd;
}

static int receive(const struct bench *b, int fd)
{
        int n;

        settle(b->barrier);
        n = batch_receive(b->batch, fd, &most);
        assert_int_equal(batch_next(b->batch), n > 0 ? n : 0);
        return n;
}

static int open_barrier(void)
{
        struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        socklen_t size = sizeof in;
        int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (bind(fd, (struct sockaddr *)&in, size) < 0 ||
            getsockname(fd, (struct sockaddr *)&in, &size) < 0 ||
            connect(fd, (struct sockaddr *)&in, size) < 0)
                return -1;
        return fd;
}

/* The way to all groups, which the kernel gives to other interfaces only: what is sent comes back in. */
static bool add_route(void)
{
        struct {
                struct nlmsghdr header;
                struct rtmsg route;
                struct rtattr to;
                struct in6_addr groups;
                struct rtattr by;
                uint32_t link;
        } request = {
                .header = { .nlmsg_len = sizeof request,
                            .nlmsg_type = RTM_NEWROUTE,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE },
                .route = { .rtm_family = AF_INET6,
                           .rtm_dst_len = 8,
                           .rtm_table = RT_TABLE_LOCAL,
                           .rtm_protocol = RTPROT_BOOT,
                           .rtm_type = RTN_LOCAL },
                .to = { RTA_LENGTH(sizeof(struct in6_addr)), RTA_DST },
                .groups = { { { 0xff } } },
                .by = { RTA_LENGTH(sizeof(uint32_t)), RTA_OIF },
                .link = LO,
        };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        ssize_t n = send(fd, &request, sizeof request, 0);

        close(fd);
        return n == sizeof request;
}

static int set_up(void **state)
{
        static struct bench b;

        b.permitted = enter_namespace() && set_loopback(IFF_UP) && add_route();
        *state = &b;
        if (!b.permitted)
                return 0;
        b.barrier = open_barrier();
        return !stay_on_one_processor() || b.barrier < 0 ? -1 : batch_new(&b.batch);
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        if (b->permitted)
                close(b->barrier);
        return batch_free(b->batch) != NULL;
}

static struct bench *bench_of(void **state)
{
        struct bench *b = *state;

        if (!b->permitted)
                fail_msg("no namespaces here: unshare(CLONE_NEWUSER | CLONE_NEWNET) is refused");
        return b;
}

static in_port_t port_of(int fd)
{
        in_port_t port = 0;

        assert_int_equal(socket_port(fd, &port), 0);
        return port;
}

/* Packet info of groups of each scope. The address by which to answer is not told, the kernel chooses it. */
static void test_description(void **state)
{
        struct bench *b = bench_of(state);

        for (size_t i = 0; i < N_OF(groups); i++) {
                int receiver = open_receiver(groups[i].group, NULL, 0);
                int emitter = open_emitter(groups[i].group, 1, true, 0);
                const struct datagram *d = batch_datagram(b->batch, 0);

                CHECK_INT(groups[i].name, socket_send(emitter, groups[i].group, "ATU", 3), 0);
                CHECK_INT(groups[i].name, receive(b, receiver), 1);
                CHECK(groups[i].name, d->length == 3 && memcmp(d->payload, "ATU", 3) == 0);
                CHECK(groups[i].name, address_equal(&d->source.address, &loopback));
                CHECK_INT(groups[i].name, d->source.port, port_of(emitter));
                CHECK(groups[i].name, address_equal(&d->destination, &groups[i].group->address));
                CHECK_INT(groups[i].name, d->local.family, AF_INET6);
                CHECK(groups[i].name, address_is_unspecified(&d->local));
                CHECK_INT(groups[i].name, d->ifindex, LO);
                close(receiver);
                close(emitter);
        }
}

/* Neither another group, nor another port, nor a datagram to the host, nor IPv4 gets in. */
static void test_only_the_group_is_heard(void **state)
{
        static const struct endpoint others[] = {
                { { AF_INET6, { 0xff, 0x15, [15] = 2 }, 0 }, 5001 }, /* joined below */
                { { AF_INET6, { 0xff, 0x15, [15] = 1 }, 0 }, 5002 },
                { { AF_INET6, { [15] = 1 }, 0 }, 5001 },
        };
        struct bench *b = bench_of(state);
        int receiver = open_receiver(&site, NULL, 0), other = open_receiver(&others[0], NULL, 0);
        int emitter = open_emitter(&site, 1, true, 0), value = 0;
        socklen_t size = sizeof value;

        for (size_t i = 0; i < N_OF(others); i++)
                (void)socket_send(emitter, &others[i], "x", 1);
        assert_int_equal(receive(b, receiver), 0);
        assert_int_equal(receive(b, other), 1);
        assert_int_equal(getsockopt(receiver, IPPROTO_IPV6, IPV6_V6ONLY, &value, &size), 0);
        assert_int_equal(value, 1);
        assert_int_equal(getsockopt(receiver, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &value, &size), 0);
        assert_int_equal(value, 0);
        close(receiver);
        close(other);
        close(emitter);
}

/* The same of an emitter without an address of its own, which the kernel would let hear IPv4. */
static void test_an_emitter_hears_no_ipv4(void **state)
{
        const struct socket_emitter spec = { .group = site, .link = LO, .link_name = "lo" };
        struct socket_failure failure;
        int fd = socket_open_emitter(&spec, &failure), value = 0;
        socklen_t size = sizeof value;

        (void)bench_of(state);
        assert_true(fd >= 0);
        assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, &size), 0);
        assert_int_equal(value, 1);
        close(fd);
}

static const struct {
        const char *name;
        struct address from;
        uint32_t link;
        int error;
} replies[] = {
        { "the kernel chooses the address", { .family = AF_INET6 }, LO, 0 },
        { "from ours", { AF_INET6, { [15] = 1 }, 0 }, LO, 0 },
        { "from nobody's", { AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 0 }, LO, EINVAL },
        { "by no interface", { .family = AF_INET6 }, LO + 76, EINVAL },
};

/* A reply goes by the interface and from the address that it names, and from the group's port. */
static void test_replies(void **state)
{
        struct bench *b = bench_of(state);
        int receiver = open_receiver(&site, NULL, 0), emitter = open_emitter(&site, 1, true, 0);
        const struct datagram *d = batch_datagram(b->batch, 0);
        static struct outbox out;
        bool runs = true;

        for (size_t i = 0; i < N_OF(replies); i++) {
                struct reply *r;

                outbox_clear(&out);
                r = outbox_append(&out);
                *r = (struct reply){ .payload = "ack",
                                     .length = 3,
                                     .to = { loopback, port_of(emitter) },
                                     .from = replies[i].from,
                                     .ifindex = replies[i].link };
                CHECK_INT(replies[i].name, batch_send(b->batch, &out, receiver, &runs),
                          replies[i].error == 0);
                CHECK_INT(replies[i].name, r->error, replies[i].error);
                CHECK_INT(replies[i].name, receive(b, emitter), replies[i].error == 0);
                if (replies[i].error)
                        continue;
                CHECK(replies[i].name, d->length == 3 && memcmp(d->payload, "ack", 3) == 0);
                CHECK(replies[i].name, address_equal(&d->source.address, &loopback));
                CHECK_INT(replies[i].name, d->source.port, site.port);
        }
        close(receiver);
        close(emitter);
}

/* What is sent in a burst is received as one message, and split: each datagram as if it had come alone. */
static void test_a_run_is_received(void **state)
{
        enum {
                N = 50,
                SIZE = 300
        };
        static uint8_t bytes[N * SIZE - 1];
        struct bench *b = bench_of(state);

        number_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < N_OF(groups); i++) {
                int receiver = open_receiver(groups[i].group, NULL, 0);
                int emitter = open_emitter(groups[i].group, 1, true, 0);

                send_run(emitter, groups[i].group, bytes, sizeof bytes, SIZE);
                settle(b->barrier);
                CHECK_INT(groups[i].name, batch_receive(b->batch, receiver, &most), 1);
                CHECK_INT(groups[i].name, batch_next(b->batch), N);
                for (size_t n = 0; n < N; n++) {
                        const struct datagram *d = batch_datagram(b->batch, n);

                        CHECK_INT(groups[i].name, d->length, n == N - 1 ? SIZE - 1 : SIZE);
                        CHECK(groups[i].name, memcmp(d->payload, bytes + n * SIZE, d->length) == 0);
                        CHECK(groups[i].name, address_equal(&d->source.address, &loopback));
                        CHECK_INT(groups[i].name, d->source.port, port_of(emitter));
                        CHECK(groups[i].name, address_equal(&d->destination, &groups[i].group->address));
                        CHECK_INT(groups[i].name, d->ifindex, LO);
                        CHECK(groups[i].name, d->wall_ns > 0 && d->kernel_drops == 0 && !d->truncated);
                }
                close(receiver);
                close(emitter);
        }
}

/* Replies to one address are one message to a socket that takes such, and to any other one they are many. */
static void test_a_run_is_sent(void **state)
{
        struct bench *b = bench_of(state);
        int receiver = open_receiver(&site, NULL, 0), emitter = open_emitter(&site, 1, true, 0);
        static struct outbox out;
        bool runs = true;

        for (int joined = 0; joined < 2; joined++) {
                set_udp_option(emitter, UDP_GRO, joined);
                outbox_clear(&out);
                for (size_t i = 0; i < OUTBOX_MAX; i++)
                        *outbox_append(&out) = (struct reply){ .payload = "ack",
                                                               .length = 3,
                                                               .to = { loopback, port_of(emitter) },
                                                               .from = loopback,
                                                               .ifindex = LO };
                assert_int_equal(batch_send(b->batch, &out, receiver, &runs), OUTBOX_MAX);
                assert_true(runs);
                settle(b->barrier);
                assert_int_equal(batch_receive(b->batch, emitter, &most), joined ? 1 : OUTBOX_MAX);
                assert_int_equal(batch_next(b->batch), OUTBOX_MAX);
                for (size_t i = 0; i < OUTBOX_MAX; i++) {
                        const struct datagram *d = batch_datagram(b->batch, i);

                        assert_int_equal(d->length, 3);
                        assert_memory_equal(d->payload, "ack", 3);
                        assert_true(address_equal(&d->source.address, &loopback));
                        assert_int_equal(d->source.port, site.port);
                }
        }
        close(receiver);
        close(emitter);
}

static const struct {
        const char *name;
        uint8_t ttl;
        bool loop;
        uint8_t dscp;
        int traffic_class;
} emitters[] = {
        { "least", 0, false, 0, 0 },
        { "default", 1, true, 0, 0 },
        { "expedited forwarding", 32, true, 46, 0xb8 },
        { "most", 255, true, 63, 0xfc },
};

static void check_option(const char *row, int fd, int option, int expected)
{
        int value = -1;
        socklen_t size = sizeof value;

        CHECK_INT(row, getsockopt(fd, IPPROTO_IPV6, option, &value, &size), 0);
        CHECK_INT(row, value, expected);
}

/* Set when the socket is opened, and on a living one. */
static void test_emitter_options(void **state)
{
        int living = open_emitter(&site, 7, true, 7);

        (void)bench_of(state);
        for (size_t i = 0; i < N_OF(emitters); i++) {
                const struct socket_emitter spec = { .group = site,
                                                     .ttl = emitters[i].ttl,
                                                     .loop = emitters[i].loop,
                                                     .dscp = emitters[i].dscp };
                const int fds[] = { living, open_emitter(&site, emitters[i].ttl, emitters[i].loop,
                                                         emitters[i].dscp) };
                struct socket_failure failure;

                CHECK_INT(emitters[i].name, socket_set_emitter_options(living, &spec, &failure), 0);
                for (size_t k = 0; k < N_OF(fds); k++) {
                        check_option(emitters[i].name, fds[k], IPV6_MULTICAST_HOPS, emitters[i].ttl);
                        check_option(emitters[i].name, fds[k], IPV6_MULTICAST_LOOP, emitters[i].loop);
                        check_option(emitters[i].name, fds[k], IPV6_TCLASS, emitters[i].traffic_class);
                        check_option(emitters[i].name, fds[k], IPV6_MULTICAST_IF, LO);
                }
                close(fds[1]);
        }
        close(living);
}

/* Each row on the same socket, on top of those above it. */
static const struct {
        const char *name;
        size_t n;
        struct address sources[2];
        bool heard;
} filters[] = {
        { "from any source", 0, { { 0 } }, true },
        { "from another one", 1, { { AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 0 } }, false },
        { "from two",
          2,
          { { AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, 0 }, { AF_INET6, { [15] = 1 }, 0 } },
          true },
        { "from one of them", 1, { { AF_INET6, { [15] = 1 }, 0 } }, true },
        { "from any source again", 0, { { 0 } }, true },
};

static void test_sources(void **state)
{
        struct bench *b = bench_of(state);
        int receiver = open_receiver(&site, &stranger, 1), emitter = open_emitter(&site, 1, true, 0);

        assert_int_equal(socket_send(emitter, &site, "x", 1), 0);
        assert_int_equal(receive(b, receiver), 0);
        for (size_t i = 0; i < N_OF(filters); i++) {
                const struct socket_receiver spec = { .group = site,
                                                      .link = LO,
                                                      .link_name = "lo",
                                                      .sources = filters[i].sources,
                                                      .n_sources = filters[i].n };
                struct socket_failure failure = { .tried = "" };

                CHECK_INT(filters[i].name, socket_set_sources(receiver, &spec, &failure), 0);
                CHECK_INT(filters[i].name, socket_send(emitter, &site, "x", 1), 0);
                CHECK_INT(filters[i].name, receive(b, receiver), filters[i].heard);
                CHECK_INT(filters[i].name, socket_leave(receiver, &site, LO), 0);
                CHECK_INT(filters[i].name, socket_leave(receiver, &site, LO), -EADDRNOTAVAIL);
                CHECK_INT(filters[i].name, socket_send(emitter, &site, "x", 1), 0);
                CHECK_INT(filters[i].name, receive(b, receiver), 0);
                CHECK_INT(filters[i].name, socket_join(receiver, &spec, &failure), 0);
                CHECK_INT(filters[i].name, socket_send(emitter, &site, "x", 1), 0);
                CHECK_INT(filters[i].name, receive(b, receiver), filters[i].heard);
        }
        close(receiver);
        close(emitter);
}

/* What waited in a socket that is retired can still be received; nothing new arrives, and its successor gets
 * all of that. */
static void test_retire(void **state)
{
        struct bench *b = bench_of(state);
        int old = open_receiver(&site, NULL, 0), next, emitter = open_emitter(&site, 1, true, 0);

        assert_int_equal(socket_send(emitter, &site, "1", 1), 0);
        next = open_receiver(&site, NULL, 0);
        assert_int_equal(socket_retire(old, &site), 0);
        assert_int_equal(socket_send(emitter, &site, "2", 1), 0);
        assert_int_equal(receive(b, next), 1);
        assert_memory_equal(batch_datagram(b->batch, 0)->payload, "2", 1);
        assert_int_equal(receive(b, old), 1);
        assert_memory_equal(batch_datagram(b->batch, 0)->payload, "1", 1);
        close(old);
        close(next);
        close(emitter);
}

static void test_too_many_sources(void **state)
{
        static struct address sources[SOCKET_SOURCES_MAX + 1];
        struct socket_receiver spec = { .group = site, .link = LO, .link_name = "lo", .sources = sources };
        struct socket_failure failure = { .tried = "" };
        int receiver = open_receiver(&site, NULL, 0);

        (void)bench_of(state);
        for (size_t i = 0; i < N_OF(sources); i++)
                sources[i] = (struct address){ AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = (uint8_t)i }, 0 };
        spec.n_sources = SOCKET_SOURCES_MAX;
        assert_int_equal(socket_set_sources(receiver, &spec, &failure), 0);
        spec.n_sources++;
        assert_int_equal(socket_set_sources(receiver, &spec, &failure), -EINVAL);
        assert_string_equal(failure.option, "SOURCES");
        assert_string_equal(failure.tried, "have more than 64 sources");
        close(receiver);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_description),
                cmocka_unit_test(test_only_the_group_is_heard),
                cmocka_unit_test(test_an_emitter_hears_no_ipv4),
                cmocka_unit_test(test_replies),
                cmocka_unit_test(test_a_run_is_received),
                cmocka_unit_test(test_a_run_is_sent),
                cmocka_unit_test(test_emitter_options),
                cmocka_unit_test(test_sources),
                cmocka_unit_test(test_retire),
                cmocka_unit_test(test_too_many_sources),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
