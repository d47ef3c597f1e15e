#ifndef MCASTD_LOOP_BEATS_H
#define MCASTD_LOOP_BEATS_H

#include <stdint.h>

struct event_base;

/* What is to be done at fixed times, to the microsecond: one timer for all of it, so that what is due
 * together is one wake-up, and nothing wakes the loop before something is due. */
struct beats;

/* So many are done in one turn of the loop; what else is due comes in the next one, after what others have
 * received meanwhile. */
#define BEATS_A_TURN 64

/* 0 or -errno. */
int beats_new(struct event_base *base, struct beats **ret);
struct beats *beats_free(struct beats *b);

/* A beat that is not due yet. When it is, due(arg) is called, which has to set or unset it. 0 or -ENOMEM. */
int beats_join(struct beats *b, void (*due)(void *arg), void *arg, uint32_t *ret_slot);
void beats_leave(struct beats *b, uint32_t slot);

/* It is due then (monotonic), and not at any other time; or at no time. */
void beats_set(struct beats *b, uint32_t slot, int64_t due_ns);
void beats_unset(struct beats *b, uint32_t slot);

#endif
