#ifndef MCASTD_LOOP_RECEIVER_H
#define MCASTD_LOOP_RECEIVER_H

#include "config/config.h"
#include "loop/env.h"

/* One [MCSERVER...] section: a socket joined to one group, and what is done with what it hears. */
struct receiver;

/* Opens and joins; from the next turn of the loop on datagrams are handled. `cfg` is copied. 0 or -errno;
 * then it has been logged what failed and which option to look at. */
int receiver_new(struct env *env, const struct config_receiver *cfg, struct receiver **ret);

/* Handles what still waits on the socket, leaves the group and closes. */
struct receiver *receiver_free(struct receiver *r);

/* Two sections may name one interface in two ways, which shows only once they are open. 0; or -ENOTUNIQ,
 * after it has been logged that `r` hears what `other` hears. */
int receiver_check_distinct(const struct receiver *r, const struct receiver *other);

const struct stats *receiver_stats(const struct receiver *r);

/* Logs one line with the counters. */
void receiver_log_counters(const struct receiver *r);

#endif
