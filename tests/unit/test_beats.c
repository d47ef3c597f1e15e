/* test_beats.c - loop/beats: what is due together is one wake-up, and what is not due is none. */
#include "test.h"

#include <event2/event.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "loop/beats.h"
#include "loop/env.h"

#define MANY (2 * BEATS_A_TURN + 2)

static struct {
        struct event_base *base;
        struct beats *beats;
        uint32_t slots[MANY];
        unsigned due;      /* calls of on_due() */
        unsigned settings; /* of the kernel's timer */
        bool armed;        /* it is */
        int64_t next_ns;   /* what a beat that is due is set to; 0: it is unset */
} t;

int __real_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old);

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
        t.settings++;
        t.armed = value->it_value.tv_sec || value->it_value.tv_nsec;
        return __real_timerfd_settime(fd, flags, value, old);
}

static void on_due(void *arg)
{
        t.due++;
        if (t.next_ns)
                beats_set(t.beats, *(uint32_t *)arg, t.next_ns);
        else
                beats_unset(t.beats, *(uint32_t *)arg);
}

static int set_up(void **state)
{
        (void)state;
        memset(&t, 0, sizeof t);
        t.base = event_base_new();
        if (!t.base || event_base_priority_init(t.base, LOOP_PRIORITIES) < 0 ||
            beats_new(t.base, &t.beats) < 0)
                return -1;
        for (size_t i = 0; i < MANY; i++)
                if (beats_join(t.beats, on_due, &t.slots[i], &t.slots[i]) < 0)
                        return -1;
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        beats_free(t.beats);
        event_base_free(t.base);
        return 0;
}

static void set_all(int64_t due_ns)
{
        for (size_t i = 0; i < MANY; i++)
                beats_set(t.beats, t.slots[i], due_ns);
}

static void test_one_moment_is_one_setting(void **state)
{
        (void)state;
        set_all(clock_monotonic_ns() + 3600 * NS_PER_S);
        assert_int_equal(t.settings, 1);
        event_base_loop(t.base, EVLOOP_NONBLOCK);
        assert_int_equal(t.due, 0);
}

static void test_a_turn_has_its_share(void **state)
{
        static const unsigned expected[] = { BEATS_A_TURN, 2 * BEATS_A_TURN, MANY };

        (void)state;
        t.next_ns = clock_monotonic_ns() + 3600 * NS_PER_S;
        set_all(clock_monotonic_ns());
        for (size_t i = 0; i < N_OF(expected); i++) {
                event_base_loop(t.base, EVLOOP_ONCE);
                assert_int_equal(t.due, expected[i]);
        }
        /* Once for the first of them, and once when all were done. */
        assert_int_equal(t.settings, 2);
        assert_true(t.armed);
        event_base_loop(t.base, EVLOOP_NONBLOCK);
        assert_int_equal(t.due, MANY);
}

static void test_without_beats_the_timer_is_off(void **state)
{
        (void)state;
        set_all(clock_monotonic_ns());
        while (t.due < MANY)
                event_base_loop(t.base, EVLOOP_ONCE);
        assert_false(t.armed);
        set_all(clock_monotonic_ns() + 3600 * NS_PER_S);
        assert_true(t.armed);
        for (size_t i = 0; i < MANY; i++)
                beats_leave(t.beats, t.slots[i]);
        assert_false(t.armed);
}

static void test_what_is_earlier_is_set(void **state)
{
        (void)state;
        beats_set(t.beats, t.slots[0], clock_monotonic_ns() + 3600 * NS_PER_S);
        beats_set(t.beats, t.slots[1], clock_monotonic_ns());
        event_base_loop(t.base, EVLOOP_ONCE);
        assert_int_equal(t.due, 1);
        assert_true(t.armed);
}

static void test_a_place_is_given_again(void **state)
{
        uint32_t slot = 4711;

        (void)state;
        beats_leave(t.beats, t.slots[7]);
        assert_int_equal(beats_join(t.beats, on_due, &slot, &slot), 0);
        assert_int_equal(slot, t.slots[7]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_one_moment_is_one_setting, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_a_turn_has_its_share, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_without_beats_the_timer_is_off, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_is_earlier_is_set, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_a_place_is_given_again, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
