/* report.c - what is told of a section from time to time, not for each datagram: that a trouble is over, and
 * what was only counted. */
#include "loop/report.h"

#include <errno.h>
#include <event2/event.h>

#include "base/clock.h"
#include "loop/env.h"
#include "loop/timer.h"

#define EVERY_NS (10 * NS_PER_S)

void report_arm(struct report *r, int64_t now_ns)
{
        if (event_pending(r->timer, EV_TIMEOUT, NULL))
                return;
        /* Without memory for the timer the report comes with the next trouble. */
        (void)timer_arm(r->timer, now_ns + EVERY_NS);
}

bool report_trouble_begins(struct report *r, enum trouble which, uint64_t times, int64_t now_ns)
{
        report_arm(r, now_ns);
        return section_trouble_begins(r->section, which, times, now_ns);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct report *r = arg;
        int64_t now_ns = clock_monotonic_ns();
        bool said = r->look(r->arg);

        (void)fd;
        (void)what;
        if (section_troubles_tick(r->section, now_ns) > 0 || said)
                report_arm(r, now_ns);
}

int report_init(struct report *r, struct env *env, struct section *section, bool (*look)(void *arg),
                void *arg)
{
        *r = (struct report){ .section = section, .look = look, .arg = arg };
        r->timer = evtimer_new(env->base, on_timer, r);
        return r->timer && event_priority_set(r->timer, LOOP_PRIORITY_DATA) == 0 ? 0 : -ENOMEM;
}

void report_end(struct report *r)
{
        if (r->timer)
                event_free(r->timer);
        r->timer = NULL;
}
