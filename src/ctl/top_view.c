/* top_view.c - mcastctl top: which rows of a table are shown and in which order, and which columns fit.
 * Pure. */
#include "ctl/top_view.h"

#include <stdlib.h>
#include <string.h>

static bool passes(const struct top_view *v, const struct top_row *row)
{
        size_t n;
        const struct top_column *columns = top_columns(v->kind, &n);
        char text[TOP_CELL_SIZE];

        if (!v->filter[0])
                return true;
        for (size_t i = 0; i < n; i++)
                if (strcasestr(top_cell_text(&columns[i], &row->cells[i], text), v->filter))
                        return true;
        return false;
}

/* Rows that are equal in the column keep the order of their names, groups that of the daemon's file. */
static int compare_rows(const void *a, const void *b, void *arg)
{
        const struct top_view *v = arg;
        const struct top_row *x = *(const struct top_row *const *)a, *y = *(const struct top_row *const *)b;
        size_t n;
        const struct top_column *columns = top_columns(v->kind, &n);
        int r = top_cell_compare(&columns[v->sort], &x->cells[v->sort], &y->cells[v->sort], v->reversed);

        if (r == 0 && v->kind == TOP_PEERS)
                r = strverscmp(x->address, y->address);
        return r ? r : (x->place > y->place) - (x->place < y->place);
}

size_t top_view_rows(const struct top_view *v, const struct top_rows *table, const struct top_row **ret)
{
        size_t n = 0;

        for (size_t i = 0; i < table->n; i++)
                if (passes(v, &table->rows[i]))
                        ret[n++] = &table->rows[i];
        qsort_r(ret, n, sizeof(struct top_row *), compare_rows, (void *)v);
        return n;
}

/* What the column would take if it could. Numbers do not grow, so that they stay where they are. */
static int wanted(const struct top_column *column, size_t index, const struct top_row *const *rows, size_t n)
{
        int most = column->width;
        char text[TOP_CELL_SIZE];

        for (size_t i = 0; i < n && column->most > column->width && most < column->most; i++) {
                int width = (int)strlen(top_cell_text(column, &rows[i]->cells[index], text));

                if (width > most)
                        most = width;
        }
        return most < column->most ? most : column->most;
}

/* The first column leaves room for the next one, if that is possible without less than its own width. */
static int first_width(const struct top_column *columns, size_t next, int want, int width)
{
        int left = width - 1 - columns[next].width;

        return want <= left || left < columns[0].width ? want : left;
}

size_t top_view_layout(const struct top_view *v, const struct top_row *const *rows, size_t n, int width,
                       struct top_slot ret[TOP_CELLS_MAX])
{
        size_t n_columns, slots = 0;
        const struct top_column *columns = top_columns(v->kind, &n_columns);
        int x = 0;

        for (size_t i = 0; i < n_columns; i += i == 0 ? v->shift + 1 : 1) {
                int left = width - x, want = wanted(&columns[i], i, rows, n);

                if (i == 0)
                        want = first_width(columns, v->shift + 1, want, width);
                else if (left < columns[i].width)
                        break;
                ret[slots++] = (struct top_slot){ i, x, want < left ? want : left };
                x += want + 1;
        }
        return slots;
}
