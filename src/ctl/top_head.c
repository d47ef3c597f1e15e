/* top_head.c - mcastctl top: the lines above the tables, as text. Pure. */
#include "ctl/top_head.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/top_text.h"

static void add(struct top_head_text *t, size_t line, enum tone tone, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void add(struct top_head_text *t, size_t line, enum tone tone, const char *format, ...)
{
        struct top_piece *piece = &t->pieces[t->n++];
        va_list args;

        piece->line = line;
        piece->tone = tone;
        va_start(args, format);
        vsnprintf(piece->text, sizeof piece->text, format, args);
        va_end(args);
        top_text_clean(piece->text);
}

/* Where there are some. */
static void add_some(struct top_head_text *t, enum tone tone, double number, const char *name)
{
        if (number > 0)
                add(t, 1, tone, ", %s %s", TOP_COUNT(number), name);
}

/* Of "2026-11-21 02:16:11" what changes. */
static const char *clock_part(const char *time)
{
        const char *blank = strchr(time, ' ');

        return blank ? blank + 1 : time;
}

/* What is not well: of the sections, or where they are, of what they hear; and beside them. */
static void add_unwell(struct top_head_text *t, const struct top_head *h)
{
        const char *first = h->unwell[0] ? h->unwell : h->worst[0] ? h->worst : h->blemish;

        if (first[0])
                add(t, 2, h->unwell[0] ? TONE_BAD : TONE_FAIR, "%s", first);
        if (h->remark[0]) {
                add(t, first[0] ? 3 : 2, TONE_FAIR, "%s", h->remark);
                t->lines = first[0] ? TOP_HEAD_MOST : TOP_HEAD_LINES;
        }
}

void top_head_write(const struct top_sample *s, const char *trouble, const char *since,
                    struct top_head_text *ret)
{
        const struct top_head *h = &s->head;
        char time[ANSWER_TIME_SIZE];

        ret->n = 0;
        ret->lines = TOP_HEAD_LINES;
        if (s->known) {
                add(ret, 0, TONE_PLAIN, "%s %s: ", clock_part(answer_local_time(h->now, false, time)),
                    h->node);
                add(ret, 0, h->healthy ? TONE_GOOD : TONE_BAD, h->healthy ? "healthy" : "not healthy");
                add(ret, 0, TONE_PLAIN, ", up %s since %s", TOP_SECONDS(h->uptime_s),
                    answer_local_time(h->started, false, time));
                add(ret, 1, TONE_PLAIN, "%s/s in, %s/s out; peers: ", TOP_RATE(h->in), TOP_RATE(h->out));
                add(ret, 1, TONE_PLAIN, "%s up", TOP_COUNT(h->peers_up));
                add_some(ret, TONE_BAD, h->peers_down, "down");
                add_some(ret, TONE_PLAIN, h->peers_new, "new");
                add(ret, 1, TONE_PLAIN, "; groups: %s joined, %s emitting", TOP_COUNT(h->joined),
                    TOP_COUNT(h->emitting));
                add_some(ret, TONE_FAIR, h->waiting, "waiting");
                add_some(ret, TONE_BAD, h->silent, "silent");
                add_some(ret, TONE_BAD, h->failed, "failed");
        }
        if (trouble)
                add(ret, 2, TONE_BAD, "no answer since %s: %s", since, trouble);
        else if (s->known)
                add_unwell(ret, h);
}
