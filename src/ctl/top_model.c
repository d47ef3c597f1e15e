/* top_model.c - mcastctl top: from the daemon's answers to rows, and from two samples to rates. Pure. Takes
 * nothing for granted: what is missing in an answer is unknown. */
#include "ctl/top_model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"

#define ROWS_MIN 64

static double number_of(const json_t *object, const char *name)
{
        const json_t *number = json_object_get(object, name);

        return json_is_number(number) ? json_number_value(number) : NAN;
}

/* Seconds since 1970. */
static double time_of(const json_t *object, const char *name)
{
        int64_t ms;

        return answer_time(answer_text(object, name), &ms) == 0 ? (double)ms / 1000 : NAN;
}

static struct top_cell text_cell(const char *text)
{
        return (struct top_cell){ .text = text, .mark = "" };
}

static struct top_cell number_cell(double number)
{
        return (struct top_cell){ .text = "", .mark = "", .number = number };
}

/* Ordered from the worst on. */
static struct top_cell state_cell(const char *name)
{
        static const char *const names[] = { "failed", "down", "silent", "waiting", "new", "active", "up" };
        struct top_cell cell = { .text = name, .mark = "", .number = NAN, .tone = output_tone(name) };

        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (strcmp(names[i], name) == 0)
                        cell.number = (double)i;
        return cell;
}

/* Of a number that should stay zero. */
static struct top_cell loss_cell(double number)
{
        struct top_cell cell = number_cell(number);

        cell.tone = number > 0 ? TONE_FAIR : TONE_PLAIN;
        return cell;
}

/* A new row at the end, or NULL without memory. */
static struct top_row *new_row(struct top_rows *t, double moment_s)
{
        struct top_row *row;

        if (t->n == t->size) {
                size_t size = t->size ? t->size * 2 : ROWS_MIN;
                struct top_row *rows = reallocarray(t->rows, size, sizeof *rows);

                if (!rows)
                        return NULL;
                t->rows = rows;
                t->size = size;
        }
        row = &t->rows[t->n];
        *row = (struct top_row){ .address = "", .place = t->n, .moment_s = moment_s };
        t->n++;
        return row;
}

/* Datagrams that came or went in vain: the sum of the counters dropped_… and …_errors. */
static double drops_of(const json_t *counters)
{
        const char *name;
        json_t *value;
        double sum = 0;

        json_object_foreach((json_t *)counters, name, value)
        {
                const char *end = strstr(name, "_errors");

                if (json_is_number(value) &&
                    (strncmp(name, "dropped_", 8) == 0 || (end && strcmp(end, "_errors") == 0)))
                        sum += json_number_value(value);
        }
        return sum;
}

static struct top_cell acks_cell(const json_t *acks)
{
        struct top_cell cell = number_cell(number_of(acks, "last"));

        if (cell.number < number_of(acks, "expected"))
                cell.tone = TONE_BAD;
        return cell;
}

static int add_group(struct top_sample *s, const json_t *section, double moment_s)
{
        const json_t *counters = json_object_get(section, "counters");
        const json_t *peers = json_object_get(section, "peers"), *acks = json_object_get(section, "acks");
        bool emitter = strcmp(answer_text(section, "kind"), "emitter") == 0;
        struct top_row *row = new_row(&s->tables[TOP_GROUPS], moment_s);
        struct top_cell *cells;

        if (!row)
                return -ENOMEM;
        row->section = answer_text(section, "name");
        row->in = number_of(counters, emitter ? "acks_received" : "received");
        row->out = number_of(counters, emitter ? "sent" : "acked");
        cells = row->cells;
        cells[TOP_GROUP_SECTION] = text_cell(row->section);
        cells[TOP_GROUP_STATE] = state_cell(answer_text(section, "state"));
        cells[TOP_GROUP_GROUP] = text_cell(answer_text(section, "group"));
        cells[TOP_GROUP_GROUP].number = number_of(section, "port");
        cells[TOP_GROUP_INTERFACE] = text_cell(answer_text(section, "interface"));
        cells[TOP_GROUP_DROPS] = loss_cell(drops_of(counters));
        cells[TOP_GROUP_UP] = number_cell(number_of(peers, "up"));
        cells[TOP_GROUP_DOWN] = number_cell(number_of(peers, "down"));
        if (cells[TOP_GROUP_DOWN].number > 0)
                cells[TOP_GROUP_DOWN].tone = TONE_BAD;
        cells[TOP_GROUP_NEW] = number_cell(number_of(peers, "new"));
        cells[TOP_GROUP_ACKS] = acks_cell(acks);
        cells[TOP_GROUP_KNOWN] = number_cell(number_of(acks, "known"));
        cells[TOP_GROUP_KIND] = text_cell(answer_text(section, "kind"));
        cells[TOP_GROUP_WHY] = text_cell(answer_text(section, "why"));
        return 0;
}

/* What is refused now is worth more than what was heard before. */
static struct top_cell payload_cell(const json_t *peer)
{
        if (!answer_has(peer, "refused"))
                return text_cell(answer_text(peer, "payload"));
        return (struct top_cell){
                .text = "refused: ", .mark = answer_text(peer, "refused"), .tone = TONE_BAD
        };
}

static int add_peer(struct top_sample *s, const json_t *peer, double moment_s)
{
        struct top_row *row = new_row(&s->tables[TOP_PEERS], moment_s);
        struct top_cell *cells;

        if (!row)
                return -ENOMEM;
        row->section = answer_text(peer, "section");
        row->address = answer_text(peer, "address");
        row->in = number_of(peer, "datagrams");
        row->out = NAN;
        cells = row->cells;
        cells[TOP_PEER_ADDRESS] = text_cell(row->address);
        if (answer_is(peer, "own"))
                cells[TOP_PEER_ADDRESS].mark = " own";
        cells[TOP_PEER_STATE] = state_cell(answer_text(peer, "state"));
        if (answer_has(peer, "refused"))
                cells[TOP_PEER_STATE].mark = "!";
        cells[TOP_PEER_HEARD] = number_cell(number_of(peer, "silent_s"));
        cells[TOP_PEER_SECTION] = text_cell(row->section);
        cells[TOP_PEER_EVERY] = number_cell(number_of(peer, "interval_s"));
        cells[TOP_PEER_LOST] = loss_cell(number_of(peer, "lost"));
        cells[TOP_PEER_RESTARTS] = loss_cell(number_of(peer, "restarts"));
        cells[TOP_PEER_CLOCK] = number_cell(number_of(peer, "clock_s"));
        if (answer_is(peer, "clock_wrong")) {
                cells[TOP_PEER_CLOCK].mark = "!";
                cells[TOP_PEER_CLOCK].tone = TONE_BAD;
        }
        cells[TOP_PEER_PAYLOAD] = payload_cell(peer);
        return 0;
}

static int add_rows(struct top_sample *s, const json_t *list, double moment_s,
                    int (*add)(struct top_sample *s, const json_t *object, double moment_s))
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
                r = add(s, json_array_get(list, i), moment_s);
        return r;
}

static void set_head(struct top_sample *s, const json_t *answer, const json_t *daemon)
{
        const json_t *peers = json_object_get(daemon, "peers");

        s->known = true;
        s->base_s = time_of(answer, "now");
        s->head = (struct top_head){
                .node = answer_text(daemon, "node"),
                .boot = answer_text(daemon, "boot"),
                .unwell = answer_text(daemon, "unwell"),
                .worst = answer_text(daemon, "worst"),
                .remark = answer_text(daemon, "remark"),
                .healthy = answer_is(daemon, "healthy"),
                .started = answer_text(daemon, "started"),
                .now = answer_text(answer, "now"),
                .uptime_s = number_of(daemon, "uptime_s"),
                .joined = number_of(daemon, "joined"),
                .emitting = number_of(daemon, "emitting"),
                .waiting = number_of(daemon, "waiting"),
                .silent = number_of(daemon, "silent"),
                .failed = number_of(daemon, "failed"),
                .peers_new = number_of(peers, "new"),
                .peers_up = number_of(peers, "up"),
                .peers_down = number_of(peers, "down"),
                .in = NAN,
                .out = NAN,
        };
        (void)blemish_find(daemon, s->head.blemish);
}

struct top_sample *top_sample_new(void)
{
        struct top_sample *s = calloc(1, sizeof *s);

        if (s)
                s->answers = json_array();
        return s && s->answers ? s : top_sample_free(s);
}

struct top_sample *top_sample_free(struct top_sample *s)
{
        if (s) {
                for (size_t i = 0; i < TOP_KINDS; i++)
                        free(s->tables[i].rows);
                json_decref(s->answers);
        }
        free(s);
        return NULL;
}

/* The moment of an answer is told by the daemon's monotonic clock where it says so, in the head; the wall
 * clock, which may be set, tells only how much later the other pages are. */
int top_sample_add(struct top_sample *s, json_t *answer)
{
        const json_t *daemon = json_object_get(answer, "daemon");
        double moment_s;
        int r;

        if (!s->known && json_is_object(daemon))
                set_head(s, answer, daemon);
        if (!s->known)
                return -EBADMSG;
        if (json_array_append(s->answers, answer) < 0)
                return -ENOMEM;
        moment_s = s->head.uptime_s + (time_of(answer, "now") - s->base_s);
        r = add_rows(s, json_object_get(answer, "sections"), moment_s, add_group);
        return r < 0 ? r : add_rows(s, json_object_get(answer, "peers"), moment_s, add_peer);
}

static int compare_names(const struct top_row *a, const struct top_row *b)
{
        int r = strcmp(a->section, b->section);

        return r ? r : strcmp(a->address, b->address);
}

static int compare_rows(const void *a, const void *b)
{
        return compare_names(a, b);
}

/* A counter that went back has begun anew, and tells nothing. */
static double rate(double now, double before, double elapsed_s)
{
        return elapsed_s > 0 && now >= before ? (now - before) / elapsed_s : NAN;
}

/* Losses that were known before are odd; those that come are bad. */
static void note_growth(struct top_cell *now, const struct top_cell *before)
{
        if (now->number > before->number)
                now->tone = TONE_BAD;
}

static void compare_group(struct top_row *now, const struct top_row *before)
{
        double elapsed_s = now->moment_s - before->moment_s;

        now->cells[TOP_GROUP_IN] = number_cell(rate(now->in, before->in, elapsed_s));
        now->cells[TOP_GROUP_OUT] = number_cell(rate(now->out, before->out, elapsed_s));
        note_growth(&now->cells[TOP_GROUP_DROPS], &before->cells[TOP_GROUP_DROPS]);
}

static void compare_peer(struct top_row *now, const struct top_row *before)
{
        now->cells[TOP_PEER_IN] = number_cell(rate(now->in, before->in, now->moment_s - before->moment_s));
        note_growth(&now->cells[TOP_PEER_LOST], &before->cells[TOP_PEER_LOST]);
        note_growth(&now->cells[TOP_PEER_RESTARTS], &before->cells[TOP_PEER_RESTARTS]);
}

/* Both are in order, so that going through both once finds all pairs. */
static void compare_tables(struct top_rows *now, const struct top_rows *before,
                           void (*compare)(struct top_row *now, const struct top_row *before))
{
        size_t k = 0;

        for (size_t i = 0; i < now->n; i++) {
                while (k < before->n && compare_names(&before->rows[k], &now->rows[i]) < 0)
                        k++;
                if (k < before->n && compare_names(&before->rows[k], &now->rows[i]) == 0)
                        compare(&now->rows[i], &before->rows[k]);
        }
}

/* Of what is known. */
static double sum_of(const struct top_rows *t, size_t column)
{
        double sum = NAN;

        for (size_t i = 0; i < t->n; i++) {
                double number = t->rows[i].cells[column].number;

                if (!isnan(number))
                        sum = isnan(sum) ? number : sum + number;
        }
        return sum;
}

void top_sample_finish(struct top_sample *s, const struct top_sample *before)
{
        struct top_rows *groups = &s->tables[TOP_GROUPS], *peers = &s->tables[TOP_PEERS];

        for (size_t i = 0; i < groups->n; i++)
                groups->rows[i].cells[TOP_GROUP_IN] = groups->rows[i].cells[TOP_GROUP_OUT] = number_cell(NAN);
        for (size_t i = 0; i < peers->n; i++)
                peers->rows[i].cells[TOP_PEER_IN] = number_cell(NAN);
        for (size_t i = 0; i < TOP_KINDS; i++)
                if (s->tables[i].n)
                        qsort(s->tables[i].rows, s->tables[i].n, sizeof(struct top_row), compare_rows);
        if (before && before->known && strcmp(before->head.boot, s->head.boot) == 0) {
                compare_tables(groups, &before->tables[TOP_GROUPS], compare_group);
                compare_tables(peers, &before->tables[TOP_PEERS], compare_peer);
        }
        s->head.in = sum_of(groups, TOP_GROUP_IN);
        s->head.out = sum_of(groups, TOP_GROUP_OUT);
}
