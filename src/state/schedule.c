/* schedule.c - when a periodic message is due: without drift, and without a burst after a pause. Pure. */
#include "state/schedule.h"

void schedule_start(struct schedule *s, int64_t first_ns, int64_t interval_ns)
{
        *s = (struct schedule){ .due_ns = first_ns, .interval_ns = interval_ns };
}

void schedule_change(struct schedule *s, int64_t now_ns, int64_t interval_ns)
{
        int64_t due_ns = s->due_ns - s->interval_ns + interval_ns;

        /* Many that were spread over a long interval must not come together in a short one. */
        if (due_ns < now_ns)
                due_ns += ((now_ns - due_ns - 1) / interval_ns + 1) * interval_ns;
        schedule_start(s, due_ns, interval_ns);
}

bool schedule_beat(struct schedule *s, int64_t now_ns, uint64_t *ret_missed)
{
        int64_t passed;

        if (now_ns < s->due_ns)
                return false;
        passed = (now_ns - s->due_ns) / s->interval_ns;
        s->due_ns += (passed + 1) * s->interval_ns;
        *ret_missed = (uint64_t)passed;
        return true;
}
