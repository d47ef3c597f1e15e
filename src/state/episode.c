/* episode.c - a trouble from its first occurrence until it has been quiet for a while. Pure. */
#include "state/episode.h"

bool episode_note(struct episode *e, uint64_t times, int64_t now_ns)
{
        bool begins = !e->active;

        if (begins)
                *e = (struct episode){ .active = true };
        e->last_ns = now_ns;
        e->count += times;
        return begins;
}

bool episode_ended(struct episode *e, int64_t now_ns, uint64_t *ret_count)
{
        return e->active && now_ns - e->last_ns >= EPISODE_QUIET_NS && episode_end(e, ret_count);
}

bool episode_end(struct episode *e, uint64_t *ret_count)
{
        if (!e->active)
                return false;
        e->active = false;
        *ret_count = e->count;
        return true;
}
