/* test_event.c - base/event: every event has an id and a name of its own, and a level. */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "base/event.h"

static void test_ids_have_their_form(void **state)
{
        (void)state;
        for (enum event_id e = 0; e < EVENT_N; e++) {
                char row[32];

                snprintf(row, sizeof row, "event %d", (int)e);
                CHECK(row, event_kind(e)->message_id != NULL);
                CHECK_INT(row, strlen(event_kind(e)->message_id), 32);
                /* journald compares the text: lower case, as sd_id128_to_string() prints it. */
                CHECK_INT(row, strspn(event_kind(e)->message_id, "0123456789abcdef"), 32);
        }
}

static void test_ids_are_distinct(void **state)
{
        (void)state;
        for (enum event_id a = 0; a < EVENT_N; a++)
                for (enum event_id b = 0; b < a; b++)
                        if (strcmp(event_kind(a)->message_id, event_kind(b)->message_id) == 0)
                                fail_msg("events %d and %d have the same id", (int)a, (int)b);
}

static void test_names_have_their_form(void **state)
{
        (void)state;
        for (enum event_id e = 0; e < EVENT_N; e++) {
                const char *name = event_kind(e)->name;
                char row[32];

                snprintf(row, sizeof row, "event %d", (int)e);
                CHECK(row, name != NULL);
                CHECK_INT(row, strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
                CHECK(row, name[0] && name[0] != '-' && name[strlen(name) - 1] != '-');
        }
        assert_string_equal(event_kind(EVENT_PEER_DOWN)->name, "peer-down");
}

static void test_names_are_distinct(void **state)
{
        (void)state;
        for (enum event_id a = 0; a < EVENT_N; a++)
                for (enum event_id b = 0; b < a; b++)
                        if (strcmp(event_kind(a)->name, event_kind(b)->name) == 0)
                                fail_msg("events %d and %d are both %s", (int)a, (int)b, event_kind(a)->name);
}

static void test_levels(void **state)
{
        (void)state;
        for (enum event_id e = 0; e < EVENT_N; e++)
                assert_in_range(event_kind(e)->level, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG);
}

static const struct {
        const char *text;
        int result;
        enum log_level level;
} texts[] = {
        { "error", 0, LOG_LEVEL_ERROR },
        { "warning", 0, LOG_LEVEL_WARNING },
        { "notice", 0, LOG_LEVEL_NOTICE },
        { "info", 0, LOG_LEVEL_INFO },
        { "debug", 0, LOG_LEVEL_DEBUG },
        { "DEBUG", 0, LOG_LEVEL_DEBUG },
        { "Notice", 0, LOG_LEVEL_NOTICE },
        { "", -EINVAL, 0 },
        { "debu", -EINVAL, 0 },
        { "debugs", -EINVAL, 0 },
        { " debug", -EINVAL, 0 },
        { "debug ", -EINVAL, 0 },
        { "7", -EINVAL, 0 },
        { "warn", -EINVAL, 0 },
        { "err", -EINVAL, 0 },
        { "emerg", -EINVAL, 0 },
};

static void test_levels_are_parsed(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(texts); i++) {
                enum log_level got = 99;

                CHECK_INT(texts[i].text, log_level_parse(texts[i].text, &got), texts[i].result);
                CHECK_INT(texts[i].text, got, texts[i].result == 0 ? texts[i].level : 99);
        }
}

static void test_the_name_of_a_level_is_what_is_parsed(void **state)
{
        (void)state;
        for (enum log_level l = LOG_LEVEL_ERROR; l <= LOG_LEVEL_DEBUG; l++) {
                enum log_level got = 99;

                assert_int_equal(log_level_parse(log_level_name(l), &got), 0);
                assert_int_equal(got, l);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ids_have_their_form),
                cmocka_unit_test(test_ids_are_distinct),
                cmocka_unit_test(test_names_have_their_form),
                cmocka_unit_test(test_names_are_distinct),
                cmocka_unit_test(test_levels),
                cmocka_unit_test(test_levels_are_parsed),
                cmocka_unit_test(test_the_name_of_a_level_is_what_is_parsed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
