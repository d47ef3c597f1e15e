#ifndef MCASTD_LOOP_HTTP_SHARE_H
#define MCASTD_LOOP_HTTP_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* Hearing and answering take at most one part in so many of the daemon's time, and have so much of that in
 * hand. */
#define HTTP_SHARE   5
#define HTTP_HAND_NS NS_PER_S

/* How far the share of the time is used up. {0}: not at all. */
struct http_share {
        int64_t used_until_ns; /* monotonic, as all times here */
};

/* Something has taken from then until now. A long time is no fault of a client: the daemon was stopped. */
void http_share_use(struct http_share *s, int64_t began_ns, int64_t now_ns);

bool http_share_is_left(const struct http_share *s, int64_t now_ns);

#endif
