/* test_peers_flood.c - state/peers: what becomes of the peers, and of the log, when more come than there is
 * room for. */
#include "test.h"

#include "peers.h"

static void test_the_newcomer_not_heard_for_longest_gives_way(void **state)
{
        struct peers *p = make(4, 0, 0);

        (void)state;
        establish(p, 1, 1, 0);
        for (uint32_t source = 2; source <= 4; source++)
                assert_false(hear(p, source, source).displaced);
        hear(p, 2, 5);
        assert_true(hear(p, 5, 6).displaced);
        assert_null(find(p, 3));
        assert_true(hear(p, 6, 7).displaced);
        assert_null(find(p, 4));
        assert_true(hear(p, 7, 8).displaced);
        assert_null(find(p, 2));
        assert_counts(p, 3, 1, 0);
        assert_non_null(find(p, 1));
        peers_free(p);
}

static void test_a_flood_leaves_those_who_are_established(void **state)
{
        struct peers *p = make(128, 0, 0);
        uint64_t displaced = 0;
        const struct peer *peer;

        (void)state;
        establish(p, 0, 100, 0);
        for (uint32_t n = 0; n < 100000; n++) {
                int64_t now_ns = n * NS_PER_S / 10000;

                displaced += hear(p, 1000 + n, now_ns).displaced;
                if (n % 1000 == 0)
                        establish(p, 0, 100, now_ns);
                assert_null(peers_next_down(p, now_ns));
        }
        assert_int_equal(displaced, 100000 - 28);
        assert_counts(p, 28, 100, 0);
        for (size_t slot = 0; (peer = peers_next(p, &slot));)
                assert_false(peer->state == PEER_DOWN);
        for (uint32_t source = 0; source < 100; source++)
                assert_int_equal(find(p, source)->datagrams, 303);
        peers_free(p);
}

static void test_where_all_are_established_a_newcomer_is_refused(void **state)
{
        struct peers *p = make(4, 0, 0);
        struct peer_news news;

        (void)state;
        establish(p, 1, 4, 0);
        news = hear(p, 5, 1);
        assert_null(news.peer);
        assert_false(news.displaced || news.up || news.untold);
        assert_null(find(p, 5));
        assert_counts(p, 0, 4, 0);
        assert_non_null(hear(p, 4, 1).peer);
        peers_free(p);
}

static void test_who_is_down_for_a_day_gives_way(void **state)
{
        struct peers *p = make(3, 0, 0);
        const int64_t day_ns = PEERS_KEEP_NS;

        (void)state;
        establish(p, 1, 1, 2);
        establish(p, 2, 1, 1);
        establish(p, 3, 1, NS_PER_S);
        down(p, 10 * NS_PER_S);
        assert_counts(p, 0, 0, 3);
        assert_null(hear(p, 4, day_ns - NS_PER_S).peer);
        assert_null(hear(p, 4, day_ns).peer);
        assert_null(hear(p, 4, day_ns + NS_PER_S / 2).peer);
        /* It is looked for at most once a second. */
        assert_null(hear(p, 4, day_ns + NS_PER_S - 1).peer);
        assert_non_null(hear(p, 4, day_ns + NS_PER_S).peer);
        assert_null(find(p, 2));
        assert_non_null(find(p, 1));
        /* The newcomer is the next to go, not one who is established. */
        assert_true(hear(p, 5, day_ns + NS_PER_S).displaced);
        assert_null(find(p, 4));
        establish(p, 5, 1, day_ns + NS_PER_S);
        assert_null(hear(p, 6, day_ns + 2 * NS_PER_S - 1).peer);
        assert_false(hear(p, 6, day_ns + 2 * NS_PER_S).displaced);
        assert_null(find(p, 1));
        assert_non_null(find(p, 6));
        peers_free(p);
}

static void test_the_day_is_over_when_it_is_over(void **state)
{
        struct peers *p = make(1, 0, 0);

        (void)state;
        establish(p, 1, 1, NS_PER_S);
        down(p, 10 * NS_PER_S);
        assert_null(hear(p, 2, PEERS_KEEP_NS).peer);
        assert_non_null(hear(p, 2, PEERS_KEEP_NS + NS_PER_S).peer);
        peers_free(p);
}

static void test_who_is_up_never_gives_way(void **state)
{
        struct peers *p = make(1, 48 * HOUR_NS, 0);

        (void)state;
        establish(p, 1, 1, 0);
        assert_null(hear(p, 2, PEERS_KEEP_NS + 5 * HOUR_NS).peer);
        assert_int_equal(find(p, 1)->state, PEER_UP);
        peers_free(p);
}

static void test_newcomers_beyond_the_budget_are_untold(void **state)
{
        struct peers *p = make(1000, 0, 0);

        (void)state;
        for (uint32_t n = 0; n < 500; n++) {
                struct peer_news news = hear(p, n, 0);

                assert_int_equal(news.up, n < BURST);
                assert_int_equal(news.untold, n >= BURST);
                assert_int_equal(news.peer->told, n < BURST);
        }
        /* The same one again is no news. */
        assert_false(hear(p, 499, 0).untold);
        /* … and is told as soon as it is heard once there is room. */
        assert_false(hear(p, 498, NS_PER_S / PEERS_TOLD_RATE - 1).up);
        assert_true(hear(p, 499, NS_PER_S / PEERS_TOLD_RATE).up);
        assert_false(hear(p, 498, NS_PER_S / PEERS_TOLD_RATE).up);
        assert_false(hear(p, 499, 9 * NS_PER_S).up);
        assert_true(hear(p, 498, 9 * NS_PER_S).up);
        peers_free(p);
}

static void test_who_was_not_told_to_be_up_is_not_told_to_be_down(void **state)
{
        struct peers *p = make(1000, NS_PER_S, 0);
        size_t told = 0;

        (void)state;
        for (uint32_t n = 0; n < 500; n++)
                hear(p, n, 0);
        while (peers_next_down(p, 10 * NS_PER_S))
                told++;
        assert_int_equal(told, BURST);
        assert_counts(p, 0, 0, 500);
        assert_true(hear(p, 499, 11 * NS_PER_S).up);
        assert_true(hear(p, 0, 11 * NS_PER_S).back);
        peers_free(p);
}

/* A thousand that come and go would otherwise be two thousand lines each time. */
static void test_who_comes_and_goes_is_told_within_the_budget(void **state)
{
        struct peers *p = make(1000, NS_PER_S / 2, 0);
        size_t told = 0, told_down = 0, untold = 0;

        (void)state;
        for (int64_t now_ns = 0; now_ns < 100 * NS_PER_S; now_ns += NS_PER_S) {
                for (uint32_t n = 0; n < 1000; n++) {
                        struct peer_news news = hear(p, n, now_ns);

                        assert_false(news.up && news.back);
                        told += news.up || news.back;
                        untold += news.untold;
                }
                while (peers_next_down(p, now_ns + NS_PER_S - 1))
                        told_down++;
        }
        assert_in_range(told, 99 * PEERS_TOLD_RATE, 101 * PEERS_TOLD_RATE);
        assert_int_equal(told_down, told);
        assert_true(untold >= 1000 - BURST);
        peers_free(p);
}

/* Whoever names another boot or another time in each message is one of a thousand, or wants to fill a log. */
static void test_changes_are_told_within_a_budget_of_their_own(void **state)
{
        struct peers *p = make(10, 0, NS_PER_S);
        size_t restarts = 0, clocks_told = 0, untold = 0;

        (void)state;
        for (uint64_t i = 0; i < 1000; i++) {
                const struct message liar = {
                        .has_boot = true,
                        .boot = i,
                        .clock = MESSAGE_CLOCK_UTC,
                        .clock_ns = i % 2 ? HOUR_NS : 0,
                };
                struct peer_news news = hear_message(p, 1, 0, &liar);

                restarts += news.restarted;
                clocks_told += news.clock_wrong + news.clock_right;
                untold += news.untold;
        }
        assert_int_equal(restarts, BURST);
        assert_int_equal(clocks_told, BURST);
        assert_int_equal(untold, 1000 - 1 - BURST);
        assert_int_equal(find(p, 1)->restarts, 999);
        assert_true(hear(p, 2, 0).up);
        peers_free(p);
}

/* Those that nobody was told of give way as soon as they are down, so that a flood does not fill the table
 * for a day. */
static void test_who_is_down_and_was_not_told_gives_way(void **state)
{
        struct peers *p = make(500, 0, 0);
        int64_t now_ns = 60 * NS_PER_S;

        (void)state;
        establish(p, 0, 500, 0);
        assert_null(hear(p, 1000, 0).peer);
        down(p, now_ns);
        assert_counts(p, 0, 0, 500);
        assert_non_null(hear(p, 1000, now_ns).peer);
        establish(p, 1000, 1, now_ns);
        assert_counts(p, 0, 1, 499);
        assert_null(hear(p, 1001, now_ns).peer);
        for (uint32_t n = 1; n < 500 - BURST; n++) {
                now_ns += NS_PER_S;
                establish(p, 1000 + n, 1, now_ns);
        }
        assert_null(hear(p, 2000, now_ns + NS_PER_S).peer);
        for (uint32_t n = 0; n < BURST; n++)
                assert_non_null(find(p, n));
        peers_free(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_newcomer_not_heard_for_longest_gives_way),
                cmocka_unit_test(test_a_flood_leaves_those_who_are_established),
                cmocka_unit_test(test_where_all_are_established_a_newcomer_is_refused),
                cmocka_unit_test(test_who_is_down_for_a_day_gives_way),
                cmocka_unit_test(test_the_day_is_over_when_it_is_over),
                cmocka_unit_test(test_who_is_up_never_gives_way),
                cmocka_unit_test(test_newcomers_beyond_the_budget_are_untold),
                cmocka_unit_test(test_who_was_not_told_to_be_up_is_not_told_to_be_down),
                cmocka_unit_test(test_who_comes_and_goes_is_told_within_the_budget),
                cmocka_unit_test(test_changes_are_told_within_a_budget_of_their_own),
                cmocka_unit_test(test_who_is_down_and_was_not_told_gives_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
