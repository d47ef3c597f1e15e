/* test_peers_model.c - state/peers at random, compared with a model that has no heap, no hash table and no
 * list: after each of many events both know the same peers, in the same states. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "peers.h"
#include "state/limiter.h"

#define SOURCES 48 /* more than there is room for, mostly */
#define EVENTS  20000
#define ROOM    30 /* more than a table begins with */

/* All that may be known of a source. */
struct model_peer {
        bool known, told;
        enum peer_state state;
        uint64_t datagrams;
        int64_t last_ns;
};

struct model {
        size_t size;
        int64_t dead_after_ns, grace_ns, searched_ns, now_ns;
        struct bucket told;
        struct model_peer peers[SOURCES];
};

/* Numbers that are the same each time: a xorshift generator (Marsaglia). */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return (uint32_t)(*seed >> 32) % below;
}

static int64_t deadline_of(const struct model *m, const struct model_peer *peer)
{
        return (peer->last_ns > m->grace_ns ? peer->last_ns : m->grace_ns) + m->dead_after_ns;
}

static size_t count_of(const struct model *m)
{
        size_t n = 0;

        for (size_t i = 0; i < SOURCES; i++)
                n += m->peers[i].known;
        return n;
}

static bool is_newcomer(const struct model_peer *peer)
{
        return peer->datagrams < PEER_ESTABLISHED;
}

static bool is_given_up(const struct model *m, const struct model_peer *peer)
{
        return peer->state == PEER_DOWN && (!peer->told || m->now_ns - peer->last_ns >= PEERS_KEEP_NS);
}

/* The one that was not heard for longest, of the newcomers or of those that are given up; or NULL. */
static struct model_peer *least_lately(struct model *m, bool newcomers)
{
        struct model_peer *found = NULL;

        for (size_t i = 0; i < SOURCES; i++) {
                struct model_peer *peer = &m->peers[i];

                if (peer->known && (newcomers ? is_newcomer(peer) : is_given_up(m, peer)) &&
                    (!found || peer->last_ns < found->last_ns))
                        found = peer;
        }
        return found;
}

/* False where there is no room. */
static bool make_room(struct model *m, bool *ret_displaced)
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

static struct peer_news expect_heard(struct model *m, uint32_t source)
{
        static const struct bucket_rule rule = { .rate = PEERS_TOLD_RATE, .burst = BURST };
        struct model_peer *peer = &m->peers[source];
        struct peer_news news = { 0 };
        bool was_down = peer->state == PEER_DOWN, was_told = peer->told;

        if (!peer->known && !make_room(m, &news.displaced))
                return news;
        news.away_ns = was_down ? m->now_ns - peer->last_ns : 0;
        peer->known = true;
        peer->last_ns = m->now_ns;
        peer->datagrams++;
        peer->state = is_newcomer(peer) ? PEER_NEW : PEER_UP;
        if (!was_told || was_down) {
                peer->told = bucket_take(&m->told, &rule, m->now_ns);
                news.up = peer->told && !was_told;
                news.back = peer->told && was_told;
                news.untold = !peer->told && (was_told || peer->datagrams == 1);
        }
        return news;
}

static void hear_somebody(struct model *m, struct peers *p, uint64_t *seed)
{
        /* Some speak more often. */
        uint32_t source = draw(seed, draw(seed, 2) ? SOURCES : SOURCES / 4);
        struct peer_news expected = expect_heard(m, source), news = hear(p, source, m->now_ns);

        assert_int_equal(news.peer != NULL, m->peers[source].known);
        assert_int_equal(news.up, expected.up);
        assert_int_equal(news.back, expected.back);
        assert_int_equal(news.untold, expected.untold);
        assert_int_equal(news.displaced, expected.displaced);
        assert_int_equal(news.away_ns, expected.away_ns);
}

/* All that are silent for too long go down; of those that are told to be up it is told. */
static void look_for_silence(struct model *m, struct peers *p)
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

static void forget_somebody(struct model *m, struct peers *p, uint64_t *seed)
{
        uint32_t source = draw(seed, SOURCES);
        struct address a = nth_address(source);

        assert_int_equal(peers_forget(p, &a), m->peers[source].known);
        m->peers[source] = (struct model_peer){ 0 };
}

static void change_rule(struct model *m, struct peers *p, uint64_t *seed)
{
        m->dead_after_ns = (1 + draw(seed, 5)) * NS_PER_S;
        peers_set_rule(p, &(struct peers_rule){ m->dead_after_ns, 0 });
}

/* To a table in which all have room; test_peers.c has the others. */
static void move(struct model *m, struct peers **p, uint64_t *seed)
{
        size_t least = count_of(m) ? count_of(m) : 1;
        struct peers *to;

        m->size = least + draw(seed, ROOM);
        m->searched_ns = 0;
        to = make(m->size, 0, 0);
        peers_copy(to, *p);
        peers_free(*p);
        *p = to;
}

static void assert_the_same(const struct model *m, const struct peers *p)
{
        size_t counts[PEER_STATES] = { 0 }, got[PEER_STATES], n = 0;
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
        }
        assert_int_equal(n, count_of(m));
        /* It may be looked in vain, but not too late. */
        assert_true(peers_due(p) <= due_ns);
}

static void do_something(struct model *m, struct peers **p, uint64_t *seed)
{
        uint32_t what = draw(seed, 1000);

        /* Mostly within the deadline; seldom a day. */
        m->now_ns += 1 + draw(seed, (uint32_t)NS_PER_S / 2);
        if (draw(seed, 500) == 0)
                m->now_ns += PEERS_KEEP_NS;
        if (what < 700)
                hear_somebody(m, *p, seed);
        else if (what < 960)
                look_for_silence(m, *p);
        else if (what < 970)
                peers_grace(*p, m->grace_ns = m->now_ns);
        else if (what < 980)
                change_rule(m, *p, seed);
        else if (what < 990)
                forget_somebody(m, *p, seed);
        else
                move(m, p, seed);
}

static void test_at_random(void **state)
{
        (void)state;
        for (uint64_t first = 1; first <= 10; first++) {
                struct model m = { .size = 8, .dead_after_ns = NS_PER_S };
                struct peers *p = make(m.size, m.dead_after_ns, 0);
                uint64_t seed = first * UINT64_C(0x9e3779b97f4a7c15);

                for (size_t i = 0; i < EVENTS; i++) {
                        do_something(&m, &p, &seed);
                        assert_the_same(&m, p);
                }
                peers_free(p);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_at_random),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
