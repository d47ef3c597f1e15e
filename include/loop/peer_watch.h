#ifndef MCASTD_LOOP_PEER_WATCH_H
#define MCASTD_LOOP_PEER_WATCH_H

#include "config/config.h"
#include "loop/attachment.h"
#include "loop/report.h"
#include "message/datagram.h"
#include "message/message.h"
#include "state/peers.h"

struct event;

/* Who is heard by a receiver: keeps the table, waits for those who fall silent, and tells what happens. */
struct peer_watch {
        struct section *section;
        const struct config_receiver *cfg;
        const struct attachment *link;
        struct report *report;
        struct peers *peers;
        struct peers *next; /* between prepare and settle, where PEERS is another */
        struct event *timer;
        bool deaf;                   /* there was no interface, or no carrier, when it was last looked */
        int64_t armed_ns;            /* what the timer was last armed for; INT64_MAX: nothing */
        void (*catch_up)(void *arg); /* handles what waits at the socket */
        void *arg;
};

/* The pointers must live as long; a settle must follow. 0 or -ENOMEM, and then peer_watch_end() cleans up. */
int peer_watch_init(struct peer_watch *w, struct env *env, struct section *section,
                    const struct config_receiver *cfg, const struct attachment *link, struct report *report);
void peer_watch_end(struct peer_watch *w);

/* Makes what another configuration needs: 0 or -ENOMEM. Then, once *cfg has been replaced or is to stay as it
 * is, settle takes that over or throws it away. */
int peer_watch_prepare(struct peer_watch *w, const struct config_receiver *next);
void peer_watch_settle(struct peer_watch *w, bool accepted);

/* A datagram has come at this moment, which `arrival` tells in its three forms. */
void peer_watch_see(struct peer_watch *w, const struct peer_arrival *arrival);

/* Nobody could be heard until now. */
void peer_watch_grace(struct peer_watch *w);

#endif
