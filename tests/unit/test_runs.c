/* test_runs.c - os/batch where the kernel gives many datagrams as one: runs, which are split. What is true of
 * single ones is in test_batch.c, and what is sent as a run in test_runs_sent.c. */
#include "bench.h"

#include <errno.h>
#include <stdio.h>

static const struct {
        const char *name;
        size_t length, segment;
        size_t n; /* of them datagrams */
} bursts[] = {
        { "whole multiples", 1000, 100, 10 },
        { "a shorter last one", 1050, 100, 11 },
        { "a last one of one byte", 1001, 100, 11 },
        { "of one byte", 64, 1, 64 },
        { "one", 100, 100, 1 },
        { "one and a byte", 101, 100, 2 },
        { "less than one", 99, 100, 1 },
        { "the longest run", 64000, 1000, 64 },
        { "the longest that is handled", 3 * DATAGRAM_MAX, DATAGRAM_MAX, 3 },
        { "longer than is handled", 30000, 10000, 3 },
        { "longer, but not the last one", 20005, 10000, 3 },
        { "one byte longer", 2 * (DATAGRAM_MAX + 1) + DATAGRAM_MAX, DATAGRAM_MAX + 1, 3 },
};

static void check_received(const char *row, const struct bench *b, const struct datagram *d)
{
        CHECK(row, address_equal(&d->source.address, &loopback));
        CHECK_INT(row, d->source.port, name_of(b->emitter).port);
        CHECK(row, address_equal(&d->destination, &group.address));
        CHECK(row, address_equal(&d->local, &loopback));
        CHECK_INT(row, d->ifindex, LO);
        CHECK_INT(row, d->kernel_drops, 0);
        CHECK(row, d->wall_ns > 0 && d->wall_ns == batch_datagram(b->batch, 0)->wall_ns);
}

static void test_lengths(void **state)
{
        struct bench *b = bench_of(state);

        for (size_t i = 0; i < N_OF(bursts); i++) {
                const char *row = bursts[i].name;
                size_t at = 0;

                send_run(b->emitter, &group, bytes, bursts[i].length, bursts[i].segment);
                CHECK_INT(row, receive_messages(b, b->receiver), 1);
                CHECK_INT(row, batch_next(b->batch), bursts[i].n);
                for (size_t n = 0; n < bursts[i].n; n++, at += bursts[i].segment) {
                        const struct datagram *d = batch_datagram(b->batch, n);
                        size_t left = bursts[i].length - at;
                        size_t sent = left < bursts[i].segment ? left : bursts[i].segment;

                        CHECK_INT(row, d->length, sent < DATAGRAM_MAX ? sent : DATAGRAM_MAX);
                        CHECK_INT(row, d->truncated, sent > DATAGRAM_MAX);
                        CHECK(row, memcmp(d->payload, bytes + at, d->length) == 0);
                        check_received(row, b, d);
                }
                CHECK_INT(row, batch_next(b->batch), 0);
        }
}

/* Runs and single ones of two sockets, in the order in which they are sent. Each begins with the next byte of
 * the payload. */
static const struct {
        bool other;
        size_t length, segment; /* 0: without one */
} mixed[] = {
        { false, 30, 3 }, { false, 0, 0 }, { true, 50, 10 }, { false, 3, 0 },   { true, 0, 0 },
        { true, 0, 0 },   { true, 7, 7 },  { false, 64, 1 }, { true, 1000, 0 }, { false, 0, 0 },
};

struct expected {
        in_port_t port;
        size_t offset, length; /* in `bytes` */
};

/* Returns how many datagrams that were. */
static size_t send_mixed(const int fds[2], struct expected *ret)
{
        size_t n = 0;

        for (size_t i = 0; i < N_OF(mixed); i++) {
                int fd = fds[mixed[i].other];
                size_t step = mixed[i].segment ? mixed[i].segment : mixed[i].length, at = 0;

                if (mixed[i].segment)
                        send_run(fd, &group, bytes + i, mixed[i].length, step);
                else
                        send_to(fd, &group, bytes + i, mixed[i].length);
                do {
                        ret[n++] = (struct expected){ name_of(fd).port, i + at, step };
                        at += step;
                } while (at < mixed[i].length);
        }
        return n;
}

static void test_between_single_ones_each_stays_in_its_place(void **state)
{
        struct bench *b = bench_of(state);
        const int fds[] = { b->emitter, open_emitter() };
        struct expected expected[2 * BATCH_MAX];
        size_t sent = send_mixed(fds, expected), at = 0;

        assert_int_equal(receive_messages(b, b->receiver), N_OF(mixed));
        for (size_t n; (n = batch_next(b->batch)) > 0;)
                for (size_t i = 0; i < n; i++, at++) {
                        const struct datagram *d = batch_datagram(b->batch, i);

                        assert_in_range(at, 0, sent - 1);
                        assert_int_equal(d->source.port, expected[at].port);
                        assert_int_equal(d->length, expected[at].length);
                        assert_memory_equal(d->payload, bytes + expected[at].offset, d->length);
                }
        assert_int_equal(at, sent);
        close(fds[1]);
}

/* Numbers from *next on, so many. */
static void send_numbers(int fd, uint32_t *next, size_t n)
{
        uint32_t numbers[64];

        for (size_t i = 0; i < n; i++)
                numbers[i] = (*next)++;
        send_run(fd, &group, numbers, n * sizeof numbers[0], sizeof numbers[0]);
}

static void check_numbers(const struct bench *b, uint32_t *next, size_t n)
{
        for (size_t i = 0; i < n; i++, (*next)++) {
                const struct datagram *d = batch_datagram(b->batch, i);

                assert_int_equal(d->length, sizeof *next);
                assert_memory_equal(d->payload, next, sizeof *next);
        }
}

/* They end and begin anywhere in the runs. */
static void test_at_most_so_many_at_a_time(void **state)
{
        static const size_t sizes[] = { 50, 64, 1, 63, 64, 64, 7 };
        struct bench *b = bench_of(state);
        uint32_t sent = 0, next = 0;

        for (size_t i = 0; i < N_OF(sizes); i++)
                send_numbers(b->emitter, &sent, sizes[i]);
        assert_int_equal(receive_messages(b, b->receiver), N_OF(sizes));
        while (next < sent) {
                size_t left = sent - next, n = batch_next(b->batch);

                assert_int_equal(n, left < BATCH_MAX ? left : BATCH_MAX);
                check_numbers(b, &next, n);
        }
        assert_int_equal(batch_next(b->batch), 0);
        assert_int_equal(batch_next(b->batch), 0);
}

/* More runs than are taken at a time, each of which is full: the socket keeps the others. */
static void test_more_runs_than_a_batch_has_room_for(void **state)
{
        struct bench *b = bench_of(state);
        uint32_t sent = 0, next = 0;

        for (size_t i = 0; i < BATCH_MAX + 1; i++)
                send_numbers(b->emitter, &sent, 64);
        assert_int_equal(receive_messages(b, b->receiver), BATCH_MAX);
        for (size_t i = 0; i < BATCH_MAX; i++) {
                assert_int_equal(batch_next(b->batch), BATCH_MAX);
                check_numbers(b, &next, BATCH_MAX);
        }
        assert_int_equal(batch_next(b->batch), 0);
        assert_int_equal(receive_messages(b, b->receiver), 1);
        assert_int_equal(batch_next(b->batch), BATCH_MAX);
        check_numbers(b, &next, BATCH_MAX);
        assert_int_equal(batch_next(b->batch), 0);
}

/* What was not read of one batch is in none that comes later. */
static void test_a_batch_begins_with_its_own(void **state)
{
        struct bench *b = bench_of(state);
        uint32_t sent = 0, next;

        for (int i = 0; i < 3; i++)
                send_numbers(b->emitter, &sent, 50);
        assert_int_equal(receive_messages(b, b->receiver), 3);
        assert_int_equal(batch_next(b->batch), BATCH_MAX);
        next = sent;
        send_numbers(b->emitter, &sent, 2);
        assert_int_equal(receive_messages(b, b->receiver), 1);
        assert_int_equal(batch_next(b->batch), 2);
        check_numbers(b, &next, 2);
        assert_int_equal(batch_next(b->batch), 0);
        /* As well where there is no later one. */
        send_numbers(b->emitter, &sent, 2);
        assert_int_equal(receive_messages(b, b->receiver), 1);
        assert_int_equal(receive_messages(b, b->receiver), 0);
        assert_int_equal(batch_next(b->batch), 0);
        send_numbers(b->emitter, &sent, 2);
        assert_int_equal(receive_messages(b, b->receiver), 1);
        assert_int_equal(batch_receive(b->batch, -1, &most), -EBADF);
        assert_int_equal(batch_next(b->batch), 0);
}

/* One that comes after others tells how many messages were dropped: of a run it is one. */
static void test_kernel_drops(void **state)
{
        static const struct endpoint narrow = { { AF_INET, { 239, 1, 1, 2 }, 0 }, 5002 };
        enum {
                SENT = 200
        };
        struct bench *b = bench_of(state);
        int fd = open_receiver(&narrow, 4096), received = 0, n;

        for (int i = 0; i < SENT; i++)
                send_run(b->emitter, &narrow, bytes, 100, 10);
        while ((n = receive_messages(b, fd)) > 0)
                received += n;
        assert_int_equal(n, 0);
        assert_in_range(received, 1, SENT - 1);
        send_run(b->emitter, &narrow, bytes, 100, 10);
        assert_int_equal(receive_messages(b, fd), 1);
        assert_int_equal(batch_next(b->batch), 10);
        for (size_t i = 0; i < 10; i++)
                assert_int_equal(batch_datagram(b->batch, i)->kernel_drops, SENT - received);
        close(fd);
}

/* Of long runs a batch has fewer, so that others have their turn; the next plain ones are taken as before. */
static void test_of_long_runs_fewer_are_taken(void **state)
{
        const int enough = BATCH_ENOUGH / BATCH_MAX + 1;
        struct bench *b = bench_of(state);
        int left = BATCH_MAX + enough + 1;

        for (int i = 0; i < left; i++)
                send_run(b->emitter, &group, bytes, BATCH_MAX, 1);
        for (int expected = BATCH_MAX; left > 0; expected = enough) {
                int n = receive_messages(b, b->receiver);

                assert_int_equal(n, left < expected ? left : expected);
                assert_int_equal(batch_is_full(b->batch), n == expected);
                left -= n;
        }
        for (int i = 0; i < BATCH_MAX; i++)
                send_to(b->emitter, &group, "x", 1);
        assert_int_equal(receive_messages(b, b->receiver), BATCH_MAX);
        assert_true(batch_is_full(b->batch));
        assert_int_equal(receive_messages(b, b->receiver), 0);
        assert_false(batch_is_full(b->batch));
}

/* So many runs of each length: the next time there is room for as many as there may be, and no more. */
static void test_of_runs_of_any_length_a_batch_has_enough(void **state)
{
        struct bench *b = bench_of(state);

        for (size_t length = 1; length <= BATCH_MAX; length++) {
                most = BATCH_MAX;
                for (int i = 0; i < BATCH_MAX + 1; i++)
                        send_run(b->emitter, &group, bytes, length, 1);
                for (int left = BATCH_MAX + 1, n; left > 0; left -= n) {
                        n = receive_messages(b, b->receiver);
                        assert_in_range(n, 1, left);
                        assert_in_range(most, 1, BATCH_MAX);
                        assert_true(most == BATCH_MAX || most * length >= BATCH_ENOUGH);
                        assert_true(most == BATCH_MAX || (most - 1) * length <= BATCH_ENOUGH);
                }
                for (int i = 0; i < BATCH_MAX; i++)
                        send_to(b->emitter, &group, bytes, 1000);
                for (int left = BATCH_MAX, n; left > 0; left -= n) {
                        n = receive(b, b->receiver);
                        assert_in_range(n, 1, left);
                        for (int i = 0; i < n; i++)
                                assert_int_equal(batch_datagram(b->batch, (size_t)i)->length, 1000);
                }
        }
}

/* In kB. The shorter files have a number that lags behind. */
static long resident(void)
{
        char line[256];
        long kilobytes = 0;
        FILE *file = fopen("/proc/self/smaps_rollup", "r");

        assert_non_null(file);
        while (kilobytes == 0 && fgets(line, sizeof line, file))
                (void)sscanf(line, "Rss: %ld", &kilobytes);
        fclose(file);
        assert_true(kilobytes > 0);
        return kilobytes;
}

/* What long messages have needed is given back, and is there again for the next ones. */
static void test_memory_is_given_back(void **state)
{
        enum {
                LONG_ONES = 4, /* as many as have room where net.core.rmem_max is as of old */
                LENGTH = 60000
        };
        struct bench *b = bench_of(state);
        const long needed = LONG_ONES * (LENGTH - 8192) / 1024;

        for (int i = 0; i < 3; i++) {
                long before = resident(), during;

                most = BATCH_MAX;
                for (int k = 0; k < LONG_ONES; k++)
                        send_run(b->emitter, &group, bytes, LENGTH, 1000);
                assert_int_equal(receive_messages(b, b->receiver), LONG_ONES);
                during = resident();
                /* What an earlier test has freed may be resident from the start on. */
                assert_true(i == 0 || during >= before + needed);
                batch_give_back(b->batch);
                assert_true(resident() <= during - needed);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_lengths),
                TEST(test_between_single_ones_each_stays_in_its_place),
                TEST(test_at_most_so_many_at_a_time),
                TEST(test_more_runs_than_a_batch_has_room_for),
                TEST(test_a_batch_begins_with_its_own),
                TEST(test_kernel_drops),
                TEST(test_of_long_runs_fewer_are_taken),
                TEST(test_of_runs_of_any_length_a_batch_has_enough),
                TEST(test_memory_is_given_back),
        };

        return cmocka_run_group_tests(tests, set_up_group, NULL);
}
