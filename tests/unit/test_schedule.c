/* test_schedule.c - state/schedule: beats at fixed times, whatever the wake-ups are. */
#include "test.h"

#include "base/clock.h"
#include "state/schedule.h"

#define HOUR_NS  (3600 * NS_PER_S)
#define DAY_NS   (24 * HOUR_NS)
#define START_NS (5 * NS_PER_S + 123456789)
#define YEARS_10 INT64_C(315532800)

static const struct {
        const char *name;
        int64_t interval_ns, now_ns; /* from the first beat */
        bool beat;
        uint64_t missed;
        int64_t next_ns; /* from the first beat */
} wakes[] = {
        { "long before", NS_PER_S, -START_NS, false, 0, 0 },
        { "a nanosecond before", NS_PER_S, -1, false, 0, 0 },
        { "just then", NS_PER_S, 0, true, 0, NS_PER_S },
        { "a nanosecond late", NS_PER_S, 1, true, 0, NS_PER_S },
        { "nearly a whole beat late", NS_PER_S, NS_PER_S - 1, true, 0, NS_PER_S },
        { "with the next one", NS_PER_S, NS_PER_S, true, 1, 2 * NS_PER_S },
        { "two and a half beats late", NS_PER_S, 2 * NS_PER_S + NS_PER_S / 2, true, 2, 3 * NS_PER_S },
        { "a minute's stop", NS_PER_S, 60 * NS_PER_S, true, 60, 61 * NS_PER_S },
        { "ten years", NS_PER_S, YEARS_10 *NS_PER_S, true, YEARS_10, (YEARS_10 + 1) * NS_PER_S },
        { "ten years of the shortest", 10 * NS_PER_MS, YEARS_10 *NS_PER_S, true, YEARS_10 * 100,
          YEARS_10 *NS_PER_S + 10 * NS_PER_MS },
        { "the longest, nearly late", DAY_NS, DAY_NS - 1, true, 0, DAY_NS },
        { "the longest, late", DAY_NS, DAY_NS, true, 1, 2 * DAY_NS },
        { "one nanosecond", 1, 1000, true, 1000, 1001 },
};

static void test_wakes(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(wakes); i++) {
                struct schedule s;
                uint64_t missed = 4711;

                schedule_start(&s, START_NS, wakes[i].interval_ns);
                CHECK_INT(wakes[i].name, s.due_ns, START_NS);
                CHECK_INT(wakes[i].name, schedule_beat(&s, START_NS + wakes[i].now_ns, &missed),
                          wakes[i].beat);
                CHECK_INT(wakes[i].name, missed, wakes[i].beat ? wakes[i].missed : 4711);
                CHECK_INT(wakes[i].name, s.due_ns, START_NS + wakes[i].next_ns);
        }
}

static void test_no_second_beat_at_one_moment(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(wakes); i++) {
                struct schedule s;
                uint64_t missed;

                schedule_start(&s, START_NS, wakes[i].interval_ns);
                (void)schedule_beat(&s, START_NS + wakes[i].now_ns, &missed);
                CHECK(wakes[i].name, !schedule_beat(&s, START_NS + wakes[i].now_ns, &missed));
        }
}

/* How late the n-th wake-up is, for the hours below: never a whole beat. */
static int64_t on_time(unsigned n)
{
        (void)n;
        return 0;
}

static int64_t a_little_late(unsigned n)
{
        return (n * 7919 % 20) * NS_PER_MS;
}

static int64_t nearly_a_beat_late(unsigned n)
{
        (void)n;
        return NS_PER_S - 1;
}

static const struct {
        const char *name;
        int64_t (*late)(unsigned n);
} hours[] = {
        { "on time", on_time },
        { "a little late", a_little_late },
        { "nearly a beat late", nearly_a_beat_late },
};

static void test_an_hour_has_3600_beats(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(hours); i++) {
                struct schedule s;
                unsigned beats = 0;

                schedule_start(&s, START_NS, NS_PER_S);
                while (s.due_ns < START_NS + HOUR_NS) {
                        uint64_t missed = 4711;

                        CHECK_INT(hours[i].name, s.due_ns, START_NS + beats * NS_PER_S);
                        CHECK(hours[i].name, schedule_beat(&s, s.due_ns + hours[i].late(beats), &missed));
                        CHECK_INT(hours[i].name, missed, 0);
                        beats++;
                }
                CHECK_INT(hours[i].name, beats, 3600);
                CHECK_INT(hours[i].name, s.due_ns, START_NS + HOUR_NS);
        }
}

/* Woken far more often than needed, as by other events of the loop. */
static void test_an_hour_of_idle_wake_ups(void **state)
{
        struct schedule s;
        unsigned beats = 0;

        (void)state;
        schedule_start(&s, START_NS, NS_PER_S);
        for (int64_t t = 0; t < HOUR_NS; t += NS_PER_MS) {
                uint64_t missed = 0;

                beats += schedule_beat(&s, START_NS + t, &missed);
                assert_int_equal(missed, 0);
        }
        assert_int_equal(beats, 3600);
}

/* Whatever happens, beats and missed beats together are what the time allows. */
static void test_beats_and_missed_ones_add_up(void **state)
{
        struct schedule s;
        uint64_t beats = 0, missed_in_all = 0;
        int64_t now_ns = START_NS;

        (void)state;
        schedule_start(&s, START_NS, NS_PER_S);
        for (unsigned n = 0; n < 10000; n++) {
                uint64_t missed = 0;

                beats += schedule_beat(&s, now_ns, &missed);
                missed_in_all += missed;
                now_ns += (int64_t)(n * 7919 % 4000) * NS_PER_MS;
                assert_true((s.due_ns - START_NS) % NS_PER_S == 0);
                assert_true(beats + missed_in_all == (uint64_t)((s.due_ns - START_NS) / NS_PER_S));
        }
        assert_true(missed_in_all > 0);
}

static void test_goes_on_after_ten_years(void **state)
{
        struct schedule s;
        uint64_t missed = 0;

        (void)state;
        schedule_start(&s, START_NS, NS_PER_S);
        assert_true(schedule_beat(&s, START_NS + YEARS_10 * NS_PER_S + 1, &missed));
        assert_true(missed == (uint64_t)YEARS_10);
        for (int64_t n = 1; n <= 3; n++) {
                assert_true(schedule_beat(&s, START_NS + (YEARS_10 + n) * NS_PER_S, &missed));
                assert_int_equal(missed, 0);
        }
}

/* A change of the interval, at a time from a beat that was just done. */
static const struct {
        const char *name;
        int64_t before_ns, after_ns, now_ns;
        int64_t next_ns; /* from that beat */
} changes[] = {
        { "the same", NS_PER_S, NS_PER_S, 0, NS_PER_S },
        { "the same, in between", NS_PER_S, NS_PER_S, NS_PER_S / 2, NS_PER_S },
        { "longer", NS_PER_S, 5 * NS_PER_S, NS_PER_S / 2, 5 * NS_PER_S },
        { "shorter", 5 * NS_PER_S, NS_PER_S, NS_PER_S / 2, NS_PER_S },
        { "shorter, due just now", 5 * NS_PER_S, NS_PER_S, NS_PER_S, NS_PER_S },
        { "shorter, due a nanosecond ago", 5 * NS_PER_S, NS_PER_S, NS_PER_S + 1, 2 * NS_PER_S },
        { "shorter, due long ago", DAY_NS, 10 * NS_PER_MS, HOUR_NS, HOUR_NS },
        { "shorter, due long ago, and soon again", DAY_NS, NS_PER_S, HOUR_NS - 1, HOUR_NS },
        { "from the least to the most", 10 * NS_PER_MS, DAY_NS, NS_PER_MS, DAY_NS },
        { "longer, and late", NS_PER_S, 2 * NS_PER_S, 3 * NS_PER_S, 4 * NS_PER_S },
};

/* What would have been due is left out, and does not count as missed. */
static void test_change(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(changes); i++) {
                struct schedule s;
                uint64_t missed = 4711;

                schedule_start(&s, START_NS, changes[i].before_ns);
                CHECK(changes[i].name, schedule_beat(&s, START_NS, &missed));
                schedule_change(&s, START_NS + changes[i].now_ns, changes[i].after_ns);
                CHECK_INT(changes[i].name, s.due_ns, START_NS + changes[i].next_ns);
                CHECK(changes[i].name, !schedule_beat(&s, s.due_ns - 1, &missed));
                CHECK(changes[i].name, schedule_beat(&s, s.due_ns, &missed));
                CHECK_INT(changes[i].name, missed, 0);
                CHECK_INT(changes[i].name, s.due_ns, START_NS + changes[i].next_ns + changes[i].after_ns);
        }
}

/* Changed ten times a second between one and three seconds, it beats as often as the shorter one at most. */
static void test_changes_make_no_beats(void **state)
{
        struct schedule s;
        unsigned beats = 0;

        (void)state;
        schedule_start(&s, START_NS, NS_PER_S);
        for (int64_t t = 0; t < HOUR_NS; t += 100 * NS_PER_MS) {
                uint64_t missed = 0;

                beats += schedule_beat(&s, START_NS + t, &missed);
                assert_int_equal(missed, 0);
                schedule_change(&s, START_NS + t, t / NS_PER_MS % 200 ? NS_PER_S : 3 * NS_PER_S);
        }
        assert_in_range(beats, 1200, 3600);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_wakes),
                cmocka_unit_test(test_no_second_beat_at_one_moment),
                cmocka_unit_test(test_an_hour_has_3600_beats),
                cmocka_unit_test(test_an_hour_of_idle_wake_ups),
                cmocka_unit_test(test_beats_and_missed_ones_add_up),
                cmocka_unit_test(test_goes_on_after_ten_years),
                cmocka_unit_test(test_change),
                cmocka_unit_test(test_changes_make_no_beats),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
