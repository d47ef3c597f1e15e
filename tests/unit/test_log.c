/* test_log.c - base/log, with a sink of the test: levels, one line an event, and what a refusing sink costs.
 */
#include "log_sink.h"

static void test_without_a_sink_nothing_happens(void **state)
{
        uint64_t lost = log_lost();
        struct got *got = *state;

        log_set_sink(NULL, NULL);
        assert_false(log_enabled(EVENT_FAILED));
        say("nobody hears this");
        log_report_lost();
        assert_true(log_lost() == lost);
        assert_int_equal(got->calls, 0);
}

static const struct {
        const char *name;
        enum log_level least;
        bool error, warning, notice, info;
} levels[] = {
        { "error", LOG_LEVEL_ERROR, true, false, false, false },
        { "warning", LOG_LEVEL_WARNING, true, true, false, false },
        { "notice", LOG_LEVEL_NOTICE, true, true, true, false },
        { "info", LOG_LEVEL_INFO, true, true, true, true },
        { "debug", LOG_LEVEL_DEBUG, true, true, true, true },
};

static void test_levels(void **state)
{
        struct got *got = *state;

        for (size_t i = 0; i < N_OF(levels); i++) {
                size_t expected =
                        (size_t)levels[i].error + levels[i].warning + levels[i].notice + levels[i].info;

                log_set_level(levels[i].least);
                CHECK_INT(levels[i].name, log_enabled(EVENT_FAILED), levels[i].error);
                CHECK_INT(levels[i].name, log_enabled(EVENT_ACKS_SHORT), levels[i].warning);
                CHECK_INT(levels[i].name, log_enabled(EVENT_JOINED), levels[i].notice);
                CHECK_INT(levels[i].name, log_enabled(EVENT_RECEIVED), levels[i].info);
                got->n = 0;
                log_event(EVENT_FAILED, NULL, 0, "error");
                log_event(EVENT_ACKS_SHORT, NULL, 0, "warning");
                log_event(EVENT_JOINED, NULL, 0, "notice");
                log_event(EVENT_RECEIVED, NULL, 0, "info");
                CHECK_INT(levels[i].name, got->n, expected);
        }
}

/* What somebody has asked for by a signal, or must know, is said at every level. */
static void test_some_events_are_always_said(void **state)
{
        static const enum event_id always[] = { EVENT_COUNTERS, EVENT_LOG_LOST };
        struct got *got = *state;

        log_set_level(LOG_LEVEL_ERROR);
        for (size_t i = 0; i < N_OF(always); i++) {
                assert_true(log_enabled(always[i]));
                log_event(always[i], NULL, 0, "said");
                assert_int_equal(got->n, i + 1);
        }
        log_set_sink(NULL, NULL);
        assert_false(log_enabled(EVENT_COUNTERS));
}

static void test_record(void **state)
{
        const struct log_field fields[] = { { "MCASTD_GROUP", "239.1.1.1" }, { "MCASTD_PORT", "5001" } };
        struct got *got = *state;

        log_event(EVENT_JOINED, fields, N_OF(fields), "joined %s:%d", "239.1.1.1", 5001);
        assert_int_equal(got->n, 1);
        assert_string_equal(got->lines[0], "joined 239.1.1.1:5001");
        assert_ptr_equal(got->kinds[0], event_kind(EVENT_JOINED));
        assert_int_equal(got->n_fields, 2);
        assert_string_equal(got->fields[0].name, "MCASTD_GROUP");
        assert_string_equal(got->fields[1].value, "5001");
}

static const struct {
        const char *name, *said, *written;
} characters[] = {
        { "nothing", "", "" },
        { "newline", "a\nb", "a?b" },
        { "line end", "a\r\n", "a??" },
        { "tab", "a\tb", "a?b" },
        { "first control character", "\x01", "?" },
        { "last control character", "\x1f", "?" },
        { "blank", " ", " " },
        { "tilde", "~", "~" },
        { "DEL", "\x7f", "?" },
        { "terminal escape", "\x1b[2J", "?[2J" },
        { "a host name in UTF-8", "\xc3\xa9", "\xc3\xa9" },
};

static void test_control_characters(void **state)
{
        struct got *got = *state;

        for (size_t i = 0; i < N_OF(characters); i++) {
                got->n = 0;
                say(characters[i].said);
                CHECK_INT(characters[i].name, got->n, 1);
                CHECK_TEXT(characters[i].name, got->lines[0], characters[i].written);
        }
}

static const struct {
        const char *name;
        size_t said, written;
} lengths[] = {
        { "fits", LOG_LINE_SIZE - 1, LOG_LINE_SIZE - 1 },
        { "one too long", LOG_LINE_SIZE, LOG_LINE_SIZE - 1 },
        { "twice too long", 2 * LOG_LINE_SIZE, LOG_LINE_SIZE - 1 },
};

static void test_long_lines_are_cut(void **state)
{
        static char text[2 * LOG_LINE_SIZE + 1];
        struct got *got = *state;

        for (size_t i = 0; i < N_OF(lengths); i++) {
                memset(text, 0, sizeof text);
                memset(text, 'x', lengths[i].said);
                got->n = 0;
                say(text);
                CHECK_INT(lengths[i].name, strlen(got->lines[0]), lengths[i].written);
        }
}

static void test_errno_is_left_alone(void **state)
{
        struct got *got = *state;

        errno = ENETUNREACH;
        say("written");
        assert_int_equal(errno, ENETUNREACH);
        got->refuse = -EAGAIN;
        say("refused");
        assert_int_equal(errno, ENETUNREACH);
        log_report_lost();
        assert_int_equal(errno, ENETUNREACH);
        got->refuse = 0;
        log_report_lost();
        assert_int_equal(errno, ENETUNREACH);
        log_set_level(LOG_LEVEL_ERROR);
        say("not asked for");
        assert_int_equal(errno, ENETUNREACH);
}

static void test_lost_records_are_counted_and_reported_once(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        got->refuse = -EAGAIN;
        for (int i = 0; i < 3; i++)
                say("lost");
        assert_true(log_lost() - before == 3);
        got->refuse = 0;
        say("heard");
        say("heard as well");
        assert_int_equal(got->n, 3);
        assert_report(got, 0, 3);
        assert_string_equal(got->lines[1], "heard");
        assert_string_equal(got->lines[2], "heard as well");
        assert_true(log_lost() - before == 3);
}

static void test_lost_records_are_reported_without_a_new_one(void **state)
{
        struct got *got = *state;

        log_report_lost();
        assert_int_equal(got->calls, 0);
        got->refuse = -EAGAIN;
        say("lost");
        log_report_lost();
        got->refuse = 0;
        log_report_lost();
        log_report_lost();
        assert_int_equal(got->n, 1);
        assert_report(got, 0, 1);
        assert_int_equal(got->n_fields, 0);
}

static void test_a_second_loss_is_reported_by_itself(void **state)
{
        struct got *got = *state;

        for (int i = 0; i < 2; i++) {
                got->refuse = -EAGAIN;
                say("lost");
                got->refuse = 0;
                log_report_lost();
        }
        assert_int_equal(got->n, 2);
        assert_report(got, 1, 1);
}

/* Whoever asked for errors alone must know that some are missing. */
static void test_losses_are_reported_at_every_level(void **state)
{
        struct got *got = *state;

        log_set_level(LOG_LEVEL_ERROR);
        got->refuse = -ENOBUFS;
        log_event(EVENT_FAILED, NULL, 0, "lost");
        got->refuse = 0;
        log_event(EVENT_FAILED, NULL, 0, "heard");
        assert_int_equal(got->n, 2);
        assert_report(got, 0, 1);
        assert_string_equal(got->lines[1], "heard");
}

static void test_what_nobody_asked_for_is_not_lost(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        log_set_level(LOG_LEVEL_NOTICE);
        got->refuse = -EAGAIN;
        say("not asked for");
        assert_true(log_lost() == before);
        assert_int_equal(got->calls, 0);
}

/* Takes just the first record of those that come: the report, but not the line behind it. */
static int keep_one(void *arg, const struct log_record *record)
{
        struct got *got = arg;
        int r = keep(arg, record);

        got->refuse = -EAGAIN;
        return r;
}

static void test_a_line_behind_its_report_may_be_lost_too(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        got->refuse = -EAGAIN;
        say("lost");
        got->refuse = 0;
        log_set_sink(keep_one, got);
        say("lost as well");
        assert_true(log_lost() - before == 2);
        log_set_sink(keep, got);
        got->refuse = 0;
        log_report_lost();
        assert_int_equal(got->n, 2);
        assert_report(got, 1, 1);
}

/* Has no room for a report, but would for a line. */
static int refuse_reports(void *arg, const struct log_record *record)
{
        return record->kind == event_kind(EVENT_LOG_LOST) ? -EAGAIN : keep(arg, record);
}

/* The report stands where the lines are missing, or else a reader would look for them elsewhere. */
static void test_no_line_overtakes_its_report(void **state)
{
        struct got *got = *state;
        uint64_t before = log_lost();

        got->refuse = -EAGAIN;
        say("lost");
        got->refuse = 0;
        log_set_sink(refuse_reports, got);
        say("lost as well");
        assert_int_equal(got->n, 0);
        assert_true(log_lost() - before == 2);
        log_set_sink(keep, got);
        log_report_lost();
        assert_report(got, 0, 2);
}

/* What the tap of the test has heard. */
struct heard {
        size_t n;
        enum event_id events[LINES_MAX];
        char lines[LINES_MAX][LOG_LINE_SIZE];
        size_t n_fields;
};

static void hear(void *arg, enum event_id event, const struct log_record *record)
{
        struct heard *heard = arg;

        /* As a system call inside would. */
        errno = EPIPE;
        assert_true(heard->n < LINES_MAX);
        assert_ptr_equal(record->kind, event_kind(event));
        heard->events[heard->n] = event;
        snprintf(heard->lines[heard->n++], sizeof heard->lines[0], "%s", record->message);
        heard->n_fields = record->n_fields;
}

static void test_a_tap_hears_what_is_logged(void **state)
{
        const struct log_field fields[] = { { "MCASTD_GROUP", "239.1.1.1" } };
        struct got *got = *state;
        struct heard heard = { 0 };

        log_set_tap(hear, &heard, LOG_LEVEL_INFO);
        log_event(EVENT_JOINED, fields, 1, "joined\n%d", 7);
        assert_int_equal(heard.n, 1);
        assert_int_equal(heard.events[0], EVENT_JOINED);
        assert_string_equal(heard.lines[0], "joined?7");
        assert_int_equal(heard.n_fields, 1);
        assert_int_equal(got->n, 1);
        assert_string_equal(got->lines[0], "joined?7");
        log_set_tap(NULL, NULL, LOG_LEVEL_DEBUG);
        say("nobody taps this");
        assert_int_equal(heard.n, 1);
        assert_int_equal(got->n, 2);
}

/* What the log keeps, by LOG_LEVEL, and what the tap hears are two things. */
static const struct {
        const char *name;
        enum log_level log, tap;
        size_t logged, heard; /* of an error, a warning, a notice and an info */
} taps[] = {
        { "both the same", LOG_LEVEL_NOTICE, LOG_LEVEL_NOTICE, 3, 3 },
        { "the tap more", LOG_LEVEL_WARNING, LOG_LEVEL_INFO, 2, 4 },
        { "the tap all, the log least", LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG, 1, 4 },
        { "the tap less", LOG_LEVEL_DEBUG, LOG_LEVEL_WARNING, 4, 2 },
        { "the tap least", LOG_LEVEL_INFO, LOG_LEVEL_ERROR, 4, 1 },
};

static void test_a_tap_has_a_level_of_its_own(void **state)
{
        struct got *got = *state;

        for (size_t i = 0; i < N_OF(taps); i++) {
                struct heard heard = { 0 };

                got->n = 0;
                log_set_level(taps[i].log);
                log_set_tap(hear, &heard, taps[i].tap);
                log_event(EVENT_FAILED, NULL, 0, "error");
                log_event(EVENT_ACKS_SHORT, NULL, 0, "warning");
                log_event(EVENT_JOINED, NULL, 0, "notice");
                log_event(EVENT_RECEIVED, NULL, 0, "info");
                CHECK_INT(taps[i].name, got->n, taps[i].logged);
                CHECK_INT(taps[i].name, heard.n, taps[i].heard);
                CHECK_INT(taps[i].name, log_enabled(EVENT_RECEIVED),
                          taps[i].logged == 4 || taps[i].heard == 4);
                CHECK_INT(taps[i].name, log_level(), taps[i].log);
        }
}

static void test_a_tap_hears_what_is_always_said(void **state)
{
        struct heard heard = { 0 };

        (void)state;
        log_set_level(LOG_LEVEL_ERROR);
        log_set_tap(hear, &heard, LOG_LEVEL_ERROR);
        log_event(EVENT_COUNTERS, NULL, 0, "counters");
        assert_int_equal(heard.n, 1);
}

static void test_a_tap_hears_without_a_sink(void **state)
{
        struct heard heard = { 0 };
        uint64_t before = log_lost();

        (void)state;
        log_set_sink(NULL, NULL);
        log_set_tap(hear, &heard, LOG_LEVEL_INFO);
        assert_true(log_enabled(EVENT_RECEIVED));
        assert_false(log_enabled(EVENT_NOT_ACKNOWLEDGED));
        say("heard");
        assert_int_equal(heard.n, 1);
        assert_true(log_lost() == before);
}

/* What only the tap hears is neither written nor lost, and does not bring the report about. */
static void test_a_tap_does_not_disturb_the_count_of_the_lost(void **state)
{
        struct got *got = *state;
        struct heard heard = { 0 };
        uint64_t before = log_lost();

        log_set_level(LOG_LEVEL_WARNING);
        log_set_tap(hear, &heard, LOG_LEVEL_DEBUG);
        got->refuse = -EAGAIN;
        say("for the tap alone");
        assert_int_equal(got->calls, 0);
        assert_true(log_lost() == before);
        log_event(EVENT_FAILED, NULL, 0, "refused by the sink, not by the tap");
        assert_true(log_lost() == before + 1);
        assert_int_equal(heard.n, 2);
        got->refuse = 0;
        say("for the tap alone");
        assert_int_equal(got->n, 0);
        log_event(EVENT_FAILED, NULL, 0, "taken");
        assert_int_equal(got->n, 2);
        assert_report(got, 0, 1);
        assert_string_equal(got->lines[1], "taken");
        assert_int_equal(heard.n, 4);
        assert_int_equal(heard.events[3], EVENT_FAILED);
}

static void test_errno_is_left_alone_by_a_tap(void **state)
{
        struct heard heard = { 0 };

        (void)state;
        log_set_sink(NULL, NULL);
        log_set_tap(hear, &heard, LOG_LEVEL_INFO);
        errno = ENETUNREACH;
        say("heard");
        assert_int_equal(errno, ENETUNREACH);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up_sink)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_without_a_sink_nothing_happens),
                TEST(test_levels),
                TEST(test_some_events_are_always_said),
                TEST(test_record),
                TEST(test_control_characters),
                TEST(test_long_lines_are_cut),
                TEST(test_errno_is_left_alone),
                TEST(test_lost_records_are_counted_and_reported_once),
                TEST(test_lost_records_are_reported_without_a_new_one),
                TEST(test_a_second_loss_is_reported_by_itself),
                TEST(test_losses_are_reported_at_every_level),
                TEST(test_what_nobody_asked_for_is_not_lost),
                TEST(test_a_line_behind_its_report_may_be_lost_too),
                TEST(test_no_line_overtakes_its_report),
                TEST(test_a_tap_hears_what_is_logged),
                TEST(test_a_tap_has_a_level_of_its_own),
                TEST(test_a_tap_hears_what_is_always_said),
                TEST(test_a_tap_hears_without_a_sink),
                TEST(test_a_tap_does_not_disturb_the_count_of_the_lost),
                TEST(test_errno_is_left_alone_by_a_tap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
