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

bool episode_healed(struct episode *e, int64_t now_ns, int64_t interval_ns, uint64_t *ret_count)
{
        int64_t quiet_ns = EPISODE_QUIET_NS / 2 > interval_ns ? EPISODE_QUIET_NS : 2 * interval_ns;

        if ((e->relapsed && now_ns - e->last_ns < quiet_ns) || !episode_end(e, ret_count))
                return false;
        e->healed_ns = now_ns;
        return true;
}

bool episode_end(struct episode *e, uint64_t *ret_count)
{
        if (!e->active)
                return false;
        e->active = false;
        *ret_count = e->count;
        return true;
}
