#ifndef MCASTD_CONFIG_PLAN_H
#define MCASTD_CONFIG_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"

/* What a reload does with a section of the new configuration. */
enum plan_action {
        PLAN_KEEP,   /* nothing has changed: the living one stays */
        PLAN_RETUNE, /* what has changed can be changed on the living one */
        PLAN_REOPEN, /* it cannot: a new socket is opened, then the old one closed */
        PLAN_ADD,    /* the running configuration has none of this name */
};

struct plan_step {
        enum plan_action action;
        size_t old;       /* index in the running configuration; but for PLAN_ADD */
        uint64_t changed; /* options, one bit for each row of the option table */
};

/* One step for each section of the new configuration, in its order. Sections of the running one that no step
 * names are dropped. */
struct plan {
        struct plan_step *receivers;
        struct plan_step *emitters;
        size_t kept, retuned, reopened, added, dropped;
        uint64_t daemon_changed; /* options of [DAEMON], as above */
};

/* 0 or -ENOMEM. The plan belongs to the caller. */
int plan_new(const struct config *running, const struct config *next, struct plan **ret);
struct plan *plan_free(struct plan *p);

/* The plan for people: a line for each section, `retune [mcserver.echo]: ACK_RATE LOG_RATE`. */
void plan_print(const struct plan *p, const struct config *running, const struct config *next, FILE *to);

#endif
