#ifndef MCASTD_STATE_LIMITER_H
#define MCASTD_STATE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/rate.h"
#include "state/hash.h"

/* A bucket: lets `rate` events a second through, and `burst` at once after a pause. Kept as the generic cell
 * rate algorithm (ITU-T I.371): the one number is the time until which the events so far have used it up. */
struct bucket {
        int64_t used_until_ns;
};

struct bucket_rule {
        rate_per_s rate;
        uint32_t burst; /* at least 1 */
};

/* The rule for a rate from the configuration: a burst of twice the rate. */
struct bucket_rule bucket_rule(rate_per_s rate);

/* Whether one more event fits at now_ns (monotonic); if so it is taken. */
bool bucket_take(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns);

/* Whether nothing is in use: a bucket in this state and a new one behave the same. */
bool bucket_is_full(const struct bucket *b, int64_t now_ns);

/* One bucket for each source address, in a table of fixed size. */
struct limiter;

/* Sources that a limiter tells apart at one time. A bucket is given to another source only once it is full
 * again, so that a flood of addresses makes nobody's use forgotten. */
#define LIMITER_SOURCES 4096

/* 0 or -ENOMEM. The limiter belongs to the caller. */
int limiter_new(struct bucket_rule rule, const struct hash_key *key, struct limiter **ret);
struct limiter *limiter_free(struct limiter *l);

/* Another rule from now on; what was used up stays used up. */
void limiter_set_rule(struct limiter *l, struct bucket_rule rule);

/* Whether one more event of this source fits. A source for which the table has no bucket left, or for which
 * there is no memory, is refused. */
bool limiter_take(struct limiter *l, const struct address *source, int64_t now_ns);

#endif
