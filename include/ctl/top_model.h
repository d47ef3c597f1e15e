#ifndef MCASTD_CTL_TOP_MODEL_H
#define MCASTD_CTL_TOP_MODEL_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl/blemish.h"
#include "ctl/top_rows.h"

/* What stands above the tables. */
struct top_head {
        const char *node, *boot, *unwell, *worst, *remark; /* "": all is well */
        char blemish[BLEMISH_SIZE];
        bool healthy;
        const char *started, *now; /* as the daemon writes times */
        double uptime_s;
        double joined, emitting, waiting, silent, failed;
        double peers_new, peers_up, peers_down;
        double in, out; /* datagrams a second, of all groups */
};

struct top_sample {
        bool known; /* there is a head */
        struct top_head head;
        double base_s; /* by the daemon's wall clock, when it had been up for
                          head.uptime_s */
        struct top_rows tables[TOP_KINDS];
        json_t *answers; /* that the texts belong to */
};

/* Empty. NULL without memory. */
struct top_sample *top_sample_new(void);
struct top_sample *top_sample_free(struct top_sample *s);

/* Adds an answer, or a page of one; that of "status" comes first. 0, -ENOMEM, or -EBADMSG where it is not
 * what such an answer is. */
int top_sample_add(struct top_sample *s, json_t *answer);

/* When all is added: orders it, and finds the rates by an earlier sample (NULL: there is none). What
 * restarted in between has none. */
void top_sample_finish(struct top_sample *s, const struct top_sample *before);

#endif
