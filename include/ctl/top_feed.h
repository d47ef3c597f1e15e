#ifndef MCASTD_CTL_TOP_FEED_H
#define MCASTD_CTL_TOP_FEED_H

#include <stdint.h>

#include "ctl/client.h"
#include "ctl/top_model.h"

/* Asks the daemon again and again, and never waits: the owner polls. Connects anew by itself. */
struct top_feed;

enum top_news {
        TOP_NOTHING,
        TOP_SAMPLE, /* all is answered */
        TOP_GONE,   /* the daemon does not answer; it will be asked again */
};

/* The folder is as for client_connect(), and must live as long; so is the client, which belongs to the feed
 * from now on. 0 or -ENOMEM. */
int top_feed_new(struct client *client, const char *folder, int64_t delay_ns, struct top_feed **ret);
struct top_feed *top_feed_free(struct top_feed *f);

/* What to wait for: -1, or what is readable when there may be an answer; and when to go on without one. */
int top_feed_fd(const struct top_feed *f);
int64_t top_feed_due_ns(const struct top_feed *f);

/* Whether a question is open. */
bool top_feed_is_asking(const struct top_feed *f);

/* Goes on as far as that is possible without waiting. TOP_SAMPLE: *ret is set, not finished yet, and
 * belongs to the caller. */
enum top_news top_feed_step(struct top_feed *f, int64_t now_ns, struct top_sample **ret);

/* Why the daemon does not answer. */
const char *top_feed_trouble(const struct top_feed *f);

#endif
