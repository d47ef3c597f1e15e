#ifndef MCASTD_CTL_TABLE_H
#define MCASTD_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/output.h"

/* Rows of text for people, in columns as wide as their widest cell. */
struct table;

enum table_fit {
        TABLE_LEFT,
        TABLE_RIGHT, /* as numbers are */
        TABLE_CUT,   /* to the left, and cut where a line has no room for all of it; the last column only */
};

struct table_column {
        const char *title;
        enum table_fit fit;
};

/* `columns` must live as long. NULL without memory. */
struct table *table_new(const struct table_column *columns, size_t n);
struct table *table_free(struct table *t);

/* The next cell, from left to right, row by row. Printed as output_text() does. Where memory fails, cells are
 * empty or the table ends. */
void table_cell(struct table *t, enum tone tone, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Columns in which no row has anything are left out, and so is a table without rows. The last column is cut,
 * if it may be, so that a line has no more than `width` characters, but never below TABLE_CUT_LEAST. */
#define TABLE_CUT_LEAST 16
void table_print(const struct table *t, FILE *to, size_t width, bool colours);

#endif
