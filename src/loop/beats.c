/* beats.c - when emitters are due: one timer of the kernel for all of them.
 * A timer of libevent's looks at the coarse clock, and so is late by up to a tick of the kernel; to make all
 * of them precise costs a system call in each turn of the loop. This one costs it once for all that is due.
 */
#include "loop/beats.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/env.h"
#include "state/heap.h"

/* There may be none at all; with more the room doubles. */
#define ROOM_LEAST 16

struct beat {
        void (*due)(void *arg); /* NULL: the slot is free */
        void *arg;
        bool set;
};

struct beats {
        int fd;
        struct event *event;
        int64_t armed_ns; /* when the kernel is to wake us; INT64_MAX: not */
        bool running;     /* the timer is set when all is done */
        size_t room;
        size_t taken; /* no slot before this one is free */
        struct beat *beats;
        struct heap heap;
};

/* Sets the timer anew, which also takes back that it has expired. */
static void arm(struct beats *b, int64_t due_ns)
{
        int64_t wait_ns = due_ns - clock_monotonic_ns();
        struct itimerspec wait = { 0 };

        b->armed_ns = due_ns;
        /* Of no time at all the timer would be off. */
        if (wait_ns < 1)
                wait_ns = 1;
        if (due_ns != INT64_MAX) {
                wait.it_value.tv_sec = (time_t)(wait_ns / NS_PER_S);
                wait.it_value.tv_nsec = (long)(wait_ns % NS_PER_S);
        }
        /* Cannot fail with values that are in range. */
        (void)timerfd_settime(b->fd, 0, &wait, NULL);
}

static void on_expired(evutil_socket_t fd, short what, void *arg)
{
        struct beats *b = arg;
        int64_t now_ns = clock_monotonic_ns();

        (void)fd;
        (void)what;
        b->running = true;
        for (unsigned i = 0; i < BEATS_A_TURN && heap_due(&b->heap) <= now_ns; i++) {
                struct beat beat = b->beats[heap_first(&b->heap)];

                beat.due(beat.arg);
        }
        b->running = false;
        /* Until it is set anew the timer stays expired, and so brings the next turn. */
        if (heap_due(&b->heap) > now_ns)
                arm(b, heap_due(&b->heap));
}

static int grow(struct beats *b)
{
        size_t room = b->room ? 2 * b->room : ROOM_LEAST;
        struct beat *beats = reallocarray(b->beats, room, sizeof beats[0]);

        if (!beats)
                return -ENOMEM;
        b->beats = beats;
        if (heap_grow(&b->heap, room) < 0)
                return -ENOMEM;
        for (; b->room < room; b->room++)
                beats[b->room] = (struct beat){ 0 };
        return 0;
}

int beats_join(struct beats *b, void (*due)(void *arg), void *arg, uint32_t *ret_slot)
{
        size_t slot = b->taken;
        int r = 0;

        while (slot < b->room && b->beats[slot].due)
                slot++;
        if (slot == b->room)
                r = grow(b);
        if (r < 0)
                return r;
        b->beats[slot] = (struct beat){ .due = due, .arg = arg };
        b->taken = slot + 1;
        *ret_slot = (uint32_t)slot;
        return 0;
}

void beats_leave(struct beats *b, uint32_t slot)
{
        beats_unset(b, slot);
        b->beats[slot] = (struct beat){ 0 };
        if (slot < b->taken)
                b->taken = slot;
}

void beats_set(struct beats *b, uint32_t slot, int64_t due_ns)
{
        if (b->beats[slot].set)
                heap_change(&b->heap, slot, due_ns);
        else
                heap_add(&b->heap, slot, due_ns);
        b->beats[slot].set = true;
        if (!b->running && due_ns < b->armed_ns)
                arm(b, due_ns);
}

void beats_unset(struct beats *b, uint32_t slot)
{
        if (!b->beats[slot].set)
                return;
        b->beats[slot].set = false;
        heap_remove(&b->heap, slot);
        if (!b->running && b->heap.n == 0)
                arm(b, INT64_MAX);
}

int beats_new(struct event_base *base, struct beats **ret)
{
        struct beats *b = calloc(1, sizeof *b);
        int r = 0;

        if (!b)
                return -ENOMEM;
        b->armed_ns = INT64_MAX;
        b->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (b->fd < 0)
                r = -errno;
        if (r == 0) {
                b->event = event_new(base, b->fd, EV_READ | EV_PERSIST, on_expired, b);
                if (!b->event || event_priority_set(b->event, LOOP_PRIORITY_DATA) < 0 ||
                    event_add(b->event, NULL) < 0)
                        r = -ENOMEM;
        }
        if (r < 0) {
                beats_free(b);
                return r;
        }
        *ret = b;
        return 0;
}

struct beats *beats_free(struct beats *b)
{
        if (!b)
                return NULL;
        if (b->event)
                event_free(b->event);
        if (b->fd >= 0)
                close(b->fd);
        heap_end(&b->heap);
        free(b->beats);
        free(b);
        return NULL;
}
