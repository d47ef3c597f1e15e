#ifndef MCASTD_STATE_ACKS_H
#define MCASTD_STATE_ACKS_H

#include <stdint.h>

#include "base/address.h"
#include "state/hash.h"

/* Sources that are told apart for one message. */
#define ACKS_SOURCES_MAX 1024

/* The acks that one message has drawn. */
struct acks;

enum ack_verdict {
        ACK_FIRST,     /* the first from this source for the message */
        ACK_DUPLICATE, /* this source has acked the message already */
        ACK_OVERFLOW,  /* from one source more than ACKS_SOURCES_MAX, or than there is memory for: not counted
                          as a source */
};

struct acks_summary {
        uint32_t sources;
        int64_t first_ns, last_ns; /* from the sending of the message; 0 without any */
};

/* 0 or -ENOMEM. */
int acks_new(const struct hash_key *key, struct acks **ret);
struct acks *acks_free(struct acks *a);

/* A message was sent at now_ns (monotonic): what comes from now on is counted for it. */
void acks_begin(struct acks *a, int64_t now_ns);
enum ack_verdict acks_note(struct acks *a, const struct address *source, int64_t now_ns);
void acks_summary(const struct acks *a, struct acks_summary *ret);

#endif
