/* test_peers_model.c - state/peers at random, compared with a model that has no heap, no hash table and no
 * list: after each of many events both know the same peers, in the same states. */
#include "peers_model.h"

#define EVENTS 20000
#define ROOM   30 /* more than a table begins with */

/* Numbers that are the same each time: a xorshift generator (Marsaglia). */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return (uint32_t)(*seed >> 32) % below;
}

static void do_something(struct model *m, struct peers **p, uint64_t *seed)
{
        static const struct words hello = { 5000, "hello", 5 };
        uint32_t what = draw(seed, 1000);

        /* Mostly within the deadline; seldom a day. */
        m->now_ns += 1 + draw(seed, (uint32_t)NS_PER_S / 2);
        if (draw(seed, 500) == 0)
                m->now_ns += PEERS_KEEP_NS;
        if (what < 650)
                /* Some speak more often. */
                model_hear(m, *p, draw(seed, draw(seed, 2) ? SOURCES : SOURCES / 4), &hello);
        else if (what < 700)
                model_refuse(m, *p, draw(seed, SOURCES),
                             GATE_REFUSED + draw(seed, GATE_VERDICTS - GATE_REFUSED));
        else if (what < 960)
                model_silence(m, *p);
        else if (what < 970)
                model_grace(m, *p);
        else if (what < 980)
                model_set_rule(m, *p, &(struct peers_rule){ (1 + draw(seed, 5)) * NS_PER_S, 0 });
        else if (what < 990)
                model_forget(m, *p, draw(seed, SOURCES));
        else
                model_move(m, p, draw(seed, ROOM));
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
