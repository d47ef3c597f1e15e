/* peers_model.h - state/peers as one would write it without a heap, a hash table and a list; and what is done
 * to both, after which they must know the same peers, in the same states. */
#ifndef MCASTD_TESTS_UNIT_PEERS_MODEL_H
#define MCASTD_TESTS_UNIT_PEERS_MODEL_H

#include "peers.h"
#include "state/limiter.h"

#define SOURCES 48 /* more than there is room for, mostly */

/* All that may be known of a source. */
struct model_peer {
        bool known, told, established;
        enum peer_state state;
        in_port_t port;
        unsigned in_row;  /* from this port */
        unsigned replays; /* refused in a row */
        enum gate_verdict refused;
        uint64_t datagrams;
        int64_t last_ns;
};

struct model {
        size_t size;
        int64_t dead_after_ns, grace_ns, searched_ns, now_ns;
        struct bucket told;
        struct model_peer peers[SOURCES];
};

/* What a source says, and from where. */
struct words {
        in_port_t port;
        const char *payload;
        size_t length;
};

static inline int64_t deadline_of(const struct model *m, const struct model_peer *peer)
{
        return (peer->last_ns > m->grace_ns ? peer->last_ns : m->grace_ns) + m->dead_after_ns;
}

static inline size_t count_of(const struct model *m)
{
        size_t n = 0;

        for (size_t i = 0; i < SOURCES; i++)
                n += m->peers[i].known;
        return n;
}

static inline bool is_given_up(const struct model *m, const struct model_peer *peer)
{
        return peer->state == PEER_DOWN && (!peer->told || m->now_ns - peer->last_ns >= PEERS_KEEP_NS);
}

/* The one that was not heard for longest, of the newcomers or of those that are given up; or NULL. */
static inline struct model_peer *least_lately(struct model *m, bool newcomers)
{
        struct model_peer *found = NULL;

        for (size_t i = 0; i < SOURCES; i++) {
                struct model_peer *peer = &m->peers[i];

                if (peer->known && (newcomers ? !peer->established : is_given_up(m, peer)) &&
                    (!found || peer->last_ns < found->last_ns))
                        found = peer;
        }
        return found;
}

/* False where there is no room. */
static inline bool make_room(struct model *m, bool *ret_displaced)
{
        struct model_peer *leaves;

        if (count_of(m) < m->size)
                return true;
        leaves = least_lately(m, true);
        *ret_displaced = leaves;
        if (!leaves && (!m->searched_ns || m->now_ns - m->searched_ns >= NS_PER_S)) {
                m->searched_ns = m->now_ns;
                leaves = least_lately(m, false);
        }
        if (leaves)
                *leaves = (struct model_peer){ 0 };
        return leaves;
}

static inline void note_heard(struct model *m, struct model_peer *peer, in_port_t port)
{
        peer->in_row = peer->known && peer->port == port ? peer->in_row + 1 : 1;
        peer->known = true;
        peer->port = port;
        peer->last_ns = m->now_ns;
        peer->replays = 0;
        peer->refused = GATE_UNCHECKED;
        peer->datagrams++;
        peer->established |= peer->in_row >= PEER_ESTABLISHED || peer->datagrams >= PEER_ESTABLISHED_ANY;
        peer->state = peer->established ? PEER_UP : PEER_NEW;
}

static inline struct peer_news expect_heard(struct model *m, uint32_t source, in_port_t port)
{
        static const struct bucket_rule rule = { .rate = PEERS_TOLD_RATE, .burst = BURST };
        struct model_peer *peer = &m->peers[source];
        struct peer_news news = { 0 };
        bool was_down = peer->state == PEER_DOWN, was_told = peer->told;

        if (!peer->known && !make_room(m, &news.displaced))
                return news;
        news.away_ns = was_down ? m->now_ns - peer->last_ns : 0;
        note_heard(m, peer, port);
        if (!was_told || was_down) {
                peer->told = bucket_take(&m->told, &rule, m->now_ns);
                news.up = peer->told && !was_told;
                news.back = peer->told && was_told;
                news.untold = !peer->told && (was_told || peer->datagrams == 1);
        }
        return news;
}

static inline void model_hear(struct model *m, struct peers *p, uint32_t source, const struct words *words)
{
        const struct address address = nth_address(source);
        struct message message;
        const struct peer_arrival arrival = {
                .source = &address,
                .port = words->port,
                .payload = (const uint8_t *)words->payload,
                .length = words->length,
                .message = &message,
                .at_ns = m->now_ns,
                .wall_ns = m->now_ns,
        };
        struct peer_news news, expected = expect_heard(m, source, words->port);

        message_parse(arrival.payload, arrival.length, MESSAGE_ACK_TEXT, &message);
        peers_see(p, &arrival, &news);

        assert_int_equal(news.peer != NULL, m->peers[source].known);
        assert_int_equal(news.up, expected.up);
        assert_int_equal(news.back, expected.back);
        /* Of a restart and of a clock there may be too much news as well. */
        if (!message.has_boot && !message.has_sequence && !message.clock)
                assert_int_equal(news.untold, expected.untold);
        assert_int_equal(news.displaced, expected.displaced);
        assert_int_equal(news.away_ns, expected.away_ns);
}

/* Who is not known does not become it; that nothing else changes is seen by assert_the_same(). */
static inline void model_refuse(struct model *m, struct peers *p, uint32_t source, enum gate_verdict why)
{
        const struct address address = nth_address(source);
        struct model_peer *peer = &m->peers[source];
        int64_t due_ns = peers_due(p);

        if (peer->known) {
                peer->replays = why == GATE_REPLAY ? peer->replays + 1 : 0;
                if (why != GATE_REPLAY || (peer->replays >= PEER_REPLAYS && peer->refused == GATE_UNCHECKED))
                        peer->refused = why;
        }
        peers_refuse(p, &address, why);
        assert_int_equal(peers_due(p), due_ns);
}

/* All that are silent for too long go down; of those that are told to be up it is told. */
static inline void model_silence(struct model *m, struct peers *p)
{
        const struct peer *peer;

        while ((peer = peers_next_down(p, m->now_ns))) {
                struct model_peer *expected = &m->peers[peer->address.bytes[3]];

                assert_true(expected->known && expected->told);
                assert_int_not_equal(expected->state, PEER_DOWN);
                assert_true(deadline_of(m, expected) <= m->now_ns);
                expected->state = PEER_DOWN;
        }
        for (size_t i = 0; i < SOURCES; i++) {
                struct model_peer *silent = &m->peers[i];

                if (!silent->known || silent->state == PEER_DOWN || deadline_of(m, silent) > m->now_ns)
                        continue;
                assert_false(silent->told);
                silent->state = PEER_DOWN;
        }
}

static inline void model_forget(struct model *m, struct peers *p, uint32_t source)
{
        struct address a = nth_address(source);

        assert_int_equal(peers_forget(p, &a), m->peers[source].known);
        m->peers[source] = (struct model_peer){ 0 };
}

static inline void model_set_rule(struct model *m, struct peers *p, const struct peers_rule *rule)
{
        m->dead_after_ns = rule->dead_after_ns;
        peers_set_rule(p, rule);
}

/* To a table in which all have room, and `more`; test_peers.c has the others. */
static inline void model_move(struct model *m, struct peers **p, size_t more)
{
        size_t least = count_of(m) ? count_of(m) : 1;
        struct peers *to;

        m->size = least + more;
        m->searched_ns = 0;
        to = make(m->size, 0, 0);
        peers_copy(to, *p);
        peers_free(*p);
        *p = to;
}

static inline void model_grace(struct model *m, struct peers *p)
{
        peers_grace(p, m->grace_ns = m->now_ns);
}

static inline void assert_the_same(const struct model *m, const struct peers *p)
{
        size_t counts[PEER_STATES] = { 0 }, got[PEER_STATES], n = 0, clocks_wrong = 0;
        int64_t due_ns = INT64_MAX;
        const struct peer *peer;

        for (size_t i = 0; i < SOURCES; i++) {
                counts[m->peers[i].state] += m->peers[i].known;
                if (m->peers[i].known && m->peers[i].state != PEER_DOWN &&
                    deadline_of(m, &m->peers[i]) < due_ns)
                        due_ns = deadline_of(m, &m->peers[i]);
        }
        peers_count(p, got);
        assert_memory_equal(got, counts, sizeof got);
        for (size_t slot = 0; (peer = peers_next(p, &slot)); n++) {
                const struct model_peer *expected = &m->peers[peer->address.bytes[3]];

                assert_true(expected->known);
                assert_int_equal(peer->datagrams, expected->datagrams);
                assert_int_equal(peer->last_ns, expected->last_ns);
                assert_int_equal(peer->state, expected->state);
                assert_int_equal(peer->told, expected->told);
                assert_int_equal(peer_refused(peer), expected->refused);
                assert_int_equal(peer_is_newcomer(peer), !expected->established);
                clocks_wrong += peer->clock_wrong;
        }
        assert_int_equal(peers_clocks_wrong(p), clocks_wrong);
        assert_int_equal(n, count_of(m));
        /* It may be looked in vain, but not too late. */
        assert_true(peers_due(p) <= due_ns);
}

#endif
