/* test_delay.c - state/delay: what is due first comes first, and there is a bound. */
#include "test.h"

#include <stdlib.h>

#include "state/delay.h"

static bool put(struct delay *d, size_t name, int64_t due_ns)
{
        return delay_put(d, &(struct reply){ .length = name }, due_ns);
}

/* The name of the reply that is taken, or -1. */
static int take(struct delay *d, int64_t now_ns)
{
        struct reply r;

        return delay_take(d, now_ns, &r) ? (int)r.length : -1;
}

static void test_empty(void **state)
{
        struct delay *d = NULL;

        (void)state;
        assert_int_equal(delay_new(&d), 0);
        assert_true(delay_due(d) == INT64_MAX);
        assert_int_equal(take(d, INT64_MAX), -1);
        assert_null(delay_free(d));
        assert_null(delay_free(NULL));
}

static void test_nothing_comes_before_its_time(void **state)
{
        struct delay *d;

        (void)state;
        assert_int_equal(delay_new(&d), 0);
        assert_true(put(d, 1, 100));
        assert_true(delay_due(d) == 100);
        assert_int_equal(take(d, 99), -1);
        assert_int_equal(take(d, 100), 1);
        assert_int_equal(take(d, 100), -1);
        delay_free(d);
}

static const struct {
        const char *name;
        int64_t due[5];
        int order[5]; /* indices, as they come out */
} orders[] = {
        { "in order", { 1, 2, 3, 4, 5 }, { 0, 1, 2, 3, 4 } },
        { "backwards", { 5, 4, 3, 2, 1 }, { 4, 3, 2, 1, 0 } },
        { "first last", { 5, 1, 2, 3, 4 }, { 1, 2, 3, 4, 0 } },
        { "mixed", { 3, 1, 5, 2, 4 }, { 1, 3, 0, 4, 2 } },
        { "below zero", { 0, -1, INT64_MAX, INT64_MIN, 1 }, { 3, 1, 0, 4, 2 } },
};

static void test_order(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(orders); i++) {
                struct delay *d;

                assert_int_equal(delay_new(&d), 0);
                for (size_t k = 0; k < 5; k++)
                        CHECK(orders[i].name, put(d, k, orders[i].due[k]));
                for (size_t k = 0; k < 5; k++) {
                        CHECK(orders[i].name, delay_due(d) == orders[i].due[orders[i].order[k]]);
                        CHECK_INT(orders[i].name, take(d, INT64_MAX), orders[i].order[k]);
                }
                delay_free(d);
        }
}

static void test_bound(void **state)
{
        struct delay *d;

        (void)state;
        assert_int_equal(delay_new(&d), 0);
        for (size_t i = 0; i < DELAY_MAX; i++)
                assert_true(put(d, i, (int64_t)i));
        assert_false(put(d, 0, -1));
        assert_int_equal(take(d, 0), 0);
        assert_true(put(d, 7777, -1));
        assert_false(put(d, 0, -1));
        assert_int_equal(take(d, 0), 7777);
        delay_free(d);
}

/* A reply comes out as it was put in. */
static void test_whole(void **state)
{
        static const char payload[] = "ack";
        const struct reply in = { .payload = payload,
                                  .length = 3,
                                  .to = { { AF_INET6, { 0xfe, 0x80, [15] = 1 }, 7 }, 47036 },
                                  .from = { AF_INET6, { 0x20, 0x01, [15] = 2 }, 0 },
                                  .ifindex = 7,
                                  .record = true };
        struct reply out = { 0 };
        struct delay *d;

        (void)state;
        assert_int_equal(delay_new(&d), 0);
        assert_true(delay_put(d, &in, 1));
        assert_true(delay_take(d, 1, &out));
        assert_ptr_equal(out.payload, payload);
        assert_int_equal(out.length, 3);
        assert_true(endpoint_equal(&out.to, &in.to));
        assert_true(address_equal(&out.from, &in.from));
        assert_int_equal(out.ifindex, 7);
        assert_true(out.record);
        delay_free(d);
}

/* None of those that are due at one moment is lost, and none comes twice. */
static void test_equal_times(void **state)
{
        enum {
                N = 100
        };
        bool seen[N] = { false };
        struct delay *d;

        (void)state;
        assert_int_equal(delay_new(&d), 0);
        for (size_t n = 0; n < N; n++)
                assert_true(put(d, n, 1));
        for (size_t n = 0; n < N; n++) {
                int name = take(d, 1);

                assert_in_range(name, 0, N - 1);
                assert_false(seen[name]);
                seen[name] = true;
        }
        assert_int_equal(take(d, 1), -1);
        delay_free(d);
}

/* Against a model that looks at everything: 20,000 steps, a reply put or taken in each. */
static void test_model(void **state)
{
        static int64_t due[DELAY_MAX];
        size_t n = 0;
        struct delay *d;

        (void)state;
        srandom(1);
        assert_int_equal(delay_new(&d), 0);
        for (int step = 0; step < 20000; step++) {
                struct reply r;
                size_t first = 0;

                if (n == 0 || (n < DELAY_MAX && random() % 3)) {
                        due[n] = random() % 1000;
                        assert_true(put(d, 0, due[n++]));
                        continue;
                }
                for (size_t i = 1; i < n; i++)
                        if (due[i] < due[first])
                                first = i;
                assert_true(delay_due(d) == due[first]);
                assert_false(delay_take(d, due[first] - 1, &r));
                assert_true(delay_take(d, due[first], &r));
                due[first] = due[--n];
        }
        delay_free(d);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty), cmocka_unit_test(test_nothing_comes_before_its_time),
                cmocka_unit_test(test_order), cmocka_unit_test(test_bound),
                cmocka_unit_test(test_whole), cmocka_unit_test(test_equal_times),
                cmocka_unit_test(test_model),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
