/* http_share.c - how much of the daemon's time HTTP has used up, and whether it may have more. Pure. */
#include "loop/http_share.h"

void http_share_use(struct http_share *s, int64_t began_ns, int64_t now_ns)
{
        int64_t cost_ns = (now_ns - began_ns) * HTTP_SHARE;

        if (s->used_until_ns < now_ns)
                s->used_until_ns = now_ns;
        s->used_until_ns += cost_ns < HTTP_HAND_NS ? cost_ns : HTTP_HAND_NS;
}

bool http_share_is_left(const struct http_share *s, int64_t now_ns)
{
        return s->used_until_ns - now_ns <= HTTP_HAND_NS;
}
