#ifndef MCASTD_STATE_TABLE_H
#define MCASTD_STATE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "state/hash.h"

/* Finds an address among the elements of an array, each of which begins with one. The array is the owner's,
 * and of fixed size: strangers fill it. A slot is the number of an element. */
struct table;

#define TABLE_NONE UINT32_MAX

/* `array` has `size` elements, at least 1, of `stride` bytes each, and must live as long. 0 or -ENOMEM. */
int table_new(void *array, size_t size, size_t stride, const struct hash_key *key, struct table **ret);
struct table *table_free(struct table *t);

/* The array is elsewhere by now, and has room for `size` elements, not less than before. 0; or -ENOMEM, and
 * then only as many as before are used. */
int table_grow(struct table *t, void *array, size_t size);

/* The slot of an address, or TABLE_NONE. */
uint32_t table_find(const struct table *t, const struct address *a);

/* `n` addresses, `stride` bytes apart, are about to be looked for, at most TABLE_EXPECT_MAX of them. Fetches
 * what that will touch into the processor's caches, for all at once instead of one after the other, and tells
 * the slot where each is looked for first; TABLE_NONE: it is not there. */
#define TABLE_EXPECT_MAX 64
void table_expect(const struct table *t, const struct address *first, size_t stride, size_t n,
                  uint32_t *ret_slots);

/* A slot for an address that has none: the one that was removed last, else the lowest that was never used.
 * The address is written to its element. TABLE_NONE: all are taken. */
uint32_t table_add(struct table *t, const struct address *a);
void table_remove(struct table *t, uint32_t slot);

size_t table_count(const struct table *t);

#endif
