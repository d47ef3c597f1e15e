/* acks.c - who has acknowledged a message, and how fast.
 * A hash table of fixed size with open addressing, twice as large as it may get full. A slot belongs to the
 * message whose number it carries, so that a new message clears the table by counting on. There is none until
 * somebody acknowledges: there may be a thousand emitters. Pure. */
#include "state/acks.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS (2 * ACKS_SOURCES_MAX)

struct slot {
        uint64_t message;
        struct address source;
};

struct acks {
        struct hash_key key;
        uint64_t message; /* counts from 1: no zeroed slot belongs to one */
        int64_t sent_ns;
        struct acks_summary summary;
        struct slot *slots; /* NULL: not needed yet */
};

int acks_new(const struct hash_key *key, struct acks **ret)
{
        struct acks *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        a->key = *key;
        a->message = 1;
        *ret = a;
        return 0;
}

struct acks *acks_free(struct acks *a)
{
        if (a)
                free(a->slots);
        free(a);
        return NULL;
}

void acks_begin(struct acks *a, int64_t now_ns)
{
        a->message++;
        a->sent_ns = now_ns;
        a->summary = (struct acks_summary){ 0 };
}

enum ack_verdict acks_note(struct acks *a, const struct address *source, int64_t now_ns)
{
        size_t i = hash_address(&a->key, source) % SLOTS;

        if (!a->slots)
                a->slots = calloc(SLOTS, sizeof a->slots[0]);
        if (!a->slots)
                return ACK_OVERFLOW;
        while (a->slots[i].message == a->message) {
                if (address_equal(&a->slots[i].source, source))
                        return ACK_DUPLICATE;
                i = (i + 1) % SLOTS;
        }
        if (a->summary.sources == ACKS_SOURCES_MAX)
                return ACK_OVERFLOW;
        a->slots[i] = (struct slot){ .message = a->message, .source = *source };
        a->summary.last_ns = now_ns - a->sent_ns;
        if (a->summary.sources++ == 0)
                a->summary.first_ns = a->summary.last_ns;
        return ACK_FIRST;
}

void acks_summary(const struct acks *a, struct acks_summary *ret)
{
        *ret = a->summary;
}
