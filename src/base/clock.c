/* clock.c - what time it is. The only file that asks; everybody else takes the time as an argument. */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
        struct timespec ts = { 0 };

        /* Cannot fail: the three clocks exist since Linux 2.6.32. */
        (void)clock_gettime(id, &ts);
        return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
        return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
        return read_clock(CLOCK_REALTIME);
}

struct moment clock_moment(void)
{
        return (struct moment){ clock_monotonic_ns(), clock_wall_ns() };
}

int64_t clock_coarse_ns(void)
{
        return read_clock(CLOCK_MONOTONIC_COARSE);
}

int64_t clock_zone_ns(int64_t wall_ns)
{
        time_t s = (time_t)(wall_ns / NS_PER_S);
        struct tm tm = { 0 };

        localtime_r(&s, &tm);
        return (int64_t)tm.tm_gmtoff * NS_PER_S;
}
