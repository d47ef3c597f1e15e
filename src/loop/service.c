/* service.c - tells the service manager that the daemon is ready, alive, and what it does.
 * One timer for all of that. It runs at half the time that the watchdog allows, and reports by the way what
 * the log has lost. */
#include "loop/service.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/timer.h"
#include "os/notify.h"

/* How often the status is looked at where nobody asks for a watchdog. */
#define TICK_NS (10 * NS_PER_S)

/* Changes come in bursts; they are told once in this time. */
#define TOUCH_NS (100 * NS_PER_MS)

struct service {
        struct notify *notify;
        struct event *tick;
        struct event *touch; /* armed once the state has changed */
        int64_t tick_ns;
        const char *feed;  /* "WATCHDOG=1\n" where the service manager asks for it */
        const char *ready; /* "READY=1\n" until the service manager has taken it, then "" */
        service_state state;
        void *arg;
        const char *remark;  /* behind the status */
        double rate;         /* datagrams a second, when last measured */
        int64_t measured_ns; /* when that was */
        uint64_t received;   /* datagrams so far, at that time */
};

/* Since the last tick. Sections that a reload dropped have taken their counts along. */
static void measure_rate(struct service *s)
{
        struct service_status now = { 0 };
        int64_t now_ns = clock_monotonic_ns();

        s->state(s->arg, &now);
        s->rate = 0;
        if (now_ns > s->measured_ns && now.received >= s->received)
                s->rate = (double)(now.received - s->received) /
                          ((double)(now_ns - s->measured_ns) / (double)NS_PER_S);
        s->measured_ns = now_ns;
        s->received = now.received;
}

/* `, 2 waiting`, or nothing. Returns the buffer. */
static const char *count_text(size_t count, const char *what, char buffer[32])
{
        buffer[0] = '\0';
        if (count)
                snprintf(buffer, 32, ", %zu %s", count, what);
        return buffer;
}

/* Sends what is due, with a fresh line of status. */
static void notify_status(struct service *s, const char *feed)
{
        struct service_status now = { 0 };
        char waiting[32], silent[32], failed[32];

        s->state(s->arg, &now);
        if (notify_send(s->notify, "%s%sSTATUS=%zu joined, %zu emitting%s%s%s, %.1f datagrams/s%s%s%s",
                        s->ready, feed, now.joined, now.emitting, count_text(now.waiting, "waiting", waiting),
                        count_text(now.silent, "silent", silent), count_text(now.failed, "failed", failed),
                        s->rate, now.worst[0] ? "; " : "", now.worst, s->remark) == 0)
                s->ready = "";
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
        struct service *s = arg;

        (void)fd;
        (void)what;
        measure_rate(s);
        notify_status(s, s->feed);
        log_report_lost();
        (void)timer_arm(s->tick, clock_monotonic_ns() + s->tick_ns);
}

static void on_touch(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        notify_status(arg, "");
}

int service_new(struct env *env, service_state state, void *arg, struct service **ret)
{
        struct service *s = calloc(1, sizeof *s);
        int64_t watchdog_ns = notify_watchdog_ns();
        int r;

        if (!s)
                return -ENOMEM;
        s->state = state;
        s->arg = arg;
        s->measured_ns = clock_monotonic_ns();
        s->ready = "";
        s->remark = "";
        s->tick_ns = watchdog_ns ? watchdog_ns / 2 : TICK_NS;
        s->feed = watchdog_ns ? "WATCHDOG=1\n" : "";
        r = notify_new(&s->notify);
        if (r < 0) {
                free(s);
                return r;
        }
        s->tick = evtimer_new(env->base, on_tick, s);
        s->touch = evtimer_new(env->base, on_touch, s);
        if (!s->tick || !s->touch || event_priority_set(s->touch, LOOP_PRIORITY_FIRST) < 0 ||
            event_priority_set(s->tick, LOOP_PRIORITY_FIRST) < 0 ||
            timer_arm(s->tick, s->measured_ns + s->tick_ns) < 0) {
                service_free(s);
                return -ENOMEM;
        }
        *ret = s;
        return 0;
}

struct service *service_free(struct service *s)
{
        if (!s)
                return NULL;
        if (s->tick)
                event_free(s->tick);
        if (s->touch)
                event_free(s->touch);
        notify_free(s->notify);
        free(s);
        return NULL;
}

void service_ready(struct service *s, const char *remark)
{
        s->remark = remark;
        s->ready = "READY=1\n";
        notify_status(s, "");
}

void service_touch(struct service *s)
{
        if (!event_pending(s->touch, EV_TIMEOUT, NULL))
                (void)timer_arm(s->touch, clock_monotonic_ns() + TOUCH_NS);
}

void service_reloading(struct service *s)
{
        (void)notify_send(s->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading",
                          clock_monotonic_ns() / NS_PER_US);
}

void service_stopping(struct service *s)
{
        (void)notify_send(s->notify, "STOPPING=1\nSTATUS=leaving the groups");
}
