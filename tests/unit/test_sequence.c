/* test_sequence.c - state/sequence: what is lost, late or twice, and who was started anew. */
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>

#include "state/sequence.h"

/* What one peer says, as words: `7`, `7..9` for all these numbers, `b:7` with a boot of b, `b:` with that
 * alone. In the end there are these counts. */
static const struct {
        const char *name;
        const char *said;
        uint64_t lost, reordered, duplicates, restarts;
        uint64_t highest;
} cases[] = {
        { "one", "7", 0, 0, 0, 0, 7 },
        { "in order", "1..200", 0, 0, 0, 0, 200 },
        { "what came before the first is not missed", "1000 1001", 0, 0, 0, 0, 1001 },
        { "… if it comes late it is taken for twice", "1000 999", 0, 0, 1, 0, 1000 },
        { "one lost", "1 2 4", 1, 0, 0, 0, 4 },
        { "many lost", "1 2 1003", 1000, 0, 0, 0, 1003 },
        { "one late takes its loss back", "1 2 4 3", 0, 1, 0, 0, 4 },
        { "of three lost one is late", "1 2 6 4", 2, 1, 0, 0, 6 },
        { "twice in a row", "1 2 2", 0, 0, 1, 0, 2 },
        { "twice, later", "1..9 5", 0, 0, 1, 0, 9 },
        { "late, and twice", "1 2 4 3 3", 0, 1, 1, 0, 4 },
        { "zero is a number", "0 1 0", 0, 0, 1, 0, 1 },
        { "without a number", "b: b:", 0, 0, 0, 0, 0 },
        { "sometimes without one", "b:1 b: b:3", 1, 0, 0, 0, 3 },
        /* The edges of what is remembered. */
        { "late, 63 behind", "b:1..100 b:102..164 b:101", 0, 1, 0, 0, 164 },
        { "late, 64 behind: forgotten that it is missing", "b:1..100 b:102..165 b:101", 1, 1, 0, 0, 165 },
        { "late, 65 behind", "b:1..100 b:102..166 b:101", 1, 1, 0, 0, 166 },
        { "twice, 63 behind", "b:1..164 b:101", 0, 0, 1, 0, 164 },
        { "twice, 64 behind: taken for late", "b:1..165 b:101", 0, 1, 0, 0, 165 },
        { "63 ahead, and all late", "b:100 b:163 b:101..162", 0, 62, 0, 0, 163 },
        { "63 ahead, and the one before twice", "b:100 b:163 b:100", 62, 0, 1, 0, 163 },
        { "64 ahead, and all late", "b:100 b:164 b:101..163", 0, 63, 0, 0, 164 },
        { "64 ahead, and the one before: taken for late", "b:100 b:164 b:100", 63, 1, 0, 0, 164 },
        { "65 ahead, and all late but the first", "b:100 b:165 b:102..164", 1, 63, 0, 0, 165 },
        /* The edges of what is one sequence. */
        { "the longest loss", "1 1000001", 999999, 0, 0, 0, 1000001 },
        { "one more is another beginning", "1 1000002", 0, 0, 0, 0, 1000002 },
        { "… at which it goes on", "1 1000002 1000004", 1, 0, 0, 0, 1000004 },
        { "the latest", "b:2000001 b:1000001", 0, 1, 0, 0, 2000001 },
        { "one more is another beginning, too", "b:2000002 b:1000001 b:1000003", 1, 0, 0, 0, 1000003 },
        { "to the last number", "18446744073709551613 18446744073709551615", 1, 0, 0, 0, UINT64_MAX },
        { "to the last number at once", "1 18446744073709551615", 0, 0, 0, 0, UINT64_MAX },
        { "behind the last number the first", "b:18446744073709551615 b:0..2", 0, 0, 0, 0, 2 },
        /* Started anew. */
        { "another boot", "b:1..100 c:1..3", 0, 0, 0, 1, 3 },
        { "another boot with a higher number", "b:1..100 c:200", 0, 0, 0, 1, 200 },
        { "another boot with the same number", "b:100 c:100", 0, 0, 0, 1, 100 },
        { "another boot without a number", "b: c:", 0, 0, 0, 1, 0 },
        { "twice another boot", "b:1..9 c:1..9 d:1..9", 0, 0, 0, 2, 9 },
        { "late from before the start", "b:1..9 c:1..3 b:10 c:4", 0, 1, 0, 1, 4 },
        { "very late from before the start", "b:1..9 c:1..3 b:2 b:3 c:4", 0, 2, 0, 1, 4 },
        { "late from before two starts is taken for a start", "b:1 c:1 d:1 b:2", 0, 0, 0, 3, 2 },
        { "a boot is told from now on", "1..9 b:10", 0, 0, 0, 0, 10 },
        { "a boot is not always told", "b:1..9 10 b:12", 1, 0, 0, 0, 12 },
        { "what was lost before the start stays lost", "b:1 b:3 c:1..3", 1, 0, 0, 1, 3 },
        { "without a boot, from the beginning", "1..100 1..3", 0, 0, 0, 1, 3 },
        { "without a boot, 64 behind", "1..100 36 37", 0, 0, 0, 1, 37 },
        { "without a boot, 63 behind is twice", "1..100 37", 0, 0, 1, 0, 100 },
        { "without a boot, behind the last number the first", "18446744073709551615 0", 0, 0, 0, 1, 0 },
        { "with a boot, 99 behind is late", "b:1..100 b:1", 0, 1, 0, 0, 100 },
};

/* Returns how often it was told that the peer was started anew. */
static uint64_t say(struct peer *peer, const char *word)
{
        struct message m = { 0 };
        char *end;
        uint64_t last, told = 0;

        if (word[1] == ':') {
                m.has_boot = true;
                m.boot = (uint64_t)word[0];
                word += 2;
        }
        m.has_sequence = *word;
        m.sequence = last = strtoull(word, &end, 10);
        if (*end == '.')
                last = strtoull(end + 2, NULL, 10);
        for (; m.sequence < last; m.sequence++)
                told += sequence_note(peer, &m);
        return told + sequence_note(peer, &m);
}

static void test_cases(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                const char *row = cases[i].name;
                char said[128], *rest = NULL;
                struct peer peer = { 0 };
                uint64_t told = 0;

                strcpy(said, cases[i].said);
                for (char *word = strtok_r(said, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                        told += say(&peer, word);
                CHECK_INT(row, peer.lost, cases[i].lost);
                CHECK_INT(row, peer.reordered, cases[i].reordered);
                CHECK_INT(row, peer.duplicates, cases[i].duplicates);
                CHECK_INT(row, peer.restarts, cases[i].restarts);
                CHECK_INT(row, told, cases[i].restarts);
                CHECK_INT(row, peer.sequence, cases[i].highest);
        }
}

static void test_the_boots_are_known(void **state)
{
        struct peer peer = { 0 };

        (void)state;
        say(&peer, "b:1");
        assert_true(peer.has_boot);
        assert_int_equal(peer.boot, 'b');
        say(&peer, "c:1");
        assert_int_equal(peer.boot, 'c');
        assert_int_equal(peer.boot_before, 'b');
        /* One that comes late is not the present one. */
        say(&peer, "b:2");
        assert_int_equal(peer.boot, 'c');
}

/* Whoever sends what would be the highest number does not spoil the counts for ever. */
static void test_a_false_number_is_overcome(void **state)
{
        struct peer peer = { 0 };

        (void)state;
        say(&peer, "b:1..10");
        say(&peer, "b:18446744073709551615");
        say(&peer, "b:11..20");
        say(&peer, "b:22");
        assert_int_equal(peer.lost, 1);
        assert_int_equal(peer.reordered, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cases),
                cmocka_unit_test(test_the_boots_are_known),
                cmocka_unit_test(test_a_false_number_is_overcome),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
