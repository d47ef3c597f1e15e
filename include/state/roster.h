#ifndef MCASTD_STATE_ROSTER_H
#define MCASTD_STATE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "state/hash.h"

/* Sources that are known of one emitter. */
#define ROSTER_MAX 1024

/* A source that has acknowledged so many messages keeps its place, whoever else comes … */
#define ROSTER_ESTABLISHED 3

/* … until it was not heard for so long, and another one needs the place. */
#define ROSTER_KEEP_NS (INT64_C(24) * 3600 * 1000000000)

/* Who acknowledges an emitter's messages. Times are monotonic. */
struct roster_entry {
        struct address address; /* first: see table.h */
        uint64_t acked;         /* messages */
        uint64_t missed;        /* messages since its first ack that it did not acknowledge */
        uint64_t missed_in_row; /* of those, the last ones */
        int64_t last_ns;        /* of its last ack */
        int64_t rtt_last_ns, rtt_min_ns, rtt_max_ns;
        int64_t rtt_sum_ns; /* of all acked */
        uint16_t key_id;    /* that its last ack was rightly signed with; 0: none, or not checked */
        bool seen;          /* it has acknowledged the message that is on */
};

/* The first ack of a source to the message that is on. */
struct roster_arrival {
        const struct address *source;
        uint16_t key_id;
        int64_t rtt_ns; /* since the message was sent */
        int64_t at_ns;
};

struct roster;

/* 0 or -ENOMEM. */
int roster_new(const struct hash_key *key, struct roster **ret);
struct roster *roster_free(struct roster *r);

/* False where there is no room for one more source. */
bool roster_ack(struct roster *r, const struct roster_arrival *ack);

/* The message has had its time. Returns how many acks are missing, of sources that are established. */
size_t roster_conclude(struct roster *r);

/* The message is not judged. */
void roster_abandon(struct roster *r);

size_t roster_count(const struct roster *r);

/* The next entry from slot *slot on, or NULL; *slot is moved behind it. */
const struct roster_entry *roster_next(const struct roster *r, size_t *slot);

/* True if it was known. */
bool roster_forget(struct roster *r, const struct address *source);

#endif
