/* silence.c - how long nothing was heard, and when something is to be done about it. Pure. */
#include "state/silence.h"

void silence_expect(struct silence *s, int64_t expect_ns, int64_t now_ns)
{
        if (expect_ns == s->expect_ns)
                return;
        /* Until now nobody has listened for that. */
        if (s->expect_ns == 0)
                s->heard_ns = now_ns;
        s->expect_ns = expect_ns;
        s->silent = s->silent && expect_ns > 0;
        s->step_ns = expect_ns;
        s->due_ns = (s->silent ? now_ns : s->heard_ns) + expect_ns;
}

void silence_restart(struct silence *s, int64_t now_ns)
{
        s->step_ns = s->expect_ns;
        s->due_ns = now_ns + s->expect_ns;
        if (!s->silent)
                s->heard_ns = now_ns;
}

bool silence_heard(struct silence *s, int64_t now_ns, int64_t *ret_ns)
{
        bool was_silent = s->silent;

        *ret_ns = now_ns - s->heard_ns;
        s->heard_ns = now_ns;
        s->due_ns = now_ns + s->expect_ns;
        s->step_ns = s->expect_ns;
        s->silent = false;
        return was_silent;
}

bool silence_due(struct silence *s, int64_t now_ns)
{
        int64_t most_ns = s->expect_ns > SILENCE_STEP_MAX_NS ? s->expect_ns : SILENCE_STEP_MAX_NS;

        if (s->expect_ns == 0 || now_ns < s->due_ns)
                return false;
        s->silent = true;
        s->due_ns = now_ns + s->step_ns;
        s->step_ns = s->step_ns < most_ns / 2 ? 2 * s->step_ns : most_ns;
        return true;
}
