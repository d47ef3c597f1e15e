/* test_silence.c - state/silence: when a group counts as silent, and how often something is done about it.
 * All times are in seconds; hearing begins at 1000. */
#include "test.h"

#include "base/clock.h"
#include "state/silence.h"

#define S(seconds) ((int64_t)(seconds)*NS_PER_S)

/* What happens to a silence, in the order of the time. */
struct step {
        int at;
        enum {
                DUE,
                NOT_DUE,
                HEARD,
                HEARD_AGAIN,
                RESTART,
                EXPECT
        } what;
        int value; /* of HEARD_AGAIN how long, of EXPECT what; else 0 */
};

#define STEPS_MAX 14

static const struct {
        const char *name;
        int expect;
        struct step steps[STEPS_MAX]; /* a time of 0 ends them */
} cases[] = {
        { "off", 0, { { 1001, NOT_DUE, 0 }, { 99999, NOT_DUE, 0 }, { 99999, HEARD, 0 } } },
        { "just before, and then", 10, { { 1009, NOT_DUE, 0 }, { 1010, DUE, 0 }, { 1010, NOT_DUE, 0 } } },
        { "heard in time", 10, { { 1009, HEARD, 0 }, { 1018, NOT_DUE, 0 }, { 1019, DUE, 0 } } },
        { "once more after each further time, twice as long each",
          10,
          { { 1010, DUE, 0 },
            { 1019, NOT_DUE, 0 },
            { 1020, DUE, 0 },
            { 1039, NOT_DUE, 0 },
            { 1040, DUE, 0 },
            { 1079, NOT_DUE, 0 },
            { 1080, DUE, 0 },
            { 1160, DUE, 0 },
            { 1320, DUE, 0 },
            { 1619, NOT_DUE, 0 },
            { 1620, DUE, 0 },
            { 1919, NOT_DUE, 0 },
            { 1920, DUE, 0 } } },
        { "five minutes are the most",
          150,
          { { 1150, DUE, 0 }, { 1300, DUE, 0 }, { 1599, NOT_DUE, 0 }, { 1600, DUE, 0 }, { 1900, DUE, 0 } } },
        { "but not where more was asked for",
          1000,
          { { 2000, DUE, 0 },
            { 2999, NOT_DUE, 0 },
            { 3000, DUE, 0 },
            { 3999, NOT_DUE, 0 },
            { 4000, DUE, 0 },
            { 5000, DUE, 0 } } },
        { "exactly five minutes",
          300,
          { { 1300, DUE, 0 }, { 1600, DUE, 0 }, { 1899, NOT_DUE, 0 }, { 1900, DUE, 0 } } },
        { "heard again, and the times begin anew",
          10,
          { { 1010, DUE, 0 },
            { 1020, DUE, 0 },
            { 1025, HEARD_AGAIN, 25 },
            { 1034, NOT_DUE, 0 },
            { 1035, DUE, 0 },
            { 1045, DUE, 0 } } },
        { "the length counts from what was last heard",
          10,
          { { 1007, HEARD, 0 }, { 1017, DUE, 0 }, { 1100, HEARD_AGAIN, 93 }, { 1101, HEARD, 0 } } },
        { "late: nothing is caught up", 10, { { 5000, DUE, 0 }, { 5000, NOT_DUE, 0 }, { 5010, DUE, 0 } } },
        { "nothing could be heard: it begins anew",
          10,
          { { 1009, RESTART, 0 }, { 1018, NOT_DUE, 0 }, { 1019, DUE, 0 } } },
        { "nothing could be heard while it was silent: it still is",
          10,
          { { 1010, DUE, 0 },
            { 1100, RESTART, 0 },
            { 1109, NOT_DUE, 0 },
            { 1110, DUE, 0 },
            { 1111, HEARD_AGAIN, 111 } } },
        { "turned on later: it begins then",
          0,
          { { 2000, EXPECT, 10 }, { 2009, NOT_DUE, 0 }, { 2010, DUE, 0 }, { 2015, HEARD_AGAIN, 15 } } },
        { "turned off and on again",
          10,
          { { 1005, EXPECT, 0 }, { 2000, EXPECT, 10 }, { 2009, NOT_DUE, 0 }, { 2010, DUE, 0 } } },
        { "turned off while silent",
          10,
          { { 1010, DUE, 0 }, { 1011, EXPECT, 0 }, { 9999, NOT_DUE, 0 }, { 9999, HEARD, 0 } } },
        { "longer while silent: it still is",
          10,
          { { 1010, DUE, 0 },
            { 1012, EXPECT, 60 },
            { 1071, NOT_DUE, 0 },
            { 1072, DUE, 0 },
            { 1080, HEARD_AGAIN, 80 } } },
        { "the same again while silent changes nothing",
          10,
          { { 1010, DUE, 0 },
            { 1012, EXPECT, 10 },
            { 1019, NOT_DUE, 0 },
            { 1020, DUE, 0 },
            { 1040, DUE, 0 } } },
        { "another while silent, and the times begin anew",
          10,
          { { 1010, DUE, 0 },
            { 1020, DUE, 0 },
            { 1021, EXPECT, 12 },
            { 1032, NOT_DUE, 0 },
            { 1033, DUE, 0 },
            { 1044, NOT_DUE, 0 },
            { 1045, DUE, 0 },
            { 1069, DUE, 0 } } },
        { "nothing could be heard while it was silent, and the times begin anew",
          10,
          { { 1010, DUE, 0 },
            { 1020, DUE, 0 },
            { 1030, RESTART, 0 },
            { 1040, DUE, 0 },
            { 1050, DUE, 0 },
            { 1070, DUE, 0 } } },
        { "the same again changes nothing", 10, { { 1009, EXPECT, 10 }, { 1010, DUE, 0 } } },
};

static void run_step(const char *name, struct silence *s, const struct step *step)
{
        int64_t now_ns = S(step->at), heard_ns;

        switch (step->what) {
        case DUE:
                CHECK(name, silence_due(s, now_ns) && s->silent);
                break;
        case NOT_DUE:
                CHECK(name, !silence_due(s, now_ns));
                break;
        case HEARD:
                CHECK(name, !silence_heard(s, now_ns, &heard_ns) && !s->silent);
                break;
        case HEARD_AGAIN:
                CHECK(name, silence_heard(s, now_ns, &heard_ns) && !s->silent);
                CHECK(name, heard_ns == S(step->value));
                break;
        case RESTART:
                silence_restart(s, now_ns);
                break;
        case EXPECT:
                silence_expect(s, S(step->value), now_ns);
                break;
        }
}

static void test_cases(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct silence s = { 0 };

                silence_expect(&s, S(cases[i].expect), S(999));
                silence_restart(&s, S(1000));
                for (size_t k = 0; k < STEPS_MAX && cases[i].steps[k].at; k++)
                        run_step(cases[i].name, &s, &cases[i].steps[k]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
