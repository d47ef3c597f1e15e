/* test_stats.c - state/stats: every counter has a name of its own, and all of them fit into one text. */
#include "test.h"

#include <stdio.h>

#include "base/log.h"
#include "state/stats.h"

static void test_names(void **state)
{
        (void)state;
        for (enum stat s = 0; s < STAT_N; s++) {
                char row[32];

                snprintf(row, sizeof row, "counter %d", (int)s);
                CHECK(row, stats_name(s) != NULL && stats_name(s)[0]);
                CHECK_INT(row, strspn(stats_name(s), "abcdefghijklmnopqrstuvwxyz_"), strlen(stats_name(s)));
                for (enum stat other = 0; other < s; other++)
                        CHECK(stats_name(s), strcmp(stats_name(s), stats_name(other)) != 0);
        }
}

static void test_nothing_yet(void **state)
{
        const struct stats s = { { 0 } };
        char text[STATS_TEXT_SIZE];

        (void)state;
        assert_ptr_equal(stats_text(&s, text), text);
        assert_string_equal(text, "nothing yet");
}

static void test_zeroes_are_left_out(void **state)
{
        const struct stats s = { { [STAT_RECEIVED] = 12, [STAT_RECEIVED_BYTES] = 372, [STAT_ACKED] = 1 } };
        char text[STATS_TEXT_SIZE];

        (void)state;
        assert_string_equal(stats_text(&s, text), "received=12 received_bytes=372 acked=1");
}

static void test_each_counter_shows_by_itself(void **state)
{
        (void)state;
        for (enum stat i = 0; i < STAT_N; i++) {
                struct stats s = { { 0 } };
                char text[STATS_TEXT_SIZE], expected[128];

                s.count[i] = UINT64_MAX;
                snprintf(expected, sizeof expected, "%s=18446744073709551615", stats_name(i));
                assert_string_equal(stats_text(&s, text), expected);
        }
}

static void test_the_longest_text_fits(void **state)
{
        struct stats s;
        char text[STATS_TEXT_SIZE], last[128];
        size_t length = 0;

        (void)state;
        memset(&s, 0xff, sizeof s);
        for (enum stat i = 0; i < STAT_N; i++)
                length += strlen(stats_name(i)) + strlen("=18446744073709551615") + (i > 0);
        assert_true(length < STATS_TEXT_SIZE);
        assert_int_equal(strlen(stats_text(&s, text)), length);
        snprintf(last, sizeof last, " %s=18446744073709551615", stats_name(STAT_N - 1));
        assert_string_equal(text + length - strlen(last), last);
        /* It is logged in one line, behind the name of the section. */
        assert_true(length + sizeof "counters of []: " + 64 < LOG_LINE_SIZE);
}

/* What a receiver hears may be signed, or find no room, and so may the acks that an emitter gets. */
static void test_what_is_heard_is_counted_by_both_kinds(void **state)
{
        (void)state;
        for (enum stat i = 0; i < STAT_N; i++) {
                bool signature = i >= STAT_AUTH_OK && i <= STAT_DROPPED_EARLY;

                CHECK(stats_name(i), stats_of_receiver(i) || stats_of_emitter(i));
                CHECK_INT(stats_name(i), stats_of_receiver(i) && stats_of_emitter(i),
                          signature || i == STAT_RECEIVE_ERRORS || i == STAT_DROPPED_KERNEL);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_nothing_yet),
                cmocka_unit_test(test_zeroes_are_left_out),
                cmocka_unit_test(test_each_counter_shows_by_itself),
                cmocka_unit_test(test_the_longest_text_fits),
                cmocka_unit_test(test_what_is_heard_is_counted_by_both_kinds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
