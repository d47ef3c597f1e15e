#ifndef MCASTD_STATE_HEAP_H
#define MCASTD_STATE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Which of an array's elements is due first. A slot is the number of an element; its owner is the array's. */
struct heap {
        size_t n;
        uint32_t *slots; /* the one that is due first in front; none is due before its parent, (i - 1) / 2 */
        struct heap_place {
                int64_t due_ns; /* monotonic */
                size_t at;      /* where the slot stands in `slots` */
        } * places;             /* by slot */
};

/* Room for slots 0 to size - 1. 0; or -ENOMEM, and heap_end() cleans up. */
int heap_init(struct heap *h, size_t size);
void heap_end(struct heap *h);

/* Room for more. 0; or -ENOMEM, and it is as it was. */
int heap_grow(struct heap *h, size_t size);

/* The slot must not be in it; must be in it; must be in it, and there must be one. */
void heap_add(struct heap *h, uint32_t slot, int64_t due_ns);
void heap_remove(struct heap *h, uint32_t slot);
void heap_change(struct heap *h, uint32_t slot, int64_t due_ns);

/* It is about to be asked when this slot is due: fetches that into the processor's caches. */
void heap_expect(const struct heap *h, uint32_t slot);

/* When a slot that is in it is due. */
int64_t heap_due_of(const struct heap *h, uint32_t slot);

/* When the first one is due, or INT64_MAX where there is none; and its slot. */
int64_t heap_due(const struct heap *h);
uint32_t heap_first(const struct heap *h);

#endif
