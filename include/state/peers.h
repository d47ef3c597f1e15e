#ifndef MCASTD_STATE_PEERS_H
#define MCASTD_STATE_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "state/hash.h"
#include "state/peer.h"

struct peers_rule {
        int64_t dead_after_ns; /* silence after which a peer is down; 0: three times its interval, at least
                                  PEER_DEAD_MIN_NS */
        int64_t clock_skew_ns; /* a difference of clocks beyond this is news; 0: none is */
};

/* A peer that has been down for so long may lose its place to a newcomer, where there is no other; one that
 * was not told to be there, as soon as it is down. */
#define PEERS_KEEP_NS (INT64_C(24) * 3600 * 1000000000)

/* News of peers that is told one by one: so many a second, and twice as many at once. Those who are up or
 * back are counted apart from those who were started anew or whose clock has changed. */
#define PEERS_TOLD_RATE 50

/* Who has been heard on a group. */
struct peers;

/* Room for `size` peers. 0 or -ENOMEM. */
int peers_new(size_t size, const struct hash_key *key, struct peers **ret);
struct peers *peers_free(struct peers *p);
void peers_set_rule(struct peers *p, const struct peers_rule *rule);

/* Takes over the peers of another table, as many as there is room for: first those that are established, and
 * of these those that are up. */
void peers_copy(struct peers *p, const struct peers *from);

/* `n` sources, whose addresses are `stride` bytes apart, are about to be seen, at most PEERS_EXPECT_MAX: of
 * many peers most are in no cache, and to fetch all at once takes less time than one after the other. Changes
 * nothing. */
#define PEERS_EXPECT_MAX 64
void peers_expect(const struct peers *p, const struct address *first, size_t stride, size_t n);

void peers_see(struct peers *p, const struct peer_arrival *arrival, struct peer_news *ret);

/* Something from this source was refused, which is noted if it is known; nothing else changes. */
void peers_refuse(struct peers *p, const struct address *source, enum gate_verdict why);

/* Of no peer is anything refused any more: the rules for that are others now. */
void peers_absolve(struct peers *p);

/* When peers_next_down() is to be asked, monotonic; INT64_MAX: not before somebody is heard. */
int64_t peers_due(const struct peers *p);

/* A peer that has gone down by now, each once; or NULL. */
const struct peer *peers_next_down(struct peers *p, int64_t now_ns);

/* Nobody could be heard until now: silence counts from here on. */
void peers_grace(struct peers *p, int64_t now_ns);

size_t peers_size(const struct peers *p);
void peers_count(const struct peers *p, size_t ret[PEER_STATES]);

/* How many of them have a clock that is wrong. */
size_t peers_clocks_wrong(const struct peers *p);

/* The next peer from slot *slot on, or NULL; *slot is moved behind it. */
const struct peer *peers_next(const struct peers *p, size_t *slot);

/* True if it was known. */
bool peers_forget(struct peers *p, const struct address *source);

#endif
