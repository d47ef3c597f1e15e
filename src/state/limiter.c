/* limiter.c - how often something may happen: in all, and for each source address.
 * Pure: knows no clock; the caller passes the time. */
#include "state/limiter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* Slots among which a source finds its own: a lookup reads these and no more. */
#define WAYS 8
#define SETS (LIMITER_SOURCES / WAYS)

struct slot {
        struct address source;
        struct bucket bucket;
};

struct limiter {
        struct bucket_rule rule;
        struct hash_key key;
        struct slot *last;          /* whose turn it was: who asks in bursts need not be looked up */
        struct slot (*slots)[WAYS]; /* NULL: no source has come yet; there may be a thousand groups */
};

struct bucket_rule bucket_rule(rate_per_s rate)
{
        uint64_t burst = 2ull * rate;

        if (burst > UINT32_MAX)
                burst = UINT32_MAX;
        return (struct bucket_rule){ .rate = rate, .burst = burst ? (uint32_t)burst : 1 };
}

bool bucket_take(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns)
{
        int64_t cost_ns, from_ns;

        if (rule->rate == RATE_UNLIMITED)
                return true;
        if (rule->rate == RATE_NONE)
                return false;
        /* Rounded up: never more than the rate. */
        cost_ns = (NS_PER_S + rule->rate - 1) / rule->rate;
        from_ns = b->used_until_ns > now_ns ? b->used_until_ns : now_ns;
        if (from_ns - now_ns > cost_ns * (int64_t)(rule->burst - 1))
                return false;
        b->used_until_ns = from_ns + cost_ns;
        return true;
}

bool bucket_is_full(const struct bucket *b, int64_t now_ns)
{
        return b->used_until_ns <= now_ns;
}

int limiter_new(struct bucket_rule rule, const struct hash_key *key, struct limiter **ret)
{
        struct limiter *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->rule = rule;
        l->key = *key;
        *ret = l;
        return 0;
}

struct limiter *limiter_free(struct limiter *l)
{
        if (l)
                free(l->slots);
        free(l);
        return NULL;
}

void limiter_set_rule(struct limiter *l, struct bucket_rule rule)
{
        l->rule = rule;
}

/* Zeroed, and so resident only where it is used. */
static bool make_slots(struct limiter *l)
{
        l->slots = calloc(SETS, sizeof l->slots[0]);
        if (l->slots)
                l->last = &l->slots[0][0];
        return l->slots;
}

bool limiter_take(struct limiter *l, const struct address *source, int64_t now_ns)
{
        struct slot *set, *mine = NULL;

        if (l->rule.rate == RATE_UNLIMITED)
                return true;
        if (!l->slots && !make_slots(l))
                return false;
        if (address_equal(&l->last->source, source))
                return bucket_take(&l->last->bucket, &l->rule, now_ns);
        set = l->slots[hash_address(&l->key, source) % SETS];
        for (unsigned i = 0; i < WAYS; i++) {
                if (address_equal(&set[i].source, source)) {
                        l->last = &set[i];
                        return bucket_take(&set[i].bucket, &l->rule, now_ns);
                }
                if (!mine && bucket_is_full(&set[i].bucket, now_ns))
                        mine = &set[i];
        }
        if (!mine)
                return false;
        *mine = (struct slot){ .source = *source };
        l->last = mine;
        return bucket_take(&mine->bucket, &l->rule, now_ns);
}
