#ifndef MCASTD_STATE_HASH_H
#define MCASTD_STATE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* A secret drawn at the start, so that nobody outside can choose what collides. */
struct hash_key {
        uint8_t bytes[16];
};

/* SipHash-2-4. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length);

uint64_t hash_address(const struct hash_key *key, const struct address *a);

#endif
