/* test_roster.c - state/roster: who acknowledges an emitter's messages, who does not any more, and how fast.
 */
#include "test.h"

#include "base/clock.h"
#include "state/roster.h"

static const struct hash_key key = { "sixteen letters" };

static struct roster *make(void)
{
        struct roster *r = NULL;

        assert_int_equal(roster_new(&key, &r), 0);
        return r;
}

static bool signed_ack(struct roster *r, uint32_t source, uint16_t key_id)
{
        struct address a = nth_address(source);

        return roster_ack(r, &(struct roster_arrival){ .source = &a, .key_id = key_id });
}

static bool ack(struct roster *r, uint32_t source, int64_t rtt_ns, int64_t now_ns)
{
        struct address a = nth_address(source);

        return roster_ack(r, &(struct roster_arrival){ .source = &a, .rtt_ns = rtt_ns, .at_ns = now_ns });
}

static const struct roster_entry *find(const struct roster *r, uint32_t source)
{
        const struct address a = nth_address(source);
        const struct roster_entry *e;

        for (size_t slot = 0; (e = roster_next(r, &slot));)
                if (address_equal(&e->address, &a))
                        return e;
        return NULL;
}

/* Each character of `acks` is a message: whether source 1 acknowledges it (+) or not (-), or whether it is
 * given up (~: after its ack; x: without). */
static const struct {
        const char *name;
        const char *acks;
        uint64_t acked, missed, in_row;
        size_t missing; /* of the last message that was judged */
} rows[] = {
        { "one", "+", 1, 0, 0, 0 },
        { "before its first ack nothing is missed", "--+", 1, 0, 0, 0 },
        { "the next one", "+-", 1, 1, 1, 0 },
        { "several in a row", "+---", 1, 3, 3, 0 },
        { "it is back", "+--+", 2, 2, 0, 0 },
        { "… and away again", "+--+-", 2, 3, 1, 0 },
        { "two acks: not yet relied upon", "++-", 2, 1, 1, 0 },
        { "three acks: one is missing", "+++-", 3, 1, 1, 1 },
        { "three acks with gaps are three", "+-+-+-", 3, 3, 1, 1 },
        { "it goes on missing", "+++---", 3, 3, 3, 1 },
        { "nothing is missing if it is there", "+++-+", 4, 1, 0, 0 },
        { "what is given up is not judged", "+++x", 3, 0, 0, 0 },
        { "… and an ack of it counts", "+++~", 4, 0, 0, 0 },
        { "… but not for the next message", "+++~-", 4, 1, 1, 1 },
        { "given up between two misses", "+++-x-", 3, 2, 2, 1 },
};

static size_t play(struct roster *r, const char *acks)
{
        size_t missing = 0;

        for (; *acks; acks++) {
                if (*acks == '+' || *acks == '~')
                        assert_true(ack(r, 1, 5, 10));
                if (*acks == '+' || *acks == '-')
                        missing = roster_conclude(r);
                else
                        roster_abandon(r);
        }
        return missing;
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct roster *r = make();
                size_t missing = play(r, rows[i].acks);
                const struct roster_entry *e = find(r, 1);

                CHECK(rows[i].name, e != NULL);
                CHECK_INT(rows[i].name, missing, rows[i].missing);
                CHECK_INT(rows[i].name, e->acked, rows[i].acked);
                CHECK_INT(rows[i].name, e->missed, rows[i].missed);
                CHECK_INT(rows[i].name, e->missed_in_row, rows[i].in_row);
                CHECK_INT(rows[i].name, roster_count(r), 1);
                assert_null(roster_free(r));
        }
        assert_null(roster_free(NULL));
}

static void test_the_key_is_that_of_the_last_ack(void **state)
{
        static const uint16_t keys[] = { 7, 65535, 0, 9 };
        struct roster *r = make();

        (void)state;
        assert_true(signed_ack(r, 2, 8));
        for (size_t i = 0; i < N_OF(keys); i++) {
                assert_true(signed_ack(r, 1, keys[i]));
                roster_conclude(r);
                assert_int_equal(find(r, 1)->key_id, keys[i]);
                assert_int_equal(find(r, 2)->key_id, 8);
        }
        roster_free(r);
}

static void test_nobody(void **state)
{
        struct roster *r = make();
        size_t slot = 0;

        (void)state;
        assert_int_equal(roster_conclude(r), 0);
        roster_abandon(r);
        assert_int_equal(roster_count(r), 0);
        assert_null(roster_next(r, &slot));
        roster_free(r);
}

static void test_round_trip_times(void **state)
{
        struct roster *r = make();
        const struct roster_entry *e;

        (void)state;
        ack(r, 1, 300, 1000);
        e = find(r, 1);
        assert_int_equal(e->rtt_last_ns, 300);
        assert_int_equal(e->rtt_min_ns, 300);
        assert_int_equal(e->rtt_max_ns, 300);
        ack(r, 1, 100, 2000);
        ack(r, 1, 200, 3000);
        assert_int_equal(e->rtt_last_ns, 200);
        assert_int_equal(e->rtt_min_ns, 100);
        assert_int_equal(e->rtt_max_ns, 300);
        assert_int_equal(e->rtt_sum_ns, 600);
        assert_int_equal(e->last_ns, 3000);
        roster_free(r);
}

static void test_sources_are_told_apart(void **state)
{
        struct roster *r = make();

        (void)state;
        for (int i = 0; i < 3; i++) {
                ack(r, 1, 1, 1);
                ack(r, 2, 2, 1);
                assert_int_equal(roster_conclude(r), 0);
        }
        ack(r, 2, 2, 2);
        assert_int_equal(roster_conclude(r), 1);
        assert_int_equal(roster_conclude(r), 2);
        assert_int_equal(find(r, 1)->missed, 2);
        assert_int_equal(find(r, 2)->missed, 1);
        assert_int_equal(roster_count(r), 2);
        roster_free(r);
}

static void fill_with_established(struct roster *r, uint32_t first, uint32_t n)
{
        for (uint32_t source = first; source < first + n; source++)
                for (int i = 0; i < ROSTER_ESTABLISHED; i++)
                        assert_true(ack(r, source, 1, 1));
}

static void test_a_flood_leaves_those_who_are_established(void **state)
{
        struct roster *r = make();

        (void)state;
        fill_with_established(r, 0, 100);
        for (uint32_t n = 0; n < 20 * ROSTER_MAX; n++) {
                assert_true(ack(r, 1000 + n, 1, 10 + n));
                assert_true(roster_count(r) <= ROSTER_MAX);
        }
        for (uint32_t source = 0; source < 100; source++)
                assert_int_equal(find(r, source)->acked, ROSTER_ESTABLISHED);
        assert_int_equal(roster_count(r), ROSTER_MAX);
        /* The last ones stay. */
        assert_non_null(find(r, 1000 + 20 * ROSTER_MAX - 1));
        assert_non_null(find(r, 1000 + 20 * ROSTER_MAX - (ROSTER_MAX - 100)));
        assert_null(find(r, 1000 + 20 * ROSTER_MAX - (ROSTER_MAX - 100) - 1));
        roster_free(r);
}

static void test_the_one_heard_least_lately_gives_way(void **state)
{
        struct roster *r = make();

        (void)state;
        fill_with_established(r, 0, ROSTER_MAX - 2);
        ack(r, 5001, 1, 100);
        ack(r, 5002, 1, 200);
        ack(r, 5001, 1, 300);
        assert_true(ack(r, 5003, 1, 400));
        assert_null(find(r, 5002));
        assert_non_null(find(r, 5001));
        assert_int_equal(find(r, 5003)->acked, 1);
        roster_free(r);
}

static void test_where_all_are_established_nobody_is_admitted(void **state)
{
        struct roster *r = make();

        (void)state;
        fill_with_established(r, 0, ROSTER_MAX);
        assert_false(ack(r, 5000, 1, 10));
        assert_null(find(r, 5000));
        assert_true(ack(r, 0, 1, 10));
        assert_int_equal(roster_count(r), ROSTER_MAX);
        roster_free(r);
}

static void test_forget(void **state)
{
        struct roster *r = make();
        const struct address first = nth_address(1), unknown = nth_address(9);
        struct address on_link = first;

        (void)state;
        fill_with_established(r, 1, 3);
        on_link.scope = 1;
        assert_false(roster_forget(r, &unknown));
        assert_false(roster_forget(r, &on_link));
        assert_true(roster_forget(r, &first));
        assert_false(roster_forget(r, &first));
        assert_null(find(r, 1));
        assert_int_equal(roster_count(r), 2);
        roster_abandon(r);
        /* Nobody waits for it any more. */
        assert_int_equal(roster_conclude(r), 2);
        ack(r, 1, 7, 7);
        assert_int_equal(find(r, 1)->acked, 1);
        assert_int_equal(find(r, 1)->missed, 0);
        assert_int_equal(find(r, 1)->rtt_max_ns, 7);
        roster_free(r);
}

/* Who fills it with what is not true must not have it for ever. */
static void test_after_a_day_the_established_make_room_as_well(void **state)
{
        struct roster *r = make();

        (void)state;
        fill_with_established(r, 0, ROSTER_MAX);
        assert_false(ack(r, 0xffffff, 1, ROSTER_KEEP_NS));
        assert_true(ack(r, 0xffffff, 1, ROSTER_KEEP_NS + 1));
        assert_int_equal(roster_count(r), ROSTER_MAX);
        roster_free(r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_the_key_is_that_of_the_last_ack),
                cmocka_unit_test(test_nobody),
                cmocka_unit_test(test_round_trip_times),
                cmocka_unit_test(test_sources_are_told_apart),
                cmocka_unit_test(test_a_flood_leaves_those_who_are_established),
                cmocka_unit_test(test_after_a_day_the_established_make_room_as_well),
                cmocka_unit_test(test_the_one_heard_least_lately_gives_way),
                cmocka_unit_test(test_where_all_are_established_nobody_is_admitted),
                cmocka_unit_test(test_forget),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
