/* heap.c - which element of an array is due first: a binary heap of slots. Pure. Memory that no slot has
 * needed yet is not touched. */
#include "state/heap.h"

#include <errno.h>
#include <stdlib.h>

int heap_init(struct heap *h, size_t size)
{
        *h = (struct heap){ 0 };
        h->slots = calloc(size, sizeof h->slots[0]);
        h->places = calloc(size, sizeof h->places[0]);
        return h->slots && h->places ? 0 : -ENOMEM;
}

void heap_end(struct heap *h)
{
        free(h->slots);
        free(h->places);
}

int heap_grow(struct heap *h, size_t size)
{
        uint32_t *slots = reallocarray(h->slots, size, sizeof slots[0]);
        struct heap_place *places;

        if (!slots)
                return -ENOMEM;
        h->slots = slots;
        places = reallocarray(h->places, size, sizeof places[0]);
        if (!places)
                return -ENOMEM;
        h->places = places;
        return 0;
}

static int64_t due_at(const struct heap *h, size_t i)
{
        return h->places[h->slots[i]].due_ns;
}

static void put(struct heap *h, size_t i, uint32_t slot)
{
        h->slots[i] = slot;
        h->places[slot].at = i;
}

static void swap(struct heap *h, size_t a, size_t b)
{
        uint32_t slot = h->slots[a];

        put(h, a, h->slots[b]);
        put(h, b, slot);
}

static void sift_up(struct heap *h, size_t i)
{
        for (; i > 0 && due_at(h, i) < due_at(h, (i - 1) / 2); i = (i - 1) / 2)
                swap(h, i, (i - 1) / 2);
}

static void sift_down(struct heap *h, size_t i)
{
        for (;;) {
                size_t first = i, left = 2 * i + 1, right = left + 1;

                if (left < h->n && due_at(h, left) < due_at(h, first))
                        first = left;
                if (right < h->n && due_at(h, right) < due_at(h, first))
                        first = right;
                if (first == i)
                        return;
                swap(h, i, first);
                i = first;
        }
}

void heap_add(struct heap *h, uint32_t slot, int64_t due_ns)
{
        h->places[slot].due_ns = due_ns;
        put(h, h->n, slot);
        sift_up(h, h->n++);
}

void heap_remove(struct heap *h, uint32_t slot)
{
        size_t i = h->places[slot].at;

        swap(h, i, --h->n);
        if (i == h->n)
                return;
        sift_up(h, i);
        sift_down(h, i);
}

void heap_change(struct heap *h, uint32_t slot, int64_t due_ns)
{
        h->places[slot].due_ns = due_ns;
        sift_up(h, h->places[slot].at);
        sift_down(h, h->places[slot].at);
}

void heap_expect(const struct heap *h, uint32_t slot)
{
        __builtin_prefetch(&h->places[slot]);
}

int64_t heap_due_of(const struct heap *h, uint32_t slot)
{
        return h->places[slot].due_ns;
}

int64_t heap_due(const struct heap *h)
{
        return h->n ? due_at(h, 0) : INT64_MAX;
}

uint32_t heap_first(const struct heap *h)
{
        return h->slots[0];
}
