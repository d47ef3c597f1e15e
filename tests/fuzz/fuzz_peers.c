/* fuzz_peers.c - state/peers: bytes as what happens to a table of peers, compared after each with the model
 * of the unit tests. */
#include "fuzz.h"

#include "../unit/peers_model.h"

#define EVENTS_MAX 400
#define ROOM       30 /* more than a table begins with */

/* How much time goes by at most, in 256 steps. */
static const int64_t pauses_ns[] = { 0, NS_PER_MS, NS_PER_S, 4 * NS_PER_S, PEERS_KEEP_NS };

/* What is not checked by MUST ends here as well. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

static void pass_time(struct model *m, struct choices *c)
{
        int64_t pause_ns = pauses_ns[choose(c, sizeof pauses_ns / sizeof pauses_ns[0])];

        m->now_ns += 1 + pause_ns / 256 * (1 + choose(c, 256));
}

static void hear_somebody(struct model *m, struct peers *p, struct choices *c)
{
        uint32_t source = choose(c, SOURCES), length = choose(c, 256);
        struct words words = { .port = (in_port_t)choose(c, 3) };

        /* Mostly it says nothing of interest. */
        words.payload = (const char *)choose_bytes(c, length < 128 ? 0 : length - 128, &words.length);
        model_hear(m, p, source, &words);
}

static void refuse_somebody(struct model *m, struct peers *p, struct choices *c)
{
        uint32_t source = choose(c, SOURCES);

        model_refuse(m, p, source, GATE_REFUSED + choose(c, GATE_VERDICTS - GATE_REFUSED));
}

static void change_rule(struct model *m, struct peers *p, struct choices *c)
{
        struct peers_rule rule = {
                .dead_after_ns = (1 + choose(c, 5)) * NS_PER_S,
                .clock_skew_ns = choose(c, 3) * NS_PER_S,
        };

        model_set_rule(m, p, &rule);
}

static void do_something(struct model *m, struct peers **p, struct choices *c)
{
        uint32_t what = choose(c, 16);

        pass_time(m, c);
        if (what < 8)
                hear_somebody(m, *p, c);
        else if (what == 8)
                refuse_somebody(m, *p, c);
        else if (what < 12)
                model_silence(m, *p);
        else if (what == 12)
                model_grace(m, *p);
        else if (what == 13)
                change_rule(m, *p, c);
        else if (what == 14)
                model_forget(m, *p, choose(c, SOURCES));
        else
                model_move(m, p, choose(c, ROOM));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        struct choices c = choices_of(bytes, length);
        struct model m = { .size = 1 + choose(&c, 20), .dead_after_ns = NS_PER_S };
        struct peers *p = make(m.size, m.dead_after_ns, 0);

        for (int i = 0; i < EVENTS_MAX && choices_left(&c); i++) {
                do_something(&m, &p, &c);
                assert_the_same(&m, p);
        }
        peers_free(p);
        return 0;
}
