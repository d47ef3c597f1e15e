/* log.c - one line for each event, into whatever sink the program has set.
 * Knows no journal and no file. Holds the project's only global state: where to log, from which level, and
 * how many records the sink has refused. */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static struct {
        log_sink sink;
        void *arg;
        enum log_level least;
        uint64_t lost;        /* since the start */
        uint64_t lost_unsaid; /* since it was last said */
} state = { .least = LOG_LEVEL_INFO };

void log_set_sink(log_sink sink, void *arg)
{
        state.sink = sink;
        state.arg = arg;
}

void log_set_level(enum log_level least)
{
        state.least = least;
}

bool log_enabled(enum event_id event)
{
        const struct event_kind *kind = event_kind(event);

        return state.sink && (kind->always || kind->level <= state.least);
}

/* One record to the sink; 0 or -errno. */
static int write_record(enum event_id event, const struct log_field *fields, size_t n_fields, char *line)
{
        struct log_record record = {
                .kind = event_kind(event),
                .message = line,
                .fields = fields,
                .n_fields = n_fields,
        };

        for (char *p = line; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        return state.sink(state.arg, &record);
}

void log_report_lost(void)
{
        int saved = errno;
        char line[LOG_LINE_SIZE];

        if (state.lost_unsaid > 0 && log_enabled(EVENT_LOG_LOST)) {
                snprintf(line, sizeof line, "%" PRIu64 " line%s could not be written to the log and %s lost",
                         state.lost_unsaid, state.lost_unsaid == 1 ? "" : "s",
                         state.lost_unsaid == 1 ? "is" : "are");
                if (write_record(EVENT_LOG_LOST, NULL, 0, line) == 0)
                        state.lost_unsaid = 0;
        }
        errno = saved;
}

void log_vevent(enum event_id event, const struct log_field *fields, size_t n_fields, const char *format,
                va_list args)
{
        int saved = errno;
        char line[LOG_LINE_SIZE];

        if (!log_enabled(event))
                return;
        log_report_lost();
        vsnprintf(line, sizeof line, format, args);
        /* A sink that refused the report would refuse the line as well; and the order of the lines stays
         * true. */
        if (state.lost_unsaid > 0 || write_record(event, fields, n_fields, line) < 0) {
                state.lost++;
                state.lost_unsaid++;
        }
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
