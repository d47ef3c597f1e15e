/* sections.c - all living receivers and emitters: how they start, how they follow their interfaces, and how a
 * reload changes them.
 * Receivers and emitters are treated alike: a list of either, each element through its operations. */
#include "loop/sections.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "loop/attachment.h"
#include "loop/emitter.h"
#include "loop/links_watch.h"
#include "loop/receiver.h"
#include "loop/timer.h"
#include "state/stats.h"

/* What waits or has failed is looked at again after this time, whether there was news or not. */
#define RETRY_NS (60 * NS_PER_S)

struct list {
        const struct section_ops *ops;
        size_t n;
        struct section **items; /* NULL: belongs to another list, or not made yet */
};

struct sections {
        struct env *env;
        struct links_watch *watch;
        struct event *retry; /* armed while a section waits or has failed */
        struct list receivers;
        struct list emitters;
};

/* --- lists --- */

static const void *cfg_at(const struct list *l, const void *cfgs, size_t i)
{
        return (const char *)cfgs + i * l->ops->cfg_size;
}

static void list_free(struct list *l)
{
        for (size_t i = 0; i < l->n; i++)
                l->ops->destroy(l->items[i]);
        free(l->items);
        *l = (struct list){ .ops = l->ops };
}

static bool is_new(const struct plan_step *steps, size_t i)
{
        return !steps || steps[i].action == PLAN_ADD || steps[i].action == PLAN_REOPEN;
}

/* The i-th section as it will be: one of the new list, or the old one that stays. */
static struct section *item_at(const struct list *next, const struct list *old, const struct plan_step *steps,
                               size_t i)
{
        return is_new(steps, i) ? next->items[i] : old->items[steps[i].old];
}

/* The i-th section of a list must not hear what one hears that is open. */
static int check_distinct(const struct list *next, const struct list *old, const struct plan_step *steps,
                          size_t i)
{
        for (size_t j = 0; next->ops->check_distinct && j < next->n; j++) {
                struct section *other = item_at(next, old, steps, j);
                int r = j == i || !other ? 0 : next->ops->check_distinct(next->items[i], other);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Makes the sections that are not in the old list, and opens them, where their interface is there. Without a
 * plan: all of them, and then a failure counts only if nothing can ever mend it. 0 or -errno. */
static int list_open(struct list *next, struct env *env, const void *cfgs, size_t n, const struct list *old,
                     const struct plan_step *steps)
{
        next->items = calloc(n + 1, sizeof(struct section *));
        if (!next->items)
                return -ENOMEM;
        next->n = n;
        for (size_t i = 0; i < n; i++) {
                int r;

                if (!is_new(steps, i))
                        continue;
                r = next->ops->create(env, cfg_at(next, cfgs, i), &next->items[i]);
                if (r < 0)
                        return r;
                if (!next->ops->relink(next->items[i], NULL))
                        continue;
                r = check_distinct(next, old, steps, i);
                if (r == 0)
                        r = next->ops->open(next->items[i]);
                if (r < 0 && (steps || failure_class(-r) == FAILURE_NEVER))
                        return r;
        }
        return 0;
}

/* What was opened together keeps one time, so that it takes few wake-ups. Of many sections each turn's share
 * begins a millisecond after the one before, in which others are heard: nobody waits for all of them. */
static void list_begin(const struct list *l)
{
        int64_t now_ns = clock_monotonic_ns();

        for (size_t i = 0; l->ops->begin && i < l->n; i++)
                l->ops->begin(l->items[i], now_ns + (int64_t)(i / BEATS_A_TURN) * NS_PER_MS);
}

/* Tells those that the plan retunes, before `end`, whether they shall. */
static void list_settle(const struct list *old, const void *cfgs, const struct plan_step *steps, size_t end,
                        bool accepted)
{
        for (size_t i = 0; i < end; i++)
                if (steps[i].action == PLAN_RETUNE)
                        old->ops->settle(old->items[steps[i].old], cfg_at(old, cfgs, i), accepted);
}

/* Makes ready those that the plan retunes; all of them, or none. 0 or -errno. */
static int list_prepare(const struct list *old, const void *cfgs, const struct plan_step *steps, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                const struct config_group *at = cfg_at(old, cfgs, i);
                struct section *s = steps[i].action == PLAN_RETUNE ? old->items[steps[i].old] : NULL;
                unsigned line = s ? s->line : 0;
                int r;

                if (!s)
                        continue;
                /* What fails stands in the new file. */
                s->line = at->line;
                r = old->ops->prepare(s, at);
                s->line = line;
                if (r < 0) {
                        list_settle(old, cfgs, steps, i, false);
                        return r;
                }
        }
        return 0;
}

/* Moves over those that stay, and closes what is left of the old list. */
static void list_take_over(struct list *old, struct list *next, const void *cfgs,
                           const struct plan_step *steps)
{
        struct list left = *old;

        for (size_t i = 0; i < next->n; i++) {
                const struct config_group *at = cfg_at(next, cfgs, i);

                if (steps[i].action == PLAN_REOPEN && left.ops->inherit)
                        left.ops->inherit(next->items[i], left.items[steps[i].old]);
                if (is_new(steps, i))
                        continue;
                next->items[i] = left.items[steps[i].old];
                left.items[steps[i].old] = NULL;
                next->items[i]->line = at->line;
        }
        /* What is closed still hears what waits, and so may change what is told of all: they are whole
         * before. */
        *old = *next;
        list_free(&left);
}

/* --- interfaces --- */

/* First all of them look where they belong, so that two may change places. */
static void list_relink(struct list *l, const struct link_news *news)
{
        for (size_t i = 0; i < l->n; i++)
                l->items[i]->to_open = l->ops->relink(l->items[i], news);
        for (size_t i = 0; i < l->n; i++)
                if (l->items[i]->to_open && check_distinct(l, NULL, NULL, i) == 0)
                        (void)l->ops->open(l->items[i]);
}

static void on_links_changed(void *arg, const struct link_news *news)
{
        struct sections *s = arg;

        list_relink(&s->receivers, news);
        list_relink(&s->emitters, news);
        list_begin(&s->emitters);
        sections_retry_later(s);
}

static size_t count_state(const struct list *l, enum section_state state)
{
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                n += l->items[i]->state == state;
        return n;
}

static size_t count_both(const struct sections *s, enum section_state state)
{
        return count_state(&s->receivers, state) + count_state(&s->emitters, state);
}

void sections_retry_later(struct sections *s)
{
        if (count_both(s, SECTION_WAITING) + count_both(s, SECTION_FAILED) == 0)
                (void)event_del(s->retry);
        else if (!event_pending(s->retry, EV_TIMEOUT, NULL))
                (void)timer_arm(s->retry, clock_monotonic_ns() + RETRY_NS);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
        struct sections *s = arg;

        (void)fd;
        (void)what;
        links_watch_refresh(s->watch);
}

/* --- all of them --- */

/* Only where a section goes by route its changes are news. */
static int follow_routes(struct sections *s, const struct config *cfg)
{
        bool follow = false;

        for (size_t i = 0; i < cfg->n_receivers; i++)
                follow |= attachment_is_by_route(&cfg->receivers[i].at);
        for (size_t i = 0; i < cfg->n_emitters; i++)
                follow |= attachment_is_by_route(&cfg->emitters[i].at);
        return links_watch_routes(s->watch, follow);
}

static int bring_up(struct sections *s, const struct config *cfg)
{
        int r = links_watch_new(s->env, on_links_changed, s, &s->watch);

        if (r < 0) {
                log_event(EVENT_LINKS_UNKNOWN, NULL, 0, "cannot read the interfaces of this host: %s",
                          strerror(-r));
                return r;
        }
        r = follow_routes(s, cfg);
        if (r < 0)
                return r;
        s->retry = evtimer_new(s->env->base, on_retry, s);
        if (!s->retry)
                return -ENOMEM;
        r = list_open(&s->receivers, s->env, cfg->receivers, cfg->n_receivers, NULL, NULL);
        if (r == 0)
                r = list_open(&s->emitters, s->env, cfg->emitters, cfg->n_emitters, NULL, NULL);
        if (r < 0)
                return r;
        list_begin(&s->emitters);
        sections_retry_later(s);
        return 0;
}

int sections_new(struct env *env, const struct config *cfg, struct sections **ret)
{
        struct sections *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->env = env;
        s->receivers.ops = &receiver_ops;
        s->emitters.ops = &emitter_ops;
        r = bring_up(s, cfg);
        if (r < 0) {
                sections_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

struct sections *sections_free(struct sections *s)
{
        if (!s)
                return NULL;
        /* Emitters first: their last messages are still heard by our own receivers. */
        list_free(&s->emitters);
        list_free(&s->receivers);
        if (s->retry)
                event_free(s->retry);
        links_watch_free(s->watch);
        free(s);
        return NULL;
}

/* Makes ready what can be changed where it is; all of it or nothing. */
static int prepare(struct sections *s, const struct config *next, const struct plan *plan)
{
        int r = list_prepare(&s->receivers, next->receivers, plan->receivers, next->n_receivers);

        if (r < 0)
                return r;
        r = list_prepare(&s->emitters, next->emitters, plan->emitters, next->n_emitters);
        if (r < 0)
                list_settle(&s->receivers, next->receivers, plan->receivers, next->n_receivers, false);
        return r;
}

int sections_apply(struct sections *s, const struct config *running, const struct config *next,
                   const struct plan *plan)
{
        struct list receivers = { .ops = &receiver_ops }, emitters = { .ops = &emitter_ops };
        int r = links_watch_read(s->watch);

        if (r == 0)
                r = follow_routes(s, next);
        if (r == 0)
                r = list_open(&receivers, s->env, next->receivers, next->n_receivers, &s->receivers,
                              plan->receivers);
        if (r == 0)
                r = list_open(&emitters, s->env, next->emitters, next->n_emitters, &s->emitters,
                              plan->emitters);
        if (r == 0)
                r = prepare(s, next, plan);
        if (r < 0) {
                list_free(&emitters);
                list_free(&receivers);
                (void)follow_routes(s, running);
                return r;
        }
        list_settle(&s->receivers, next->receivers, plan->receivers, next->n_receivers, true);
        list_settle(&s->emitters, next->emitters, plan->emitters, next->n_emitters, true);
        list_take_over(&s->receivers, &receivers, next->receivers, plan->receivers);
        list_take_over(&s->emitters, &emitters, next->emitters, plan->emitters);
        list_begin(&s->emitters);
        /* Whoever reloads may have mended what was in the way. */
        links_watch_refresh(s->watch);
        sections_retry_later(s);
        return 0;
}

/* --- what is told of them --- */

size_t sections_count(const struct sections *s)
{
        return s->receivers.n + s->emitters.n;
}

struct section *sections_at(const struct sections *s, size_t i)
{
        return i < s->receivers.n ? s->receivers.items[i] : s->emitters.items[i - s->receivers.n];
}

void sections_log_counters(const struct sections *s)
{
        for (size_t i = 0; i < sections_count(s); i++)
                section_log_counters(sections_at(s, i));
}
