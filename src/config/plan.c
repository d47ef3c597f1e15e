/* plan.c - what has to be done to get from the running configuration to the next one. Pure. */
#include "config/plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/options.h"

/* The sections of one kind, as an array of objects that begin with a config_group. */
struct sections {
        enum section_kind kind;
        const void *objects;
        size_t size; /* of one */
        size_t n;
};

static const struct config_group *section_at(const struct sections *s, size_t i)
{
        return (const void *)((const char *)s->objects + i * s->size);
}

static struct sections receivers_of(const struct config *c)
{
        return (struct sections){ SECTION_RECEIVER, c->receivers, sizeof c->receivers[0], c->n_receivers };
}

static struct sections emitters_of(const struct config *c)
{
        return (struct sections){ SECTION_EMITTER, c->emitters, sizeof c->emitters[0], c->n_emitters };
}

/* Nothing that the socket or its handlers depend on. */
static bool unchanged(enum section_kind kind, const void *a, const void *b)
{
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                if ((o->sections & kind) && o->reload == RELOAD_REOPENS && !option_equal(o, a, b))
                        return false;
        }
        return true;
}

static struct plan_step step_for(const struct sections *running, const struct config_group *next)
{
        for (size_t i = 0; i < running->n; i++) {
                const struct config_group *old = section_at(running, i);

                if (strcmp(old->section, next->section) == 0)
                        return (struct plan_step){ unchanged(running->kind, old, next) ? PLAN_KEEP
                                                                                       : PLAN_REOPEN,
                                                   i };
        }
        return (struct plan_step){ .action = PLAN_ADD };
}

/* Fills in one step for each section of `next`. */
static void plan_sections(struct plan *p, const struct sections *running, const struct sections *next,
                          struct plan_step *steps)
{
        size_t found = 0;

        for (size_t i = 0; i < next->n; i++) {
                steps[i] = step_for(running, section_at(next, i));
                p->kept += steps[i].action == PLAN_KEEP;
                p->reopened += steps[i].action == PLAN_REOPEN;
                p->added += steps[i].action == PLAN_ADD;
                found += steps[i].action != PLAN_ADD;
        }
        p->dropped += running->n - found;
}

int plan_new(const struct config *running, const struct config *next, struct plan **ret)
{
        struct sections old_receivers = receivers_of(running), new_receivers = receivers_of(next);
        struct sections old_emitters = emitters_of(running), new_emitters = emitters_of(next);
        struct plan *p = calloc(1, sizeof *p);

        if (!p)
                return -ENOMEM;
        /* One more than needed: calloc(0) may return NULL. */
        p->receivers = calloc(new_receivers.n + 1, sizeof p->receivers[0]);
        p->emitters = calloc(new_emitters.n + 1, sizeof p->emitters[0]);
        if (!p->receivers || !p->emitters) {
                plan_free(p);
                return -ENOMEM;
        }
        plan_sections(p, &old_receivers, &new_receivers, p->receivers);
        plan_sections(p, &old_emitters, &new_emitters, p->emitters);
        *ret = p;
        return 0;
}

struct plan *plan_free(struct plan *p)
{
        if (!p)
                return NULL;
        free(p->receivers);
        free(p->emitters);
        free(p);
        return NULL;
}
