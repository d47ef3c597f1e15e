#ifndef MCASTD_MESSAGE_KEYRING_H
#define MCASTD_MESSAGE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/auth.h"

/* More keys than anybody needs at one time: one in use, and the next. */
#define KEYRING_MAX 64

/* The keys that are known, by their ids. They lie in memory that is left out of core dumps, with guard pages
 * around it, wiped at the end, and locked if that is allowed. */
struct keyring;

/* sodium_init() must have been called. 0 or -ENOMEM. The keyring belongs to the caller. */
int keyring_new(struct keyring **ret);
struct keyring *keyring_free(struct keyring *k);

/* False: RLIMIT_MEMLOCK is too low, and the keys may be written to swap space. */
bool keyring_is_locked(const struct keyring *k);

/* The secret is not kept, only what is made of it. 0; -EEXIST where there is a key of this id, -ENOSPC where
 * there are KEYRING_MAX. */
int keyring_add(struct keyring *k, uint16_t id, const uint8_t *secret, size_t length);

/* NULL: not known. A NULL keyring knows none. */
const struct auth_key *keyring_find(const struct keyring *k, uint16_t id);

/* Their ids, as `1, 2, 9`, or "none". Returns the buffer. */
#define KEYRING_TEXT_SIZE (KEYRING_MAX * sizeof "65535, ")
const char *keyring_text(const struct keyring *k, char buffer[KEYRING_TEXT_SIZE]);

/* How many there are (of NULL: none), and their ids in rising order. */
size_t keyring_count(const struct keyring *k);
uint16_t keyring_id(const struct keyring *k, size_t i);

#endif
