/* Time that HTTP may take: what is used, what is left, and when there is more. */
#include "test.h"

#include "loop/http_share.h"

#define START_NS (1000 * NS_PER_S)
#define COST_NS  (HTTP_HAND_NS / HTTP_SHARE)

static void test_nothing_is_used_at_first(void **state)
{
        const struct http_share share = { 0 };

        (void)state;
        assert_true(http_share_is_left(&share, 0));
        assert_true(http_share_is_left(&share, START_NS));
}

/* To the nanosecond: what is in hand, and one part in so many of the time that goes by. */
static void test_what_is_used_comes_back_with_time(void **state)
{
        struct http_share share = { 0 };
        int64_t now_ns = START_NS + COST_NS;

        (void)state;
        http_share_use(&share, START_NS, now_ns);
        assert_true(http_share_is_left(&share, now_ns));
        http_share_use(&share, now_ns, now_ns + 1);
        assert_true(http_share_is_left(&share, now_ns + HTTP_SHARE));
        assert_false(http_share_is_left(&share, now_ns + HTTP_SHARE - 1));
}

static void test_one_long_time_uses_no_more_than_the_hand(void **state)
{
        struct http_share share = { 0 };

        (void)state;
        http_share_use(&share, 0, START_NS);
        assert_true(http_share_is_left(&share, START_NS));
        http_share_use(&share, START_NS, START_NS + 1);
        assert_false(http_share_is_left(&share, START_NS + 1));
}

static void test_what_is_not_used_is_not_saved(void **state)
{
        struct http_share share = { 0 };

        (void)state;
        for (int i = 0; i < HTTP_SHARE; i++)
                http_share_use(&share, START_NS, START_NS);
        http_share_use(&share, 2 * START_NS - COST_NS - 1, 2 * START_NS);
        http_share_use(&share, 2 * START_NS - COST_NS - 1, 2 * START_NS);
        assert_false(http_share_is_left(&share, 2 * START_NS));
}

/* However small each piece is, and whether there are pauses. */
static void test_in_the_long_run_it_is_that_share(void **state)
{
        static const int64_t pieces_ns[] = { 1, NS_PER_US, NS_PER_MS, COST_NS / 2 };

        (void)state;
        for (size_t i = 0; i < N_OF(pieces_ns); i++) {
                struct http_share share = { 0 };
                int64_t piece_ns = pieces_ns[i], end_ns = START_NS + 100000 * piece_ns, used_ns = 0;

                for (int64_t now_ns = START_NS; now_ns < end_ns; now_ns += piece_ns)
                        if (http_share_is_left(&share, now_ns)) {
                                http_share_use(&share, now_ns, now_ns + piece_ns);
                                used_ns += piece_ns;
                        }
                assert_in_range(used_ns, 0,
                                (end_ns - START_NS + HTTP_HAND_NS) / HTTP_SHARE + COST_NS + piece_ns);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_is_used_at_first),
                cmocka_unit_test(test_what_is_used_comes_back_with_time),
                cmocka_unit_test(test_one_long_time_uses_no_more_than_the_hand),
                cmocka_unit_test(test_what_is_not_used_is_not_saved),
                cmocka_unit_test(test_in_the_long_run_it_is_that_share),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
