/* test_log_flush.c - base/log above a sink that keeps lines: when they are flushed, and what is lost by then.
 */
#include "log_sink.h"

static size_t flush(void *arg, size_t *ret_lost)
{
        struct got *got = arg;

        /* As a system call inside would. */
        errno = EPIPE;
        got->flushes++;
        *ret_lost = got->lost;
        got->lost = 0;
        return got->kept;
}

static void hear(void *arg, enum event_id event, const struct log_record *record)
{
        size_t *heard = arg;

        (void)event;
        (void)record;
        (*heard)++;
}

static int set_up(void **state)
{
        int r = set_up_sink(state);

        log_set_flush(flush);
        return r;
}

/* What goes at once does so with all that waits. */
static const struct {
        const char *name;
        enum event_id event;
        bool waits;
} urgencies[] = {
        { "error", EVENT_FAILED, false },          { "warning", EVENT_ACKS_SHORT, false },
        { "notice", EVENT_JOINED, false },         { "info", EVENT_RECEIVED, true },
        { "debug", EVENT_NOT_ACKNOWLEDGED, true },
};

static void test_only_what_is_not_urgent_waits_for_a_flush(void **state)
{
        struct got *got = *state;

        for (size_t i = 0; i < N_OF(urgencies); i++) {
                got->flushes = 0;
                log_event(urgencies[i].event, NULL, 0, "said");
                CHECK_INT(urgencies[i].name, got->flushes, urgencies[i].waits ? 0 : 1);
        }
}

static void test_many_lines_do_not_wait(void **state)
{
        struct got *got = *state;

        for (int i = 0; i < 640; i++) {
                got->n = 0;
                say("one of many");
        }
        assert_int_equal(got->flushes, 10);
}

static void test_flush_says_whether_lines_wait(void **state)
{
        struct got *got = *state;

        errno = ENETUNREACH;
        assert_false(log_flush());
        got->kept = 1;
        assert_true(log_flush());
        assert_int_equal(errno, ENETUNREACH);
        assert_int_equal(got->flushes, 2);
        log_set_sink(keep, got);
        assert_false(log_flush());
        assert_int_equal(got->flushes, 2);
}

/* They were taken, and are lost even so. */
static void test_what_a_flush_loses_is_counted_and_reported(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        say("taken");
        got->lost = 5;
        (void)log_flush();
        assert_true(log_lost() - before == 5);
        say("behind them");
        assert_int_equal(got->n, 3);
        assert_report(got, 1, 5);
        assert_string_equal(got->lines[2], "behind them");
        assert_true(log_lost() - before == 5);
}

/* If it were lost behind a flush, nobody would know of those that it tells of. */
static void test_a_report_is_not_kept(void **state)
{
        struct got *got = *state;

        got->lost = 1;
        (void)log_flush();
        log_report_lost();
        assert_report(got, 0, 1);
        assert_true(got->at_once);
        log_event(EVENT_FAILED, NULL, 0, "urgent, but may be kept");
        assert_false(got->at_once);
}

static void test_what_would_be_lost_need_not_be_made(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        assert_false(log_skip(EVENT_RECEIVED));
        got->refuse = -EAGAIN;
        assert_false(log_skip(EVENT_RECEIVED));
        say("lost");
        assert_true(log_skip(EVENT_RECEIVED));
        assert_true(log_skip(EVENT_RECEIVED));
        assert_true(log_lost() - before == 3);
        log_set_level(LOG_LEVEL_WARNING);
        assert_false(log_skip(EVENT_RECEIVED));
        log_set_level(LOG_LEVEL_INFO);
        got->refuse = 0;
        assert_false(log_skip(EVENT_RECEIVED));
        assert_true(log_lost() - before == 3);
        assert_report(got, 0, 3);
}

/* The sink would refuse it. */
static void test_a_report_is_not_made_while_lines_are_kept(void **state)
{
        struct got *got = *state;

        got->kept = got->lost = 1;
        (void)log_flush();
        log_report_lost();
        assert_true(log_skip(EVENT_RECEIVED));
        assert_int_equal(got->calls, 0);
        got->kept = 0;
        (void)log_flush();
        log_report_lost();
        assert_report(got, 0, 2);
}

static void test_a_tap_hears_what_would_be_lost(void **state)
{
        struct got *got = *state;
        size_t heard = 0;

        got->refuse = -EAGAIN;
        say("lost");
        log_set_tap(hear, &heard, LOG_LEVEL_INFO);
        assert_false(log_skip(EVENT_RECEIVED));
        say("heard");
        assert_int_equal(heard, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_only_what_is_not_urgent_waits_for_a_flush),
                TEST(test_many_lines_do_not_wait),
                TEST(test_flush_says_whether_lines_wait),
                TEST(test_what_a_flush_loses_is_counted_and_reported),
                TEST(test_a_report_is_not_kept),
                TEST(test_what_would_be_lost_need_not_be_made),
                TEST(test_a_report_is_not_made_while_lines_are_kept),
                TEST(test_a_tap_hears_what_would_be_lost),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
