/* test_clock.c - base/clock: how far local time is from UTC. */
#include "test.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define MINUTE_NS (60 * NS_PER_S)

/* Zones are written out (POSIX: west is positive), so that none need be installed. Summer in Berlin began on
 * the 29th of March 2026 at 01:00 UTC, 1774746000, and ended on the 25th of October at 01:00 UTC, 1792890000.
 */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static const struct {
        const char *name;
        const char *zone;
        int64_t wall_s;
        int64_t minutes;
} rows[] = {
        { "UTC", "UTC0", 1795227371, 0 },
        { "east", "CET-1", 1795227371, 60 },
        { "west", "EST5", 1795227371, -300 },
        { "half an hour", "IST-5:30", 1795227371, 330 },
        { "three quarters, far east", "CHA-12:45", 1795227371, 765 },
        { "winter", BERLIN, 1768435200, 60 },
        { "before summer begins", BERLIN, 1774746000 - 1, 60 },
        { "summer begins", BERLIN, 1774746000, 120 },
        { "before summer ends", BERLIN, 1792890000 - 1, 120 },
        { "summer ends", BERLIN, 1792890000, 60 },
        { "the beginning", "CET-1", 0, 60 },
        { "before it", "CET-1", -86400, 60 },
};

static void test_zone(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
                tzset();
                CHECK_INT(rows[i].name, clock_zone_ns(rows[i].wall_s * NS_PER_S),
                          rows[i].minutes * MINUTE_NS);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_zone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
