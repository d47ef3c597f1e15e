/* table.c - where an address stands in an array.
 * A keyed hash chooses the chain, the chain leads from slot to slot. Pure; what else an element holds is its
 * owner's business. Memory that no address has needed yet is not touched. */
#include "state/table.h"

#include <errno.h>
#include <stdlib.h>

struct table {
        struct hash_key key;
        size_t size;
        size_t used;   /* slots that were ever taken */
        size_t count;  /* that are taken now */
        uint32_t free; /* slot plus one; 0: none was given back */
        size_t mask;
        uint32_t *chains; /* the first slot plus one; 0: empty */
        uint32_t *next; /* of each slot: the next one plus one, in its chain or among the free; 0: the end */
        char *array;
        size_t stride;
};

static size_t power_of_two(size_t least)
{
        size_t n = 1;

        while (n < least)
                n *= 2;
        return n;
}

int table_new(void *array, size_t size, size_t stride, const struct hash_key *key, struct table **ret)
{
        struct table *t = calloc(1, sizeof *t);
        size_t chains = power_of_two(size);

        if (!t)
                return -ENOMEM;
        t->key = *key;
        t->array = array;
        t->size = size;
        t->stride = stride;
        t->mask = chains - 1;
        t->chains = calloc(chains, sizeof t->chains[0]);
        t->next = calloc(size, sizeof t->next[0]);
        if (!t->chains || !t->next) {
                table_free(t);
                return -ENOMEM;
        }
        *ret = t;
        return 0;
}

struct table *table_free(struct table *t)
{
        if (!t)
                return NULL;
        free(t->chains);
        free(t->next);
        free(t);
        return NULL;
}

static struct address *address_at(const struct table *t, uint32_t slot)
{
        return (struct address *)(t->array + slot * t->stride);
}

static uint32_t *chain_of(const struct table *t, const struct address *a)
{
        return &t->chains[hash_address(&t->key, a) & t->mask];
}

/* Puts every slot of a chain into the new chain that its address belongs to. */
static void move_chain(struct table *t, uint32_t first)
{
        while (first) {
                uint32_t slot = first - 1, *chain = chain_of(t, address_at(t, slot));

                first = t->next[slot];
                t->next[slot] = *chain;
                *chain = slot + 1;
        }
}

int table_grow(struct table *t, void *array, size_t size)
{
        size_t n_before = t->mask + 1, chains = power_of_two(size);
        uint32_t *before = t->chains, *more = calloc(chains, sizeof more[0]);
        uint32_t *next = more ? reallocarray(t->next, size, sizeof next[0]) : NULL;

        t->array = array;
        if (!next) {
                free(more);
                return -ENOMEM;
        }
        t->next = next;
        t->size = size;
        t->chains = more;
        t->mask = chains - 1;
        for (size_t i = 0; i < n_before; i++)
                move_chain(t, before[i]);
        free(before);
        return 0;
}

uint32_t table_find(const struct table *t, const struct address *a)
{
        uint32_t next = *chain_of(t, a);

        while (next && !address_equal(address_at(t, next - 1), a))
                next = t->next[next - 1];
        /* The end of the chain, 0, becomes TABLE_NONE. */
        return next - 1;
}

void table_expect(const struct table *t, const struct address *first, size_t stride, size_t n, uint32_t *ret)
{
        const uint32_t *chains[TABLE_EXPECT_MAX];

        for (size_t i = 0; i < n; i++) {
                chains[i] = chain_of(t, (const struct address *)((const char *)first + i * stride));
                __builtin_prefetch(chains[i]);
        }
        for (size_t i = 0; i < n; i++) {
                ret[i] = *chains[i] - 1;
                if (ret[i] != TABLE_NONE)
                        __builtin_prefetch(&t->next[ret[i]]);
        }
}

uint32_t table_add(struct table *t, const struct address *a)
{
        uint32_t *chain, slot;

        if (t->free) {
                slot = t->free - 1;
                t->free = t->next[slot];
        } else if (t->used < t->size) {
                slot = (uint32_t)t->used++;
        } else {
                return TABLE_NONE;
        }
        chain = chain_of(t, a);
        *address_at(t, slot) = *a;
        t->next[slot] = *chain;
        *chain = slot + 1;
        t->count++;
        return slot;
}

void table_remove(struct table *t, uint32_t slot)
{
        uint32_t *link = chain_of(t, address_at(t, slot));

        while (*link != slot + 1)
                link = &t->next[*link - 1];
        *link = t->next[slot];
        t->next[slot] = t->free;
        t->free = slot + 1;
        t->count--;
}

size_t table_count(const struct table *t)
{
        return t->count;
}
