/* test_acks.c - state/acks: who has acknowledged a message, and when. */
#include "test.h"

#include "base/clock.h"
#include "scarce.h"
#include "state/acks.h"

static const struct hash_key key = { "sixteen letters" };

/* Acks of a message that was sent at one second. */
static struct acks *begun(void)
{
        struct acks *a;

        assert_int_equal(acks_new(&key, &a), 0);
        acks_begin(a, NS_PER_S);
        return a;
}

static enum ack_verdict note(struct acks *a, uint32_t source, int64_t now_ns)
{
        struct address address = nth_address(source);

        return acks_note(a, &address, now_ns);
}

static void assert_summary(const struct acks *a, uint32_t sources, int64_t first_ns, int64_t last_ns)
{
        struct acks_summary got = { 4711, 4711, 4711 };

        acks_summary(a, &got);
        assert_int_equal(got.sources, sources);
        assert_true(got.first_ns == first_ns);
        assert_true(got.last_ns == last_ns);
}

static void test_none(void **state)
{
        struct acks *a;

        (void)state;
        assert_int_equal(acks_new(&key, &a), 0);
        assert_summary(a, 0, 0, 0);
        /* A stranger may answer before anything was asked. */
        assert_int_equal(acks_note(a, &(struct address){ .family = AF_INET }, 1), ACK_FIRST);
        acks_begin(a, NS_PER_S);
        assert_summary(a, 0, 0, 0);
        assert_null(acks_free(a));
        assert_null(acks_free(NULL));
}

/* Each row notes one ack, on top of those above it. */
static const struct {
        const char *name;
        uint32_t source;
        int64_t after_ns;
        enum ack_verdict verdict;
        struct acks_summary summary;
} sequence[] = {
        { "the first, in the same moment", 1, 0, ACK_FIRST, { 1, 0, 0 } },
        { "its duplicate changes nothing", 1, 10, ACK_DUPLICATE, { 1, 0, 0 } },
        { "another", 2, 20, ACK_FIRST, { 2, 0, 20 } },
        { "the first one once more", 1, 30, ACK_DUPLICATE, { 2, 0, 20 } },
        { "the other one once more", 2, 40, ACK_DUPLICATE, { 2, 0, 20 } },
        { "a third, a minute later", 3, 60 * NS_PER_S, ACK_FIRST, { 3, 0, 60 * NS_PER_S } },
};

static void test_sequence(void **state)
{
        struct acks *a = begun();

        (void)state;
        for (size_t i = 0; i < N_OF(sequence); i++) {
                struct acks_summary got;

                CHECK_INT(sequence[i].name, note(a, sequence[i].source, NS_PER_S + sequence[i].after_ns),
                          sequence[i].verdict);
                acks_summary(a, &got);
                CHECK_INT(sequence[i].name, got.sources, sequence[i].summary.sources);
                CHECK_INT(sequence[i].name, got.first_ns, sequence[i].summary.first_ns);
                CHECK_INT(sequence[i].name, got.last_ns, sequence[i].summary.last_ns);
        }
        acks_free(a);
}

static void test_first_and_last_time(void **state)
{
        struct acks *a = begun();

        (void)state;
        assert_int_equal(note(a, 1, NS_PER_S + 3 * NS_PER_MS), ACK_FIRST);
        assert_summary(a, 1, 3 * NS_PER_MS, 3 * NS_PER_MS);
        assert_int_equal(note(a, 2, NS_PER_S + 7 * NS_PER_MS), ACK_FIRST);
        assert_summary(a, 2, 3 * NS_PER_MS, 7 * NS_PER_MS);
        acks_free(a);
}

static void test_overflow(void **state)
{
        struct acks *a = begun();

        (void)state;
        for (uint32_t n = 0; n < ACKS_SOURCES_MAX; n++)
                assert_int_equal(note(a, n, NS_PER_S + n), ACK_FIRST);
        assert_summary(a, ACKS_SOURCES_MAX, 0, ACKS_SOURCES_MAX - 1);
        for (uint32_t n = 0; n < 10 * ACKS_SOURCES_MAX; n++)
                assert_int_equal(note(a, ACKS_SOURCES_MAX + n, 2 * NS_PER_S), ACK_OVERFLOW);
        /* Those that were counted are still known. */
        for (uint32_t n = 0; n < ACKS_SOURCES_MAX; n++)
                assert_int_equal(note(a, n, 2 * NS_PER_S), ACK_DUPLICATE);
        assert_summary(a, ACKS_SOURCES_MAX, 0, ACKS_SOURCES_MAX - 1);
        acks_free(a);
}

static void test_a_new_message_starts_with_nothing(void **state)
{
        struct acks *a = begun();

        (void)state;
        for (uint32_t message = 0; message < 100; message++) {
                acks_begin(a, message * NS_PER_S);
                assert_summary(a, 0, 0, 0);
                for (uint32_t n = 0; n < ACKS_SOURCES_MAX; n++)
                        assert_int_equal(note(a, n, message * NS_PER_S + 5), ACK_FIRST);
                assert_int_equal(note(a, 0, message * NS_PER_S + 6), ACK_DUPLICATE);
                assert_summary(a, ACKS_SOURCES_MAX, 5, 5);
        }
        acks_free(a);
}

/* One address on two links is two sources (RFC 4007), wherever in the table they meet. */
static void test_links_are_told_apart(void **state)
{
        struct acks *a = begun();

        (void)state;
        for (uint32_t scope = 1; scope <= ACKS_SOURCES_MAX; scope++) {
                const struct address source = { AF_INET6, { 0xfe, 0x80, [15] = 1 }, scope };

                assert_int_equal(acks_note(a, &source, 2 * NS_PER_S), ACK_FIRST);
                assert_int_equal(acks_note(a, &source, 2 * NS_PER_S), ACK_DUPLICATE);
        }
        assert_summary(a, ACKS_SOURCES_MAX, NS_PER_S, NS_PER_S);
        acks_free(a);
}

/* There may be a thousand emitters, and memory may be short when the first ack comes. */
static void test_the_table_is_made_when_it_is_needed(void **state)
{
        struct acks *a;

        (void)state;
        asked = 0;
        a = begun();
        assert_true(asked < 1024);
        allowed = 1024;
        assert_int_equal(note(a, 1, NS_PER_S), ACK_OVERFLOW);
        allowed = SIZE_MAX;
        assert_int_equal(note(a, 1, NS_PER_S), ACK_FIRST);
        acks_free(a);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_none),
                cmocka_unit_test(test_sequence),
                cmocka_unit_test(test_first_and_last_time),
                cmocka_unit_test(test_overflow),
                cmocka_unit_test(test_a_new_message_starts_with_nothing),
                cmocka_unit_test(test_links_are_told_apart),
                cmocka_unit_test(test_the_table_is_made_when_it_is_needed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
