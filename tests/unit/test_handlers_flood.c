/* test_handlers_flood.c - handlers/ack amid more questions than may be answered: what leaks through, what a
 * victim gets, and what all the others still do. */
#include "test.h"

#include "handlers.h"
#include "handlers/ack.h"

/* --- the leak --- */

/* Twice a second with a rate of one: so seldom that the cap of the leak does not count. */
static void test_one_in_four_leaks(void **state)
{
        struct handler_settings settings = defaults;
        struct bench *b;
        uint64_t over;

        (void)state;
        settings.ack_rate = 1;
        b = bench_new(&handler_ack, &settings);
        for (unsigned n = 0; n < 2 * 3600; n++)
                (void)ask(b, &somebody, START_NS + n * 500 * NS_PER_MS);
        over = b->stats.count[STAT_ACKS_LEAKED] + b->stats.count[STAT_ACKS_SUPPRESSED_RATE];
        assert_int_equal(over, 2 * 3600 - (2 + 3599));
        /* Drawn by lot: four times the deviation of so many draws. */
        assert_in_range(b->stats.count[STAT_ACKS_LEAKED], over / ACK_LEAK_ONE_IN - 104,
                        over / ACK_LEAK_ONE_IN + 104);
        bench_free(b);
}

/* Which of 64 questions beyond the rate leak, so seldom that the cap does not count: a bit for each. */
static uint64_t leaks(const struct handler_settings *settings)
{
        struct bench *b = bench_new(&handler_ack, settings);
        int64_t now_ns = START_NS;
        uint64_t bits = 0;

        for (unsigned n = 0; n < 64; n++) {
                while (ask(b, &somebody, now_ns) && b->stats.count[STAT_ACKS_LEAKED] == 0)
                        ;
                bits = bits << 1 | (b->stats.count[STAT_ACKS_LEAKED] > 0);
                b->stats.count[STAT_ACKS_LEAKED] = 0;
                now_ns += NS_PER_S / ACK_LEAK_RATE;
        }
        bench_free(b);
        return bits;
}

/* Who knows which ones leaked so far does not know which will: it depends on the key of each process, and is
 * no pattern of four. */
static void test_nobody_can_tell_which_one_leaks(void **state)
{
        struct handler_settings settings = defaults, other = defaults;
        uint64_t bits, kinds = 0;

        (void)state;
        settings.ack_rate = other.ack_rate = 1;
        other.key.bytes[15] ^= 1;
        bits = leaks(&settings);
        assert_true(bits == leaks(&settings));
        assert_true(bits != leaks(&other));
        for (unsigned n = 0; n < 16; n++)
                kinds |= UINT64_C(1) << (bits >> 4 * n & 15);
        /* Fours with none, with one and with more of them. */
        assert_true(kinds & 1);
        assert_true(kinds & (1 << 1 | 1 << 2 | 1 << 4 | 1 << 8));
        assert_true(kinds & ~(UINT64_C(1) | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8));
}

/* 100 sources, each ten times over its rate, for ten seconds. */
static void test_the_leak_is_capped_for_all_together(void **state)
{
        struct handler_settings settings = defaults;
        struct bench *b;

        (void)state;
        settings.ack_rate = 1;
        settings.ack_total = RATE_UNLIMITED;
        b = bench_new(&handler_ack, &settings);
        for (unsigned n = 0; n < 100 * 10 * 10; n++) {
                const struct endpoint source = { nth_address(256 + n % 100), 47036 };

                (void)ask(b, &source, START_NS + n * NS_PER_MS);
        }
        assert_in_range(b->stats.count[STAT_ACKS_LEAKED], 8 * ACK_LEAK_RATE, 10 * ACK_LEAK_RATE);
        bench_free(b);
}

/* --- floods: a minute of 10,000 questions a second --- */

enum {
        SECONDS = 60,
        PER_SECOND = 10000,
};

/* Who asks in a flood, and who asks meanwhile as often as it may. */
struct flood {
        uint32_t sources;         /* of the flood, in turn */
        bool is_signed;           /* with a good key */
        unsigned flood_acks;      /* to all that the flood names */
        unsigned most_to_one;     /* … to one of them, and */
        unsigned plain, with_key; /* acks to the others */
        unsigned asked;           /* by each of the two */
};

static const struct auth_trailer good = { .type = AUTH_DATA, .stamp = { 7, 1, 1, 1 } };

static bool ask_as(struct bench *b, bool is_signed, const struct endpoint *source, int64_t now_ns)
{
        b->verified = is_signed ? &good : NULL;
        b->sign = is_signed;
        return ask(b, source, now_ns);
}

static void flood(struct bench *b, struct flood *f)
{
        static unsigned acks[1 << 16];
        const struct endpoint stranger = { ipv4(192, 0, 2, 1), 40000 },
                              friend = { ipv4(192, 0, 2, 2), 40000 };

        memset(acks, 0, sizeof acks);
        for (unsigned n = 0; n < SECONDS * PER_SECOND; n++) {
                int64_t now_ns = START_NS + n * (NS_PER_S / PER_SECOND);
                uint32_t i = n % f->sources;
                const struct endpoint named = { nth_address(i), 47036 };

                if (ask_as(b, f->is_signed, &named, now_ns)) {
                        f->flood_acks++;
                        if (++acks[i % N_OF(acks)] > f->most_to_one)
                                f->most_to_one = acks[i % N_OF(acks)];
                }
                if (n % (PER_SECOND / defaults.ack_rate) == 0) {
                        f->asked++;
                        f->plain += ask_as(b, false, &stranger, now_ns);
                        f->with_key += ask_as(b, true, &friend, now_ns);
                }
        }
}

static const struct {
        const char *name;
        uint32_t sources;
        bool is_signed;
        unsigned to_one, to_all;                /* acks at most */
        unsigned plain_percent, signed_percent; /* of their acks that the others get at least */
} floods[] = {
        /* ACK_RATE 10/s and ACK_TOTAL 1000/s, a burst of twice that; a leak of 10/s. */
        { "in the name of one", 1, false, 10 * 60 + 20 + 10 * 60, 10 * 60 + 20 + 10 * 60, 95, 100 },
        { "in the name of all, a thousand of them", 1000, false, 1200, 1000 * 60 + 2000, 0, 100 },
        { "in the names of 60,000", 60000, false, 1200, 1000 * 60 + 2000, 0, 100 },
        { "by one who has a key", 1, true, 10 * 60 + 20, 10 * 60 + 20, 100, 95 },
        { "in the names of 60,000, by one who has a key", 60000, true, 620, 1000 * 60 + 2000, 100, 0 },
};

static void test_floods(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(floods); i++) {
                struct flood f = { .sources = floods[i].sources, .is_signed = floods[i].is_signed };
                struct bench *b = bench_new(&handler_ack, &defaults);
                unsigned all;

                flood(b, &f);
                all = f.flood_acks + f.plain + f.with_key;
                CHECK_INT(floods[i].name, f.asked, defaults.ack_rate * SECONDS);
                CHECK(floods[i].name, f.most_to_one <= floods[i].to_one);
                CHECK(floods[i].name, f.flood_acks <= floods[i].to_all);
                CHECK(floods[i].name, f.plain >= f.asked * floods[i].plain_percent / 100);
                CHECK(floods[i].name, f.with_key >= f.asked * floods[i].signed_percent / 100);
                /* What is not answered is counted, each with its reason. */
                CHECK(floods[i].name, sum(&b->stats) - b->stats.count[STAT_ACKS_LEAKED] ==
                                              SECONDS * PER_SECOND + 2 * f.asked - all);
                bench_free(b);
        }
}

/* The victim hears as much as if it had asked as often as it may: nobody silences it. */
static void test_a_victim_is_not_silenced(void **state)
{
        struct flood f = { .sources = 1 };
        struct bench *b = bench_new(&handler_ack, &defaults);

        (void)state;
        flood(b, &f);
        assert_in_range(f.flood_acks, defaults.ack_rate * SECONDS, 10 * 60 + 20 + 10 * 60);
        bench_free(b);
}

/* All at once, of many sources: twice ACK_TOTAL, once for each kind, and no more. */
static void test_the_total_of_both_kinds(void **state)
{
        struct bench *b = bench_new(&handler_ack, &defaults);
        unsigned plain = 0, with_key = 0;

        (void)state;
        for (unsigned n = 0; n < SECONDS * PER_SECOND; n++) {
                const struct endpoint source = { nth_address(n % 3000), 47036 };
                int64_t now_ns = START_NS + n * (NS_PER_S / PER_SECOND);

                plain += ask_as(b, false, &source, now_ns);
                with_key += ask_as(b, true, &source, now_ns);
        }
        assert_in_range(plain, 1000 * 60, 1000 * 60 + 2000);
        assert_in_range(with_key, 1000 * 60, 1000 * 60 + 2000);
        bench_free(b);
}

/* What is signed has a rate of its own, without a leak; another one is in force for it with the next
 * datagram. */
static void test_the_rate_of_what_is_signed(void **state)
{
        struct handler_settings settings = defaults;
        struct bench *b = bench_new(&handler_ack, &defaults);
        unsigned plain = 0, with_key = 0, later = 0;

        (void)state;
        for (unsigned n = 0; n < 100; n++)
                plain += ask_as(b, false, &somebody, START_NS);
        for (unsigned n = 0; n < 100; n++)
                with_key += ask_as(b, true, &somebody, START_NS);
        assert_int_equal(plain, 20 + 1);
        assert_int_equal(with_key, 20);
        assert_int_equal(b->stats.count[STAT_ACKS_LEAKED], 1);
        settings.ack_rate = 15;
        handler_ack.retune(b->state, &settings);
        for (unsigned n = 0; n < 100; n++)
                later += ask_as(b, true, &somebody, START_NS + NS_PER_S);
        assert_int_equal(later, 15);
        settings.ack_rate = RATE_NONE;
        handler_ack.retune(b->state, &settings);
        assert_false(ask_as(b, true, &somebody, START_NS + 3600 * NS_PER_S));
        bench_free(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_in_four_leaks),
                cmocka_unit_test(test_nobody_can_tell_which_one_leaks),
                cmocka_unit_test(test_the_leak_is_capped_for_all_together),
                cmocka_unit_test(test_floods),
                cmocka_unit_test(test_a_victim_is_not_silenced),
                cmocka_unit_test(test_the_total_of_both_kinds),
                cmocka_unit_test(test_the_rate_of_what_is_signed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
