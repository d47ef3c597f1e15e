/* top_screen.c - mcastctl top: draws its tables by ncurses, and gives back the terminal as it was. Does not
 * know where the rows come from, nor what the keys do. */
#include "ctl/top_screen.h"

#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The lines above the tables, where there are so many lines in all; else the first one. */
#define HEAD_FROM 8
/* The same for the line at the bottom, for the lines above each table, and for both tables. */
#define FOOT_FROM  6
#define TITLE_FROM 8
#define BOTH_FROM  12

struct top_screen {
        SCREEN *screen;
        bool colours;
};

/* A table, and where it is drawn. */
struct pane {
        struct top_view *view;
        const struct top_row **rows;
        size_t n, total;
        int y, lines; /* of rows, below the title and the header */
        bool shown, titled, focused, stale;
};

/* Whether the cursor can be put anywhere: ncurses does not care. */
static bool can_move(void)
{
        const char *how = tigetstr("cup");

        return how && how != (const char *)-1;
}

int top_screen_open(struct top_screen **ret)
{
        struct top_screen *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        setlocale(LC_CTYPE, "");
        s->screen = newterm(NULL, stdout, stdin);
        if (!s->screen) {
                free(s);
                return -ENOTTY;
        }
        if (!can_move()) {
                top_screen_close(s);
                return -ENOTTY;
        }
        set_escdelay(25);
        cbreak();
        noecho();
        nonl();
        keypad(stdscr, TRUE);
        nodelay(stdscr, TRUE);
        curs_set(0);
        s->colours = output_has_colours(stdout) && has_colors() && start_color() == OK;
        if (s->colours && use_default_colors() == OK) {
                init_pair(TONE_GOOD, COLOR_GREEN, -1);
                init_pair(TONE_FAIR, COLOR_YELLOW, -1);
                init_pair(TONE_BAD, COLOR_RED, -1);
        }
        *ret = s;
        return 0;
}

struct top_screen *top_screen_close(struct top_screen *s)
{
        if (s) {
                endwin();
                delscreen(s->screen);
        }
        free(s);
        return NULL;
}

int top_screen_key(struct top_screen *s)
{
        int key = getch();

        (void)s;
        return key == ERR ? -1 : key;
}

/* Whether the terminal has colours or not, what is bad stands out. */
static attr_t attribute(const struct top_screen *s, enum tone tone)
{
        attr_t bold = tone == TONE_BAD ? A_BOLD : A_NORMAL;

        return bold | (s->colours && tone != TONE_PLAIN ? COLOR_PAIR(tone) : A_NORMAL);
}

/* Nothing is ever wrapped: what does not fit is cut. */
static void put(int y, int x, int width, attr_t attributes, const char *text)
{
        if (width > COLS - x)
                width = COLS - x;
        if (y < 0 || y >= LINES || width <= 0)
                return;
        attrset((int)attributes);
        mvaddnstr(y, x, text, width);
        attrset(A_NORMAL);
}

static void draw_head(const struct top_screen *s, const struct top_head_text *head, size_t lines)
{
        int x[TOP_HEAD_MOST] = { 0 };

        for (size_t i = 0; i < head->n; i++) {
                const struct top_piece *piece = &head->pieces[i];

                if (piece->line >= lines)
                        continue;
                put((int)piece->line, x[piece->line], COLS, attribute(s, piece->tone), piece->text);
                x[piece->line] += (int)strlen(piece->text);
        }
}

static const char *name_of(enum top_kind kind)
{
        return kind == TOP_GROUPS ? "Groups" : "Peers";
}

/* Peers 9-16 of 20 by STATE reversed, with "eth0" (of 120) */
static void draw_title(const struct pane *p)
{
        size_t n, last = p->view->first + (size_t)p->lines;
        const struct top_column *columns = top_columns(p->view->kind, &n);
        attr_t attributes = p->focused ? A_BOLD : A_DIM;
        char text[256];
        int used;

        if (last > p->n)
                last = p->n;
        used = snprintf(text, sizeof text, "%s ", name_of(p->view->kind));
        if (p->n > (size_t)p->lines)
                used += snprintf(text + used, sizeof text - (size_t)used, "%zu-%zu of ", p->view->first + 1,
                                 last);
        used += snprintf(text + used, sizeof text - (size_t)used, "%zu by %s%s", p->n,
                         columns[p->view->sort].title, p->view->reversed ? " reversed" : "");
        if (p->view->filter[0])
                snprintf(text + used, sizeof text - (size_t)used, ", with \"%s\" (of %zu)", p->view->filter,
                         p->total);
        put(p->y, 0, COLS, attributes, text);
}

/* The arrow stands behind the title of the column that the rows are ordered by. */
static void draw_header(const struct pane *p, int y, const struct top_slot *slots, size_t n_slots)
{
        size_t n;
        const struct top_column *columns = top_columns(p->view->kind, &n);
        attr_t attributes = p->focused ? A_REVERSE : A_UNDERLINE;

        attrset((int)attributes);
        mvhline(y, 0, ' ' | attributes, COLS);
        attrset(A_NORMAL);
        for (size_t i = 0; i < n_slots; i++) {
                const struct top_column *column = &columns[slots[i].column];
                int length = (int)strlen(column->title), x = slots[i].x;
                bool sorted = slots[i].column == p->view->sort;

                if (!top_column_is_left(column))
                        x += slots[i].width - length;
                put(y, x, slots[i].x + slots[i].width - x, attributes | (sorted ? A_BOLD : A_NORMAL),
                    column->title);
                if (sorted && x + length < COLS && length <= slots[i].width)
                        mvaddch(y, x + length,
                                attributes | (column->rising == p->view->reversed ? ACS_DARROW : ACS_UARROW));
        }
}

static void draw_row(const struct top_screen *s, const struct pane *p, int y, const struct top_row *row,
                     const struct top_slot *slots, size_t n_slots)
{
        size_t n;
        const struct top_column *columns = top_columns(p->view->kind, &n);
        char text[TOP_CELL_SIZE];

        for (size_t i = 0; i < n_slots; i++) {
                const struct top_column *column = &columns[slots[i].column];
                const struct top_cell *cell = &row->cells[slots[i].column];
                int width = slots[i].width, length = (int)strlen(top_cell_text(column, cell, text));
                int x = slots[i].x + (top_column_is_left(column) || length > width ? 0 : width - length);

                put(y, x, width, p->stale ? A_DIM : attribute(s, cell->tone), text);
                if (length > width)
                        put(y, x + width - 1, 1, A_BOLD, "~");
        }
}

static void draw_pane(const struct top_screen *s, const struct pane *p)
{
        struct top_slot slots[TOP_CELLS_MAX];
        size_t n_slots = top_view_layout(p->view, p->rows, p->n, COLS, slots);
        int y = p->y;

        if (p->titled)
                draw_title(p), y++;
        draw_header(p, y++, slots, n_slots);
        for (size_t i = 0; i < (size_t)p->lines && p->view->first + i < p->n; i++)
                draw_row(s, p, y + (int)i, p->rows[p->view->first + i], slots, n_slots);
}

static void draw_foot(const struct top_ui *ui)
{
        static const char keys[] =
                "q end  h help  Tab groups/peers  s sort  r reverse  / filter  space pause";
        char text[TOP_FILTER_SIZE + 80];

        if (ui->typing) {
                snprintf(text, sizeof text, "%s with: %s_", name_of(ui->focus), ui->views[ui->focus].filter);
                move(LINES - 1, 0);
                clrtoeol();
                put(LINES - 1, 0, COLS, A_BOLD, text);
        } else if (ui->help) {
                put(LINES - 1, 0, COLS, A_BOLD, "any key goes back");
        } else if (ui->paused) {
                put(LINES - 1, 0, COLS, A_BOLD, "paused: space goes on");
        } else if (LINES >= FOOT_FROM) {
                put(LINES - 1, 0, COLS, A_DIM, keys);
        }
}

static void draw_help(int y)
{
        for (const char *const *line = top_ui_help(); *line; line++)
                put(y++, 0, COLS, A_NORMAL, *line);
}

/* Shares the lines between the tables: a table gets what it needs if it needs less than its half, the other
 * one what is left. */
static void place_panes(struct pane panes[TOP_KINDS], const struct top_ui *ui, int y, int lines)
{
        int titles = LINES >= TITLE_FROM ? 2 : 1, groups = (int)panes[TOP_GROUPS].n;
        int peers = panes[TOP_PEERS].n < (size_t)lines ? (int)panes[TOP_PEERS].n : lines, left;

        if (LINES < BOTH_FROM) {
                panes[ui->focus].shown = true;
                panes[ui->focus].y = y;
                panes[ui->focus].lines = lines > titles ? lines - titles : 0;
                return;
        }
        /* A blank line stands between them. */
        left = lines - 2 * titles - 1;
        if (groups > left / 2)
                groups = left - peers > left / 2 ? left - peers : left / 2;
        if (groups > (int)panes[TOP_GROUPS].n)
                groups = (int)panes[TOP_GROUPS].n;
        panes[TOP_GROUPS].shown = panes[TOP_PEERS].shown = true;
        panes[TOP_GROUPS].y = y;
        panes[TOP_GROUPS].lines = groups;
        panes[TOP_PEERS].y = y + titles + groups + 1;
        panes[TOP_PEERS].lines = left - groups;
}

static void draw_panes(const struct top_screen *s, struct top_ui *ui, struct pane panes[TOP_KINDS], int y)
{
        place_panes(panes, ui, y, LINES - y - (LINES >= FOOT_FROM));
        for (size_t i = 0; i < TOP_KINDS; i++) {
                struct pane *p = &panes[i];

                if (!p->shown)
                        continue;
                /* The table may have become shorter. */
                if (p->view->first + (size_t)p->lines > p->n)
                        p->view->first = p->n > (size_t)p->lines ? p->n - (size_t)p->lines : 0;
                if (p->focused) {
                        ui->page = (size_t)p->lines;
                        ui->n = p->n;
                }
                draw_pane(s, p);
        }
}

static int fill_panes(struct pane panes[TOP_KINDS], struct top_ui *ui, const struct top_sample *sample,
                      bool stale)
{
        for (size_t i = 0; i < TOP_KINDS; i++) {
                const struct top_rows *table = &sample->tables[i];

                panes[i] = (struct pane){
                        .view = &ui->views[i],
                        .rows = calloc(table->n + 1, sizeof(struct top_row *)),
                        .total = table->n,
                        .titled = LINES >= TITLE_FROM,
                        .focused = ui->focus == i,
                        .stale = stale,
                };
                if (!panes[i].rows)
                        return -ENOMEM;
                panes[i].n = top_view_rows(&ui->views[i], table, panes[i].rows);
        }
        return 0;
}

/* The size is asked for, and not waited for as KEY_RESIZE, which a stopped program never gets. */
static void follow_size(void)
{
        struct winsize size;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
            is_term_resized(size.ws_row, size.ws_col))
                resizeterm(size.ws_row, size.ws_col);
}

int top_screen_draw(struct top_screen *s, struct top_ui *ui, const struct top_sample *sample,
                    const struct top_head_text *head, bool stale)
{
        struct pane panes[TOP_KINDS] = { 0 };
        size_t lines;
        int r;

        follow_size();
        lines = LINES >= HEAD_FROM ? head->lines : 1;
        r = fill_panes(panes, ui, sample, stale);
        erase();
        draw_head(s, head, lines);
        if (r == 0 && ui->help)
                draw_help((int)lines);
        else if (r == 0)
                draw_panes(s, ui, panes, (int)lines);
        draw_foot(ui);
        refresh();
        for (size_t i = 0; i < TOP_KINDS; i++)
                free(panes[i].rows);
        return r;
}
