/* service.c - tells the service manager that the daemon is ready, alive, and what it does.
 * One timer for all of that. It runs at half the time that the watchdog allows, and reports by the way what
 * the log has lost. */
#include "loop/service.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/timer.h"
#include "os/notify.h"
#include "state/snapshot.h"

/* How often the status is looked at where nobody asks for a watchdog. */
#define TICK_NS (10 * NS_PER_S)

/* Room for the line: counts, and a section with its reason. */
#define LINE_SIZE 1024

/* Changes come in bursts; they are told once in this time. */
#define TOUCH_NS (100 * NS_PER_MS)

struct service {
        struct notify *notify;
        struct event *tick;
        struct event *touch; /* armed once the state has changed */
        int64_t tick_ns;
        const char *feed;  /* "WATCHDOG=1\n" where the service manager asks for it */
        const char *ready; /* "READY=1\n" until the service manager has taken it, then "" */
        service_snapshot snapshot;
        void *arg;
        double rate;         /* datagrams a second, when last measured */
        int64_t measured_ns; /* when that was */
        uint64_t received;   /* datagrams so far, at that time */
};

/* Since the last tick. Sections that a reload dropped have taken their counts along. */
static void measure_rate(struct service *s, uint64_t received)
{
        int64_t now_ns = clock_monotonic_ns();

        s->rate = 0;
        if (now_ns > s->measured_ns && received >= s->received)
                s->rate = (double)(received - s->received) /
                          ((double)(now_ns - s->measured_ns) / (double)NS_PER_S);
        s->measured_ns = now_ns;
        s->received = received;
}

/* A part of the line, from its front to its end. */
struct line {
        size_t n;
        char text[LINE_SIZE];
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(l->text + l->n, sizeof l->text - l->n, format, args);
        va_end(args);
        l->n += (size_t)n < sizeof l->text - l->n ? (size_t)n : sizeof l->text - l->n - 1;
}

static void add_count(struct line *l, size_t count, const char *what)
{
        if (count)
                add(l, ", %zu %s", count, what);
}

static void describe(const struct service *s, const struct snapshot_summary *now, struct line *l)
{
        size_t up = now->peers[PEER_NEW] + now->peers[PEER_UP];

        add(l, "%zu joined, %zu emitting", now->joined, now->emitting);
        add_count(l, now->states[SECTION_WAITING], "waiting");
        add_count(l, now->states[SECTION_SILENT], "silent");
        add_count(l, now->states[SECTION_FAILED], "failed");
        if (up || now->peers[PEER_DOWN])
                add(l, ", peers: %zu up", up);
        add_count(l, now->peers[PEER_DOWN], "down");
        add(l, ", %.1f datagrams/s", s->rate);
        if (now->worst)
                add(l, "; [%s] %s: %s", now->worst->name, section_state_name(now->worst->state),
                    now->worst->why);
}

/* Sends what is due, with a fresh line of status. */
static void notify_status(struct service *s, const char *feed, bool measure)
{
        struct snapshot *snapshot = s->snapshot(s->arg);
        struct snapshot_summary now = { 0 };
        struct line line = { 0 };

        if (snapshot) {
                snapshot_summary(snapshot, &now);
                if (measure)
                        measure_rate(s, now.received);
                describe(s, &now, &line);
                if (*snapshot->remark)
                        add(&line, "; %s", snapshot->remark);
        }
        if (notify_send(s->notify, "%s%sSTATUS=%s", s->ready, feed, line.text) == 0)
                s->ready = "";
        snapshot_free(snapshot);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
        struct service *s = arg;

        (void)fd;
        (void)what;
        notify_status(s, s->feed, true);
        log_report_lost();
        (void)timer_arm(s->tick, clock_monotonic_ns() + s->tick_ns);
}

static void on_touch(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        notify_status(arg, "", false);
}

int service_new(struct env *env, service_snapshot snapshot, void *arg, struct service **ret)
{
        struct service *s = calloc(1, sizeof *s);
        int64_t watchdog_ns = notify_watchdog_ns();
        int r;

        if (!s)
                return -ENOMEM;
        s->snapshot = snapshot;
        s->arg = arg;
        s->measured_ns = clock_monotonic_ns();
        s->ready = "";
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

void service_ready(struct service *s)
{
        /* Whoever waits for it may look into the log at once. */
        (void)log_flush();
        s->ready = "READY=1\n";
        notify_status(s, "", false);
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
        (void)log_flush();
        (void)notify_send(s->notify, "STOPPING=1\nSTATUS=leaving the groups");
}
