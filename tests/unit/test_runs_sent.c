/* test_runs_sent.c - os/batch where replies are joined to runs: which are, and what becomes of those that the
 * kernel refuses. */
#include "bench.h"

#include <errno.h>

/* To one of two that hear replies, and from one of two addresses. */
struct reply_row {
        size_t size;
        uint8_t to, from; /* 0 or 1 */
        uint32_t link;
        uint16_t key_id;
        int error; /* before it is sent */
};

#define MANY 16

#define SIZE(n)                                                                                              \
        {                                                                                                    \
                .size = (n)                                                                                  \
        }
#define OTHER(n)                                                                                             \
        {                                                                                                    \
                .size = (n), .to = 1                                                                         \
        }
#define FROM(n)                                                                                              \
        {                                                                                                    \
                .size = (n), .from = 1                                                                       \
        }
#define BY_LO(n)                                                                                             \
        {                                                                                                    \
                .size = (n), .link = LO                                                                      \
        }
#define SIGNED(n)                                                                                            \
        {                                                                                                    \
                .size = (n), .key_id = 7                                                                     \
        }
#define ERROR(n)                                                                                             \
        {                                                                                                    \
                .size = (n), .error = ENOKEY                                                                 \
        }

static const struct {
        const char *name;
        size_t n;
        struct reply_row replies[MANY];
        int messages[2]; /* as which each of the two hears its own */
} sendings[] = {
        { "one", 1, { SIZE(3) }, { 1, 0 } },
        { "one destination", 5, { SIZE(3), SIZE(3), SIZE(3), SIZE(3), SIZE(3) }, { 1, 0 } },
        { "two, one after the other", 5, { SIZE(3), SIZE(3), OTHER(3), OTHER(3), OTHER(3) }, { 1, 1 } },
        { "in turn", 4, { SIZE(3), OTHER(3), SIZE(3), OTHER(3) }, { 2, 2 } },
        { "a shorter one ends a run", 6, { SIZE(3), SIZE(3), SIZE(2), SIZE(3), SIZE(3), SIZE(1) }, { 2, 0 } },
        { "one as short as that begins another", 4, { SIZE(3), SIZE(2), SIZE(2), SIZE(2) }, { 2, 0 } },
        { "a longer one begins another", 4, { SIZE(3), SIZE(4), SIZE(4), SIZE(3) }, { 2, 0 } },
        { "one by one longer", 4, { SIZE(1), SIZE(2), SIZE(3), SIZE(4) }, { 4, 0 } },
        { "one by one shorter", 4, { SIZE(4), SIZE(3), SIZE(2), SIZE(1) }, { 2, 0 } },
        { "empty ones", 3, { SIZE(0), SIZE(0), SIZE(0) }, { 3, 0 } },
        { "one that is empty", 5, { SIZE(3), SIZE(3), SIZE(0), SIZE(3), SIZE(3) }, { 3, 0 } },
        { "the last one is empty", 3, { SIZE(3), SIZE(3), SIZE(0) }, { 2, 0 } },
        { "of one byte", 3, { SIZE(1), SIZE(1), SIZE(1) }, { 1, 0 } },
        { "one that is signed", 1, { SIGNED(3) }, { 1, 0 } },
        { "signed", 3, { SIGNED(3), SIGNED(3), SIGNED(3) }, { 1, 0 } },
        { "signed beside plain", 5, { SIZE(3), SIGNED(3), SIGNED(3), SIZE(3), SIZE(3) }, { 3, 0 } },
        { "a signed one as long as the plain ones",
          3,
          { SIZE(3 + AUTH_TRAILER_SIZE), SIGNED(3), SIZE(3 + AUTH_TRAILER_SIZE) },
          { 1, 0 } },
        { "signed, without a payload", 2, { SIGNED(0), SIGNED(0) }, { 1, 0 } },
        { "from two addresses", 5, { SIZE(3), SIZE(3), FROM(3), FROM(3), SIZE(3) }, { 3, 0 } },
        { "by any interface, and by one", 4, { SIZE(3), SIZE(3), BY_LO(3), BY_LO(3) }, { 2, 0 } },
        { "long ones", 2, { SIZE(REPLY_MAX), SIZE(REPLY_MAX) }, { 1, 0 } },
        { "some are left out", 6, { ERROR(3), SIZE(3), ERROR(3), SIZE(3), ERROR(9), SIZE(3) }, { 1, 0 } },
        { "all are left out", 2, { ERROR(3), ERROR(3) }, { 0, 0 } },
};

/* Their payloads are parts of `bytes`: the i-th begins at i. */
static void fill(struct outbox *out, const struct reply_row *rows, size_t n, const int hearers[2])
{
        outbox_clear(out);
        for (size_t i = 0; i < n; i++) {
                struct reply *r = outbox_append(out);

                r->payload = bytes + i;
                r->length = rows[i].size;
                r->to = (struct endpoint){ loopback, name_of(hearers[rows[i].to]).port };
                r->from = ipv4(127, 0, 0, rows[i].from + 1u);
                r->ifindex = rows[i].link;
                r->key_id = rows[i].key_id;
                memset(r->trailer, (int)('a' + i), sizeof r->trailer);
                r->error = rows[i].error;
        }
}

static void check_heard(const char *row, const struct bench *b, size_t at, const struct reply *r)
{
        const struct datagram *d = batch_datagram(b->batch, at);
        size_t length = r->length + (r->key_id ? AUTH_TRAILER_SIZE : 0);

        CHECK_INT(row, d->length, d->truncated ? DATAGRAM_MAX : length);
        CHECK_INT(row, d->truncated, length > DATAGRAM_MAX);
        CHECK(row, memcmp(d->payload, r->payload, d->truncated ? d->length : r->length) == 0);
        CHECK(row, !r->key_id || memcmp(d->payload + r->length, r->trailer, AUTH_TRAILER_SIZE) == 0);
        CHECK(row, address_equal(&d->source.address, &r->from));
        CHECK_INT(row, d->source.port, group.port);
}

/* What one of them has heard of it, as so many messages. */
static void check_all_heard(const char *row, const struct bench *b, const struct outbox *out, int fd,
                            int messages)
{
        int received = receive_messages(b, fd);
        size_t at = 0, n = batch_next(b->batch);

        CHECK_INT(row, received, messages);
        for (size_t i = 0; i < out->n; i++)
                if (out->replies[i].to.port == name_of(fd).port && !out->replies[i].error)
                        check_heard(row, b, at++, &out->replies[i]);
        CHECK_INT(row, n, at);
}

static void open_hearers(int ret[2])
{
        for (size_t i = 0; i < 2; i++) {
                ret[i] = open_emitter();
                /* It has a port once it has sent something. */
                send_to(ret[i], &group, "ATU", 3);
                set_udp_option(ret[i], UDP_GRO, 1);
        }
}

static void close_hearers(const int fds[2])
{
        close(fds[0]);
        close(fds[1]);
}

static void test_what_is_joined(void **state)
{
        static struct outbox out;
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        for (size_t i = 0; i < N_OF(sendings); i++) {
                const char *row = sendings[i].name;
                size_t sendable = 0;

                fill(&out, sendings[i].replies, sendings[i].n, hearers);
                for (size_t k = 0; k < sendings[i].n; k++)
                        sendable += sendings[i].replies[k].error == 0;
                CHECK_INT(row, batch_send(b->batch, &out, b->receiver, &b->runs), sendable);
                CHECK(row, b->runs);
                for (size_t k = 0; k < sendings[i].n; k++)
                        CHECK_INT(row, out.replies[k].error, sendings[i].replies[k].error);
                for (size_t k = 0; k < 2; k++)
                        check_all_heard(row, b, &out, hearers[k], sendings[i].messages[k]);
        }
        close_hearers(hearers);
}

/* A full outbox of replies of one length. */
static const struct {
        const char *name;
        size_t size;
        int messages;
} full[] = {
        { "short ones", 3, 1 },
        { "as long as 64 may be", 65507 / OUTBOX_MAX, 1 },
        { "longer ones", 65507 / OUTBOX_MAX + 1, 2 },
        { "the longest", REPLY_MAX, 2 },
};

static void test_a_full_outbox(void **state)
{
        static struct outbox out;
        static const struct reply_row rows[OUTBOX_MAX];
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        for (size_t i = 0; i < N_OF(full); i++) {
                fill(&out, rows, OUTBOX_MAX, hearers);
                for (size_t k = 0; k < OUTBOX_MAX; k++)
                        out.replies[k].length = full[i].size;
                CHECK_INT(full[i].name, batch_send(b->batch, &out, b->receiver, &b->runs), OUTBOX_MAX);
                check_all_heard(full[i].name, b, &out, hearers[0], full[i].messages);
        }
        close_hearers(hearers);
}

static void test_one_that_is_too_long(void **state)
{
        static struct outbox out;
        static const struct reply_row rows[] = { SIZE(3), SIZE(REPLY_MAX + 1), SIZE(3) };
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        fill(&out, rows, N_OF(rows), hearers);
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), 2);
        for (size_t i = 0; i < N_OF(rows); i++)
                assert_int_equal(out.replies[i].error, i == 1 ? EMSGSIZE : 0);
        check_all_heard("the others", b, &out, hearers[0], 1);
        close_hearers(hearers);
}

/* Replies to a socket that takes no runs. */
static void test_others_hear_single_ones(void **state)
{
        static struct outbox out;
        static const struct reply_row rows[] = { SIZE(3), SIZE(3), SIZE(3), SIZE(2), SIZE(3), SIZE(0) };
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        set_udp_option(hearers[0], UDP_GRO, 0);
        fill(&out, rows, N_OF(rows), hearers);
        assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), N_OF(rows));
        check_all_heard("without runs", b, &out, hearers[0], N_OF(rows));
        close_hearers(hearers);
}

/* --- refused --- */

static void set_mtu(int mtu)
{
        struct ifreq request = { .ifr_name = "lo", .ifr_mtu = mtu };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
        close(fd);
}

#define MTU 1300

/* The replies, in this order, to a device with that MTU. */
static const struct {
        const char *name;
        size_t n;
        struct reply_row replies[MANY];
        int messages;
        bool runs; /* whether it is tried again */
} refusals[] = {
        { "as long as the device takes", 3, { SIZE(MTU - 28), SIZE(MTU - 28), SIZE(MTU - 28) }, 1, true },
        { "one longer one", 3, { SIZE(3), SIZE(3), SIZE(MTU) }, 2, true },
        { "two that the device does not take", 2, { SIZE(MTU - 27), SIZE(MTU - 27) }, 2, false },
        { "a long one, and a short one", 2, { SIZE(MTU), SIZE(3) }, 2, false },
        { "all others of the outbox",
          6,
          { SIZE(3), SIZE(3), SIZE(MTU), SIZE(MTU), SIZE(9), SIZE(9) },
          5,
          false },
        { "long ones, in two runs",
          6,
          { SIZE(1400), SIZE(1400), SIZE(20), SIZE(1400), SIZE(1400), SIZE(1400) },
          6,
          false },
};

static void test_a_run_that_is_refused_goes_one_by_one(void **state)
{
        static struct outbox out;
        static const struct reply_row later[] = { SIZE(3), SIZE(3), SIZE(3) };
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        set_mtu(MTU);
        for (size_t i = 0; i < N_OF(refusals); i++) {
                const char *row = refusals[i].name;

                b->runs = true;
                fill(&out, refusals[i].replies, refusals[i].n, hearers);
                CHECK_INT(row, batch_send(b->batch, &out, b->receiver, &b->runs), refusals[i].n);
                for (size_t k = 0; k < refusals[i].n; k++)
                        CHECK_INT(row, out.replies[k].error, 0);
                CHECK_INT(row, b->runs, refusals[i].runs);
                check_all_heard(row, b, &out, hearers[0], refusals[i].messages);
                fill(&out, later, N_OF(later), hearers);
                CHECK_INT(row, batch_send(b->batch, &out, b->receiver, &b->runs), N_OF(later));
                CHECK_INT(row, b->runs, refusals[i].runs);
                check_all_heard(row, b, &out, hearers[0], refusals[i].runs ? 1 : N_OF(later));
        }
        set_mtu(65536);
        close_hearers(hearers);
}

/* What cannot be sent in any way: each has its own error, and that tells nothing about runs. */
static void test_a_run_that_cannot_be_sent(void **state)
{
        static struct outbox out;
        static const struct reply_row rows[] = { SIZE(3), OTHER(3), OTHER(3), SIZE(3), SIZE(3), OTHER(3) };
        struct bench *b = bench_of(state);
        int hearers[2];

        open_hearers(hearers);
        for (int by_address = 0; by_address < 2; by_address++) {
                int error = by_address ? ENETUNREACH : EINVAL;

                fill(&out, rows, N_OF(rows), hearers);
                for (size_t i = 0; i < N_OF(rows); i++)
                        if (rows[i].to && by_address)
                                out.replies[i].from = ipv4(10, 0, 0, 1);
                        else if (rows[i].to)
                                out.replies[i].to.port = 0;
                assert_int_equal(batch_send(b->batch, &out, b->receiver, &b->runs), 3);
                for (size_t i = 0; i < N_OF(rows); i++)
                        assert_int_equal(out.replies[i].error, rows[i].to ? error : 0);
                assert_true(b->runs);
                check_all_heard("those that can be sent", b, &out, hearers[0], 2);
                assert_int_equal(receive_messages(b, hearers[1]), 0);
        }
        close_hearers(hearers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_what_is_joined),
                TEST(test_a_full_outbox),
                TEST(test_one_that_is_too_long),
                TEST(test_others_hear_single_ones),
                TEST(test_a_run_that_is_refused_goes_one_by_one),
                TEST(test_a_run_that_cannot_be_sent),
        };

        return cmocka_run_group_tests(tests, set_up_group, NULL);
}
