/* test_episode.c - state/episode: a trouble is told once when it begins, and once when it has been quiet. */
#include "test.h"

#include "base/clock.h"
#include "state/episode.h"

static void test_a_zeroed_one_is_quiet(void **state)
{
        struct episode e = { 0 };
        uint64_t count = 4711;

        (void)state;
        assert_false(episode_ended(&e, 0, &count));
        assert_false(episode_ended(&e, INT64_MAX, &count));
        assert_false(episode_end(&e, &count));
        assert_int_equal(count, 4711);
}

static void test_repetitions_are_counted_not_told(void **state)
{
        struct episode e = { 0 };
        uint64_t count = 0;

        (void)state;
        assert_true(episode_note(&e, 1, NS_PER_S));
        for (int i = 0; i < 998; i++)
                assert_false(episode_note(&e, 1, NS_PER_S));
        assert_false(episode_note(&e, 1000, NS_PER_S));
        assert_true(episode_end(&e, &count));
        assert_int_equal(count, 1999);
}

static const struct {
        const char *name;
        int64_t after_ns; /* the last occurrence */
        bool ended;
} quiets[] = {
        { "at once", 0, false },
        { "a nanosecond before", EPISODE_QUIET_NS - 1, false },
        { "just then", EPISODE_QUIET_NS, true },
        { "ten years later", INT64_C(315532800) * NS_PER_S, true },
};

static void test_quiet_ends_it(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(quiets); i++) {
                struct episode e = { 0 };
                uint64_t count = 4711;

                episode_note(&e, 2, NS_PER_S);
                episode_note(&e, 1, 7 * NS_PER_S);
                CHECK_INT(quiets[i].name, episode_ended(&e, 7 * NS_PER_S + quiets[i].after_ns, &count),
                          quiets[i].ended);
                CHECK_INT(quiets[i].name, count, quiets[i].ended ? 3 : 4711);
                CHECK_INT(quiets[i].name, e.active, !quiets[i].ended);
        }
}

static void test_it_ends_once(void **state)
{
        struct episode e = { 0 };
        uint64_t count;

        (void)state;
        episode_note(&e, 1, 0);
        assert_true(episode_ended(&e, EPISODE_QUIET_NS, &count));
        assert_false(episode_ended(&e, 2 * EPISODE_QUIET_NS, &count));
        assert_false(episode_end(&e, &count));
}

static void test_the_next_one_counts_anew(void **state)
{
        struct episode e = { 0 };
        uint64_t count = 0;

        (void)state;
        for (uint64_t i = 1; i <= 3; i++) {
                assert_true(episode_note(&e, i, NS_PER_S));
                assert_true(episode_end(&e, &count));
                assert_true(count == i);
        }
}

/* It is looked at at each multiple of so many seconds, and is well but for these. */
static const struct {
        const char *name;
        int interval_s;
        int fails_at_s[4]; /* 0: no more */
        int healed_at_s[4];
} courses[] = {
        { "once", 1, { 100 }, { 101 } },
        { "in a row", 1, { 100, 101, 102 }, { 103 } },
        { "again a minute after it has ended", 1, { 100, 161 }, { 101, 162 } },
        { "again before that", 1, { 100, 160 }, { 101, 170 } },
        { "it comes and goes", 1, { 100, 102, 104, 106 }, { 101, 116 } },
        { "it comes and goes, rarely", 1, { 100, 102, 120, 139 }, { 101, 112, 130, 149 } },
        { "it comes and goes, and again much later", 1, { 100, 102, 200, 202 }, { 101, 112, 201, 212 } },
        { "every other time, of every five seconds", 5, { 100, 110, 120, 130 }, { 105, 140 } },
        { "every other time, of a few in a minute", 12, { 120, 144, 168, 192 }, { 132, 216 } },
        { "every other time, of more than one in a minute", 40, { 400, 480 }, { 440, 560 } },
        { "every other time, but not in a minute", 61, { 610, 732 }, { 671, 793 } },
};

static bool is_among(const int times[4], int s)
{
        return times[0] == s || times[1] == s || times[2] == s || times[3] == s;
}

static void test_what_comes_and_goes_is_told_once(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(courses); i++) {
                struct episode e = { 0 };
                uint64_t count;

                for (int s = courses[i].interval_s; s < 900; s += courses[i].interval_s)
                        if (is_among(courses[i].fails_at_s, s))
                                (void)episode_note(&e, 1, s * NS_PER_S);
                        else
                                CHECK_INT(courses[i].name,
                                          episode_healed(&e, s * NS_PER_S, courses[i].interval_s * NS_PER_S,
                                                         &count),
                                          is_among(courses[i].healed_at_s, s));
        }
}

static void test_what_comes_and_goes_is_over_after_the_quiet_and_all_of_it_is_counted(void **state)
{
        struct episode e = { 0 };
        uint64_t count = 0;

        (void)state;
        assert_true(episode_note(&e, 1, NS_PER_S));
        assert_true(episode_healed(&e, 2 * NS_PER_S, NS_PER_S, &count));
        assert_true(episode_note(&e, 3, 3 * NS_PER_S));
        for (int i = 4; i < 10; i++) {
                assert_false(episode_healed(&e, i * NS_PER_S, NS_PER_S, &count));
                assert_false(episode_note(&e, 1, i * NS_PER_S));
        }
        assert_false(episode_healed(&e, 9 * NS_PER_S + EPISODE_QUIET_NS - 1, NS_PER_S, &count));
        assert_true(episode_healed(&e, 9 * NS_PER_S + EPISODE_QUIET_NS, NS_PER_S, &count));
        assert_int_equal(count, 9);
        assert_false(episode_healed(&e, 100 * NS_PER_S, NS_PER_S, &count));
}

/* Nobody asked in between: what was begun has not been ended, so it cannot begin again. */
static void test_each_beginning_has_its_end(void **state)
{
        struct episode e = { 0 };
        uint64_t count = 0;

        (void)state;
        assert_true(episode_note(&e, 1, 0));
        assert_false(episode_note(&e, 1, 5 * EPISODE_QUIET_NS));
        assert_false(episode_ended(&e, 5 * EPISODE_QUIET_NS, &count));
        assert_true(episode_ended(&e, 6 * EPISODE_QUIET_NS, &count));
        assert_int_equal(count, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_zeroed_one_is_quiet),
                cmocka_unit_test(test_repetitions_are_counted_not_told),
                cmocka_unit_test(test_quiet_ends_it),
                cmocka_unit_test(test_it_ends_once),
                cmocka_unit_test(test_the_next_one_counts_anew),
                cmocka_unit_test(test_what_comes_and_goes_is_told_once),
                cmocka_unit_test(test_what_comes_and_goes_is_over_after_the_quiet_and_all_of_it_is_counted),
                cmocka_unit_test(test_each_beginning_has_its_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
