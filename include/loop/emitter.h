#ifndef MCASTD_LOOP_EMITTER_H
#define MCASTD_LOOP_EMITTER_H

#include "config/config.h"
#include "loop/env.h"

/* One [MCCLIENT...] section: a socket and a timer that sends a message to one group, and counts who
 * acknowledges it. */
struct emitter;

/* Opens; the first message is sent from the loop, after a random part of JITTER. `cfg` is copied. 0 or
 * -errno; then it has been logged what failed and which option to look at. */
int emitter_new(struct env *env, const struct config_emitter *cfg, struct emitter **ret);
struct emitter *emitter_free(struct emitter *e);

/* Logs one line with the counters. */
void emitter_log_counters(const struct emitter *e);

#endif
