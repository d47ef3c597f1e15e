#ifndef MCASTD_LOOP_TIMER_H
#define MCASTD_LOOP_TIMER_H

#include <stdint.h>

struct event;

/* Lets a timer event of a base fire once, at due_ns (monotonic) or up to a tick of the kernel's clock and a
 * millisecond later, but not before. 0 or -ENOMEM. */
int timer_arm(struct event *timer, int64_t due_ns);

#endif
