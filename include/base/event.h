#ifndef MCASTD_BASE_EVENT_H
#define MCASTD_BASE_EVENT_H

#include <stdbool.h>

/* The values are the priorities of RFC 5424, which the journal uses as well. */
enum log_level {
        LOG_LEVEL_ERROR = 3,
        LOG_LEVEL_WARNING = 4,
        LOG_LEVEL_NOTICE = 5,
        LOG_LEVEL_INFO = 6,
        LOG_LEVEL_DEBUG = 7,
};

/* "error", "warning", "notice", "info", "debug"; and back, in any case: 0 or -EINVAL. */
const char *log_level_name(enum log_level level);
int log_level_parse(const char *text, enum log_level *ret);

/* Every kind of line that mcastd logs. */
enum event_id {
        EVENT_STARTED,
        EVENT_FAILED,
        EVENT_STOPPING,
        EVENT_STOPPED,
        EVENT_CONFIG_ERROR,
        EVENT_CONFIG_WARNING,
        EVENT_KEYS,
        EVENT_RELOADED,
        EVENT_RELOAD_REFUSED,
        EVENT_OPEN_FAILED,
        EVENT_WAITING,
        EVENT_BUFFER_SMALL,
        EVENT_JOINED,
        EVENT_LEFT,
        EVENT_LINK,
        EVENT_LINKS_LOST,
        EVENT_LINKS_UNKNOWN,
        EVENT_SILENT,
        EVENT_HEARD_AGAIN,
        EVENT_EMITTING,
        EVENT_EMITTER_STOPPED,
        EVENT_RECEIVED,
        EVENT_ACKNOWLEDGED,
        EVENT_NOT_ACKNOWLEDGED,
        EVENT_SENT,
        EVENT_ACK_HEARD,
        EVENT_ACKS,
        EVENT_ACKS_SHORT,
        EVENT_ACKS_ENOUGH,
        EVENT_BEATS_MISSED,
        EVENT_TROUBLE_BEGAN,
        EVENT_TROUBLE_ENDED,
        EVENT_PEER_UP,
        EVENT_PEER_DOWN,
        EVENT_PEER_BACK,
        EVENT_PEER_RESTARTED,
        EVENT_PEER_CLOCK_WRONG,
        EVENT_PEER_CLOCK_RIGHT,
        EVENT_ASKED,
        EVENT_CONTROL,
        EVENT_HTTP_FAILED,
        EVENT_HTTP,
        EVENT_UNRECORDED,
        EVENT_LOG_LOST,
        EVENT_COUNTERS,
        EVENT_LIBRARY,
        EVENT_N,
};

/* What stands behind an event. To add a kind of line is to add a name above and a row in event.c. */
struct event_kind {
        const char *name; /* "peer-down" */
        enum log_level level;
        const char *message_id; /* 32 hexadecimal digits, see MESSAGE_ID= in systemd.journal-fields(7) */
        bool always;            /* logged whatever LOG_LEVEL says: somebody has asked, or must know */
};

const struct event_kind *event_kind(enum event_id event);

#endif
