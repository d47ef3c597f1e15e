/* peers.h - what the tests of state/peers share: peers that are numbers, and are heard. */
#ifndef MCASTD_TESTS_UNIT_PEERS_H
#define MCASTD_TESTS_UNIT_PEERS_H

#include "test.h"

#include "base/clock.h"
#include "state/peers.h"

#define HOUR_NS (3600 * NS_PER_S)

/* So many are told at once. */
#define BURST (2 * PEERS_TOLD_RATE)

static const struct hash_key key = { "sixteen letters" };
static const struct message plain;

static inline struct peers *make(size_t size, int64_t dead_after_ns, int64_t clock_skew_ns)
{
        const struct peers_rule rule = { dead_after_ns, clock_skew_ns };
        struct peers *p = NULL;

        assert_int_equal(peers_new(size, &key, &p), 0);
        peers_set_rule(p, &rule);
        return p;
}

static inline struct peer_news hear_message(struct peers *p, uint32_t source, int64_t at_ns,
                                            const struct message *m)
{
        const struct address address = nth_address(source);
        const struct peer_arrival arrival = {
                .source = &address,
                .payload = (const uint8_t *)"hello",
                .length = 5,
                .message = m,
                .at_ns = at_ns,
                .wall_ns = at_ns,
        };
        struct peer_news news;

        memset(&news, 'x', sizeof news);
        peers_see(p, &arrival, &news);
        return news;
}

static inline struct peer_news hear(struct peers *p, uint32_t source, int64_t at_ns)
{
        return hear_message(p, source, at_ns, &plain);
}

static inline const struct peer *find(const struct peers *p, uint32_t source)
{
        const struct address a = nth_address(source);
        const struct peer *peer;

        for (size_t slot = 0; (peer = peers_next(p, &slot));)
                if (address_equal(&peer->address, &a))
                        return peer;
        return NULL;
}

static inline void assert_counts(const struct peers *p, size_t newcomers, size_t up, size_t down)
{
        size_t counts[PEER_STATES];

        peers_count(p, counts);
        assert_int_equal(counts[PEER_NEW], newcomers);
        assert_int_equal(counts[PEER_UP], up);
        assert_int_equal(counts[PEER_DOWN], down);
}

static inline void establish(struct peers *p, uint32_t first, uint32_t n, int64_t at_ns)
{
        for (uint32_t source = first; source < first + n; source++)
                for (int i = 0; i < PEER_ESTABLISHED; i++)
                        assert_non_null(hear(p, source, at_ns).peer);
}

static inline void down(struct peers *p, int64_t now_ns)
{
        while (peers_next_down(p, now_ns))
                ;
}

#endif
