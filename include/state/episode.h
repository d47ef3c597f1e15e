#ifndef MCASTD_STATE_EPISODE_H
#define MCASTD_STATE_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

/* A trouble that comes again and again is told once when it begins and once when it ends. A zeroed one is
 * quiet. */
struct episode {
        bool active;
        int64_t last_ns;   /* monotonic */
        uint64_t count;    /* occurrences in this episode */
        bool relapsed;     /* it began soon after the one before had ended */
        int64_t healed_ns; /* when episode_healed() last ended one; 0: never */
};

/* After this long without an occurrence an episode counts as over. */
#define EPISODE_QUIET_NS INT64_C(10000000000)

/* It happened `times` more. True if an episode begins with it. */
bool episode_note(struct episode *e, uint64_t times, int64_t now_ns);

/* True if the episode is over by now; *ret_count says how often it happened. */
bool episode_ended(struct episode *e, int64_t now_ns, uint64_t *ret_count);

/* It is seen to be well again, which ends the episode, as above: at once; but one that has begun within
 * EPISODE_RELAPSE_NS of the end of the one before, for it may come and go, only after the quiet, or after
 * twice the time in which this is looked at again where that is longer. */
#define EPISODE_RELAPSE_NS INT64_C(60000000000)
bool episode_healed(struct episode *e, int64_t now_ns, int64_t interval_ns, uint64_t *ret_count);

/* Ends it now: true if one was on, with its count. */
bool episode_end(struct episode *e, uint64_t *ret_count);

#endif
