#ifndef MCASTD_LOOP_RECEPTION_H
#define MCASTD_LOOP_RECEPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "loop/arrivals.h"
#include "loop/attachment.h"
#include "loop/entrance.h"
#include "loop/handler_set.h"
#include "loop/peer_watch.h"
#include "loop/replies.h"
#include "loop/report.h"
#include "loop/env.h"
#include "loop/section.h"
#include "state/limiter.h"

/* Whoever has refused so many in a row hears nobody any more: a key or a clock is wrong, here or there. */
#define REFUSED_IN_ROW 3

/* What is done with the datagrams of one receiver. It outlives the receiver's socket, which may be opened
 * again and again. */
struct reception {
        struct env *env;
        struct section *section;
        const struct config_receiver *cfg;
        const struct attachment *link;
        int fd; /* -1: no socket */
        struct report report;
        struct entrance entrance;
        struct replies replies;
        struct peer_watch peers;
        struct arrivals arrivals;
        struct handler_set handlers;
        struct handler_set next; /* between prepare and settle */
        struct bucket log_bucket;
        struct bucket_rule log_rule;
        uint64_t unrecorded_said; /* of STAT_UNRECORDED */
        uint32_t kernel_drops;    /* as the kernel last told of this socket */
        size_t most;              /* see batch_receive() */
        int64_t zone_ns;          /* local time less UTC … */
        int64_t zone_of_s;        /* … in this second of the wall clock */
        uint64_t refused_in_row;  /* datagrams of others, for their signatures, since one was let in */
        int64_t refused_ns;       /* when that last was the case, monotonic; 0: never */
        bool heard;               /* somebody else, since it was last set to false */
};

/* The pointers must live as long. 0 or -ENOMEM, and then reception_end() cleans up. */
int reception_init(struct reception *r, struct env *env, struct section *section,
                   const struct config_receiver *cfg, const struct attachment *link);

/* Makes what another configuration needs. 0; or -ENOMEM, everything is as it was, and *ret_failure says what
 * for. Then, once *cfg has been replaced or is to stay as it is, settle takes that over or throws it away. */
int reception_prepare(struct reception *r, const struct config_receiver *next,
                      struct socket_failure *ret_failure);
void reception_settle(struct reception *r, bool accepted);

/* Something of somebody else's was refused for its signature within the last expect_ns, and what is heard
 * must be signed. */
bool reception_is_refusing(const struct reception *r, int64_t expect_ns);

/* Goes on with what another one of the same section remembers of signed datagrams. */
void reception_inherit(struct reception *r, struct reception *from);

/* Datagrams come by this socket from now on. */
void reception_begin(struct reception *r, int fd);

/* Receives and handles one batch. Returns how many datagrams it had, or -errno. */
int reception_batch(struct reception *r);

/* Counts what no datagram has told: those that the kernel dropped after the last one that it queued. */
void reception_ask_for_drops(struct reception *r);

/* The socket is about to be closed: handles what has come until now, and sends what waits. */
void reception_drain(struct reception *r);

/* The last word is said, and everything freed. Takes what is half made. */
void reception_end(struct reception *r);

#endif
