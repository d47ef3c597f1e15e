/* test_top.c - ctl/top_model, top_text, top_columns, top_view, top_ui and top_head: from the daemon's
 * answers and from keys to what the screen shows. */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/top_head.h"
#include "ctl/top_text.h"
#include "ctl/top_ui.h"

/* Of top_ui: what getch() gives for the key. */
#define ESCAPE 27

static const char daemon_up[] =
        "'node': 'h', 'boot': 'b1', 'healthy': true, 'started': '2026-11-21T01:00:00.000Z',"
        "'joined': 2, 'emitting': 1, 'waiting': 0, 'silent': 0, 'failed': 0,"
        "'peers': {'new': 0, 'up': 3, 'down': 1}";

/* JSON, with apostrophes for quotes. */
static json_t *parse(const char *text)
{
        char *json = strdup(text);
        json_error_t error;
        json_t *parsed;

        for (char *p = json; *p; p++)
                if (*p == '\'')
                        *p = '"';
        parsed = json_loads(json, 0, &error);
        if (!parsed)
                fail_msg("%s in %s", error.text, json);
        free(json);
        return parsed;
}

static int add(struct top_sample *s, const char *text)
{
        json_t *answer = parse(text);
        int r = top_sample_add(s, answer);

        json_decref(answer);
        return r;
}

/* A sample of one receiver, one emitter and one peer, which have counted so much when the daemon has been
 * up for so long; its wall clock is `late_ms` further on for the peers. */
struct moment {
        const char *boot;
        double uptime_s;
        unsigned late_ms;
        unsigned received, acked, sent, dropped, datagrams, lost;
};

static struct top_sample *sample_at(const struct moment *m)
{
        struct top_sample *s = top_sample_new();
        char text[2048];

        snprintf(
                text, sizeof text,
                "{'now': '2026-11-21T01:16:11.000Z', 'daemon': {'boot': '%s', 'uptime_s': %f}, 'sections': ["
                "{'name': 'in', 'kind': 'receiver', 'counters': {'received': %u, 'acked': %u, 'dropped_kernel': %u,"
                " 'dropped_foreign': 1, 'receive_errors': 1, 'acks_failed': 9}},"
                "{'name': 'out', 'kind': 'emitter', 'counters': {'sent': %u, 'acks_received': 5}}]}",
                m->boot, m->uptime_s, m->received, m->acked, m->dropped, m->sent);
        CHECK_INT("status", add(s, text), 0);
        snprintf(text, sizeof text,
                 "{'now': '2026-11-21T01:16:11.%03uZ', 'peers': [{'section': 'in', 'address': '10.0.0.7',"
                 " 'datagrams': %u, 'lost': %u}]}",
                 m->late_ms, m->datagrams, m->lost);
        CHECK_INT("peers", add(s, text), 0);
        return s;
}

static const char *cell_text(enum top_kind kind, const struct top_row *row, size_t column)
{
        static _Thread_local char text[TOP_CELL_SIZE];
        size_t n;

        return top_cell_text(&top_columns(kind, &n)[column], &row->cells[column], text);
}

static void test_rates(void **state)
{
        static const struct {
                const char *name;
                struct moment before, now;
                const char *in, *out, *sent, *peer; /* of the receiver, the emitter and the peer */
        } rows[] = {
                { "in a second",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 11, 0, 112, 51, 4, 0, 8, 0 },
                  "12.0",
                  "1.0",
                  "1.0",
                  "1.0" },
                { "in five",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 15, 0, 112, 50, 3, 0, 8, 0 },
                  "2.4",
                  "0.0",
                  "0.0",
                  "0.2" },
                { "peers are asked later",
                  { "b1", 10, 0, 0, 0, 0, 0, 0, 0 },
                  { "b1", 11, 250, 5, 0, 0, 0, 5, 0 },
                  "5.0",
                  "0.0",
                  "0.0",
                  "4.0" },
                { "the daemon has restarted",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b2", 11, 0, 200, 51, 4, 0, 8, 0 },
                  "-",
                  "-",
                  "-",
                  "-" },
                { "a section has begun anew",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 11, 0, 5, 0, 4, 0, 8, 0 },
                  "-",
                  "-",
                  "1.0",
                  "1.0" },
                { "a peer was forgotten",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 11, 0, 101, 50, 4, 0, 1, 0 },
                  "1.0",
                  "0.0",
                  "1.0",
                  "-" },
                { "no time has passed",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 10, 0, 112, 51, 4, 0, 8, 0 },
                  "-",
                  "-",
                  "-",
                  "-" },
                { "time went back",
                  { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                  { "b1", 9, 0, 112, 51, 4, 0, 8, 0 },
                  "-",
                  "-",
                  "-",
                  "-" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct top_sample *before = sample_at(&rows[i].before), *now = sample_at(&rows[i].now);
                const struct top_row *groups = now->tables[TOP_GROUPS].rows;

                top_sample_finish(before, NULL);
                top_sample_finish(now, before);
                CHECK_TEXT(rows[i].name, cell_text(TOP_GROUPS, &groups[0], TOP_GROUP_IN), rows[i].in);
                CHECK_TEXT(rows[i].name, cell_text(TOP_GROUPS, &groups[0], TOP_GROUP_OUT), rows[i].out);
                CHECK_TEXT(rows[i].name, cell_text(TOP_GROUPS, &groups[1], TOP_GROUP_OUT), rows[i].sent);
                CHECK_TEXT(rows[i].name, cell_text(TOP_PEERS, now->tables[TOP_PEERS].rows, TOP_PEER_IN),
                           rows[i].peer);
                top_sample_free(before);
                top_sample_free(now);
        }
}

static void test_first_sample_has_no_rates(void **state)
{
        const struct moment m = { "b1", 10, 0, 100, 50, 3, 0, 7, 0 };
        struct top_sample *s = sample_at(&m);

        (void)state;
        top_sample_finish(s, NULL);
        CHECK_TEXT("in", cell_text(TOP_GROUPS, s->tables[TOP_GROUPS].rows, TOP_GROUP_IN), "-");
        CHECK("total", isnan(s->head.in) && isnan(s->head.out));
        top_sample_free(s);
}

static void test_totals_are_of_all_groups(void **state)
{
        const struct moment m0 = { "b1", 10, 0, 100, 50, 3, 0, 7, 0 },
                            m1 = { "b1", 11, 0, 112, 52, 4, 0, 8, 0 };
        struct top_sample *before = sample_at(&m0), *now = sample_at(&m1);

        (void)state;
        top_sample_finish(before, NULL);
        top_sample_finish(now, before);
        CHECK_INT("in", now->head.in, 12);
        CHECK_INT("out", now->head.out, 3);
        top_sample_free(before);
        top_sample_free(now);
}

static void test_losses_are_told_and_stand_out_while_they_grow(void **state)
{
        const struct moment m0 = { "b1", 10, 0, 100, 50, 3, 2, 7, 1 },
                            m1 = { "b1", 11, 0, 112, 52, 4, 2, 8, 1 },
                            m2 = { "b1", 12, 0, 112, 52, 4, 3, 8, 2 };
        struct top_sample *first = sample_at(&m0), *same = sample_at(&m1), *more = sample_at(&m2);

        (void)state;
        top_sample_finish(first, NULL);
        top_sample_finish(same, first);
        top_sample_finish(more, same);
        CHECK_TEXT("sum", cell_text(TOP_GROUPS, first->tables[TOP_GROUPS].rows, TOP_GROUP_DROPS), "4");
        CHECK_INT("first", first->tables[TOP_GROUPS].rows[0].cells[TOP_GROUP_DROPS].tone, TONE_FAIR);
        CHECK_INT("same", same->tables[TOP_GROUPS].rows[0].cells[TOP_GROUP_DROPS].tone, TONE_FAIR);
        CHECK_INT("more", more->tables[TOP_GROUPS].rows[0].cells[TOP_GROUP_DROPS].tone, TONE_BAD);
        CHECK_INT("lost, same", same->tables[TOP_PEERS].rows[0].cells[TOP_PEER_LOST].tone, TONE_FAIR);
        CHECK_INT("lost, more", more->tables[TOP_PEERS].rows[0].cells[TOP_PEER_LOST].tone, TONE_BAD);
        top_sample_free(first);
        top_sample_free(same);
        top_sample_free(more);
}

static void test_strange_answers(void **state)
{
        static const struct {
                const char *name, *answer;
                int r;
        } rows[] = {
                { "peers without a daemon", "{'now': '2026-11-21T01:16:11.000Z', 'peers': []}", -EBADMSG },
                { "a number for a daemon", "{'daemon': 1}", -EBADMSG },
                { "nothing of what there should be", "{'daemon': {}}", 0 },
                { "nothing in the rows", "{'daemon': {}, 'sections': [{}, 1, null], 'peers': [{}, 'x', []]}",
                  0 },
                { "other types",
                  "{'now': 3, 'daemon': {'node': 1, 'uptime_s': 'x', 'boot': null}, 'sections': {'name': 1},"
                  " 'peers': [{'address': {}, 'clock_s': true, 'state': 7}]}",
                  0 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct top_sample *a = top_sample_new(), *b = top_sample_new();
                struct top_head_text head;

                CHECK_INT(rows[i].name, add(a, rows[i].answer), rows[i].r);
                CHECK_INT(rows[i].name, add(b, rows[i].answer), rows[i].r);
                top_sample_finish(a, NULL);
                top_sample_finish(b, a);
                top_head_write(b, NULL, "", &head);
                top_sample_free(a);
                top_sample_free(b);
        }
}

static void test_numbers(void **state)
{
        static const struct {
                const char *name;
                const char *(*write)(double number, char buffer[TOP_NUMBER_SIZE]);
                double number;
                const char *text;
        } rows[] = {
                { "count", top_count, 0, "0" },
                { "count", top_count, 99999, "99999" },
                { "count", top_count, 100000, "100k" },
                { "count", top_count, 999499, "999k" },
                { "count", top_count, 999500, "1.0M" },
                { "count", top_count, 1.23e6, "1.2M" },
                { "count", top_count, 1.8e19, "18E" },
                { "count", top_count, NAN, "-" },
                { "rate", top_rate, 0.04, "0.0" },
                { "rate", top_rate, 999.94, "999.9" },
                { "rate", top_rate, 999.96, "1000" },
                { "rate", top_rate, 2e6, "2.0M" },
                { "rate", top_rate, NAN, "-" },
                { "seconds", top_seconds, 0.0012, "1.2ms" },
                { "seconds", top_seconds, 0.0996, "0.10s" },
                { "seconds", top_seconds, 0.05, "50ms" },
                { "seconds", top_seconds, 0.254, "0.25s" },
                { "seconds", top_seconds, -0.5, "0.00s" },
                { "seconds", top_seconds, 9.994, "9.99s" },
                { "seconds", top_seconds, 9.996, "10.0s" },
                { "seconds", top_seconds, 59.94, "59.9s" },
                { "seconds", top_seconds, 59.96, "1m00s" },
                { "seconds", top_seconds, 3599, "59m59s" },
                { "seconds", top_seconds, 3600, "1h00m" },
                { "seconds", top_seconds, 86400 * 2 + 3600 * 3, "2d03h" },
                { "seconds", top_seconds, 86400 * 400, "400d" },
                { "seconds", top_seconds, 1e300, "11574074074d" },
                { "seconds", top_seconds, NAN, "-" },
                { "difference", top_difference, 0.0012, "+1.2ms" },
                { "difference", top_difference, -0.0004, "-0.4ms" },
                { "difference", top_difference, -0.00004, "0.0ms" },
                { "difference", top_difference, 0.25, "+250ms" },
                { "difference", top_difference, -3.4, "-3.40s" },
                { "difference", top_difference, -7200, "-2h00m" },
                { "difference", top_difference, NAN, "-" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char buffer[TOP_NUMBER_SIZE];

                CHECK_TEXT(rows[i].name, rows[i].write(rows[i].number, buffer), rows[i].text);
        }
}

static void test_cells(void **state)
{
        static const struct {
                const char *name;
                enum top_kind kind;
                size_t column;
                struct top_cell cell;
                const char *text;
        } rows[] = {
                { "IPv4",
                  TOP_GROUPS,
                  TOP_GROUP_GROUP,
                  { .text = "239.1.1.1", .number = 5001 },
                  "239.1.1.1:5001" },
                { "IPv6",
                  TOP_GROUPS,
                  TOP_GROUP_GROUP,
                  { .text = "ff15::1", .number = 5001 },
                  "[ff15::1]:5001" },
                { "own",
                  TOP_PEERS,
                  TOP_PEER_ADDRESS,
                  { .text = "10.0.0.1", .mark = " own" },
                  "10.0.0.1 own" },
                { "wrong", TOP_PEERS, TOP_PEER_CLOCK, { .text = "", .mark = "!", .number = 12 }, "+12.0s!" },
                { "control characters",
                  TOP_PEERS,
                  TOP_PEER_PAYLOAD,
                  { .text = "\033[2Jx\ty\n\x7f\x80\xff", .mark = "" },
                  "?[2Jx?y????" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct top_row row = { 0 };

                row.cells[rows[i].column] = rows[i].cell;
                CHECK_TEXT(rows[i].name, cell_text(rows[i].kind, &row, rows[i].column), rows[i].text);
        }
}

static void test_a_cell_of_any_length(void **state)
{
        char text[2000];
        struct top_row row = { 0 };

        (void)state;
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        row.cells[TOP_PEER_PAYLOAD] = (struct top_cell){ .text = text, .mark = "" };
        row.cells[TOP_GROUP_GROUP] = (struct top_cell){ .text = text, .mark = "", .number = 1e300 };
        CHECK("text", strlen(cell_text(TOP_PEERS, &row, TOP_PEER_PAYLOAD)) < TOP_CELL_SIZE);
        CHECK("endpoint", strlen(cell_text(TOP_GROUPS, &row, TOP_GROUP_GROUP)) < TOP_CELL_SIZE);
}

/* Peers in an order that is none, of which the daemon tells so. */
static struct top_sample *some_peers(void)
{
        struct top_sample *s = top_sample_new();

        CHECK_INT(
                "peers",
                add(s,
                    "{'daemon': {}, 'peers': ["
                    "{'address': '10.0.0.10', 'state': 'up', 'lost': 3, 'section': 'eth2', 'silent_s': 1},"
                    "{'address': '10.0.0.9', 'state': 'up', 'lost': null, 'section': 'eth10', 'silent_s': 2},"
                    "{'address': '10.0.0.11', 'state': 'down', 'lost': 1, 'section': 'eth2', 'silent_s': 9},"
                    "{'address': '10.0.0.1', 'state': 'new', 'lost': 0, 'section': 'eth1', 'silent_s': 0}]}"),
                0);
        top_sample_finish(s, NULL);
        return s;
}

/* The last numbers of their addresses, in the order in which the view has them. */
static const char *order(const struct top_view *v, const struct top_sample *s, char buffer[64])
{
        const struct top_row *rows[8];
        size_t n = top_view_rows(v, &s->tables[TOP_PEERS], rows), used = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < n; i++)
                used += (size_t)snprintf(buffer + used, 64 - used, "%s%s", i ? " " : "",
                                         strrchr(rows[i]->address, '.') + 1);
        return buffer;
}

static void test_order_and_filter(void **state)
{
        static const struct {
                const char *name;
                struct top_view view;
                const char *order;
        } rows[] = {
                { "down first", { TOP_PEERS, .sort = TOP_PEER_STATE }, "11 1 9 10" },
                { "up first", { TOP_PEERS, .sort = TOP_PEER_STATE, .reversed = true }, "9 10 1 11" },
                { "addresses as numbers", { TOP_PEERS, .sort = TOP_PEER_ADDRESS }, "1 9 10 11" },
                { "names with numbers", { TOP_PEERS, .sort = TOP_PEER_SECTION }, "1 10 11 9" },
                { "most lost first, unknown last", { TOP_PEERS, .sort = TOP_PEER_LOST }, "10 11 1 9" },
                { "least lost first, unknown last",
                  { TOP_PEERS, .sort = TOP_PEER_LOST, .reversed = true },
                  "1 11 10 9" },
                { "heard of late", { TOP_PEERS, .sort = TOP_PEER_HEARD }, "1 10 9 11" },
                { "filtered", { TOP_PEERS, .sort = TOP_PEER_ADDRESS, .filter = "eth2" }, "10 11" },
                { "case does not count", { TOP_PEERS, .sort = TOP_PEER_ADDRESS, .filter = "DOWN" }, "11" },
                { "as it is written", { TOP_PEERS, .sort = TOP_PEER_ADDRESS, .filter = "9.00s" }, "11" },
                { "nothing", { TOP_PEERS, .sort = TOP_PEER_ADDRESS, .filter = "nothing" }, "" },
        };
        struct top_sample *s = some_peers();
        char buffer[64];

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++)
                CHECK_TEXT(rows[i].name, order(&rows[i].view, s, buffer), rows[i].order);
        top_sample_free(s);
}

static void test_groups_of_one_state_keep_their_order(void **state)
{
        struct top_sample *s = top_sample_new();
        const struct top_view view = { TOP_GROUPS, .sort = TOP_GROUP_STATE };
        const struct top_row *rows[4];

        (void)state;
        CHECK_INT(
                "sections",
                add(s,
                    "{'daemon': {}, 'sections': [{'name': 'z', 'state': 'active'}, {'name': 'a', 'state': 'active'},"
                    "{'name': 'y', 'state': 'waiting'}, {'name': 'x', 'state': 'failed'}]}"),
                0);
        top_sample_finish(s, NULL);
        CHECK_INT("all", top_view_rows(&view, &s->tables[TOP_GROUPS], rows), 4);
        for (size_t i = 0; i < 4; i++)
                CHECK_TEXT("order", rows[i]->section, ((const char *[]){ "x", "y", "z", "a" })[i]);
        top_sample_free(s);
}

static void test_what_is_not_well_stands_out(void **state)
{
        struct top_sample *s = top_sample_new();
        const struct top_cell *group, *peer;

        (void)state;
        CHECK_INT("answer",
                  add(s, "{'daemon': {}, 'sections': [{'state': 'silent', 'peers': {'up': 1, 'down': 1},"
                         "'acks': {'last': 1, 'expected': 2}}],"
                         "'peers': [{'state': 'up', 'clock_s': 9, 'clock_wrong': true, 'refused': 'stale',"
                         "'payload': 'hello'}]}"),
                  0);
        top_sample_finish(s, NULL);
        group = s->tables[TOP_GROUPS].rows[0].cells;
        peer = s->tables[TOP_PEERS].rows[0].cells;
        CHECK_INT("silent", group[TOP_GROUP_STATE].tone, TONE_BAD);
        CHECK_INT("peers up", group[TOP_GROUP_UP].tone, TONE_PLAIN);
        CHECK_INT("peers down", group[TOP_GROUP_DOWN].tone, TONE_BAD);
        CHECK_INT("less acks than expected", group[TOP_GROUP_ACKS].tone, TONE_BAD);
        CHECK_INT("up", peer[TOP_PEER_STATE].tone, TONE_GOOD);
        CHECK_INT("wrong clock", peer[TOP_PEER_CLOCK].tone, TONE_BAD);
        CHECK_TEXT("wrong clock", peer[TOP_PEER_CLOCK].mark, "!");
        CHECK_TEXT("refused", peer[TOP_PEER_STATE].mark, "!");
        CHECK_TEXT("why", cell_text(TOP_PEERS, s->tables[TOP_PEERS].rows, TOP_PEER_PAYLOAD),
                   "refused: stale");
        CHECK_INT("why", peer[TOP_PEER_PAYLOAD].tone, TONE_BAD);
        top_sample_free(s);
}

static void test_layout(void **state)
{
        static const struct {
                const char *name;
                int width;
                size_t shift;
                const char *columns; /* number:x+width */
        } rows[] = {
                { "all fit, the last takes the content", 200, 0,
                  "0:0+13 1:14+5 2:20+6 3:27+8 4:36+6 5:43+6 6:50+5 7:56+8 8:65+8 9:74+12" },
                { "dropped from the right", 60, 0, "0:0+13 1:14+5 2:20+6 3:27+8 4:36+6 5:43+6 6:50+5" },
                { "one that fits exactly", 26, 0, "0:0+13 1:14+5 2:20+6" },
                { "one that almost fits", 25, 0, "0:0+13 1:14+5" },
                { "the first is cut", 5, 0, "0:0+5" },
                { "nearly nothing", 1, 0, "0:0+1" },
                { "shifted", 40, 5, "0:0+13 6:14+5 7:20+8 8:29+8" },
                { "shifted as far as can be", 40, 8, "0:0+13 9:14+12" },
        };
        struct top_sample *s = some_peers();

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                const struct top_view view = { TOP_PEERS, .shift = rows[i].shift };
                const struct top_row *shown[8];
                struct top_slot slots[TOP_CELLS_MAX];
                size_t n = top_view_rows(&view, &s->tables[TOP_PEERS], shown), used = 0;
                char text[256] = "";

                n = top_view_layout(&view, shown, n, rows[i].width, slots);
                for (size_t k = 0; k < n; k++)
                        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu:%d+%d", k ? " " : "",
                                                 slots[k].column, slots[k].x, slots[k].width);
                CHECK_TEXT(rows[i].name, text, rows[i].columns);
        }
        top_sample_free(s);
}

static void test_a_long_name_leaves_room_for_the_state(void **state)
{
        struct top_sample *s = top_sample_new();
        const struct top_view view = { TOP_PEERS, .sort = 0 };
        const struct top_row *rows[1];
        struct top_slot slots[TOP_CELLS_MAX];

        (void)state;
        CHECK_INT("peer", add(s, "{'daemon': {}, 'peers': [{'address': 'fe80::5054:ff:fe12:3456%eth0'}]}"),
                  0);
        top_view_rows(&view, &s->tables[TOP_PEERS], rows);
        CHECK_INT("narrow", top_view_layout(&view, rows, 1, 20, slots), 2);
        CHECK_INT("narrow", slots[0].width, 14);
        top_view_layout(&view, rows, 1, 80, slots);
        CHECK_INT("wide", slots[0].width, 28);
        top_sample_free(s);
}

/* Keys, one after the other. */
static void press(struct top_ui *ui, const int *keys)
{
        for (; *keys; keys++)
                top_ui_key(ui, *keys);
}

#define PRESS(ui, ...) press(ui, (const int[]){ __VA_ARGS__, 0 })

static void test_keys(void **state)
{
        struct top_ui ui;
        struct top_view *peers = &ui.views[TOP_PEERS], *groups = &ui.views[TOP_GROUPS];

        (void)state;
        top_ui_init(&ui);
        PRESS(&ui, 's', 's', 'S');
        CHECK_INT("s S", peers->sort, TOP_PEER_STATE + 1);
        PRESS(&ui, 'S', 'S', 'S');
        CHECK_INT("S goes round", peers->sort, TOP_PEER_COLUMNS - 1);
        PRESS(&ui, 's', 'r');
        CHECK("s goes round, r reverses", peers->sort == 0 && peers->reversed);
        PRESS(&ui, 's');
        CHECK("another column has its own order", !peers->reversed);
        PRESS(&ui, 'g', 's');
        CHECK_INT("g", groups->sort, TOP_GROUP_STATE + 1);
        PRESS(&ui, '\t');
        CHECK_INT("Tab", ui.focus, TOP_PEERS);
        PRESS(&ui, '\t', 'p');
        CHECK_INT("p", ui.focus, TOP_PEERS);
        PRESS(&ui, ' ');
        CHECK("space", ui.paused);
        PRESS(&ui, ' ', 'h', 's');
        CHECK("any key ends the help, and does nothing else", !ui.help && !ui.paused && peers->sort == 1);
        PRESS(&ui, '?', 'q');
        CHECK("q as well", !ui.help && !ui.quit);
        PRESS(&ui, 'q');
        CHECK("q", ui.quit);
}

static void test_filter_keys(void **state)
{
        struct top_ui ui;
        struct top_view *peers = &ui.views[TOP_PEERS];

        (void)state;
        top_ui_init(&ui);
        PRESS(&ui, '/', 'q', 's', 'x', KEY_BACKSPACE, 1, KEY_UP, 0x1f, 300);
        CHECK("letters are text, the rest is nothing", ui.typing && !ui.quit);
        CHECK_TEXT("typed", peers->filter, "qs");
        PRESS(&ui, '\r');
        CHECK("Enter keeps it", !ui.typing && strcmp(peers->filter, "qs") == 0);
        PRESS(&ui, 'f', ESCAPE);
        CHECK("Escape clears while typing", !ui.typing && !peers->filter[0]);
        PRESS(&ui, 'f', 127, 'a', '\n', ESCAPE);
        CHECK("and later", !ui.typing && !peers->filter[0]);
        PRESS(&ui, 'f');
        for (size_t i = 0; i < 1000; i++)
                PRESS(&ui, 'x');
        CHECK_INT("there is an end", strlen(peers->filter), TOP_FILTER_SIZE - 1);
}

static void test_scroll_keys(void **state)
{
        static const struct {
                const char *name;
                int key;
                size_t n, page, first, then;
        } rows[] = {
                { "down", KEY_DOWN, 20, 5, 3, 4 },
                { "up", KEY_UP, 20, 5, 3, 2 },
                { "up at the top", KEY_UP, 20, 5, 0, 0 },
                { "down at the end", KEY_DOWN, 20, 5, 15, 15 },
                { "page down", KEY_NPAGE, 20, 5, 3, 8 },
                { "page up", KEY_PPAGE, 20, 5, 8, 3 },
                { "to the last page", KEY_NPAGE, 20, 5, 12, 15 },
                { "page up to the top", KEY_PPAGE, 20, 5, 3, 0 },
                { "home", KEY_HOME, 20, 5, 12, 0 },
                { "end", KEY_END, 20, 5, 0, 15 },
                { "all fit", KEY_END, 4, 5, 0, 0 },
                { "none", KEY_DOWN, 0, 5, 0, 0 },
                { "no room", KEY_NPAGE, 4, 0, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct top_ui ui;

                top_ui_init(&ui);
                ui.n = rows[i].n;
                ui.page = rows[i].page;
                ui.views[TOP_PEERS].first = rows[i].first;
                top_ui_key(&ui, rows[i].key);
                CHECK_INT(rows[i].name, ui.views[TOP_PEERS].first, rows[i].then);
        }
}

static void test_shift_keys(void **state)
{
        struct top_ui ui;

        (void)state;
        top_ui_init(&ui);
        for (size_t i = 0; i < 100; i++)
                PRESS(&ui, KEY_RIGHT);
        CHECK_INT("the last column stays", ui.views[TOP_PEERS].shift, TOP_PEER_COLUMNS - 2);
        for (size_t i = 0; i < 100; i++)
                PRESS(&ui, KEY_LEFT);
        CHECK_INT("none", ui.views[TOP_PEERS].shift, 0);
}

/* The lines, one below the other. */
static const char *head_of(const char *daemon, const char *trouble, char buffer[2048])
{
        struct top_sample *s = top_sample_new();
        struct top_head_text head;
        size_t used = 0;
        char text[1024];

        if (daemon) {
                snprintf(text, sizeof text, "{'now': '2026-11-21T01:16:11.000Z', 'daemon': {%s}}", daemon);
                CHECK_INT(daemon, add(s, text), 0);
        }
        top_sample_finish(s, NULL);
        top_head_write(s, trouble, "02:00:00", &head);
        buffer[0] = '\0';
        for (size_t i = 0; i < head.n; i++)
                used += (size_t)snprintf(buffer + used, 2048 - used, "%s%s",
                                         i && head.pieces[i].line != head.pieces[i - 1].line ? "\n" : "",
                                         head.pieces[i].text);
        top_sample_free(s);
        return buffer;
}

static void test_head(void **state)
{
        static const struct {
                const char *name, *more, *trouble, *part;
        } rows[] = {
                { "all is well", "", NULL, ": healthy, up - since " },
                { "totals", "", NULL, "-/s in, -/s out; peers: 3 up, 1 down; groups: 2 joined, 1 emitting" },
                { "unwell", ", 'healthy': false, 'unwell': '[a] silent'", NULL, ": not healthy" },
                { "why unwell", ", 'unwell': '[a] silent', 'worst': '[b] waiting'", NULL,
                  "emitting\n[a] silent" },
                { "worst", ", 'unwell': null, 'worst': '[b] waiting\\u001b'", NULL,
                  "emitting\n[b] waiting?" },
                { "a remark", ", 'peers': {}, 'remark': 'HTTP could\\u001b'", NULL, "emitting\nHTTP could?" },
                { "a remark as well", ", 'worst': '[b] waiting', 'remark': 'HTTP'", NULL,
                  "emitting\n[b] waiting\nHTTP" },
                { "peers are down", "", NULL, "emitting\n1 peer is down" },
                { "refused", ", 'refusing': 2", NULL,
                  "emitting\n2 receivers refuse all that they hear, see AUTH" },
                { "refused, and a remark", ", 'refusing': 1, 'remark': 'HTTP'", NULL,
                  "emitting\n1 receiver refuses all that it hears, see AUTH\nHTTP" },
                { "refused, and worse", ", 'refusing': 1, 'worst': '[b] waiting'", NULL,
                  "emitting\n[b] waiting" },
                { "gone", ", 'worst': '[b] waiting', 'remark': 'HTTP'", "no mcastd",
                  "emitting\nno answer since 02:00:00: no mcastd" },
                { "all kinds",
                  ", 'waiting': 4, 'silent': 5, 'failed': 6, 'peers': {'new': 7, 'up': 8, 'down': 9}", "x",
                  "8 up, 9 down, 7 new; groups: 2 joined, 1 emitting, 4 waiting, 5 silent, 6 failed\n" },
        };
        char daemon[512], buffer[2048];

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                snprintf(daemon, sizeof daemon, "%s%s", daemon_up, rows[i].more);
                if (!strstr(head_of(daemon, rows[i].trouble, buffer), rows[i].part))
                        fail_msg("%s: \"%s\" is not in \"%s\"", rows[i].name, rows[i].part, buffer);
        }
        CHECK_TEXT("never heard of", head_of(NULL, "no mcastd", buffer),
                   "no answer since 02:00:00: no mcastd");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rates),
                cmocka_unit_test(test_first_sample_has_no_rates),
                cmocka_unit_test(test_totals_are_of_all_groups),
                cmocka_unit_test(test_losses_are_told_and_stand_out_while_they_grow),
                cmocka_unit_test(test_strange_answers),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_cells),
                cmocka_unit_test(test_a_cell_of_any_length),
                cmocka_unit_test(test_order_and_filter),
                cmocka_unit_test(test_groups_of_one_state_keep_their_order),
                cmocka_unit_test(test_what_is_not_well_stands_out),
                cmocka_unit_test(test_layout),
                cmocka_unit_test(test_a_long_name_leaves_room_for_the_state),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_filter_keys),
                cmocka_unit_test(test_scroll_keys),
                cmocka_unit_test(test_shift_keys),
                cmocka_unit_test(test_head),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
