/* test_answer.c - ctl/answer: members that are there and members that are not, times and spans. */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/answer.h"

static void what_is_not_there_reads_as_nothing(void **unused)
{
        static const char *const names[] = { "missing", "null", "object" };
        json_t *o = json_loads("{\"null\": null, \"object\": {}}", 0, NULL);

        (void)unused;
        for (size_t i = 0; i < N_OF(names); i++) {
                CHECK_TEXT(names[i], answer_text(o, names[i]), "");
                CHECK_INT(names[i], answer_count(o, names[i]), 0);
                CHECK(names[i], answer_real(o, names[i]) == 0);
                CHECK(names[i], !answer_is(o, names[i]));
                CHECK_INT(names[i], answer_has(o, names[i]), i == 2);
        }
        assert_string_equal(answer_text(NULL, "of nothing"), "");
        json_decref(o);
}

static void what_is_there_is_read(void **unused)
{
        json_t *o = json_loads("{\"text\": \"a\", \"count\": 7, \"real\": 0.5, \"is\": true}", 0, NULL);

        (void)unused;
        assert_string_equal(answer_text(o, "text"), "a");
        assert_int_equal(answer_count(o, "count"), 7);
        assert_true(answer_real(o, "real") == 0.5);
        assert_true(answer_real(o, "count") == 7);
        assert_true(answer_is(o, "is"));
        assert_true(answer_has(o, "text"));
        json_decref(o);
}

static const struct {
        const char *utc;
        int r;
        int64_t ms;
        const char *local; /* an hour east of Greenwich */
} times[] = {
        { "1970-01-01T00:00:00.000Z", 0, 0, "1970-01-01 01:00:00.000" },
        { "2026-11-21T01:16:11.123Z", 0, 1795223771123, "2026-11-21 02:16:11.123" },
        { "2026-11-21T23:30:00Z", 0, 1795303800000, "2026-11-22 00:30:00.000" },
        { "", -EINVAL, 0, "-" },
        { "yesterday", -EINVAL, 0, "-" },
        { "2026-11-21T01:16:11.123", -EINVAL, 0, "-" },
        { "2026-11-21T01:16:11.123Z and more", -EINVAL, 0, "-" },
};

static void times_are_read(void **unused)
{
        (void)unused;
        setenv("TZ", "EAST-1", 1);
        tzset();
        for (size_t i = 0; i < N_OF(times); i++) {
                char local[ANSWER_TIME_SIZE];
                int64_t ms = 0;

                CHECK_INT(times[i].utc, answer_time(times[i].utc, &ms), times[i].r);
                CHECK_INT(times[i].utc, ms, times[i].ms);
                CHECK_TEXT(times[i].utc, answer_local_time(times[i].utc, true, local), times[i].local);
        }
}

static void without_milliseconds_there_are_none(void **unused)
{
        char local[ANSWER_TIME_SIZE];

        (void)unused;
        setenv("TZ", "EAST-1", 1);
        tzset();
        assert_string_equal(answer_local_time("2026-11-21T01:16:11.123Z", false, local),
                            "2026-11-21 02:16:11");
}

static const struct {
        double seconds;
        const char *text;
} spans[] = {
        { -1, "0.0 s" }, { 0, "0.0 s" },     { 0.41, "0.4 s" },    { 9.9, "9.9 s" },
        { 10, "10 s" },  { 119.9, "119 s" }, { 120, "2 min" },     { 7199, "119 min" },
        { 7200, "2 h" }, { 172799, "47 h" }, { 172800, "2 days" }, { 1e300, "11574074 days" },
};

static void a_span_is_told_in_its_largest_unit(void **unused)
{
        (void)unused;
        for (size_t i = 0; i < N_OF(spans); i++)
                CHECK_TEXT(spans[i].text, ANSWER_SPAN(spans[i].seconds), spans[i].text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_not_there_reads_as_nothing),
                cmocka_unit_test(what_is_there_is_read),
                cmocka_unit_test(times_are_read),
                cmocka_unit_test(without_milliseconds_there_are_none),
                cmocka_unit_test(a_span_is_told_in_its_largest_unit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
