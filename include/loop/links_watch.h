#ifndef MCASTD_LOOP_LINKS_WATCH_H
#define MCASTD_LOOP_LINKS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/env.h"

/* What a snapshot cannot show: interfaces that were deleted since the last one. One with the same index may
 * have come in its place, and knows nothing of what was joined on the old one. Where this is incomplete,
 * env->memberships tell as well. */
#define LINK_NEWS_MAX 64
struct link_news {
        size_t n;
        uint32_t deleted[LINK_NEWS_MAX]; /* indices */
};

bool link_news_has(const struct link_news *news, uint32_t index);

/* Keeps env->links and env->memberships as the kernel has them. */
struct links_watch;

/* Called after env->links was read anew. */
typedef void (*links_changed)(void *arg, const struct link_news *news);

/* Reads env->links; from then on the loop keeps it. 0 or -errno. */
int links_watch_new(struct env *env, links_changed changed, void *arg, struct links_watch **ret);

/* Whether routes matter to a section, so that their changes are news as well. 0 or -errno. */
int links_watch_routes(struct links_watch *w, bool follow);

/* Reads env->links anew at once, and does not call `changed`. 0; or -errno, and it is as it was. */
int links_watch_read(struct links_watch *w);

/* Has the interfaces read anew soon, and `changed` called, whether there is news or not. */
void links_watch_refresh(struct links_watch *w);
struct links_watch *links_watch_free(struct links_watch *w);

#endif
