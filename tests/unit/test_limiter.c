/* test_limiter.c - state/limiter: one bucket to the event, and a table of buckets that no flood can empty. */
#include "test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "scarce.h"
#include "state/limiter.h"

#define HOUR_NS     (3600 * NS_PER_S)
#define YEARS_10_NS (INT64_C(3652) * 24 * HOUR_NS)

static const struct hash_key key = { "sixteen letters" };

static const struct {
        const char *name;
        rate_per_s rate;
        uint32_t burst;
} rules[] = {
        { "none", RATE_NONE, 1 },
        { "1/s", 1, 2 },
        { "10/s", 10, 20 },
        { "largest whose burst is twice as much", UINT32_MAX / 2, UINT32_MAX - 1 },
        { "one more", UINT32_MAX / 2 + 1, UINT32_MAX },
        { "largest", RATE_UNLIMITED - 1, UINT32_MAX },
        { "unlimited", RATE_UNLIMITED, UINT32_MAX },
};

static void test_rule(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rules); i++) {
                struct bucket_rule rule = bucket_rule(rules[i].rate);

                CHECK_INT(rules[i].name, rule.rate, rules[i].rate);
                CHECK_INT(rules[i].name, rule.burst, rules[i].burst);
        }
}

/* How many of the events that come every step_ns from start_ns on, before start_ns + length_ns, fit. */
static uint64_t offer(struct bucket *b, const struct bucket_rule *rule, int64_t start_ns, int64_t length_ns,
                      int64_t step_ns)
{
        uint64_t taken = 0;

        for (int64_t t = 0; t < length_ns; t += step_ns)
                taken += bucket_take(b, rule, start_ns + t);
        return taken;
}

static const struct {
        const char *name;
        struct bucket_rule rule;
        int64_t length_ns, step_ns;
        uint64_t expected;
} counts[] = {
        { "none", { RATE_NONE, 1 }, HOUR_NS, NS_PER_S, 0 },
        { "unlimited", { RATE_UNLIMITED, 1 }, HOUR_NS, NS_PER_S, 3600 },
        { "at one moment the burst", { 10, 20 }, 1000, 1, 20 },
        { "burst of one", { 10, 1 }, 1000, 1, 1 },
        { "just as often as permitted", { 10, 1 }, HOUR_NS, 100 * NS_PER_MS, 36000 },
        { "a nanosecond too often", { 10, 1 }, 10 * NS_PER_S, 100 * NS_PER_MS - 1, 51 },
        { "seldom", { 10, 20 }, HOUR_NS, NS_PER_S, 3600 },
        /* The burst, and what flows in up to the last event, a step before the end. */
        { "1/s for two hours", { 1, 2 }, 2 * HOUR_NS, NS_PER_MS, 2 + 7199 },
        { "10/s for two hours", { 10, 20 }, 2 * HOUR_NS, NS_PER_MS, 20 + 71999 },
        { "1000/s for an hour", { 1000, 2000 }, HOUR_NS, 500 * NS_PER_US, 2000 + 3599999 },
        /* A third of a second is rounded up: three events take a nanosecond or two more than a second. */
        { "3/s for two hours", { 3, 6 }, 2 * HOUR_NS, NS_PER_MS, 6 + 21599 },
};

static void test_counts_are_exact(void **state)
{
        static const int64_t starts[] = { 0, 1, YEARS_10_NS };

        (void)state;
        for (size_t i = 0; i < N_OF(counts); i++) {
                for (size_t s = 0; s < N_OF(starts); s++) {
                        struct bucket b = { 0 };

                        CHECK_INT(
                                counts[i].name,
                                offer(&b, &counts[i].rule, starts[s], counts[i].length_ns, counts[i].step_ns),
                                counts[i].expected);
                }
        }
}

static void test_one_event_flows_in_at_a_time(void **state)
{
        const struct bucket_rule rule = { 10, 20 };
        struct bucket b = { 0 };
        int64_t now_ns = HOUR_NS;

        (void)state;
        assert_int_equal(offer(&b, &rule, now_ns, 100, 1), 20);
        assert_false(bucket_take(&b, &rule, now_ns + 100 * NS_PER_MS - 1));
        assert_true(bucket_take(&b, &rule, now_ns + 100 * NS_PER_MS));
        assert_false(bucket_take(&b, &rule, now_ns + 100 * NS_PER_MS));
        assert_true(bucket_take(&b, &rule, now_ns + 200 * NS_PER_MS));
}

static void test_a_pause_gives_the_burst_and_no_more(void **state)
{
        static const int64_t pauses[] = { 2 * NS_PER_S, HOUR_NS, YEARS_10_NS };
        const struct bucket_rule rule = { 10, 20 };
        struct bucket b = { 0 };
        int64_t now_ns = 0;

        (void)state;
        assert_int_equal(offer(&b, &rule, now_ns, 100, 1), 20);
        for (size_t i = 0; i < N_OF(pauses); i++) {
                now_ns += pauses[i];
                assert_int_equal(offer(&b, &rule, now_ns, 100, 1), 20);
        }
}

/* A refusal costs nothing: whoever asks on and on gets as much as the rate. */
static void test_refusals_take_nothing(void **state)
{
        const struct bucket_rule rule = { 1, 1 };
        struct bucket b = { 0 };

        (void)state;
        assert_true(bucket_take(&b, &rule, 0));
        assert_int_equal(offer(&b, &rule, 1, NS_PER_S - 1, NS_PER_MS), 0);
        assert_true(bucket_take(&b, &rule, NS_PER_S));
}

static void test_the_highest_rates(void **state)
{
        static const rate_per_s rates[] = { 999999999, 1000000000, 1000000001, RATE_UNLIMITED - 1 };

        (void)state;
        for (size_t i = 0; i < N_OF(rates); i++) {
                struct bucket_rule rule = { rates[i], 4 };
                struct bucket b = { 0 };
                unsigned taken = 0;

                while (taken < 100 && bucket_take(&b, &rule, YEARS_10_NS))
                        taken++;
                assert_int_equal(taken, 4);
        }
}

static void test_full(void **state)
{
        const struct bucket_rule rule = { 10, 20 };
        struct bucket b = { 0 };

        (void)state;
        assert_true(bucket_is_full(&b, 0));
        assert_true(bucket_take(&b, &rule, NS_PER_S));
        assert_false(bucket_is_full(&b, NS_PER_S));
        assert_false(bucket_is_full(&b, NS_PER_S + 100 * NS_PER_MS - 1));
        assert_true(bucket_is_full(&b, NS_PER_S + 100 * NS_PER_MS));
}

static struct limiter *limiter_of(rate_per_s rate)
{
        struct limiter *l;

        assert_int_equal(limiter_new(bucket_rule(rate), &key, &l), 0);
        return l;
}

/* How many of `times` events of a source at one moment fit. */
static unsigned take(struct limiter *l, const struct address *source, int64_t now_ns, unsigned times)
{
        unsigned taken = 0;

        for (unsigned i = 0; i < times; i++)
                taken += limiter_take(l, source, now_ns);
        return taken;
}

static const struct {
        const char *name;
        rate_per_s rate;
        unsigned taken; /* of 100 at one moment */
} limits[] = {
        { "none", RATE_NONE, 0 },
        { "1/s", 1, 2 },
        { "10/s", 10, 20 },
        { "unlimited", RATE_UNLIMITED, 100 },
};

static void test_each_source_has_its_own_bucket(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(limits); i++) {
                struct limiter *l = limiter_of(limits[i].rate);

                for (uint32_t n = 0; n < 4; n++) {
                        struct address a = nth_address(n);

                        CHECK_INT(limits[i].name, take(l, &a, HOUR_NS, 100), limits[i].taken);
                }
                assert_null(limiter_free(l));
        }
        assert_null(limiter_free(NULL));
}

static void test_a_source_gets_its_rate_for_hours(void **state)
{
        struct limiter *l = limiter_of(10);
        const struct address a = nth_address(1);
        uint64_t taken = 0;

        (void)state;
        for (int64_t t = 0; t < 2 * HOUR_NS; t += 10 * NS_PER_MS)
                taken += limiter_take(l, &a, YEARS_10_NS + t);
        assert_true(taken == 20 + 71999);
        limiter_free(l);
}

/* Whoever was last is remembered: not beyond its place, which is another one's after a pause. */
static void test_the_last_one_is_no_other(void **state)
{
        struct limiter *l = limiter_of(1);
        const struct address a = nth_address(1);
        int64_t now_ns = HOUR_NS;

        (void)state;
        for (uint32_t n = 0; n < LIMITER_SOURCES; n++, now_ns += 2 * HOUR_NS) {
                const struct address other = nth_address(2 + n);

                assert_int_equal(take(l, &a, now_ns, 3), 2);
                assert_int_equal(take(l, &other, now_ns + HOUR_NS, 3), 2);
                assert_int_equal(take(l, &a, now_ns + HOUR_NS, 3), 2);
                assert_int_equal(take(l, &other, now_ns + HOUR_NS, 3), 0);
        }
        limiter_free(l);
}

/* More sources than there are buckets, all at one moment: those that got one keep it, used up; the others are
 * refused, and come in as soon as the buckets are full again. */
static void test_buckets_in_use_are_not_given_away(void **state)
{
        enum {
                SOURCES = 4 * LIMITER_SOURCES
        };
        static unsigned taken[SOURCES];
        struct limiter *l = limiter_of(1);
        unsigned admitted = 0;

        (void)state;
        for (uint32_t n = 0; n < SOURCES; n++) {
                struct address a = nth_address(n);

                taken[n] = take(l, &a, HOUR_NS, 2);
                admitted += taken[n] == 2;
                assert_true(taken[n] == 0 || taken[n] == 2);
        }
        assert_in_range(admitted, LIMITER_SOURCES * 9 / 10, LIMITER_SOURCES);
        for (uint32_t n = 0; n < SOURCES; n++) {
                struct address a = nth_address(n);

                assert_int_equal(take(l, &a, HOUR_NS + NS_PER_S - 1, 1), 0);
        }
        for (uint32_t n = 0; n < SOURCES; n++) {
                struct address a = nth_address(n);

                if (taken[n] == 0) {
                        assert_int_equal(take(l, &a, HOUR_NS + 2 * NS_PER_S, 1), 1);
                        break;
                }
        }
        limiter_free(l);
}

/* A small generator that makes the same numbers in each run (xorshift, Marsaglia 2003). */
static uint32_t draw(uint32_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 17;
        *seed ^= *seed << 5;
        return *seed;
}

/* One victim that asks 100 times a second, amid 16,000 random sources a second, for a minute. */
static void test_a_flood_of_addresses_frees_nobody(void **state)
{
        struct limiter *l = limiter_of(10);
        const struct address victim = nth_address(0);
        uint32_t seed = 2463534242;
        unsigned taken = 0, strangers = 0;

        (void)state;
        for (unsigned i = 0; i < 60 * 100; i++) {
                int64_t now_ns = HOUR_NS + i * 10 * NS_PER_MS;

                taken += limiter_take(l, &victim, now_ns);
                for (unsigned j = 0; j < 160; j++) {
                        struct address stranger = nth_address(1 + draw(&seed) % 0xffffff);

                        strangers += limiter_take(l, &stranger, now_ns);
                }
        }
        assert_int_equal(taken, 20 + 599);
        /* The flood itself finds room: the buckets that are full again are given away. */
        assert_in_range(strangers, 60 * 16000 * 9 / 10, 60 * 16000);
        limiter_free(l);
}

static const struct {
        const char *name;
        rate_per_s before, after;
        unsigned used;     /* before the change */
        unsigned at_once;  /* then, of 100 at the same moment */
        unsigned a_second; /* later, of 100 */
} changes[] = {
        { "the same", 10, 10, 5, 15, 10 },
        { "more", 10, 20, 20, 0, 20 },
        { "more, of a new one", 10, 20, 0, 40, 20 },
        { "less, of a new one", 20, 10, 0, 20, 10 },
        { "less, used up", 20, 10, 40, 0, 10 },
        { "from none", RATE_NONE, 10, 0, 20, 10 },
        { "to none", 10, RATE_NONE, 0, 0, 0 },
        { "from unlimited", RATE_UNLIMITED, 10, 100, 20, 10 },
        { "to unlimited", 10, RATE_UNLIMITED, 20, 100, 100 },
};

/* Another rule is in force at once; what was used up stays used up, so that a reload gives nobody a second
 * burst. */
static void test_set_rule(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(changes); i++) {
                struct limiter *l = limiter_of(changes[i].before);
                const struct address a = nth_address(1);

                CHECK_INT(changes[i].name, take(l, &a, HOUR_NS, changes[i].used), changes[i].used);
                limiter_set_rule(l, bucket_rule(changes[i].after));
                CHECK_INT(changes[i].name, take(l, &a, HOUR_NS, 100), changes[i].at_once);
                CHECK_INT(changes[i].name, take(l, &a, HOUR_NS + NS_PER_S, 100), changes[i].a_second);
                limiter_free(l);
        }
}

static void test_there_and_back_frees_nobody(void **state)
{
        struct limiter *l = limiter_of(1);
        const struct address a = nth_address(1), b = nth_address(2);

        (void)state;
        assert_int_equal(take(l, &a, HOUR_NS, 100), 2);
        limiter_set_rule(l, bucket_rule(RATE_NONE));
        limiter_set_rule(l, bucket_rule(1));
        assert_int_equal(take(l, &a, HOUR_NS, 100), 0);
        assert_int_equal(take(l, &b, HOUR_NS, 100), 2);
        limiter_free(l);
}

/* One address on two links is two sources (RFC 4007), whichever set of buckets they meet in: here are as many
 * as there are sets. */
static void test_links_are_told_apart(void **state)
{
        struct limiter *l = limiter_of(1);

        (void)state;
        for (uint32_t scope = 1; scope <= LIMITER_SOURCES / 8; scope++) {
                const struct address a = { AF_INET6, { 0xfe, 0x80, [15] = 1 }, scope };

                assert_int_equal(take(l, &a, HOUR_NS, 100), 2);
        }
        limiter_free(l);
}

/* There may be a thousand groups, and memory may be short when the first source comes. */
static void test_the_table_is_made_when_it_is_needed(void **state)
{
        const struct address source = nth_address(1);
        struct limiter *l;

        (void)state;
        asked = 0;
        l = limiter_of(5);
        assert_true(asked < 1024);
        allowed = 1024;
        assert_false(limiter_take(l, &source, NS_PER_S));
        allowed = SIZE_MAX;
        assert_true(limiter_take(l, &source, NS_PER_S));
        limiter_free(l);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rule),
                cmocka_unit_test(test_counts_are_exact),
                cmocka_unit_test(test_one_event_flows_in_at_a_time),
                cmocka_unit_test(test_a_pause_gives_the_burst_and_no_more),
                cmocka_unit_test(test_refusals_take_nothing),
                cmocka_unit_test(test_the_highest_rates),
                cmocka_unit_test(test_full),
                cmocka_unit_test(test_each_source_has_its_own_bucket),
                cmocka_unit_test(test_a_source_gets_its_rate_for_hours),
                cmocka_unit_test(test_the_last_one_is_no_other),
                cmocka_unit_test(test_buckets_in_use_are_not_given_away),
                cmocka_unit_test(test_a_flood_of_addresses_frees_nobody),
                cmocka_unit_test(test_set_rule),
                cmocka_unit_test(test_there_and_back_frees_nobody),
                cmocka_unit_test(test_links_are_told_apart),
                cmocka_unit_test(test_the_table_is_made_when_it_is_needed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
