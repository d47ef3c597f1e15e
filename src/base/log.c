/* log.c - one line for each event, into whatever sink the program has set.
 * Knows no journal and no file. Holds the project's only global state: where to log, from which level, and
 * how many records the sink has refused. */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Lines after which they are written, though nobody has asked for it. */
#define FLUSH_EVERY 64

static struct {
        log_sink sink;
        log_flush_sink flush; /* NULL: the sink keeps nothing */
        void *arg;
        unsigned unflushed; /* lines since the last flush */
        bool kept;          /* by the sink, some of them even then: it has no room for a report */
        enum log_level least;
        log_tap tap;
        void *tap_arg;
        enum log_level tap_least;
        uint64_t lost;        /* since the start */
        uint64_t lost_unsaid; /* since it was last said */
} state = { .least = LOG_LEVEL_INFO };

void log_set_sink(log_sink sink, void *arg)
{
        state.sink = sink;
        state.flush = NULL;
        state.arg = arg;
        state.unflushed = 0;
        state.kept = false;
}

void log_set_flush(log_flush_sink flush)
{
        state.flush = flush;
}

void log_set_level(enum log_level least)
{
        state.least = least;
}

enum log_level log_level(void)
{
        return state.least;
}

void log_set_tap(log_tap tap, void *arg, enum log_level least)
{
        state.tap = tap;
        state.tap_arg = arg;
        state.tap_least = least;
}

static bool for_sink(enum event_id event)
{
        const struct event_kind *kind = event_kind(event);

        return state.sink && (kind->always || kind->level <= state.least);
}

static bool for_tap(enum event_id event)
{
        const struct event_kind *kind = event_kind(event);

        return state.tap && (kind->always || kind->level <= state.tap_least);
}

bool log_enabled(enum event_id event)
{
        return for_sink(event) || for_tap(event);
}

static struct log_record make_record(enum event_id event, const struct log_field *fields, size_t n_fields,
                                     char *line)
{
        for (char *p = line; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        return (struct log_record){
                .kind = event_kind(event),
                .message = line,
                .fields = fields,
                .n_fields = n_fields,
        };
}

static void note_lost(size_t n)
{
        state.lost += n;
        state.lost_unsaid += n;
}

bool log_flush(void)
{
        int saved = errno;
        size_t lost = 0;

        state.unflushed = 0;
        if (state.flush)
                state.kept = state.flush(state.arg, &lost) > 0;
        note_lost(lost);
        errno = saved;
        return state.kept;
}

/* The order of the lines stays true: a sink that has refused a line is to take the report first. */
static void write_record(const struct log_record *record)
{
        log_report_lost();
        if (state.lost_unsaid > 0 || state.sink(state.arg, record) < 0)
                note_lost(1);
        else if (++state.unflushed >= FLUSH_EVERY || record->kind->level < LOG_LEVEL_INFO)
                (void)log_flush();
}

/* Not kept by the sink: its count would be lost with it. */
static void report_lost(void)
{
        char line[LOG_LINE_SIZE];
        struct log_record record;

        snprintf(line, sizeof line, "%" PRIu64 " line%s could not be written to the log and %s lost",
                 state.lost_unsaid, state.lost_unsaid == 1 ? "" : "s", state.lost_unsaid == 1 ? "is" : "are");
        record = make_record(EVENT_LOG_LOST, NULL, 0, line);
        record.at_once = true;
        if (state.sink(state.arg, &record) == 0)
                state.lost_unsaid = 0;
}

void log_report_lost(void)
{
        int saved = errno;

        if (state.lost_unsaid > 0 && !state.kept && for_sink(EVENT_LOG_LOST))
                report_lost();
        errno = saved;
}

bool log_skip(enum event_id event)
{
        if (!for_sink(event) || for_tap(event))
                return false;
        log_report_lost();
        if (state.lost_unsaid == 0)
                return false;
        note_lost(1);
        return true;
}

void log_vevent(enum event_id event, const struct log_field *fields, size_t n_fields, const char *format,
                va_list args)
{
        int saved = errno;
        char line[LOG_LINE_SIZE];
        struct log_record record;

        if (!log_enabled(event))
                return;
        vsnprintf(line, sizeof line, format, args);
        record = make_record(event, fields, n_fields, line);
        if (for_sink(event))
                write_record(&record);
        if (for_tap(event))
                state.tap(state.tap_arg, event, &record);
        errno = saved;
}

void log_event(enum event_id event, const struct log_field *fields, size_t n_fields, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        log_vevent(event, fields, n_fields, format, args);
        va_end(args);
}

uint64_t log_lost(void)
{
        return state.lost;
}
