/* delay.c - replies that wait for their time, in an array of fixed size. Pure. */
#include "state/delay.h"

#include <errno.h>
#include <stdlib.h>

#include "state/heap.h"

struct delay {
        struct heap heap;
        size_t n_free; /* slots that were given back */
        size_t used;   /* slots that were ever taken */
        uint32_t free[DELAY_MAX];
        struct reply replies[DELAY_MAX];
};

int delay_new(struct delay **ret)
{
        /* Zeroed, and so not resident until replies wait. */
        struct delay *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        if (heap_init(&d->heap, DELAY_MAX) < 0) {
                delay_free(d);
                return -ENOMEM;
        }
        *ret = d;
        return 0;
}

struct delay *delay_free(struct delay *d)
{
        if (!d)
                return NULL;
        heap_end(&d->heap);
        free(d);
        return NULL;
}

bool delay_put(struct delay *d, const struct reply *reply, int64_t due_ns)
{
        uint32_t slot;

        if (d->heap.n == DELAY_MAX)
                return false;
        slot = d->n_free ? d->free[--d->n_free] : (uint32_t)d->used++;
        d->replies[slot] = *reply;
        heap_add(&d->heap, slot, due_ns);
        return true;
}

bool delay_take(struct delay *d, int64_t now_ns, struct reply *ret)
{
        uint32_t slot;

        if (d->heap.n == 0 || heap_due(&d->heap) > now_ns)
                return false;
        slot = heap_first(&d->heap);
        *ret = d->replies[slot];
        heap_remove(&d->heap, slot);
        d->free[d->n_free++] = slot;
        return true;
}

int64_t delay_due(const struct delay *d)
{
        return heap_due(&d->heap);
}
