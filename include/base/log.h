#ifndef MCASTD_BASE_LOG_H
#define MCASTD_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

/* A journal field: the name in capitals, the value printable ASCII. */
struct log_field {
        const char *name;
        const char *value;
};

struct log_record {
        const struct event_kind *kind;
        const char *message; /* one line, without its end */
        const struct log_field *fields;
        size_t n_fields;
        bool at_once; /* is not to be kept until a flush, behind which it might still be lost */
};

/* The longest line; what is longer is cut. Below PIPE_BUF, so that a line is written whole or not at all. */
#define LOG_LINE_SIZE 2048

/* Where records go. Must not block. 0, or -errno: then the record is lost, and counted. */
typedef int (*log_sink)(void *arg, const struct log_record *record);

/* Writes what the sink has kept. Must not block. Returns how many records it keeps even so; `ret_lost`: how
 * many it has given up, which are all that it had. */
typedef size_t (*log_flush_sink)(void *arg, size_t *ret_lost);

/* Before the first call nothing is written anywhere. NULL as sink: that state again. */
void log_set_sink(log_sink sink, void *arg);

/* For a sink that keeps records, with its argument. Set after the sink, which begins without one. */
void log_set_flush(log_flush_sink flush);

void log_set_level(enum log_level least);
enum log_level log_level(void);
bool log_enabled(enum event_id event);

/* Who else hears of every event of at least this level, whatever log_set_level() says. Must not log. NULL:
 * nobody. */
typedef void (*log_tap)(void *arg, enum event_id event, const struct log_record *record);
void log_set_tap(log_tap tap, void *arg, enum log_level least);

/* Whether a line of this event would be lost, and nobody else would hear it: then it counts as lost, and is
 * not to be made. For lines that come in floods. */
bool log_skip(enum event_id event);

/* Logs one event in one line; control characters in it become '?'. Leaves errno alone. */
void log_event(enum event_id event, const struct log_field *fields, size_t n_fields, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

void log_vevent(enum event_id event, const struct log_field *fields, size_t n_fields, const char *format,
                va_list args) __attribute__((format(printf, 4, 0)));

/* Writes the lines that the sink has kept: to be called before the program sleeps, or says where it has got
 * to. What is more urgent than LOG_LEVEL_INFO does not wait for that. Returns whether some are still kept,
 * and so this is to be called again soon. Leaves errno alone. */
bool log_flush(void);

/* Says how many records could not be written, where there are any and where it can be said now. log_event
 * does it as well, before it writes anything else. */
void log_report_lost(void);

/* How many records were lost since the start. */
uint64_t log_lost(void);

#endif
