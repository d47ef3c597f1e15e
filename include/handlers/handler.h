#ifndef MCASTD_HANDLERS_HANDLER_H
#define MCASTD_HANDLERS_HANDLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/event.h"
#include "base/rate.h"
#include "message/datagram.h"
#include "message/message.h"
#include "message/outbox.h"
#include "state/hash.h"
#include "state/stats.h"

/* Something that a handler wants said about a datagram. */
struct record {
        enum event_id event;
        const struct datagram *datagram;
        const struct reply *reply; /* said only once this was sent; NULL: in any case */
        const char *reason;        /* of EVENT_NOT_ACKNOWLEDGED: the name of its counter */
};

/* One datagram makes at most one record in each handler; a batch has at most 64 datagrams. */
#define RECORDS_MAX 256

struct records {
        size_t n;
        struct record items[RECORDS_MAX];
};

/* What a handler may read and write while it handles one datagram. */
struct handler_io {
        int64_t now_ns; /* monotonic */
        bool record;    /* whether this datagram is to be spoken of, see LOG_RATE */
        const struct auth_trailer
                *verified; /* its signature, which was right and is new; NULL: it has none */
        bool sign;         /* what answers a signed one is to be signed */
        bool own; /* it comes from one of this host's addresses; known where the port is the group's */
        struct outbox *out;
        struct records *records;
        struct stats *stats;
};

/* What a handler can be told when it is made. */
struct handler_settings {
        struct endpoint group;
        const char *ack_text; /* lives as long as the handler */
        rate_per_s ack_rate, ack_total;
        struct hash_key key;
};

/* A kind of handler: what is done with a received datagram. Pure: answers go into the outbox, what is to be
 * logged into the records. To add one is to write a file, to add its row in handler.c, and its name to
 * HANDLERS in config/option_types.c. */
struct handler {
        const char *name; /* as in HANDLERS */

        /* Makes the handler's own state; 0 or -ENOMEM. NULL: it has none. */
        int (*create)(const struct handler_settings *settings, void **ret_state);
        void (*destroy)(void *state);

        /* Takes over other settings; what it knows of the past stays. NULL: it has none. */
        void (*retune)(void *state, const struct handler_settings *settings);

        void (*datagram)(void *state, const struct handler_io *io, const struct datagram *d,
                         const struct message *m);
};

/* The handler of this name, or NULL. */
const struct handler *handler_find(const char *name);

/* Adds a record if the datagram is to be spoken of. */
void handler_record(const struct handler_io *io, const struct record *record);

#endif
