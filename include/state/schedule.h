#ifndef MCASTD_STATE_SCHEDULE_H
#define MCASTD_STATE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Beats at fixed times: first, first + interval, first + 2 x interval, … Monotonic nanoseconds. */
struct schedule {
        int64_t due_ns; /* of the next beat */
        int64_t interval_ns;
};

void schedule_start(struct schedule *s, int64_t first_ns, int64_t interval_ns);

/* Another interval, counted from the last beat; beats that would have been due before now_ns are left out. */
void schedule_change(struct schedule *s, int64_t now_ns, int64_t interval_ns);

/* Whether a beat is due. If so the schedule moves to the first beat after now_ns, and *ret_missed says how
 * many were passed over: they are not caught up, and later beats stay where they are. */
bool schedule_beat(struct schedule *s, int64_t now_ns, uint64_t *ret_missed);

#endif
