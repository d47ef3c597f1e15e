#ifndef MCASTD_VIEW_METRICS_H
#define MCASTD_VIEW_METRICS_H

#include <stddef.h>

#include "state/snapshot.h"

/* The same numbers, in two languages of which no reader knows both in full: promtool and the older readers
 * the first, Prometheus prefers the second. */
enum metrics_format {
        METRICS_TEXT,        /* Prometheus' text format, version 0.0.4 */
        METRICS_OPENMETRICS, /* OpenMetrics, version 1.0.0: types of its own, units, "# EOF" at the end */
};

/* What to send as Content-Type. */
const char *view_metrics_type(enum metrics_format format);

/* Appends to a text. 0, or -ENOMEM. */
typedef int (*metrics_write)(void *arg, const char *text, size_t length);

/* Writes a snapshot as metrics, which are listed in mcastd(8). The peers and ack sources that the snapshot
 * has become metrics of their own, with their addresses as labels. 0 or what `write` has returned. */
int view_metrics(const struct snapshot *s, enum metrics_format format, metrics_write write, void *arg);

#endif
