/* log_sink.h - a sink that keeps what base/log says, for its tests. */
#ifndef MCASTD_TESTS_UNIT_LOG_SINK_H
#define MCASTD_TESTS_UNIT_LOG_SINK_H

#include "test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

#define LINES_MAX 8

/* What the sink of the test has got, and what it answers. */
struct got {
        int refuse; /* -errno: what it answers instead of keeping the record; 0: it takes them */
        size_t calls;
        size_t n;
        const struct event_kind *kinds[LINES_MAX];
        char lines[LINES_MAX][LOG_LINE_SIZE + 1];
        struct log_field fields[LINES_MAX];
        size_t n_fields;
        bool at_once; /* as the last record wanted */
        size_t flushes;
        size_t kept, lost; /* what a flush answers, the latter once */
};

static inline int keep(void *arg, const struct log_record *record)
{
        struct got *got = arg;

        /* As a system call inside would. */
        errno = EPIPE;
        got->calls++;
        if (got->refuse)
                return got->refuse;
        assert_true(got->n < LINES_MAX);
        got->kinds[got->n] = record->kind;
        snprintf(got->lines[got->n++], sizeof got->lines[0], "%s", record->message);
        got->at_once = record->at_once;
        got->n_fields = record->n_fields;
        for (size_t i = 0; i < record->n_fields; i++)
                got->fields[i] = record->fields[i];
        return 0;
}

/* The log is the one module with a state of its own: each test starts with nothing lost and nothing said. */
static inline int set_up_sink(void **state)
{
        static struct got got;

        memset(&got, 0, sizeof got);
        log_set_sink(keep, &got);
        log_set_tap(NULL, NULL, LOG_LEVEL_ERROR);
        log_set_level(LOG_LEVEL_DEBUG);
        log_report_lost();
        memset(&got, 0, sizeof got);
        *state = &got;
        return 0;
}

static inline void say(const char *text)
{
        log_event(EVENT_RECEIVED, NULL, 0, "%s", text);
}

/* The i-th line says that so many are lost. */
static inline void assert_report(const struct got *got, size_t i, uintmax_t lost)
{
        assert_true(i < got->n);
        assert_ptr_equal(got->kinds[i], event_kind(EVENT_LOG_LOST));
        assert_true(strtoumax(got->lines[i], NULL, 10) == lost);
}

#endif
