/* intake.c - reads a socket as long as there is something to read, and pauses where reading fails. */
#include "loop/intake.h"

#include <errno.h>
#include <event2/event.h>

#include "base/clock.h"
#include "loop/timer.h"

/* To be woken in vain happens: a datagram with a wrong checksum is thrown away by the call that should bring
 * it. That often in a row it is something else. */
#define FRUITLESS_MAX 64

#define PAUSE_NS (100 * NS_PER_MS)

static void pause_reading(struct intake *i)
{
        /* Without memory for the timer it is better to be busy than deaf. */
        if (timer_arm(i->resume, clock_monotonic_ns() + PAUSE_NS) == 0)
                (void)event_del(i->readable);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
        struct intake *i = arg;
        int n = i->receive(i->arg);

        (void)fd;
        (void)what;
        i->fruitless = n == 0 ? i->fruitless + 1 : 0;
        if (n < 0 || i->fruitless >= FRUITLESS_MAX) {
                i->fruitless = 0;
                pause_reading(i);
        }
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
        struct intake *i = arg;

        (void)fd;
        (void)what;
        if (event_add(i->readable, NULL) < 0)
                pause_reading(i);
}

int intake_open(struct intake *i, struct env *env, int fd, int (*receive)(void *arg), void *arg)
{
        *i = (struct intake){ .receive = receive, .arg = arg };
        i->readable = event_new(env->base, fd, EV_READ | EV_PERSIST, on_readable, i);
        i->resume = evtimer_new(env->base, on_resume, i);
        if (!i->readable || !i->resume || event_priority_set(i->readable, LOOP_PRIORITY_DATA) < 0 ||
            event_priority_set(i->resume, LOOP_PRIORITY_DATA) < 0 || event_add(i->readable, NULL) < 0) {
                intake_close(i);
                return -ENOMEM;
        }
        return 0;
}

void intake_close(struct intake *i)
{
        if (i->readable)
                event_free(i->readable);
        if (i->resume)
                event_free(i->resume);
        *i = (struct intake){ 0 };
}
