/* table.c - aligned tables for people. Knows neither what is in them nor where they go. */
#include "ctl/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Between two columns. */
#define GAP 2

/* Stands where a line was cut. */
#define CUT "..."

struct cell {
        char *text; /* NULL: empty */
        enum tone tone;
};

struct table {
        const struct table_column *columns;
        size_t n_columns;
        size_t n_cells, room;
        struct cell *cells;
        bool failed; /* memory: what would come is missing, and the rest stays where it belongs */
};

struct table *table_new(const struct table_column *columns, size_t n)
{
        struct table *t = calloc(1, sizeof *t);

        if (t) {
                t->columns = columns;
                t->n_columns = n;
        }
        return t;
}

struct table *table_free(struct table *t)
{
        if (t) {
                for (size_t i = 0; i < t->n_cells; i++)
                        free(t->cells[i].text);
                free(t->cells);
        }
        free(t);
        return NULL;
}

/* Room for one more; NULL without memory. */
static struct cell *add_cell(struct table *t)
{
        if (t->failed)
                return NULL;
        if (t->n_cells == t->room) {
                size_t room = t->room ? 2 * t->room : 64;
                struct cell *larger = reallocarray(t->cells, room, sizeof *larger);

                if (!larger) {
                        t->failed = true;
                        return NULL;
                }
                t->cells = larger;
                t->room = room;
        }
        return &t->cells[t->n_cells++];
}

void table_cell(struct table *t, enum tone tone, const char *format, ...)
{
        struct cell *cell = add_cell(t);
        va_list args;

        if (!cell)
                return;
        *cell = (struct cell){ .tone = tone };
        va_start(args, format);
        if (vasprintf(&cell->text, format, args) < 0)
                cell->text = NULL;
        va_end(args);
}

static const char *text_of(const struct cell *cell)
{
        return cell->text ? cell->text : "";
}

/* Of a column: that of its widest cell or title; 0 where all its cells are empty. */
static size_t width_of(const struct table *t, size_t column)
{
        size_t widest = 0, title = strlen(t->columns[column].title);

        for (size_t i = column; i < t->n_cells; i += t->n_columns) {
                size_t width = strlen(text_of(&t->cells[i]));

                widest = width > widest ? width : widest;
        }
        return widest > 0 && widest < title ? title : widest;
}

/* What may stand in the last column of a line of `width`, of which `used` are taken. */
static size_t room_for(const struct table_column *column, size_t width, size_t used)
{
        if (column->fit != TABLE_CUT)
                return SIZE_MAX;
        return width > used && width - used > TABLE_CUT_LEAST ? width - used : TABLE_CUT_LEAST;
}

static void put(FILE *to, bool colours, enum tone tone, const char *text, size_t room)
{
        char *shortened = NULL;

        if (strlen(text) > room && asprintf(&shortened, "%.*s" CUT, (int)(room - strlen(CUT)), text) >= 0)
                text = shortened;
        output_toned(to, colours, tone, text);
        free(shortened);
}

/* A row; without cells that of the titles. Blanks are owed, so that none stand at the end of a line. */
static void put_row(const struct table *t, const struct cell *cells, const size_t widths[], FILE *to,
                    size_t width, bool colours)
{
        size_t used = 0, owed = 0;

        for (size_t i = 0; i < t->n_columns; i++) {
                const char *text = cells ? text_of(&cells[i]) : t->columns[i].title;
                bool right = t->columns[i].fit == TABLE_RIGHT;
                size_t pad = widths[i] > strlen(text) ? widths[i] - strlen(text) : 0;

                if (widths[i] == 0)
                        continue;
                if (right)
                        owed += pad;
                if (*text) {
                        fprintf(to, "%*s", (int)owed, "");
                        used += owed + strlen(text);
                        owed = 0;
                        put(to, colours, cells ? cells[i].tone : TONE_TITLE, text,
                            room_for(&t->columns[i], width, used - strlen(text)));
                }
                owed += GAP + (right ? 0 : pad);
        }
        putc('\n', to);
}

void table_print(const struct table *t, FILE *to, size_t width, bool colours)
{
        size_t *widths = calloc(t->n_columns, sizeof *widths);

        if (!widths)
                return;
        for (size_t i = 0; i < t->n_columns; i++)
                widths[i] = width_of(t, i);
        if (t->n_cells > 0)
                put_row(t, NULL, widths, to, width, colours);
        for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns)
                put_row(t, t->cells + i, widths, to, width, colours);
        free(widths);
}
