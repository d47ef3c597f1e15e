/* delay.c - replies that wait for their time: a binary heap in an array of fixed size. Pure. */
#include "state/delay.h"

#include <errno.h>
#include <stdlib.h>

struct entry {
        int64_t due_ns;
        struct reply reply;
};

/* entries[0] is due first; no entry is due before its parent, entries[(i - 1) / 2]. */
struct delay {
        size_t n;
        struct entry entries[DELAY_MAX];
};

int delay_new(struct delay **ret)
{
        /* Zeroed, and so not resident until replies wait. */
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

struct delay *delay_free(struct delay *d)
{
        free(d);
        return NULL;
}

static bool is_before(const struct delay *d, size_t a, size_t b)
{
        return d->entries[a].due_ns < d->entries[b].due_ns;
}

static void swap(struct delay *d, size_t a, size_t b)
{
        struct entry e = d->entries[a];

        d->entries[a] = d->entries[b];
        d->entries[b] = e;
}

bool delay_put(struct delay *d, const struct reply *reply, int64_t due_ns)
{
        size_t i = d->n;

        if (d->n == DELAY_MAX)
                return false;
        d->entries[d->n++] = (struct entry){ due_ns, *reply };
        for (; i > 0 && is_before(d, i, (i - 1) / 2); i = (i - 1) / 2)
                swap(d, i, (i - 1) / 2);
        return true;
}

bool delay_take(struct delay *d, int64_t now_ns, struct reply *ret)
{
        size_t i = 0;

        if (d->n == 0 || d->entries[0].due_ns > now_ns)
                return false;
        *ret = d->entries[0].reply;
        d->entries[0] = d->entries[--d->n];
        for (;;) {
                size_t first = i, left = 2 * i + 1, right = left + 1;

                if (left < d->n && is_before(d, left, first))
                        first = left;
                if (right < d->n && is_before(d, right, first))
                        first = right;
                if (first == i)
                        return true;
                swap(d, i, first);
                i = first;
        }
}

int64_t delay_due(const struct delay *d)
{
        return d->n ? d->entries[0].due_ns : INT64_MAX;
}
