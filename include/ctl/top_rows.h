#ifndef MCASTD_CTL_TOP_ROWS_H
#define MCASTD_CTL_TOP_ROWS_H

#include <stddef.h>

#include "ctl/output.h"

/* What mcastctl top shows: two tables. Numbers that are not known are NAN. */
enum top_kind {
        TOP_GROUPS,
        TOP_PEERS,
        TOP_KINDS
};

enum top_group_column {
        TOP_GROUP_SECTION,
        TOP_GROUP_STATE,
        TOP_GROUP_GROUP,
        TOP_GROUP_INTERFACE,
        TOP_GROUP_IN,
        TOP_GROUP_OUT,
        TOP_GROUP_DROPS,
        TOP_GROUP_UP,
        TOP_GROUP_DOWN,
        TOP_GROUP_NEW,
        TOP_GROUP_ACKS,
        TOP_GROUP_KNOWN,
        TOP_GROUP_KIND,
        TOP_GROUP_WHY,
        TOP_GROUP_COLUMNS
};

enum top_peer_column {
        TOP_PEER_ADDRESS,
        TOP_PEER_STATE,
        TOP_PEER_HEARD,
        TOP_PEER_SECTION,
        TOP_PEER_EVERY,
        TOP_PEER_IN,
        TOP_PEER_LOST,
        TOP_PEER_RESTARTS,
        TOP_PEER_CLOCK,
        TOP_PEER_PAYLOAD,
        TOP_PEER_COLUMNS
};

#define TOP_CELLS_MAX TOP_GROUP_COLUMNS

/* Written as its column says. The texts belong to the sample. */
struct top_cell {
        const char *text;
        const char *mark; /* stands behind it */
        double number;
        enum tone tone;
};

struct top_row {
        const char *section, *address; /* by which it is known again; the address of a group is "" */
        size_t place;                  /* in the daemon's order */
        double moment_s;               /* the daemon's time */
        double in, out;                /* counters */
        struct top_cell cells[TOP_CELLS_MAX];
};

struct top_rows {
        size_t n, size;
        struct top_row *rows; /* by section and address */
};

#endif
