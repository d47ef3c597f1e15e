#ifndef MCASTD_LOOP_SECTIONS_H
#define MCASTD_LOOP_SECTIONS_H

#include "config/config.h"
#include "config/plan.h"
#include "loop/env.h"
#include "loop/service.h"

/* All living receivers and emitters. */
struct sections;

/* Brings up every section of a configuration. A section whose interface is not there waits for it; one that
 * fails for another reason is tried again later. 0; or -errno where a section can never work or there is no
 * memory, with nothing left open, and it has been logged which section failed and why. */
int sections_new(struct env *env, const struct config *cfg, struct sections **ret);

/* Leaves all groups and closes all sockets. */
struct sections *sections_free(struct sections *s);

/* Goes over to another configuration by a plan that plan_new() made from the running one: opens what is new,
 * changes what can be changed where it is, then closes what is old. Kept sections are not touched. 0; or
 * -errno, and then everything is as it was before. */
int sections_apply(struct sections *s, const struct config *running, const struct config *next,
                   const struct plan *plan);

/* Sees to it that what does not work is tried again. To be called when the state of a section has changed. */
void sections_retry_later(struct sections *s);

/* Receivers, then emitters, in the order of the file. */
size_t sections_count(const struct sections *s);
struct section *sections_at(const struct sections *s, size_t i);

void sections_log_counters(const struct sections *s);

#endif
