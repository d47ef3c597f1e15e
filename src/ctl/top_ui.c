/* top_ui.c - mcastctl top: what its keys do. Pure: of ncurses it has the names of the keys only. */
#include "ctl/top_ui.h"

#include <ncurses.h>
#include <string.h>

#define ESCAPE 27

void top_ui_init(struct top_ui *ui)
{
        *ui = (struct top_ui){
                .views = { [TOP_GROUPS] = { .kind = TOP_GROUPS, .sort = TOP_GROUP_STATE },
                           [TOP_PEERS] = { .kind = TOP_PEERS, .sort = TOP_PEER_STATE } },
                .focus = TOP_PEERS,
        };
}

/* A key of the filter's line, while that is being typed. What is typed counts at once. */
static void type(struct top_ui *ui, int key)
{
        struct top_view *v = &ui->views[ui->focus];
        size_t length = strlen(v->filter);

        if (key == '\n' || key == '\r' || key == KEY_ENTER) {
                ui->typing = false;
        } else if (key == ESCAPE) {
                ui->typing = false;
                v->filter[0] = '\0';
        } else if (key == KEY_BACKSPACE || key == '\b' || key == 127) {
                v->filter[length - (length > 0)] = '\0';
        } else if (key >= ' ' && key <= '~' && length + 1 < sizeof v->filter) {
                v->filter[length] = (char)key;
                v->filter[length + 1] = '\0';
        }
        v->first = 0;
}

static void sort_by(struct top_view *v, int step)
{
        size_t n;

        top_columns(v->kind, &n);
        v->sort = (v->sort + n + (size_t)step) % n;
        v->reversed = false;
        v->first = 0;
}

/* Down to the last page, and up to the first row. */
static void scroll_to(struct top_ui *ui, size_t first)
{
        size_t last = ui->n > ui->page ? ui->n - ui->page : 0;

        ui->views[ui->focus].first = first < last ? first : last;
}

static void scroll_back(struct top_ui *ui, size_t by)
{
        size_t first = ui->views[ui->focus].first;

        scroll_to(ui, first > by ? first - by : 0);
}

static void shift(struct top_view *v, bool right)
{
        size_t n;

        top_columns(v->kind, &n);
        if (right && v->shift + 2 < n)
                v->shift++;
        else if (!right && v->shift > 0)
                v->shift--;
}

static void move_key(struct top_ui *ui, int key)
{
        struct top_view *v = &ui->views[ui->focus];

        switch (key) {
        case KEY_UP:
                scroll_back(ui, 1);
                break;
        case KEY_DOWN:
                scroll_to(ui, v->first + 1);
                break;
        case KEY_PPAGE:
                scroll_back(ui, ui->page);
                break;
        case KEY_NPAGE:
                scroll_to(ui, v->first + ui->page);
                break;
        case KEY_HOME:
                scroll_to(ui, 0);
                break;
        case KEY_END:
                scroll_to(ui, ui->n);
                break;
        case KEY_LEFT:
        case KEY_RIGHT:
                shift(v, key == KEY_RIGHT);
                break;
        }
}

static void command_key(struct top_ui *ui, int key)
{
        struct top_view *v = &ui->views[ui->focus];

        switch (key) {
        case 'q':
                ui->quit = true;
                break;
        case 's':
        case 'S':
                sort_by(v, key == 's' ? 1 : -1);
                break;
        case 'r':
                v->reversed = !v->reversed;
                v->first = 0;
                break;
        case 'g':
        case 'p':
                ui->focus = key == 'g' ? TOP_GROUPS : TOP_PEERS;
                break;
        case '\t':
                ui->focus = ui->focus == TOP_GROUPS ? TOP_PEERS : TOP_GROUPS;
                break;
        case 'f':
        case '/':
                ui->typing = true;
                break;
        case ESCAPE:
                v->filter[0] = '\0';
                v->first = 0;
                break;
        case ' ':
                ui->paused = !ui->paused;
                break;
        case 'h':
        case '?':
                ui->help = true;
                break;
        default:
                move_key(ui, key);
        }
}

void top_ui_key(struct top_ui *ui, int key)
{
        if (ui->help) {
                ui->help = false;
        } else if (ui->typing) {
                type(ui, key);
        } else {
                command_key(ui, key);
        }
}

const char *const *top_ui_help(void)
{
        static const char *const lines[] = {
                "q              end",
                "g p Tab        groups, peers, the other table",
                "s S            sort by the next, the previous column",
                "r              reverse the order",
                "f /            show only rows with a text; Enter keeps it,",
                "Escape         shows all again",
                "arrows, PageUp, PageDown, Home, End",
                "               other rows; left and right: other columns",
                "space          stop and go on",
                "",
                "IN/S OUT/S     datagrams a second; of an emitter: acks in, messages out",
                "ACKS KNOWN     nodes that acknowledged the last message, or ever one",
                "HEARD EVERY    since it was last heard; how often it speaks",
                "CLOCK          its clock less ours; ! it is wrong",
                NULL,
        };

        return lines;
}
