#ifndef MCASTD_LOOP_SECTIONS_H
#define MCASTD_LOOP_SECTIONS_H

#include "config/config.h"
#include "config/plan.h"
#include "loop/env.h"
#include "loop/service.h"

/* All living receivers and emitters. */
struct sections;

/* Opens every section of a configuration. 0; or -errno, with nothing left open, and it has been logged which
 * section failed and why. */
int sections_new(struct env *env, const struct config *cfg, struct sections **ret);

/* Leaves all groups and closes all sockets. */
struct sections *sections_free(struct sections *s);

/* Goes over to another configuration by a plan that plan_new() made from the present one: opens what is new,
 * then closes what is old. Kept sections are not touched. 0; or -errno, and then everything is as it was
 * before. */
int sections_apply(struct sections *s, const struct config *next, const struct plan *plan);

void sections_status(const struct sections *s, struct service_status *ret);
void sections_log_counters(const struct sections *s);

#endif
