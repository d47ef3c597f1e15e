/* sections.c - all living receivers and emitters, and how a reload changes them.
 * Receivers and emitters are treated alike: a list of either, opened and closed through its kind. */
#include "loop/sections.h"

#include <errno.h>
#include <stdlib.h>

#include "loop/emitter.h"
#include "loop/receiver.h"
#include "state/stats.h"

struct kind {
        int (*open)(struct env *env, const void *cfg, void **ret);
        void (*close)(void *item);
        size_t cfg_size;
};

struct list {
        const struct kind *kind;
        size_t n;
        void **items; /* NULL: taken over by another list, or not open yet */
};

struct sections {
        struct env *env;
        struct list receivers;
        struct list emitters;
};

static int open_receiver(struct env *env, const void *cfg, void **ret)
{
        return receiver_new(env, cfg, (struct receiver **)ret);
}

static void close_receiver(void *item)
{
        receiver_free(item);
}

static int open_emitter(struct env *env, const void *cfg, void **ret)
{
        return emitter_new(env, cfg, (struct emitter **)ret);
}

static void close_emitter(void *item)
{
        emitter_free(item);
}

static const struct kind receiver_kind = { open_receiver, close_receiver, sizeof(struct config_receiver) };
static const struct kind emitter_kind = { open_emitter, close_emitter, sizeof(struct config_emitter) };

static void list_free(struct list *l)
{
        for (size_t i = 0; i < l->n; i++)
                l->kind->close(l->items[i]);
        free(l->items);
        *l = (struct list){ .kind = l->kind };
}

/* A list of all sections of a new configuration, of which those are open that the plan does not keep. Without
 * a plan: all. */
static int list_open(struct list *l, struct env *env, const void *cfgs, size_t n,
                     const struct plan_step *steps)
{
        l->items = calloc(n + 1, sizeof l->items[0]);
        if (!l->items)
                return -ENOMEM;
        l->n = n;
        for (size_t i = 0; i < n; i++) {
                const void *cfg = (const char *)cfgs + i * l->kind->cfg_size;
                int r;

                if (steps && steps[i].action == PLAN_KEEP)
                        continue;
                r = l->kind->open(env, cfg, &l->items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The i-th receiver as it will be: one of the new list, or the old one that is kept. */
static const struct receiver *receiver_at(const struct list *next, const struct list *old,
                                          const struct plan_step *steps, size_t i)
{
        return steps && steps[i].action == PLAN_KEEP ? old->items[steps[i].old] : next->items[i];
}

static int check_distinct(const struct list *next, const struct list *old, const struct plan_step *steps)
{
        for (size_t i = 0; i < next->n; i++) {
                for (size_t j = 0; j < i; j++) {
                        int r = receiver_check_distinct(receiver_at(next, old, steps, i),
                                                        receiver_at(next, old, steps, j));

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* Moves the kept ones over, and closes what is left of the old list. */
static void list_take_over(struct list *old, struct list *next, const struct plan_step *steps)
{
        for (size_t i = 0; i < next->n; i++) {
                if (steps[i].action != PLAN_KEEP)
                        continue;
                next->items[i] = old->items[steps[i].old];
                old->items[steps[i].old] = NULL;
        }
        list_free(old);
        *old = *next;
}

int sections_new(struct env *env, const struct config *cfg, struct sections **ret)
{
        struct sections *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->env = env;
        s->receivers.kind = &receiver_kind;
        s->emitters.kind = &emitter_kind;
        r = list_open(&s->receivers, env, cfg->receivers, cfg->n_receivers, NULL);
        if (r == 0)
                r = check_distinct(&s->receivers, NULL, NULL);
        if (r == 0)
                r = list_open(&s->emitters, env, cfg->emitters, cfg->n_emitters, NULL);
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
        free(s);
        return NULL;
}

int sections_apply(struct sections *s, const struct config *next, const struct plan *plan)
{
        struct list receivers = { .kind = &receiver_kind }, emitters = { .kind = &emitter_kind };
        int r = list_open(&receivers, s->env, next->receivers, next->n_receivers, plan->receivers);

        if (r == 0)
                r = check_distinct(&receivers, &s->receivers, plan->receivers);
        if (r == 0)
                r = list_open(&emitters, s->env, next->emitters, next->n_emitters, plan->emitters);
        if (r < 0) {
                list_free(&emitters);
                list_free(&receivers);
                return r;
        }
        list_take_over(&s->receivers, &receivers, plan->receivers);
        list_take_over(&s->emitters, &emitters, plan->emitters);
        return 0;
}

void sections_status(const struct sections *s, struct service_status *ret)
{
        *ret = (struct service_status){ .joined = s->receivers.n, .emitting = s->emitters.n };
        for (size_t i = 0; i < s->receivers.n; i++)
                ret->received += receiver_stats(s->receivers.items[i])->count[STAT_RECEIVED];
}

void sections_log_counters(const struct sections *s)
{
        for (size_t i = 0; i < s->receivers.n; i++)
                receiver_log_counters(s->receivers.items[i]);
        for (size_t i = 0; i < s->emitters.n; i++)
                emitter_log_counters(s->emitters.items[i]);
}
