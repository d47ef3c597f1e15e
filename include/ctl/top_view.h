#ifndef MCASTD_CTL_TOP_VIEW_H
#define MCASTD_CTL_TOP_VIEW_H

#include "ctl/top_columns.h"

#define TOP_FILTER_SIZE 64

/* How a table is looked at. */
struct top_view {
        enum top_kind kind;
        size_t sort; /* column */
        bool reversed;
        char filter[TOP_FILTER_SIZE]; /* "": all rows */
        size_t first;                 /* row on the screen */
        size_t shift;                 /* so many columns behind the first one are passed over */
};

/* The rows that the filter lets through, in their order, into ret, which has room for all. Their number. */
size_t top_view_rows(const struct top_view *v, const struct top_rows *table, const struct top_row **ret);

/* Where a column stands. */
struct top_slot {
        size_t column;
        int x, width;
};

/* Which columns fit into the width; what does not is dropped from the right. Their number. */
size_t top_view_layout(const struct top_view *v, const struct top_row *const *rows, size_t n, int width,
                       struct top_slot ret[TOP_CELLS_MAX]);

#endif
