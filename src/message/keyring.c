/* keyring.c - the keys that are known, in memory that nobody else gets to see.
 * Pure but for that memory; files of keys are read in config/keys.c. */
#include "message/keyring.h"

#include <errno.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <string.h>

struct keyring {
        bool locked;
        size_t n;
        uint16_t ids[KEYRING_MAX]; /* rising */
        struct auth_key keys[KEYRING_MAX];
};

int keyring_new(struct keyring **ret)
{
        struct keyring *k = sodium_malloc(sizeof *k);

        if (!k)
                return -ENOMEM;
        memset(k, 0, sizeof *k);
        /* Which it is already; but whether that was possible, sodium_malloc() does not tell. */
        k->locked = sodium_mlock(k, sizeof *k) == 0;
        *ret = k;
        return 0;
}

struct keyring *keyring_free(struct keyring *k)
{
        /* Which wipes it first. */
        sodium_free(k);
        return NULL;
}

bool keyring_is_locked(const struct keyring *k)
{
        return k->locked;
}

/* Where the id stands, or belongs. */
static size_t place_of(const struct keyring *k, uint16_t id)
{
        size_t i = 0;

        while (i < k->n && k->ids[i] < id)
                i++;
        return i;
}

int keyring_add(struct keyring *k, uint16_t id, const uint8_t *secret, size_t length)
{
        size_t i = place_of(k, id);

        if (i < k->n && k->ids[i] == id)
                return -EEXIST;
        if (k->n == KEYRING_MAX)
                return -ENOSPC;
        memmove(&k->ids[i + 1], &k->ids[i], (k->n - i) * sizeof k->ids[0]);
        memmove(&k->keys[i + 1], &k->keys[i], (k->n - i) * sizeof k->keys[0]);
        k->ids[i] = id;
        auth_key_init(&k->keys[i], secret, length);
        k->n++;
        return 0;
}

const struct auth_key *keyring_find(const struct keyring *k, uint16_t id)
{
        size_t i;

        if (!k)
                return NULL;
        i = place_of(k, id);
        return i < k->n && k->ids[i] == id ? &k->keys[i] : NULL;
}

size_t keyring_count(const struct keyring *k)
{
        return k ? k->n : 0;
}

uint16_t keyring_id(const struct keyring *k, size_t i)
{
        return k->ids[i];
}

const char *keyring_text(const struct keyring *k, char buffer[KEYRING_TEXT_SIZE])
{
        size_t n = keyring_count(k), length = 0;

        for (size_t i = 0; i < n; i++)
                length += (size_t)snprintf(buffer + length, KEYRING_TEXT_SIZE - length, "%s%u", i ? ", " : "",
                                           keyring_id(k, i));
        if (n == 0)
                snprintf(buffer, KEYRING_TEXT_SIZE, "none");
        return buffer;
}
