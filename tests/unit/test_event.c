/* test_event.c - base/event: every event has an id of its own, and a level. */
#include "test.h"

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

static void test_levels(void **state)
{
        (void)state;
        for (enum event_id e = 0; e < EVENT_N; e++)
                assert_in_range(event_kind(e)->level, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ids_have_their_form),
                cmocka_unit_test(test_ids_are_distinct),
                cmocka_unit_test(test_levels),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
