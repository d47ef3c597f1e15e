/* test_replay.c - state/replay: each datagram is taken once, and none that may have been taken before. What
 * is not thought of here test_replay_model.c may find. */
#include "test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "state/replay.h"

#define KEY_ID   1
#define START_S  1790856000u
#define START_US (START_S * UINT64_C(1000000))
#define SECOND   UINT64_C(1000000)

static const struct hash_key key = { "sixteen letters" };

static struct replay *make(size_t senders, uint64_t start_us)
{
        struct replay *r;

        assert_int_equal(replay_new(senders, &key, start_us, &r), 0);
        return r;
}

static enum replay_verdict note(struct replay *r, uint64_t sender, uint64_t sequence, uint32_t time_s)
{
        const struct auth_stamp stamp = { KEY_ID, sender, sequence, time_s };

        return replay_note(r, &stamp);
}

/* --- memory that runs out --- */

static bool out_of_memory;
static unsigned refused_after; /* so many more are given, then none; 0: no end */

/* The linker puts the second of each before the first, see CMakeLists.txt. */
void *real_calloc(size_t n, size_t size) __asm__("__real_calloc");
void *scarce_calloc(size_t n, size_t size) __asm__("__wrap_calloc");
void *real_reallocarray(void *p, size_t n, size_t size) __asm__("__real_reallocarray");
void *scarce_reallocarray(void *p, size_t n, size_t size) __asm__("__wrap_reallocarray");

static bool is_refused(void)
{
        if (refused_after && --refused_after == 0)
                out_of_memory = true;
        return out_of_memory;
}

void *scarce_calloc(size_t n, size_t size)
{
        return is_refused() ? NULL : real_calloc(n, size);
}

void *scarce_reallocarray(void *p, size_t n, size_t size)
{
        return is_refused() ? NULL : real_reallocarray(p, n, size);
}

/* --- the window --- */

static const struct {
        const char *name;
        uint64_t first;
} bases[] = {
        { "a real one", START_US + 1 }, { "0", 0 },
        { "the end of a word", 63 },    { "the end of the ring", 64 * 17 - 1 },
        { "over 32 bits", UINT32_MAX }, { "the highest there are", UINT64_MAX - 5000 },
};

static void test_each_number_is_taken_once(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(bases); i++) {
                struct replay *r = make(1, 0);

                for (uint64_t n = 0; n <= 5000; n++) {
                        CHECK_INT(bases[i].name, note(r, 1, bases[i].first + n, START_S), REPLAY_FRESH);
                        CHECK_INT(bases[i].name, note(r, 1, bases[i].first + n, START_S), REPLAY_SEEN);
                }
                for (uint64_t n = 0; n <= 5000; n++)
                        CHECK_INT(bases[i].name, note(r, 1, bases[i].first + n, START_S), REPLAY_SEEN);
                replay_free(r);
        }
}

/* How far behind the highest a number may be: as far as the window is long, wherever it begins. */
static const struct {
        const char *name;
        uint64_t behind;
        enum replay_verdict verdict;
} late[] = {
        { "itself", 0, REPLAY_SEEN },
        { "by one", 1, REPLAY_FRESH },
        { "by a word", 64, REPLAY_FRESH },
        { "by two less than the window", 1022, REPLAY_FRESH },
        { "by one less than the window", 1023, REPLAY_FRESH },
        { "by the window", 1024, REPLAY_FRESH },
        { "by one more", 1025, REPLAY_SEEN },
        { "by a word more", 1088, REPLAY_SEEN },
        { "by the whole ring and one more", 1089, REPLAY_SEEN },
        { "by far", 100000, REPLAY_SEEN },
};

static void test_how_late_a_number_may_be(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(late); i++) {
                for (uint64_t from = START_US; from < START_US + 2 * 17 * 64; from++) {
                        struct replay *r = make(1, 0);

                        CHECK_INT(late[i].name, note(r, 1, from, START_S), REPLAY_FRESH);
                        CHECK_INT(late[i].name, note(r, 1, from - late[i].behind, START_S), late[i].verdict);
                        CHECK_INT(late[i].name, note(r, 1, from - late[i].behind, START_S), REPLAY_SEEN);
                        replay_free(r);
                }
        }
}

/* A step ahead forgets what falls out of the window, and nothing else: the numbers between are open, those
 * that were taken are not. */
static void test_steps_ahead(void **state)
{
        static const uint64_t steps[] = { 1,    2,    63,   64,   65,   127,        128,
                                          1023, 1024, 1025, 1087, 1088, 1089,       1151,
                                          1152, 2047, 2048, 2175, 2176, 0xffffffff, UINT64_C(1) << 62 };

        (void)state;
        for (size_t i = 0; i < N_OF(steps); i++) {
                for (uint64_t from = START_US; from < START_US + 64; from += 7) {
                        struct replay *r = make(1, 0);

                        /* Every other number of a full window. */
                        for (uint64_t n = from - 1024; n <= from; n += 2)
                                assert_int_equal(note(r, 1, n, START_S), REPLAY_FRESH);
                        assert_int_equal(note(r, 1, from + steps[i], START_S), REPLAY_FRESH);
                        for (uint64_t behind = 1; behind <= 1100; behind++) {
                                uint64_t n = from + steps[i] - behind;
                                bool taken = n <= from && n >= from - 1024 && (from - n) % 2 == 0;
                                bool gone = behind > REPLAY_WINDOW;

                                assert_int_equal(note(r, 1, n, START_S),
                                                 taken || gone ? REPLAY_SEEN : REPLAY_FRESH);
                        }
                        replay_free(r);
                }
        }
}

static void test_senders_and_keys_are_told_apart(void **state)
{
        static const struct auth_stamp stamps[] = {
                { 1, 1, 5, 0 }, { 1, 2, 5, 0 },   { 2, 1, 5, 0 },
                { 2, 2, 5, 0 }, { 256, 1, 5, 0 }, { 1, UINT64_C(1) << 63, 5, 0 },
                { 1, 0, 5, 0 },
        };
        struct replay *r = make(100, 0);

        (void)state;
        for (size_t i = 0; i < N_OF(stamps); i++)
                assert_int_equal(replay_note(r, &stamps[i]), REPLAY_FRESH);
        for (size_t i = 0; i < N_OF(stamps); i++)
                assert_int_equal(replay_note(r, &stamps[i]), REPLAY_SEEN);
        assert_int_equal(replay_count(r), N_OF(stamps));
        replay_free(r);
}

/* --- from before our start --- */

static const struct {
        const char *name;
        uint64_t start_us, sequence;
        uint32_t time_s;
        enum replay_verdict verdict;
} starts[] = {
        { "started before, signed before", START_US, START_US - 1, START_S - 1, REPLAY_EARLY },
        { "started before, signed in the same second", START_US, START_US - 1, START_S, REPLAY_EARLY },
        { "the same at its end", START_US + 999999, START_US + 999998, START_S, REPLAY_EARLY },
        { "started before, signed in the next one", START_US, START_US - 1, START_S + 1, REPLAY_FRESH },
        { "started at the same moment", START_US, START_US, START_S, REPLAY_EARLY },
        { "started after", START_US, START_US + 1, START_S, REPLAY_FRESH },
        { "started after, and its clock set back since", START_US, START_US + 1, START_S - 1, REPLAY_EARLY },
        { "the same, signed later all the same", START_US, START_US + 2 * SECOND, START_S + 1, REPLAY_FRESH },
        { "started an hour after, in the same second", START_US, START_US + 3600 * SECOND, START_S,
          REPLAY_EARLY },
        { "number 0", START_US, 0, START_S, REPLAY_EARLY },
        { "number 0, later", START_US, 0, START_S + 1, REPLAY_FRESH },
        { "nobody was here before", 0, 0, 0, REPLAY_FRESH },
        { "nobody was here before, 2038", 0, 0, 0x80000001, REPLAY_FRESH },
        { "before 2038, signed after", 0x7fffffff * SECOND, 1, 0x80000000, REPLAY_FRESH },
        { "after 2038, signed before", 0x80000000 * SECOND, 1, 0x7fffffff, REPLAY_EARLY },
        { "before 2106, signed after", UINT32_MAX *SECOND, 1, 0, REPLAY_FRESH },
        { "after 2106, signed before", (UINT32_MAX + UINT64_C(1)) * SECOND, 1, UINT32_MAX, REPLAY_EARLY },
        { "after 2106, in the same second", (UINT32_MAX + UINT64_C(6)) * SECOND, 1, 5, REPLAY_EARLY },
        { "after 2106, in the next one", (UINT32_MAX + UINT64_C(6)) * SECOND, 1, 6, REPLAY_FRESH },
};

static void test_what_is_from_before_our_start(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(starts); i++) {
                struct replay *r = make(4, starts[i].start_us);

                CHECK_INT(starts[i].name, note(r, 1, starts[i].sequence, starts[i].time_s),
                          starts[i].verdict);
                CHECK_INT(starts[i].name, replay_count(r), starts[i].verdict == REPLAY_FRESH);
                /* Nothing is noted of what is refused. */
                CHECK_INT(starts[i].name, note(r, 1, starts[i].sequence, starts[i].time_s),
                          starts[i].verdict == REPLAY_FRESH ? REPLAY_SEEN : REPLAY_EARLY);
                replay_free(r);
        }
}

/* Once a sender is known, what it had sent before we started is as early as before. */
static void test_the_first_one_opens_no_door_to_those_before_it(void **state)
{
        const uint64_t base = START_US - 100;
        struct replay *r = make(4, START_US);

        (void)state;
        assert_int_equal(note(r, 1, base + 7, START_S), REPLAY_EARLY);
        assert_int_equal(note(r, 1, base + 10, START_S + 1), REPLAY_FRESH);
        assert_int_equal(note(r, 1, base + 7, START_S), REPLAY_EARLY);
        assert_int_equal(note(r, 1, base + 8, START_S - 30), REPLAY_EARLY);
        /* Late, but from after our start. */
        assert_int_equal(note(r, 1, base + 9, START_S + 1), REPLAY_FRESH);
        assert_int_equal(note(r, 1, base + 9, START_S + 1), REPLAY_SEEN);
        replay_free(r);
}

/* What is known goes on whatever the clocks do: both were an hour ahead, and are set right. */
static void test_clocks_that_are_set_back_stop_nobody_who_is_known(void **state)
{
        struct replay *r = make(4, START_US);

        (void)state;
        assert_int_equal(note(r, 1, 10, START_S + 1), REPLAY_FRESH);
        assert_int_equal(note(r, 1, 11, START_S - 3600), REPLAY_FRESH);
        assert_int_equal(note(r, 1, 11, START_S - 3600), REPLAY_SEEN);
        assert_int_equal(note(r, 2, 10, START_S - 3600), REPLAY_EARLY);
        replay_free(r);
}

/* --- room --- */

static void test_it_grows_up_to_its_size(void **state)
{
        static const size_t sizes[] = { 1, 2, 15, 16, 17, 31, 32, 33, 100, 4096, 5000 };

        (void)state;
        for (size_t i = 0; i < N_OF(sizes); i++) {
                struct replay *r = make(sizes[i], 0);

                for (uint64_t n = 0; n < sizes[i]; n++) {
                        assert_int_equal(replay_count(r), n);
                        assert_int_equal(note(r, n, 2 * n, START_S), REPLAY_FRESH);
                }
                for (uint64_t n = 0; n < sizes[i]; n++) {
                        assert_int_equal(note(r, n, 2 * n, START_S), REPLAY_SEEN);
                        assert_int_equal(note(r, n, 2 * n + 1, START_S), REPLAY_FRESH);
                }
                assert_int_equal(note(r, sizes[i], 0, START_S), REPLAY_FRESH);
                assert_int_equal(replay_count(r), sizes[i]);
                replay_free(r);
        }
}

/* Of three senders each is heard; then a fourth one comes, later. */
static const struct {
        const char *name;
        uint64_t heard[4]; /* again, in this order; 0: nobody */
        uint64_t forgotten;
} silences[] = {
        { "nobody again", { 0 }, 1 },      { "the first", { 1 }, 2 },
        { "the second", { 2 }, 1 },        { "the last", { 3 }, 1 },
        { "the first two", { 1, 2 }, 3 },  { "in reverse", { 3, 2, 1 }, 3 },
        { "the same twice", { 1, 1 }, 2 }, { "and again", { 1, 2, 3, 2 }, 1 },
};

static void test_the_longest_silence_is_forgotten(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(silences); i++) {
                struct replay *r = make(3, 0);

                for (uint64_t s = 1; s <= 3; s++)
                        CHECK_INT(silences[i].name, note(r, s, 0, START_S), REPLAY_FRESH);
                for (size_t j = 0; j < 4 && silences[i].heard[j]; j++)
                        CHECK_INT(silences[i].name, note(r, silences[i].heard[j], 1 + j, START_S),
                                  REPLAY_FRESH);
                CHECK_INT(silences[i].name, note(r, 4, 0, START_S + 1), REPLAY_FRESH);
                CHECK_INT(silences[i].name, replay_count(r), 3);
                for (uint64_t s = 1; s <= 3; s++)
                        CHECK_INT(silences[i].name, note(r, s, 0, START_S),
                                  s == silences[i].forgotten ? REPLAY_EARLY : REPLAY_SEEN);
                replay_free(r);
        }
}

/* Else somebody who repeats what another one said could keep that other one, and have who is there forgotten.
 */
static void test_a_replay_breaks_no_silence(void **state)
{
        struct replay *r = make(2, 0);

        (void)state;
        assert_int_equal(note(r, 1, 0, START_S), REPLAY_FRESH);
        assert_int_equal(note(r, 2, 0, START_S), REPLAY_FRESH);
        assert_int_equal(note(r, 1, 0, START_S), REPLAY_SEEN);
        assert_int_equal(note(r, 3, 0, START_S + 1), REPLAY_FRESH);
        assert_int_equal(note(r, 2, 0, START_S), REPLAY_SEEN);
        assert_int_equal(note(r, 1, 0, START_S), REPLAY_EARLY);
        replay_free(r);
}

/* Sender 1 signs its last one at `last_s`, one that came late before that at last_s - 5, and is forgotten. */
static const struct {
        const char *name;
        uint32_t last_s, time_s;
        enum replay_verdict verdict;
} returns[] = {
        { "what it had sent", START_S, START_S - 5, REPLAY_EARLY },
        { "in the second of its last one", START_S, START_S, REPLAY_EARLY },
        { "in the next one", START_S, START_S + 1, REPLAY_FRESH },
        { "before 2106, what it had sent", UINT32_MAX, UINT32_MAX, REPLAY_EARLY },
        { "before 2106, after it", UINT32_MAX, 0, REPLAY_FRESH },
        { "after 2106, before it", 0, UINT32_MAX, REPLAY_EARLY },
        { "after 2106, in the next second", 0, 1, REPLAY_FRESH },
};

static void test_who_was_forgotten_must_be_newer(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(returns); i++) {
                struct replay *r = make(1, 0);

                CHECK_INT(returns[i].name, note(r, 1, 5, returns[i].last_s), REPLAY_FRESH);
                CHECK_INT(returns[i].name, note(r, 1, 4, returns[i].last_s - 5), REPLAY_FRESH);
                CHECK_INT(returns[i].name, note(r, 2, 5, returns[i].last_s), REPLAY_FRESH);
                CHECK_INT(returns[i].name, note(r, 1, 6, returns[i].time_s), returns[i].verdict);
                replay_free(r);
        }
}

/* The latest of all who were forgotten counts, in whatever order they were. */
static void test_the_latest_of_the_forgotten_counts(void **state)
{
        struct replay *r = make(2, 0);

        (void)state;
        assert_int_equal(note(r, 1, 0, START_S + 20), REPLAY_FRESH);
        assert_int_equal(note(r, 2, 0, START_S), REPLAY_FRESH);
        assert_int_equal(note(r, 3, 0, START_S), REPLAY_FRESH);
        /* Sender 1 is gone; 2 goes now. */
        assert_int_equal(note(r, 4, 0, START_S + 20), REPLAY_EARLY);
        assert_int_equal(note(r, 4, 0, START_S + 21), REPLAY_FRESH);
        assert_int_equal(note(r, 5, 0, START_S + 20), REPLAY_EARLY);
        /* Who is known is not held up by that. */
        assert_int_equal(note(r, 3, 1, START_S + 1), REPLAY_FRESH);
        replay_free(r);
}

/* A sender that was forgotten and comes back brings nothing back that was taken before. */
static void test_who_comes_back_opens_no_door(void **state)
{
        struct replay *r = make(1, 0);

        (void)state;
        for (uint64_t n = 0; n < 10; n++)
                assert_int_equal(note(r, 1, n, START_S), REPLAY_FRESH);
        assert_int_equal(note(r, 2, 0, START_S), REPLAY_FRESH);
        assert_int_equal(note(r, 1, 12, START_S + 1), REPLAY_FRESH);
        for (uint64_t n = 0; n < 10; n++)
                assert_int_equal(note(r, 1, n, START_S), REPLAY_EARLY);
        /* What comes late from after that is new; what comes after the first is not asked for its time. */
        assert_int_equal(note(r, 1, 11, START_S + 1), REPLAY_FRESH);
        assert_int_equal(note(r, 1, 13, START_S), REPLAY_FRESH);
        replay_free(r);
}

/* Without memory to grow it goes on with what it has, and grows once there is some. */
static void test_without_memory_somebody_is_forgotten(void **state)
{
        struct replay *r = make(64, 0);

        (void)state;
        for (uint64_t n = 0; n < 16; n++)
                assert_int_equal(note(r, n, 0, START_S), REPLAY_FRESH);
        for (unsigned at = 1; at <= 2; at++) {
                refused_after = at;
                assert_int_equal(note(r, 15 + at, 0, START_S + at), REPLAY_FRESH);
                assert_true(out_of_memory);
                assert_int_equal(replay_count(r), 16);
                assert_int_equal(note(r, at - 1, 0, START_S), REPLAY_EARLY);
                out_of_memory = false;
        }
        for (uint64_t n = 2; n < 18; n++)
                assert_int_equal(note(r, n, 0, START_S), REPLAY_SEEN);
        assert_int_equal(note(r, 100, 0, START_S + 3), REPLAY_FRESH);
        assert_int_equal(replay_count(r), 17);
        for (uint64_t n = 2; n < 18; n++)
                assert_int_equal(note(r, n, 0, START_S), REPLAY_SEEN);
        replay_free(r);
}

static void test_without_memory_there_is_none(void **state)
{
        (void)state;
        for (unsigned at = 1; at <= 3; at++) {
                struct replay *r = NULL;

                refused_after = at;
                assert_int_equal(replay_new(16, &key, 0, &r), -ENOMEM);
                assert_true(out_of_memory);
                assert_null(r);
                out_of_memory = false;
        }
}

static void test_the_last_owner_frees_it(void **state)
{
        struct replay *r = make(4, 0), *same = replay_share(r);

        (void)state;
        assert_ptr_equal(r, same);
        assert_int_equal(note(r, 1, 1, START_S), REPLAY_FRESH);
        assert_null(replay_free(r));
        assert_int_equal(note(same, 1, 1, START_S), REPLAY_SEEN);
        assert_null(replay_free(same));
        assert_null(replay_free(NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_number_is_taken_once),
                cmocka_unit_test(test_how_late_a_number_may_be),
                cmocka_unit_test(test_steps_ahead),
                cmocka_unit_test(test_senders_and_keys_are_told_apart),
                cmocka_unit_test(test_what_is_from_before_our_start),
                cmocka_unit_test(test_the_first_one_opens_no_door_to_those_before_it),
                cmocka_unit_test(test_clocks_that_are_set_back_stop_nobody_who_is_known),
                cmocka_unit_test(test_it_grows_up_to_its_size),
                cmocka_unit_test(test_the_longest_silence_is_forgotten),
                cmocka_unit_test(test_a_replay_breaks_no_silence),
                cmocka_unit_test(test_who_was_forgotten_must_be_newer),
                cmocka_unit_test(test_the_latest_of_the_forgotten_counts),
                cmocka_unit_test(test_who_comes_back_opens_no_door),
                cmocka_unit_test(test_without_memory_somebody_is_forgotten),
                cmocka_unit_test(test_without_memory_there_is_none),
                cmocka_unit_test(test_the_last_owner_frees_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
