/* top_columns.c - mcastctl top: the columns of its tables, how their cells are written, and how they are
 * ordered. Pure. */
#include "ctl/top_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl/top_text.h"

/* The rest of the line. */
#define REST 1000

static const struct top_column group_columns[TOP_GROUP_COLUMNS] = {
        [TOP_GROUP_SECTION] = { "SECTION", TOP_FORMAT_TEXT, 8, 24, true },
        [TOP_GROUP_STATE] = { "STATE", TOP_FORMAT_STATE, 7, 7, true },
        [TOP_GROUP_GROUP] = { "GROUP", TOP_FORMAT_ENDPOINT, 14, 40, true },
        [TOP_GROUP_INTERFACE] = { "VIA", TOP_FORMAT_TEXT, 5, 15, true },
        [TOP_GROUP_IN] = { "IN/S", TOP_FORMAT_RATE, 6, 6, false },
        [TOP_GROUP_OUT] = { "OUT/S", TOP_FORMAT_RATE, 6, 6, false },
        [TOP_GROUP_DROPS] = { "DROPS", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_UP] = { "UP", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_DOWN] = { "DOWN", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_NEW] = { "NEW", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_ACKS] = { "ACKS", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_KNOWN] = { "KNOWN", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_GROUP_KIND] = { "KIND", TOP_FORMAT_TEXT, 8, 8, true },
        [TOP_GROUP_WHY] = { "WHY", TOP_FORMAT_TEXT, 12, REST, true },
};

static const struct top_column peer_columns[TOP_PEER_COLUMNS] = {
        [TOP_PEER_ADDRESS] = { "ADDRESS", TOP_FORMAT_TEXT, 13, 50, true },
        [TOP_PEER_STATE] = { "STATE", TOP_FORMAT_STATE, 5, 5, true },
        [TOP_PEER_HEARD] = { "HEARD", TOP_FORMAT_SECONDS, 6, 6, true },
        [TOP_PEER_SECTION] = { "SECTION", TOP_FORMAT_TEXT, 8, 24, true },
        [TOP_PEER_EVERY] = { "EVERY", TOP_FORMAT_SECONDS, 6, 6, false },
        [TOP_PEER_IN] = { "IN/S", TOP_FORMAT_RATE, 6, 6, false },
        [TOP_PEER_LOST] = { "LOST", TOP_FORMAT_COUNT, 5, 5, false },
        [TOP_PEER_RESTARTS] = { "RESTARTS", TOP_FORMAT_COUNT, 8, 8, false },
        [TOP_PEER_CLOCK] = { "CLOCK", TOP_FORMAT_DIFFERENCE, 8, 8, false },
        [TOP_PEER_PAYLOAD] = { "PAYLOAD", TOP_FORMAT_TEXT, 12, REST, true },
};

const struct top_column *top_columns(enum top_kind kind, size_t *ret)
{
        *ret = kind == TOP_GROUPS ? (size_t)TOP_GROUP_COLUMNS : (size_t)TOP_PEER_COLUMNS;
        return kind == TOP_GROUPS ? group_columns : peer_columns;
}

bool top_column_is_left(const struct top_column *column)
{
        return column->format <= TOP_FORMAT_ENDPOINT;
}

static const char *endpoint_text(const struct top_cell *cell, char buffer[TOP_CELL_SIZE])
{
        snprintf(buffer, TOP_CELL_SIZE, strchr(cell->text, ':') ? "[%.*s]:%s" : "%.*s:%s", TOP_CELL_SIZE / 2,
                 cell->text, TOP_COUNT(cell->number));
        return buffer;
}

static const char *number_text(enum top_format format, double number, char buffer[TOP_NUMBER_SIZE])
{
        switch (format) {
        case TOP_FORMAT_RATE:
                return top_rate(number, buffer);
        case TOP_FORMAT_SECONDS:
                return top_seconds(number, buffer);
        case TOP_FORMAT_DIFFERENCE:
                return top_difference(number, buffer);
        default:
                return top_count(number, buffer);
        }
}

const char *top_cell_text(const struct top_column *column, const struct top_cell *cell,
                          char buffer[TOP_CELL_SIZE])
{
        char number[TOP_NUMBER_SIZE];

        if (column->format == TOP_FORMAT_ENDPOINT)
                endpoint_text(cell, buffer);
        else
                snprintf(buffer, TOP_CELL_SIZE, "%.*s%s", TOP_CELL_SIZE - 32,
                         top_column_is_left(column) ? cell->text
                                                    : number_text(column->format, cell->number, number),
                         cell->mark);
        top_text_clean(buffer);
        return buffer;
}

static int sign(bool smaller, bool rising)
{
        return smaller == rising ? -1 : 1;
}

int top_cell_compare(const struct top_column *column, const struct top_cell *a, const struct top_cell *b,
                     bool reversed)
{
        bool rising = column->rising != reversed, by_text = column->format == TOP_FORMAT_TEXT;
        int r;

        if (!by_text && isnan(a->number) != isnan(b->number))
                return isnan(a->number) ? 1 : -1;
        /* Numbers within a text count as numbers: eth2 comes before eth10. */
        r = by_text || column->format == TOP_FORMAT_ENDPOINT ? strverscmp(a->text, b->text) : 0;
        if (r)
                return sign(r < 0, rising);
        if (by_text || !(a->number < b->number || a->number > b->number))
                return 0;
        return sign(a->number < b->number, rising);
}
