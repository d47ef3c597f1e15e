#ifndef MCASTD_BASE_CLOCK_H
#define MCASTD_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* All in nanoseconds. Monotonic time starts at an unspecified point and is never set; wall time counts from
 * 1970-01-01T00:00:00Z and may be set at any moment. */
int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void);

/* One moment by both clocks: what came together came at the same time. */
struct moment {
        int64_t now_ns; /* monotonic */
        int64_t wall_ns;
};

struct moment clock_moment(void);

/* Local time less UTC at this moment, as TZ or /etc/localtime says. */
int64_t clock_zone_ns(int64_t wall_ns);

/* The monotonic clock as of the kernel's last tick, some milliseconds ago: the time by which libevent fires
 * timers. */
int64_t clock_coarse_ns(void);

#endif
