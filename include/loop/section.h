#ifndef MCASTD_LOOP_SECTION_H
#define MCASTD_LOOP_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"
#include "base/log.h"
#include "config/config.h"
#include "os/socket.h"
#include "state/episode.h"
#include "state/stats.h"

/* What goes wrong with a section again and again. */
enum trouble {
        TROUBLE_TRUNCATED,
        TROUBLE_MISDIRECTED,
        TROUBLE_FOREIGN,
        TROUBLE_KERNEL_DROPS,
        TROUBLE_RECEIVE,
        TROUBLE_ACK_RATE,
        TROUBLE_ACK_TOTAL,
        TROUBLE_ACK_SEND,
        TROUBLE_N,
};

/* The part of a section that speaks: every line about it carries its name, group and port. */
struct section {
        const char *name; /* lower case */
        unsigned line;    /* of its header in the file, when it was opened */
        struct endpoint group;
        char group_text[ADDRESS_TEXT_SIZE];
        char port_text[sizeof "65535"];
        struct episode troubles[TROUBLE_N];
};

/* `at` must live as long as the section. */
void section_init(struct section *s, const struct config_group *at);

/* The fields that section_fields() writes; others may be put behind them. */
#define SECTION_FIELDS 3
void section_fields(const struct section *s, struct log_field fields[SECTION_FIELDS]);

void section_log(const struct section *s, enum event_id event, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* One line with the counters. */
void section_log_counters(const struct section *s, const struct stats *stats);

/* Says why the section's socket could not be opened, as of an error in the file. */
void section_open_failed(const struct section *s, const char *file, int error,
                         const struct socket_failure *failure);

/* A trouble happened `times` more. True if it begins with that: then, and only then, it is to be said. */
bool section_trouble_begins(struct section *s, enum trouble trouble, uint64_t times, int64_t now_ns);

/* Says that a trouble begins, with words about its first occurrence. */
void section_say_trouble(const struct section *s, enum trouble trouble, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Says which troubles are over. Returns how many are still on. */
size_t section_troubles_tick(struct section *s, int64_t now_ns);

/* The section is closed: says what has come of the troubles that were still on. */
void section_troubles_end(struct section *s);

#endif
