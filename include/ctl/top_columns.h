#ifndef MCASTD_CTL_TOP_COLUMNS_H
#define MCASTD_CTL_TOP_COLUMNS_H

#include "ctl/top_model.h"

enum top_format {
        TOP_FORMAT_TEXT, /* at the left, the others at the right */
        TOP_FORMAT_STATE,
        TOP_FORMAT_ENDPOINT, /* an address, with the number as its port */
        TOP_FORMAT_COUNT,
        TOP_FORMAT_RATE,
        TOP_FORMAT_SECONDS,
        TOP_FORMAT_DIFFERENCE,
};

struct top_column {
        const char *title;
        enum top_format format;
        int width;   /* at least */
        int most;    /* what it grows to with its content */
        bool rising; /* what is wanted first is the smallest */
};

/* The columns of a table, from the left; the number goes to *ret. */
const struct top_column *top_columns(enum top_kind kind, size_t *ret);

/* Printable, whatever the daemon has said. Returns the buffer. */
#define TOP_CELL_SIZE 640
const char *top_cell_text(const struct top_column *column, const struct top_cell *cell,
                          char buffer[TOP_CELL_SIZE]);

bool top_column_is_left(const struct top_column *column);

/* As qsort() wants it: what the column wants first comes first, what is unknown comes last. */
int top_cell_compare(const struct top_column *column, const struct top_cell *a, const struct top_cell *b,
                     bool reversed);

#endif
