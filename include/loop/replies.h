#ifndef MCASTD_LOOP_REPLIES_H
#define MCASTD_LOOP_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "loop/attachment.h"
#include "loop/report.h"
#include "message/outbox.h"
#include "state/delay.h"

/* How the replies of a receiver go out: at once, or each after a random time up to ACK_SPREAD. */
struct replies {
        struct env *env;
        struct section *section;
        const struct config_receiver *cfg;
        const struct attachment *link;
        struct report *report;
        int fd;              /* to send by; -1: no socket */
        bool runs;           /* see batch_send(): not known to be refused by this socket */
        struct delay *delay; /* made once ACK_SPREAD is set */
        struct event *timer; /* armed only while replies wait for their time */
};

/* The pointers must live as long. 0 or -ENOMEM, and then replies_end() cleans up. */
int replies_init(struct replies *r, struct env *env, struct section *section,
                 const struct config_receiver *cfg, const struct attachment *link, struct report *report);
void replies_end(struct replies *r);

/* Makes what another configuration needs. 0 or -ENOMEM. */
int replies_prepare(struct replies *r, const struct config_receiver *next);

/* Sends by this socket from now on. */
void replies_begin(struct replies *r, int fd);

/* Sends what stands in the outbox, or keeps it until its time. */
void replies_send(struct replies *r, struct outbox *out, int64_t now_ns);

/* Says that somebody was acknowledged. */
void replies_say(const struct replies *r, const struct reply *reply);

/* Sends at once what still waits. */
void replies_drain(struct replies *r);

#endif
