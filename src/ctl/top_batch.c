/* top_batch.c - mcastctl top --batch: a screen as plain text, whole. */
#include "ctl/top_batch.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/table.h"
#include "ctl/top_ui.h"

static void print_head(const struct top_head_text *head)
{
        for (size_t i = 0; i < head->n; i++) {
                fputs(head->pieces[i].text, stdout);
                if (i + 1 == head->n || head->pieces[i + 1].line != head->pieces[i].line)
                        putchar('\n');
        }
}

static int print_table(const struct top_view *view, const struct top_rows *table)
{
        struct table_column titles[TOP_CELLS_MAX];
        size_t n_columns, n;
        const struct top_column *columns = top_columns(view->kind, &n_columns);
        const struct top_row **rows = calloc(table->n + 1, sizeof(struct top_row *));
        char text[TOP_CELL_SIZE];
        struct table *t;

        for (size_t i = 0; i < n_columns; i++)
                titles[i] =
                        (struct table_column){ columns[i].title,
                                               top_column_is_left(&columns[i]) ? TABLE_LEFT : TABLE_RIGHT };
        t = table_new(titles, n_columns);
        n = rows && t ? top_view_rows(view, table, rows) : 0;
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < n_columns; k++)
                        table_cell(t, TONE_PLAIN, "%s", top_cell_text(&columns[k], &rows[i]->cells[k], text));
        if (n > 0) {
                putchar('\n');
                table_print(t, stdout, SIZE_MAX, false);
        }
        free(rows);
        table_free(t);
        return rows && t ? 0 : -ENOMEM;
}

int top_batch_print(const struct top_sample *sample, const struct top_head_text *head)
{
        struct top_ui ui;
        int r = 0;

        top_ui_init(&ui);
        print_head(head);
        for (size_t i = 0; r == 0 && i < TOP_KINDS; i++)
                r = print_table(&ui.views[i], &sample->tables[i]);
        putchar('\n');
        if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
                r = -EIO;
        return r;
}
