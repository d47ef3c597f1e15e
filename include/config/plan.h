#ifndef MCASTD_CONFIG_PLAN_H
#define MCASTD_CONFIG_PLAN_H

#include <stddef.h>

#include "config/config.h"

/* What a reload does with a section of the new configuration. */
enum plan_action {
        PLAN_KEEP,   /* nothing has changed: the living one stays */
        PLAN_REOPEN, /* something has changed: a new one is opened, then the old one closed */
        PLAN_ADD,    /* the running configuration has none of this name */
};

struct plan_step {
        enum plan_action action;
        size_t old; /* index in the running configuration; but for PLAN_ADD */
};

/* One step for each section of the new configuration, in its order. Sections of the running one that no step
 * names are dropped. */
struct plan {
        struct plan_step *receivers;
        struct plan_step *emitters;
        size_t kept, reopened, added, dropped;
};

/* 0 or -ENOMEM. The plan belongs to the caller. */
int plan_new(const struct config *running, const struct config *next, struct plan **ret);
struct plan *plan_free(struct plan *p);

#endif
