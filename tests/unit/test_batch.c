/* test_batch.c - os/batch and os/socket: real datagrams, over the loopback interface of a network namespace
 * of the test's own. Skipped where the system permits no namespaces. */
#include "bench.h"

#include <errno.h>

static void test_nothing_waits(void **state)
{
        struct bench *b = bench_of(state);

        assert_int_equal(receive(b, b->receiver), 0);
        assert_null(batch_free(NULL));
}

static void test_error(void **state)
{
        struct bench *b = bench_of(state);

        assert_int_equal(receive(b, -1), -EBADF);
}

static void test_description(void **state)
{
        struct bench *b = bench_of(state);
        const struct datagram *d;

        send_to(b->emitter, &group, "ATU", 3);
        assert_int_equal(receive(b, b->receiver), 1);
        d = batch_datagram(b->batch, 0);
        assert_int_equal(d->length, 3);
        assert_memory_equal(d->payload, "ATU", 3);
        assert_false(d->truncated);
        assert_true(address_equal(&d->source.address, &loopback));
        assert_int_equal(d->source.port, name_of(b->emitter).port);
        assert_true(address_equal(&d->destination, &group.address));
        assert_true(address_equal(&d->local, &loopback));
        assert_int_equal(d->ifindex, LO);
        assert_int_equal(d->kernel_drops, 0);
}

static const struct {
        const char *name;
        size_t sent, received;
        bool truncated;
} lengths[] = {
        { "empty", 0, 0, false },
        { "one byte", 1, 1, false },
        { "the longest", DATAGRAM_MAX, DATAGRAM_MAX, false },
        { "one byte more", DATAGRAM_MAX + 1, DATAGRAM_MAX, true },
        { "the longest of UDP", LONGEST, DATAGRAM_MAX, true },
};

static void test_lengths(void **state)
{
        struct bench *b = bench_of(state);

        for (size_t i = 0; i < N_OF(lengths); i++) {
                const struct datagram *d;

                send_to(b->emitter, &group, bytes, lengths[i].sent);
                CHECK_INT(lengths[i].name, receive(b, b->receiver), 1);
                d = batch_datagram(b->batch, 0);
                CHECK_INT(lengths[i].name, d->length, lengths[i].received);
                CHECK_INT(lengths[i].name, d->truncated, lengths[i].truncated);
                CHECK(lengths[i].name, memcmp(d->payload, bytes, d->length) == 0);
        }
}

/* A batch leaves nothing behind that the next one could take for its own. */
static void test_batches_of_at_most_so_many(void **state)
{
        static const int expected[] = { BATCH_MAX, BATCH_MAX, 1, 0 };
        struct bench *b = bench_of(state);
        uint32_t next = 0;

        for (uint32_t n = 0; n < 2 * BATCH_MAX + 1; n++)
                send_to(b->emitter, &group, &n, sizeof n);
        for (size_t i = 0; i < N_OF(expected); i++) {
                int n = receive(b, b->receiver);

                assert_int_equal(n, expected[i]);
                for (int j = 0; j < n; j++, next++) {
                        const struct datagram *d = batch_datagram(b->batch, (size_t)j);

                        assert_int_equal(d->length, sizeof next);
                        assert_memory_equal(d->payload, &next, sizeof next);
                        assert_true(address_equal(&d->destination, &group.address));
                }
        }
}

/* What the kernel could not keep shows in the datagrams that come after. */
static void test_kernel_drops(void **state)
{
        static const struct endpoint narrow = { { AF_INET, { 239, 1, 1, 2 }, 0 }, 5002 };
        enum {
                SENT = 1000
        };
        struct bench *b = bench_of(state);
        int fd = open_receiver(&narrow, 4096), received = 0, n;

        for (int i = 0; i < SENT; i++)
                send_to(b->emitter, &narrow, "x", 1);
        while ((n = receive(b, fd)) > 0)
                received += n;
        assert_int_equal(n, 0);
        assert_in_range(received, 1, SENT - 1);
        send_to(b->emitter, &narrow, "x", 1);
        assert_int_equal(receive(b, fd), 1);
        assert_int_equal(batch_datagram(b->batch, 0)->kernel_drops, SENT - received);
        close(fd);
}

/* The socket belongs to one group and port: neither another group there nor a datagram to the host gets in.
 */
static void test_only_the_group_is_heard(void **state)
{
        const struct endpoint others[] = {
                { { AF_INET, { 239, 1, 1, 2 }, 0 }, 5001 }, /* another group, joined below */
                { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5002 },
                { { AF_INET, { 127, 0, 0, 1 }, 0 }, 5001 },
        };
        struct bench *b = bench_of(state);
        int fd = open_receiver(&others[0], 1 << 20);

        for (size_t i = 0; i < N_OF(others); i++)
                (void)socket_send(b->emitter, &others[i], "x", 1);
        assert_int_equal(receive(b, b->receiver), 0);
        assert_int_equal(receive(b, fd), 1);
        close(fd);
}

static void test_leave(void **state)
{
        struct bench *b = bench_of(state);

        assert_int_equal(socket_leave(b->receiver, &group, LO), 0);
        send_to(b->emitter, &group, "x", 1);
        assert_int_equal(receive(b, b->receiver), 0);
        assert_int_equal(socket_leave(b->receiver, &group, LO), -EADDRNOTAVAIL);
}

/* Where an emitter is answered: it has a port once it has sent something. */
static struct endpoint answer_to(const struct bench *b)
{
        send_to(b->emitter, &group, "ATU", 3);
        return (struct endpoint){ loopback, name_of(b->emitter).port };
}

/* An answer by the loopback interface. */
static void answer(struct outbox *out, const char *payload, const struct endpoint *to, uint32_t link)
{
        struct reply *r = outbox_append(out);

        assert_non_null(r);
        r->payload = payload;
        r->length = strlen(payload);
        r->to = *to;
        r->from = loopback;
        r->ifindex = link;
}

static void test_flush_of_nothing(void **state)
{
        static struct outbox out;
        struct bench *b = bench_of(state);

        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), 0);
}

/* A full outbox arrives, in order, from the group's port and the address that was asked for. */
static void test_flush(void **state)
{
        static struct outbox out;
        struct bench *b = bench_of(state);
        struct endpoint to = answer_to(b);

        outbox_clear(&out);
        for (size_t i = 0; i < OUTBOX_MAX; i++)
                answer(&out, i % 2 ? "pong" : "ack", &to, LO);
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), OUTBOX_MAX);
        assert_int_equal(out.n, OUTBOX_MAX);
        assert_int_equal(receive(b, b->emitter), OUTBOX_MAX);
        for (size_t i = 0; i < OUTBOX_MAX; i++) {
                const struct datagram *d = batch_datagram(b->batch, i);

                assert_int_equal(out.replies[i].error, 0);
                assert_int_equal(d->length, i % 2 ? 4 : 3);
                assert_memory_equal(d->payload, i % 2 ? "pong" : "ack", d->length);
                assert_int_equal(d->source.port, group.port);
                assert_true(address_equal(&d->source.address, &loopback));
        }
}

/* Those that cannot be sent say why, and keep no other from being sent. */
static void test_flush_with_failures(void **state)
{
        static struct outbox out;
        static const struct endpoint port_0 = { { AF_INET, { 127, 0, 0, 1 }, 0 }, 0 };
        static const bool fails[] = { true, false, true, true, false, true };
        struct bench *b = bench_of(state);
        struct endpoint to = answer_to(b);

        outbox_clear(&out);
        for (size_t i = 0; i < N_OF(fails); i++)
                answer(&out, "ack", fails[i] ? &port_0 : &to, LO);
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), 2);
        for (size_t i = 0; i < N_OF(fails); i++)
                assert_int_equal(out.replies[i].error, fails[i] ? EINVAL : 0);
        assert_int_equal(receive(b, b->emitter), 2);
}

/* A signature stands behind the payload, of those that have one. */
static void test_flush_of_signed_ones(void **state)
{
        static struct outbox out;
        static const bool is_signed[] = { true, false, true };
        struct bench *b = bench_of(state);
        struct endpoint to = answer_to(b);

        outbox_clear(&out);
        for (size_t i = 0; i < N_OF(is_signed); i++) {
                answer(&out, "ack", &to, LO);
                out.replies[i].key_id = is_signed[i] ? (uint16_t)(i + 1) : 0;
                memset(out.replies[i].trailer, (int)('a' + i), sizeof out.replies[i].trailer);
        }
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), N_OF(is_signed));
        assert_int_equal(receive(b, b->emitter), N_OF(is_signed));
        for (size_t i = 0; i < N_OF(is_signed); i++) {
                const struct datagram *d = batch_datagram(b->batch, i);

                assert_int_equal(d->length, 3 + (is_signed[i] ? AUTH_TRAILER_SIZE : 0));
                assert_memory_equal(d->payload, "ack", 3);
                for (size_t at = 3; at < d->length; at++)
                        assert_int_equal(d->payload[at], 'a' + i);
        }
}

/* What could not be signed has its error before. */
static void test_flush_leaves_out_what_has_an_error(void **state)
{
        static struct outbox out;
        static const bool fails[] = { true, false, true, false, true };
        struct bench *b = bench_of(state);
        struct endpoint to = answer_to(b);

        outbox_clear(&out);
        for (size_t i = 0; i < N_OF(fails); i++) {
                answer(&out, fails[i] ? "no" : "yes", &to, LO);
                out.replies[i].error = fails[i] ? ENOKEY : 0;
        }
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), 2);
        assert_int_equal(receive(b, b->emitter), 2);
        for (size_t i = 0; i < 2; i++)
                assert_memory_equal(batch_datagram(b->batch, i)->payload, "yes", 3);
        for (size_t i = 0; i < N_OF(fails); i++)
                assert_int_equal(out.replies[i].error, fails[i] ? ENOKEY : 0);
}

static void test_send_error(void **state)
{
        static const struct endpoint nowhere = { { AF_INET, { 192, 0, 2, 1 }, 0 }, 9 };
        static uint8_t payload[65508];
        struct bench *b = bench_of(state);

        assert_int_equal(socket_send(b->emitter, &nowhere, "x", 1), -ENETUNREACH);
        assert_int_equal(socket_send(b->emitter, &group, payload, sizeof payload), -EMSGSIZE);
        assert_int_equal(socket_send(-1, &group, "x", 1), -EBADF);
}

static void test_no_such_interface(void **state)
{
        const struct socket_receiver receiver = {
                .group = group, .link = 77, .link_name = "gone0", .receive_buffer = 4096
        };
        const struct socket_emitter emitter = { .group = group, .link = 77, .link_name = "gone0", .ttl = 1 };
        struct socket_failure failure = { .option = "" };
        uint64_t granted;

        (void)bench_of(state);
        assert_int_equal(socket_open_receiver(&receiver, &granted, &failure), -ENODEV);
        assert_string_equal(failure.option, "MCAST_GROUP");
        assert_string_equal(failure.tried, "join 239.1.1.1 on gone0");
        assert_int_equal(socket_open_emitter(&emitter, &failure), -EADDRNOTAVAIL);
        assert_string_equal(failure.option, "INTERFACE");
        assert_string_equal(failure.tried, "send on gone0");
}

/* Another socket of this user has the port, as a program of another kind would. */
static const struct {
        const char *name;
        int option; /* that the other one has set; 0: none */
        bool share_any;
        bool opened;
} sharing[] = {
        { "shares with nobody", 0, false, false },
        { "shares with nobody, asked to", 0, true, false },
        { "any other program", SO_REUSEADDR, false, false },
        { "any other program, wanted", SO_REUSEADDR, true, true },
        { "of the same user", SO_REUSEPORT, false, true },
};

static int occupy(const struct endpoint *e, int option)
{
        struct sockaddr_storage ss;
        socklen_t size = endpoint_to_sockaddr(e, &ss);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;

        if (option)
                assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &yes, sizeof yes), 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&ss, size), 0);
        return fd;
}

static void test_port_of_somebody_else(void **state)
{
        (void)bench_of(state);
        for (size_t i = 0; i < N_OF(sharing); i++) {
                const struct socket_receiver spec = { .group = { group.address, 5003 },
                                                      .link = LO,
                                                      .link_name = "lo",
                                                      .receive_buffer = 4096,
                                                      .share_any = sharing[i].share_any };
                struct socket_failure failure = { .option = "" };
                uint64_t granted;
                int other = occupy(&spec.group, sharing[i].option);
                int fd = socket_open_receiver(&spec, &granted, &failure);

                close(other);
                if (sharing[i].opened) {
                        CHECK(sharing[i].name, fd >= 0);
                        close(fd);
                } else {
                        CHECK_INT(sharing[i].name, fd, -EADDRINUSE);
                        CHECK_TEXT(sharing[i].name, failure.option, "PORT");
                }
        }
}

static int int_option(int fd, int level, int option)
{
        int value = -1;
        socklen_t size = sizeof value;

        assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
        return value;
}

/* What keeps the same group on two interfaces apart; there is just one here to see it by. */
static void test_receiver_options(void **state)
{
        struct bench *b = bench_of(state);

        assert_int_equal(int_option(b->receiver, IPPROTO_IP, IP_MULTICAST_ALL), 0);
        assert_int_equal(int_option(b->receiver, SOL_SOCKET, SO_BINDTOIFINDEX), LO);
}

static void test_receive_buffer(void **state)
{
        static const uint64_t asked[] = { 4096, 65536, UINT64_C(1) << 30, UINT64_MAX };

        (void)bench_of(state);
        for (size_t i = 0; i < N_OF(asked); i++) {
                const struct socket_receiver spec = { .group = { group.address, 5004 },
                                                      .link = LO,
                                                      .link_name = "lo",
                                                      .receive_buffer = asked[i] };
                struct socket_failure failure;
                uint64_t granted = 0;
                int fd = socket_open_receiver(&spec, &granted, &failure);

                assert_true(fd >= 0);
                assert_true(granted == (uint64_t)int_option(fd, SOL_SOCKET, SO_RCVBUF) / 2);
                assert_true(granted <= asked[i]);
                close(fd);
        }
}

static const struct {
        const char *name;
        uint8_t ttl;
        bool loop;
        uint8_t dscp;
        int tos;
} emitters[] = {
        { "least", 0, false, 0, 0 },
        { "default", 1, true, 0, 0 },
        { "expedited forwarding", 32, true, 46, 0xb8 },
        { "most", 255, true, 63, 0xfc },
};

static void test_emitter_options(void **state)
{
        (void)bench_of(state);
        for (size_t i = 0; i < N_OF(emitters); i++) {
                const struct socket_emitter spec = { .group = group,
                                                     .link = LO,
                                                     .link_name = "lo",
                                                     .ttl = emitters[i].ttl,
                                                     .loop = emitters[i].loop,
                                                     .dscp = emitters[i].dscp };
                struct socket_failure failure;
                int fd = socket_open_emitter(&spec, &failure);

                CHECK(emitters[i].name, fd >= 0);
                CHECK_INT(emitters[i].name, int_option(fd, IPPROTO_IP, IP_MULTICAST_TTL), emitters[i].ttl);
                CHECK_INT(emitters[i].name, int_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP), emitters[i].loop);
                CHECK_INT(emitters[i].name, int_option(fd, IPPROTO_IP, IP_TOS), emitters[i].tos);
                close(fd);
        }
}

/* The port of an emitter can be chosen, and others learn it. */
static void test_source_port(void **state)
{
        const struct socket_emitter spec = { .group = group,
                                             .link = LO,
                                             .link_name = "lo",
                                             .from = &loopback,
                                             .source_port = 5005,
                                             .ttl = 1,
                                             .loop = true };
        struct bench *b = bench_of(state);
        struct socket_failure failure;
        int fd = socket_open_emitter(&spec, &failure);

        assert_true(fd >= 0);
        send_to(fd, &group, "ATU", 3);
        assert_int_equal(receive(b, b->receiver), 1);
        assert_int_equal(batch_datagram(b->batch, 0)->source.port, 5005);
        close(fd);
}

/* Which sources are heard, changed on the living socket. Every step starts where the last one has ended. */
static const struct {
        const char *name;
        size_t n;
        struct address sources[2];
        bool heard;
} filters[] = {
        { "from any source", 0, { { 0 } }, true },
        { "from another one", 1, { { AF_INET, { 10, 0, 0, 1 }, 0 } }, false },
        { "from two", 2, { { AF_INET, { 10, 0, 0, 1 }, 0 }, { AF_INET, { 127, 0, 0, 1 }, 0 } }, true },
        { "from one of them", 1, { { AF_INET, { 127, 0, 0, 1 }, 0 } }, true },
        { "from the other", 1, { { AF_INET, { 10, 0, 0, 1 }, 0 } }, false },
        { "from any source again", 0, { { 0 } }, true },
};

static void test_sources(void **state)
{
        struct bench *b = bench_of(state);

        for (size_t i = 0; i < N_OF(filters); i++) {
                const struct socket_receiver spec = { .group = group,
                                                      .link = LO,
                                                      .link_name = "lo",
                                                      .sources = filters[i].sources,
                                                      .n_sources = filters[i].n };
                struct socket_failure failure = { .tried = "" };

                CHECK_INT(filters[i].name, socket_set_sources(b->receiver, &spec, &failure), 0);
                send_to(b->emitter, &group, "ATU", 3);
                CHECK_INT(filters[i].name, receive(b, b->receiver), filters[i].heard);
                /* As long as it has not left it cannot join; then the same sources are heard. */
                CHECK_INT(filters[i].name, socket_join(b->receiver, &spec, &failure),
                          filters[i].n ? -EADDRNOTAVAIL : -EADDRINUSE);
                CHECK_INT(filters[i].name, socket_leave(b->receiver, &group, LO), 0);
                CHECK_INT(filters[i].name, socket_join(b->receiver, &spec, &failure), 0);
                send_to(b->emitter, &group, "ATU", 3);
                CHECK_INT(filters[i].name, receive(b, b->receiver), filters[i].heard);
        }
}

static void test_too_many_sources(void **state)
{
        static struct address sources[SOCKET_SOURCES_MAX + 1];
        struct socket_receiver spec = { .group = group, .link = LO, .link_name = "lo", .sources = sources };
        struct socket_failure failure = { .tried = "" };
        struct bench *b = bench_of(state);

        for (size_t i = 0; i < N_OF(sources); i++)
                sources[i] = nth_address((uint32_t)i);
        /* net.ipv4.igmp_max_msf is 10 in a new network. */
        spec.n_sources = 11;
        assert_int_equal(socket_set_sources(b->receiver, &spec, &failure), -ENOBUFS);
        assert_string_equal(failure.option, "SOURCES");
        assert_string_equal(
                failure.tried,
                "change the sources of 239.1.1.1 on lo (more sources than sysctl net.ipv4.igmp_max_msf)");
        spec.n_sources = N_OF(sources);
        assert_int_equal(socket_set_sources(b->receiver, &spec, &failure), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_nothing_waits),
                TEST(test_error),
                TEST(test_description),
                TEST(test_lengths),
                TEST(test_batches_of_at_most_so_many),
                TEST(test_kernel_drops),
                TEST(test_only_the_group_is_heard),
                TEST(test_leave),
                TEST(test_flush_of_nothing),
                TEST(test_flush),
                TEST(test_flush_with_failures),
                TEST(test_flush_of_signed_ones),
                TEST(test_flush_leaves_out_what_has_an_error),
                TEST(test_send_error),
                TEST(test_no_such_interface),
                TEST(test_port_of_somebody_else),
                TEST(test_receiver_options),
                TEST(test_receive_buffer),
                TEST(test_emitter_options),
                TEST(test_source_port),
                TEST(test_sources),
                TEST(test_too_many_sources),
        };

        return cmocka_run_group_tests(tests, set_up_group, NULL);
}
