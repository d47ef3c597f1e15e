/* timer.c - libevent timers by absolute time.
 * libevent measures a timeout from the time at which it last looked at the coarse clock, so a timeout that is
 * counted from the precise one fires some milliseconds early. Counted from the coarse clock it does not. */
#include "loop/timer.h"

#include <errno.h>
#include <event2/event.h>

#include "base/clock.h"

int timer_arm(struct event *timer, int64_t due_ns)
{
        int64_t now_ns, wait_us;
        struct timeval wait;

        (void)event_base_update_cache_time(event_get_base(timer));
        now_ns = clock_coarse_ns();
        wait_us = due_ns > now_ns ? (due_ns - now_ns + NS_PER_US - 1) / NS_PER_US : 0;
        wait.tv_sec = (time_t)(wait_us / 1000000);
        wait.tv_usec = (suseconds_t)(wait_us % 1000000);
        return event_add(timer, &wait) < 0 ? -ENOMEM : 0;
}
