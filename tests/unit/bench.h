/* bench.h - a receiver, an emitter and a batch, over the loopback interface of a network namespace of the
 * test's own: what the tests of os/batch share. */
#ifndef MCASTD_TESTS_UNIT_BENCH_H
#define MCASTD_TESTS_UNIT_BENCH_H

#include "test.h"

#include "namespace.h"
#include "os/batch.h"
#include "os/socket.h"
#include "runs.h"

static const struct endpoint group = { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 };
static const struct address loopback = { AF_INET, { 127, 0, 0, 1 }, 0 };

/* The longest payload of IPv4. */
#define LONGEST 65507

static uint8_t bytes[LONGEST];

/* A receiver and an emitter of one group, and the batch. The barrier is a socket that sends to itself. */
struct bench {
        bool permitted;
        int receiver, emitter, barrier;
        struct batch *batch;
        bool runs; /* of the receiver's replies */
};

/* For the next time, of the socket that is read. */
static size_t most;

static inline int open_receiver(const struct endpoint *to, uint64_t buffer)
{
        const struct socket_receiver spec = {
                .group = *to, .link = LO, .link_name = "lo", .receive_buffer = buffer
        };
        struct socket_failure failure = { 0 };
        uint64_t granted = 0;
        int fd = socket_open_receiver(&spec, &granted, &failure);

        if (fd < 0)
                fail_msg("cannot %s: %s", failure.tried, strerror(-fd));
        assert_true(granted > 0);
        return fd;
}

static inline int open_emitter(void)
{
        const struct socket_emitter spec = {
                .group = group, .link = LO, .link_name = "lo", .from = &loopback, .ttl = 1, .loop = true
        };
        struct socket_failure failure = { 0 };
        int fd = socket_open_emitter(&spec, &failure);

        if (fd < 0)
                fail_msg("cannot %s: %s", failure.tried, strerror(-fd));
        return fd;
}

static inline int open_barrier(void)
{
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t size = sizeof in;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(fd, (struct sockaddr *)&in, size), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&in, size), 0);
        return fd;
}

/* Without looking at what they are. */
static inline int receive_messages(const struct bench *b, int fd)
{
        settle(b->barrier);
        return batch_receive(b->batch, fd, &most);
}

/* What has come, each as a message of its own. */
static inline int receive(const struct bench *b, int fd)
{
        int n = receive_messages(b, fd);

        assert_int_equal(batch_next(b->batch), n > 0 ? n : 0);
        return n;
}

static inline int set_up_group(void **state)
{
        static struct bench b;

        number_bytes(bytes, sizeof bytes);
        assert_true(stay_on_one_processor());
        b.permitted = enter_namespace() && set_loopback(IFF_UP);
        *state = &b;
        return 0;
}

static inline int set_up(void **state)
{
        struct bench *b = *state;

        if (!b->permitted)
                return 0;
        b->receiver = open_receiver(&group, 1 << 20);
        b->emitter = open_emitter();
        b->barrier = open_barrier();
        b->runs = true;
        most = BATCH_MAX;
        return batch_new(&b->batch);
}

static inline int tear_down(void **state)
{
        struct bench *b = *state;

        if (!b->permitted)
                return 0;
        close(b->receiver);
        close(b->emitter);
        close(b->barrier);
        b->batch = batch_free(b->batch);
        return 0;
}

static inline struct bench *bench_of(void **state)
{
        struct bench *b = *state;

        if (!b->permitted)
                fail_msg("no namespaces here: unshare(CLONE_NEWUSER | CLONE_NEWNET) is refused");
        return b;
}

static inline void send_to(int fd, const struct endpoint *to, const void *payload, size_t length)
{
        assert_int_equal(socket_send(fd, to, payload, length), 0);
}

static inline struct endpoint name_of(int fd)
{
        struct sockaddr_storage ss;
        socklen_t size = sizeof ss;
        struct endpoint e;

        assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &size), 0);
        endpoint_from_sockaddr((struct sockaddr *)&ss, &e);
        return e;
}

#endif
