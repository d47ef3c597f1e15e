#ifndef MCASTD_CTL_PING_REPORT_H
#define MCASTD_CTL_PING_REPORT_H

#include <stdint.h>

#include "ctl/ping_options.h"
#include "ctl/ping_roster.h"
#include "state/acks.h"
#include "state/gate.h"

/* What came of a ping, said while it goes on (to people) or all at the end (as JSON). */
struct ping_report;

/* 0 or -ENOMEM. `options` must live as long. */
int ping_report_new(const struct ping_options *options, struct ping_report **ret);
struct ping_report *ping_report_free(struct ping_report *r);

/* A message goes out. */
void ping_report_message(struct ping_report *r);

/* What has come back. */
struct ping_answer {
        const struct endpoint *source;
        const uint8_t *text;
        size_t length;
        int64_t after_ns; /* since the message was sent */
};

/* It is an ack; or it is not to be believed, and does not count. */
void ping_report_ack(struct ping_report *r, const struct ping_answer *answer, enum ack_verdict verdict);
void ping_report_refused(struct ping_report *r, const struct ping_answer *answer,
                         const struct gate_result *judged);

/* The wait for acks of this message is over. */
void ping_report_timeout(struct ping_report *r);

/* The summary; with a roster (NULL: without) that as well. */
void ping_report_end(struct ping_report *r, const struct ping_roster *roster);

/* How many different nodes have answered. */
uint64_t ping_report_nodes(const struct ping_report *r);

#endif
