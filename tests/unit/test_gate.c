/* test_gate.c - state/gate: what each mode lets in, in which order it is found out that something is not, and
 * that who has no key leaves no trace. */
#include "test.h"

#include <sodium/core.h>

#include "message/message.h"
#include "state/gate.h"
#include "state/stats.h"

#define NOW_S  1790856000u
#define SENDER UINT64_C(0x1122334455667788)
#define SIZE   128 /* of what is sent here, at most */

/* --- what a judgement costs --- */

static unsigned tags_checked, notes_taken;

/* The linker puts the second of each before the first, see CMakeLists.txt. */
bool real_auth_verify(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *bytes,
                      size_t length) __asm__("__real_auth_verify");
bool counted_auth_verify(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *bytes,
                         size_t length) __asm__("__wrap_auth_verify");
enum replay_verdict real_replay_note(struct replay *r,
                                     const struct auth_stamp *stamp) __asm__("__real_replay_note");
enum replay_verdict counted_replay_note(struct replay *r,
                                        const struct auth_stamp *stamp) __asm__("__wrap_replay_note");

bool counted_auth_verify(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *bytes,
                         size_t length)
{
        tags_checked++;
        return real_auth_verify(key, binding, bytes, length);
}

enum replay_verdict counted_replay_note(struct replay *r, const struct auth_stamp *stamp)
{
        notes_taken++;
        return real_replay_note(r, stamp);
}

/* --- a gate, and what comes to it --- */

struct bench {
        struct gate gate;
        struct auth_binding binding;
        struct keyring *keys;
};

/* It knows keys 1 and 2. */
static void bench_init(struct bench *b, enum auth_mode mode, enum auth_type type)
{
        static const struct hash_key hash_key = { "sixteen letters" };
        uint8_t secret[AUTH_SECRET_MIN] = { 1 };

        assert_true(sodium_init() >= 0);
        *b = (struct bench){
                .binding = { type, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 1, 2, 3 } },
                .gate = { .mode = mode, .binding = &b->binding },
        };
        assert_int_equal(keyring_new(&b->keys), 0);
        assert_int_equal(keyring_add(b->keys, 1, secret, sizeof secret), 0);
        secret[0] = 2;
        assert_int_equal(keyring_add(b->keys, 2, secret, sizeof secret), 0);
        assert_int_equal(replay_new(16, &hash_key, NOW_S * UINT64_C(1000000), &b->gate.replay), 0);
        b->gate.keys = b->keys;
        tags_checked = notes_taken = 0;
}

static void bench_end(struct bench *b)
{
        keyring_free(b->keys);
        replay_free(b->gate.replay);
}

static enum gate_verdict judge(const struct bench *b, const uint8_t *bytes, size_t length)
{
        struct gate_result result;

        gate_judge(&b->gate, bytes, length, NOW_S, &result);
        return result.verdict;
}

/* What can be wrong with a datagram; all that stands before another one is found out first. */
enum {
        NO_TRAILER = 1,
        ALGORITHM = 2,
        TYPE = 4,
        KEY = 8,
        TIME = 16,
        TAG = 32,
        SEEN = 64,
        FAULTS = 7,
};

static const struct {
        const char *name;
        enum gate_verdict verdict;
        unsigned tags, notes; /* that it costs to find out */
} faults[FAULTS + 1] = {
        { "not signed", GATE_REFUSED, 0, 0 },
        { "of another algorithm", GATE_MALFORMED, 0, 0 },
        { "of another type", GATE_MALFORMED, 0, 0 },
        { "an unknown key", GATE_UNKNOWN_KEY, 0, 0 },
        { "stale", GATE_STALE, 0, 0 },
        { "a wrong tag", GATE_BAD_MAC, 1, 0 },
        { "seen before", GATE_REPLAY, 1, 1 },
        { "nothing wrong", GATE_OK, 1, 1 },
};

/* "ATU" with all these faults; returns its length. */
static size_t make(const struct bench *b, unsigned wrong, uint64_t sequence, uint8_t bytes[SIZE])
{
        struct auth_binding binding = b->binding;
        struct auth_stamp stamp = { 1, SENDER, NOW_S * UINT64_C(1000000) + sequence, NOW_S };
        size_t length = 3;

        memcpy(bytes, "ATU", length);
        if (wrong & TYPE)
                binding.type = binding.type == AUTH_DATA ? AUTH_ACK : AUTH_DATA;
        if (wrong & KEY)
                stamp.key_id = 3;
        if (wrong & TIME)
                stamp.time_s -= AUTH_STALE_S + 1;
        auth_sign(keyring_find(b->keys, 1), &binding, &stamp, bytes, length, bytes + length);
        if (wrong & ALGORITHM)
                bytes[length + 4]++;
        if (wrong & TAG)
                bytes[length + AUTH_TRAILER_SIZE - 1] ^= 1;
        return wrong & NO_TRAILER ? length : length + AUTH_TRAILER_SIZE;
}

static unsigned first_of(unsigned wrong)
{
        unsigned i = 0;

        while (i < FAULTS && !(wrong & 1u << i))
                i++;
        return i;
}

/* Of every choice of faults the first one is told, at its price, whichever others there are. Both ways: what
 * is sent to a receiver, and acks to an emitter. */
static void test_the_cheap_questions_come_first(void **state)
{
        (void)state;
        for (unsigned n = 0; n < 2 * (1u << FAULTS); n++) {
                unsigned wrong = n / 2, first = first_of(wrong);
                uint8_t bytes[SIZE], before[SIZE];
                struct gate_result result;
                struct bench b;
                size_t length;

                bench_init(&b, AUTH_ENFORCE, n % 2 ? AUTH_ACK : AUTH_DATA);
                if (wrong & SEEN)
                        assert_int_equal(judge(&b, before, make(&b, 0, 1, before)), GATE_OK);
                tags_checked = notes_taken = 0;
                length = make(&b, wrong, 1, bytes);
                gate_judge(&b.gate, bytes, length, NOW_S, &result);
                CHECK_INT(faults[first].name, result.verdict, faults[first].verdict);
                CHECK_INT(faults[first].name, tags_checked, faults[first].tags);
                CHECK_INT(faults[first].name, notes_taken, faults[first].notes);
                CHECK_INT(faults[first].name, result.is_signed, !(wrong & (NO_TRAILER | ALGORITHM)));
                CHECK_INT(faults[first].name, result.length, wrong & ALGORITHM ? length : 3);
                CHECK_INT(faults[first].name, replay_count(b.gate.replay), !wrong || wrong & SEEN);
                bench_end(&b);
        }
}

/* --- modes --- */

/* In the order of the modes. */
static const struct {
        const char *name;
        unsigned wrong;
        size_t length; /* of what is handed on */
        enum gate_verdict verdicts[4];
} modes[] = {
        { "right", 0, 3, { GATE_UNCHECKED, GATE_OK, GATE_OK, GATE_OK } },
        { "not signed", NO_TRAILER, 3, { GATE_UNCHECKED, GATE_PLAIN, GATE_PLAIN, GATE_REFUSED } },
        { "of another algorithm",
          ALGORITHM,
          3 + AUTH_TRAILER_SIZE,
          { GATE_UNCHECKED, GATE_MALFORMED, GATE_MALFORMED, GATE_MALFORMED } },
        { "of another type", TYPE, 3, { GATE_UNCHECKED, GATE_MALFORMED, GATE_MALFORMED, GATE_MALFORMED } },
        { "an unknown key",
          KEY,
          3,
          { GATE_UNCHECKED, GATE_UNKNOWN_KEY, GATE_UNKNOWN_KEY, GATE_UNKNOWN_KEY } },
        { "stale", TIME, 3, { GATE_UNCHECKED, GATE_STALE, GATE_STALE, GATE_STALE } },
        { "a wrong tag", TAG, 3, { GATE_UNCHECKED, GATE_BAD_MAC, GATE_BAD_MAC, GATE_BAD_MAC } },
};

static void test_modes(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(modes); i++) {
                for (enum auth_mode mode = AUTH_OFF; mode <= AUTH_ENFORCE; mode++) {
                        struct gate_result result;
                        uint8_t bytes[SIZE];
                        struct bench b;

                        bench_init(&b, mode, AUTH_DATA);
                        gate_judge(&b.gate, bytes, make(&b, modes[i].wrong, 1, bytes), NOW_S, &result);
                        CHECK_INT(modes[i].name, result.verdict, modes[i].verdicts[mode]);
                        CHECK_INT(modes[i].name, result.length, modes[i].length);
                        if (mode == AUTH_OFF)
                                CHECK_INT(modes[i].name, tags_checked + notes_taken, 0);
                        bench_end(&b);
                }
        }
}

/* It needs neither keys nor memory, and still says what the trailer is of. */
static void test_off_only_cuts_the_trailer_off(void **state)
{
        const struct gate off = { .mode = AUTH_OFF };
        struct gate_result result;
        uint8_t bytes[SIZE];
        struct bench b;

        (void)state;
        bench_init(&b, AUTH_ENFORCE, AUTH_ACK);
        gate_judge(&off, bytes, make(&b, 0, 1, bytes), NOW_S, &result);
        assert_int_equal(result.verdict, GATE_UNCHECKED);
        assert_int_equal(result.length, 3);
        assert_true(result.is_signed);
        assert_int_equal(result.trailer.type, AUTH_ACK);
        bench_end(&b);
}

/* Without any key what is signed cannot be let in. */
static void test_without_keys_all_are_unknown(void **state)
{
        uint8_t bytes[SIZE];
        struct bench b;

        (void)state;
        bench_init(&b, AUTH_RECEIVE_ONLY, AUTH_DATA);
        b.gate.keys = NULL;
        assert_int_equal(judge(&b, bytes, make(&b, 0, 1, bytes)), GATE_UNKNOWN_KEY);
        assert_int_equal(judge(&b, bytes, make(&b, NO_TRAILER, 1, bytes)), GATE_PLAIN);
        bench_end(&b);
}

static void test_what_is_known_of_one_that_is_let_in(void **state)
{
        struct gate_result result;
        uint8_t bytes[SIZE];
        struct bench b;

        (void)state;
        bench_init(&b, AUTH_ENFORCE, AUTH_DATA);
        gate_judge(&b.gate, bytes, make(&b, 0, 5, bytes), NOW_S, &result);
        assert_int_equal(result.verdict, GATE_OK);
        assert_int_equal(result.trailer.type, AUTH_DATA);
        assert_int_equal(result.trailer.stamp.key_id, 1);
        assert_true(result.trailer.stamp.sender == SENDER);
        assert_true(result.trailer.stamp.sequence == NOW_S * UINT64_C(1000000) + 5);
        assert_int_equal(result.trailer.stamp.time_s, NOW_S);
        assert_memory_equal(result.trailer.tag, bytes + 3 + 28, AUTH_TAG_SIZE);
        bench_end(&b);
}

/* --- times --- */

static const struct {
        const char *name;
        uint32_t now_s;
        int32_t ahead_s;
        enum gate_verdict verdict;
} times[] = {
        { "now", NOW_S, 0, GATE_OK },
        { "the oldest", NOW_S, -30, GATE_OK },
        { "older", NOW_S, -31, GATE_STALE },
        { "the most ahead", NOW_S, 30, GATE_OK },
        { "more ahead", NOW_S, 31, GATE_STALE },
        { "a day ago", NOW_S, -86400, GATE_STALE },
        { "half of all times away", NOW_S, INT32_MIN, GATE_STALE },
        { "nearly", NOW_S, INT32_MAX, GATE_STALE },
        { "over 2038", 0x80000005, -30, GATE_OK },
        { "longer over 2038", 0x80000005, -31, GATE_STALE },
        { "ahead over 2038", 0x7ffffff0, 30, GATE_OK },
        { "over 2106", 5, -30, GATE_OK },
        { "longer over 2106", 5, -31, GATE_STALE },
        { "ahead over 2106", 0xfffffff0, 30, GATE_OK },
        { "more ahead over 2106", 0xfffffff0, 31, GATE_STALE },
};

static void test_times(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(times); i++) {
                struct auth_stamp stamp = { 1, SENDER, UINT64_MAX,
                                            times[i].now_s + (uint32_t)times[i].ahead_s };
                uint8_t bytes[SIZE];
                struct gate_result result;
                struct bench b;

                bench_init(&b, AUTH_ENFORCE, AUTH_DATA);
                auth_sign(keyring_find(b.keys, 1), &b.binding, &stamp, bytes, 0, bytes);
                gate_judge(&b.gate, bytes, AUTH_TRAILER_SIZE, times[i].now_s, &result);
                CHECK_INT(times[i].name, result.verdict, times[i].verdict);
                CHECK_INT(times[i].name, result.length, 0);
                bench_end(&b);
        }
}

/* What was signed before we started, by somebody who has not been heard. */
static void test_early(void **state)
{
        struct auth_stamp stamp = { 1, SENDER, 1, NOW_S };
        uint8_t bytes[AUTH_TRAILER_SIZE];
        struct bench b;

        (void)state;
        bench_init(&b, AUTH_RECEIVE_ONLY, AUTH_DATA);
        auth_sign(keyring_find(b.keys, 1), &b.binding, &stamp, bytes, 0, bytes);
        assert_int_equal(judge(&b, bytes, sizeof bytes), GATE_EARLY);
        stamp.time_s++;
        auth_sign(keyring_find(b.keys, 1), &b.binding, &stamp, bytes, 0, bytes);
        assert_int_equal(judge(&b, bytes, sizeof bytes), GATE_OK);
        bench_end(&b);
}

/* --- strangers --- */

/* A right datagram, and each that differs from it in one bit: none of them is let in as signed, and none
 * leaves a trace by which the right one would be refused, or somebody else forgotten. Where the magic is hit
 * it is just a text. */
static void test_what_was_changed_leaves_no_trace(void **state)
{
        uint8_t bytes[SIZE];
        struct bench b;
        size_t length;

        (void)state;
        bench_init(&b, AUTH_RECEIVE_ONLY, AUTH_DATA);
        length = make(&b, 0, 1, bytes);
        for (size_t bit = 0; bit < 8 * length; bit++) {
                size_t at = bit / 8;
                enum gate_verdict verdict;

                bytes[at] ^= (uint8_t)(1u << bit % 8);
                verdict = judge(&b, bytes, length);
                if (at >= 3 && at < 7)
                        assert_int_equal(verdict, GATE_PLAIN);
                else
                        assert_in_range(verdict, GATE_MALFORMED, GATE_BAD_MAC);
                bytes[at] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(notes_taken, 0);
        assert_int_equal(replay_count(b.gate.replay), 0);
        assert_int_equal(judge(&b, bytes, length), GATE_OK);
        bench_end(&b);
}

/* A flood of wrong tags, from as many senders as it likes, with numbers as high as can be. */
static void test_a_flood_without_a_key_changes_nothing(void **state)
{
        uint8_t bytes[SIZE];
        struct bench b;
        size_t length;

        (void)state;
        bench_init(&b, AUTH_ENFORCE, AUTH_DATA);
        assert_int_equal(judge(&b, bytes, make(&b, 0, 1, bytes)), GATE_OK);
        for (uint64_t n = 0; n < 10000; n++) {
                length = make(&b, TAG, 1000000 * n, bytes);
                if (n % 2)
                        memcpy(bytes + 3 + 8, &n, sizeof n);
                assert_int_equal(judge(&b, bytes, length), GATE_BAD_MAC);
        }
        assert_int_equal(notes_taken, 1);
        assert_int_equal(replay_count(b.gate.replay), 1);
        assert_int_equal(judge(&b, bytes, make(&b, 0, 2, bytes)), GATE_OK);
        bench_end(&b);
}

/* Each with a good key, but for somewhere else. */
static const struct {
        const char *name;
        struct auth_binding binding;
        uint16_t key_id; /* whose secret is used, though key 1 is named */
        enum gate_verdict verdict;
} others[] = {
        { "another group",
          { AUTH_DATA, { { AF_INET, { 239, 1, 1, 2 }, 0 }, 5001 }, { 0 } },
          1,
          GATE_BAD_MAC },
        { "another port", { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5002 }, { 0 } }, 1, GATE_BAD_MAC },
        { "another family",
          { AUTH_DATA, { { AF_INET6, { 239, 1, 1, 1 }, 0 }, 5001 }, { 0 } },
          1,
          GATE_BAD_MAC },
        { "another key", { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 0 } }, 2, GATE_BAD_MAC },
        { "an ack", { AUTH_ACK, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 0 } }, 1, GATE_MALFORMED },
        { "what it should be", { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 9 } }, 1, GATE_OK },
};

static void test_what_is_meant_for_others(void **state)
{
        const struct auth_stamp stamp = { 1, SENDER, UINT64_MAX, NOW_S };

        (void)state;
        for (size_t i = 0; i < N_OF(others); i++) {
                uint8_t bytes[AUTH_TRAILER_SIZE];
                struct bench b;

                bench_init(&b, AUTH_RECEIVE_ONLY, AUTH_DATA);
                auth_sign(keyring_find(b.keys, others[i].key_id), &others[i].binding, &stamp, bytes, 0,
                          bytes);
                CHECK_INT(others[i].name, judge(&b, bytes, sizeof bytes), others[i].verdict);
                bench_end(&b);
        }
}

/* An ack is one of the last message alone. */
static void test_an_ack_of_another_message(void **state)
{
        uint8_t bytes[SIZE];
        struct bench b;
        size_t length;

        (void)state;
        bench_init(&b, AUTH_ENFORCE, AUTH_ACK);
        length = make(&b, 0, 1, bytes);
        b.binding.request_tag[15] ^= 1;
        assert_int_equal(judge(&b, bytes, length), GATE_BAD_MAC);
        b.binding.request_tag[15] ^= 1;
        assert_int_equal(judge(&b, bytes, length), GATE_OK);
        bench_end(&b);
}

/* Of what is let in there is no counter dropped_…, either. */
static void test_a_refusal_has_the_name_of_its_counter(void **state)
{
        size_t found = 0;

        (void)state;
        for (enum gate_verdict v = 0; v < GATE_VERDICTS; v++) {
                const char *name = gate_refusal_name(v);

                CHECK_INT("let in", name == NULL, v < GATE_REFUSED);
                for (enum stat i = STAT_DROPPED_PLAIN; name && i <= STAT_DROPPED_EARLY; i++)
                        found += strcmp(stats_name(i) + strlen("dropped_"), name) == 0;
        }
        assert_int_equal(found, GATE_VERDICTS - GATE_REFUSED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_cheap_questions_come_first),
                cmocka_unit_test(test_modes),
                cmocka_unit_test(test_off_only_cuts_the_trailer_off),
                cmocka_unit_test(test_without_keys_all_are_unknown),
                cmocka_unit_test(test_what_is_known_of_one_that_is_let_in),
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_early),
                cmocka_unit_test(test_what_was_changed_leaves_no_trace),
                cmocka_unit_test(test_a_flood_without_a_key_changes_nothing),
                cmocka_unit_test(test_what_is_meant_for_others),
                cmocka_unit_test(test_an_ack_of_another_message),
                cmocka_unit_test(test_a_refusal_has_the_name_of_its_counter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
