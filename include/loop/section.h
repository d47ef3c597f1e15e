#ifndef MCASTD_LOOP_SECTION_H
#define MCASTD_LOOP_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"
#include "base/log.h"
#include "config/config.h"
#include "loop/env.h"
#include "os/socket.h"
#include "state/episode.h"
#include "state/snapshot.h"
#include "state/stats.h"

/* What goes wrong with a section again and again. */
enum trouble {
        TROUBLE_TRUNCATED,
        TROUBLE_MISDIRECTED,
        TROUBLE_FOREIGN,
        TROUBLE_SOURCE,
        TROUBLE_PLAIN,
        TROUBLE_MALFORMED,
        TROUBLE_UNKNOWN_KEY,
        TROUBLE_STALE,
        TROUBLE_BAD_MAC,
        TROUBLE_REPLAY,
        TROUBLE_EARLY,
        TROUBLE_PEERS_MANY,
        TROUBLE_PEERS_FULL,
        TROUBLE_KERNEL_DROPS,
        TROUBLE_RECEIVE,
        TROUBLE_ACK_RATE,
        TROUBLE_ACK_TOTAL,
        TROUBLE_ACK_SPREAD,
        TROUBLE_ACK_SEND,
        TROUBLE_N,
};

/* Room for an option, what was tried and an error. */
#define SECTION_WHY_SIZE 320

struct link_news;
struct section;

/* A message that was sent at somebody's request. */
struct section_sent {
        uint64_t sequence; /* of the last message that MESSAGE has made */
        size_t length;
        char text[MESSAGE_MAX]; /* not terminated */
};

/* What receivers and emitters do, each in its way. Both are a struct section with more behind it. */
struct section_ops {
        const char *purpose; /* "hear" or "send to" */
        size_t cfg_size;     /* of its configuration, which begins with a config_group */

        /* Makes one that is not open yet. `cfg` is copied. 0 or -ENOMEM. */
        int (*create)(struct env *env, const void *cfg, struct section **ret);

        /* Looks which interface is meant by now (`news` may be NULL: none), and closes the socket where it
         * was on another one. True if the section is to be opened. */
        bool (*relink)(struct section *s, const struct link_news *news);

        /* Two sections may name one interface in two ways, which shows only when they are to be opened. 0; or
         * -ENOTUNIQ: `s` would hear what `other` hears, so it has failed, and that was logged. NULL: nothing
         * is wrong with that. */
        int (*check_distinct)(struct section *s, const struct section *other);

        /* From the next turn of the loop on it works. 0, also where the interface was gone again, so that the
         * section waits; or -errno. It has been logged what failed, and which option to look at. */
        int (*open)(struct section *s);

        /* All that are opened together are open by now, and all that are retuned have been: its schedule
         * begins at now_ns, or goes on with another interval. Where nothing of that is new nothing happens.
         * NULL: it keeps no time. */
        void (*begin)(struct section *s, int64_t now_ns);

        /* Another configuration that differs only in options that a reload retunes, in two steps: first
         * whatever may fail, then what may not. prepare returns 0; or -errno, and everything is as it was,
         * and it has been logged what failed. After a success settle takes the configuration over, or back if
         * the reload was refused. */
        int (*prepare)(struct section *s, const void *cfg);
        void (*settle)(struct section *s, const void *cfg, bool accepted);

        /* It is opened anew in place of another one of its name, from which it takes over what must go on.
         * NULL: nothing must. */
        void (*inherit)(struct section *s, struct section *from);

        /* Brings up to date what only the kernel has counted so far. NULL: nothing. */
        void (*update_counters)(struct section *s);

        /* Fills in what only its kind has. */
        void (*describe)(const struct section *s, struct snapshot_section *ret);

        /* Adds whom it knows, from *slot on, to the lists of a snapshot in which it is section number
         * `index`, as long as there are less than `limit` items in both together. *slot goes behind the last
         * one. True if all are in. */
        bool (*list)(const struct section *s, size_t index, size_t *slot, size_t limit, struct snapshot *to);

        /* Forgets a peer or a source of acks. True if it was known. */
        bool (*forget)(struct section *s, const struct address *who);

        /* Sends a message now, besides the schedule: `text`, or what MESSAGE makes if it is NULL. 0; or
         * -errno: -ENOTCONN where its socket is not open, -E2BIG where the text and its signature are too
         * long. NULL: it is no emitter. */
        int (*send)(struct section *s, const char *text, struct section_sent *ret);

        /* Handles what still waits, closes, and frees it; takes NULL. */
        void (*destroy)(struct section *s);
};

/* What receivers and emitters have in common. Every line about a section carries its name, group and port. */
struct section {
        const struct section_ops *ops;
        struct env *env;
        const char *name; /* lower case */
        unsigned line;    /* of its header in the file */
        bool to_open;     /* its interface is there; for sections.c alone */
        enum section_state state;
        char why[SECTION_WHY_SIZE]; /* it is not active; "" if it is */
        int64_t since_ns;           /* when it came into this state, monotonic */
        struct endpoint group;
        char group_text[ADDRESS_TEXT_SIZE];
        char port_text[sizeof "65535"];
        struct episode troubles[TROUBLE_N];
        struct stats stats;
};

/* `at` must live as long as the section. */
void section_init(struct section *s, const struct section_ops *ops, struct env *env,
                  const struct config_group *at);

/* The fields that section_fields() writes; others may be put behind them. */
#define SECTION_FIELDS 3
void section_fields(const struct section *s, struct log_field fields[SECTION_FIELDS]);

void section_log(const struct section *s, enum event_id event, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* One line with the counters. */
void section_log_counters(struct section *s);

/* Its state changes, or the reason for it: told to whoever watches, and by the first two said in a line, the
 * second as an error in the file; the others are for what is logged elsewhere. The same state for the same
 * reason again is no news. */
void section_waits(struct section *s, const char *why);
void section_fails(struct section *s, const char *why);
void section_has_failed(struct section *s, const char *why);
void section_is_waiting(struct section *s, const char *why);
void section_is_silent(struct section *s, const char *why);
void section_is_active(struct section *s);

/* Says why the section's socket could not be opened (error is negative), as of an error in the file. Where
 * only its interface is missing the section waits and 0 is returned; else it has failed, and the error is. */
int section_open_failed(struct section *s, int error, const struct socket_failure *failure);

/* Says why a living section could not be changed, in the same way; its state stays as it is. */
void section_retune_failed(const struct section *s, int error, const struct socket_failure *failure);

/* A trouble happened `times` more. True if it begins with that: then, and only then, it is to be said. */
bool section_trouble_begins(struct section *s, enum trouble trouble, uint64_t times, int64_t now_ns);

/* Says that a trouble begins, with words about its first occurrence. */
void section_say_trouble(const struct section *s, enum trouble trouble, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Of a trouble for which datagrams are dropped: why they are, as in "signed by a key that is not known". */
const char *section_why_dropped(enum trouble trouble);

/* Says which troubles are over. Returns how many are still on. */
size_t section_troubles_tick(struct section *s, int64_t now_ns);

/* The section is closed: says what has come of the troubles that were still on. */
void section_troubles_end(struct section *s);

#endif
