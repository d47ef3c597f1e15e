/* episode.c - a trouble from its first occurrence until it has been quiet for a while. Pure. */
#include "state/episode.h"

bool episode_note(struct episode *e, uint64_t times, int64_t now_ns)
{
        bool begins = !e->active;

        if (begins) {
                e->active = true;
                e->count = 0;
                e->relapsed = e->healed_ns && now_ns - e->healed_ns < EPISODE_RELAPSE_NS;
        }
        e->last_ns = now_ns;
        e->count += times;
        return begins;
}

bool episode_ended(struct episode *e, int64_t now_ns, uint64_t *ret_count)
{
        return e->active && now_ns - e->last_ns >= EPISODE_QUIET_NS && episode_end(e, ret_count);
}

bool episode_healed(struct episode *e, int64_t now_ns, uint64_t *ret_count)
{
        bool ended = e->relapsed ? episode_ended(e, now_ns, ret_count) : episode_end(e, ret_count);

        if (ended)
                e->healed_ns = now_ns;
        return ended;
}

bool episode_end(struct episode *e, uint64_t *ret_count)
{
        if (!e->active)
                return false;
        e->active = false;
        *ret_count = e->count;
        return true;
}
