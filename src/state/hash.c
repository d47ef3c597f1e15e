/* hash.c - where something goes in a table that strangers fill. Pure; the key is an argument. */
#include "state/hash.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

_Static_assert(sizeof((struct hash_key *)0)->bytes == crypto_shorthash_KEYBYTES,
               "SipHash takes a key of 16 bytes");
_Static_assert(sizeof(uint64_t) == crypto_shorthash_BYTES, "SipHash makes 8 bytes");

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length)
{
        uint64_t hash;
        uint8_t out[sizeof hash];

        crypto_shorthash(out, bytes, length, key->bytes);
        memcpy(&hash, out, sizeof hash);
        return hash;
}

uint64_t hash_address(const struct hash_key *key, const struct address *a)
{
        uint8_t in[sizeof a->bytes + sizeof a->scope];

        /* Two families do not meet in one table; two links do. */
        memcpy(in, a->bytes, sizeof a->bytes);
        memcpy(in + sizeof a->bytes, &a->scope, sizeof a->scope);
        return hash_bytes(key, in, sizeof in);
}
