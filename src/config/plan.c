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

/* The options of this kind of section that are not the same in both. */
static uint64_t changed_options(enum section_kind kind, const void *a, const void *b)
{
        uint64_t changed = 0;

        for (size_t i = 0; i < options_count(); i++)
                if ((option_at(i)->sections & kind) && !option_equal(option_at(i), a, b))
                        changed |= UINT64_C(1) << i;
        return changed;
}

/* Those of which a reload makes this. */
static uint64_t options_that(enum option_reload reload)
{
        uint64_t found = 0;

        for (size_t i = 0; i < options_count(); i++)
                if (option_at(i)->reload == reload)
                        found |= UINT64_C(1) << i;
        return found;
}

static enum plan_action action_for(uint64_t changed)
{
        if (changed & options_that(RELOAD_REOPENS))
                return PLAN_REOPEN;
        return changed ? PLAN_RETUNE : PLAN_KEEP;
}

static struct plan_step step_for(const struct sections *running, const struct config_group *next)
{
        for (size_t i = 0; i < running->n; i++) {
                const struct config_group *old = section_at(running, i);
                uint64_t changed;

                if (strcmp(old->section, next->section) != 0)
                        continue;
                changed = changed_options(running->kind, old, next);
                return (struct plan_step){ action_for(changed), i, changed };
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
                p->retuned += steps[i].action == PLAN_RETUNE;
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
        p->daemon_changed = changed_options(SECTION_DAEMON, &running->daemon, &next->daemon);
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

static void print_line(FILE *to, const char *what, const char *section, uint64_t changed)
{
        fprintf(to, "%-6s [%s]%s", what, section, changed ? ":" : "");
        for (size_t i = 0; i < options_count(); i++)
                if (changed >> i & 1)
                        fprintf(to, " %s", option_at(i)->key);
        fputc('\n', to);
}

static bool is_dropped(size_t old, const struct plan_step *steps, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (steps[i].action != PLAN_ADD && steps[i].old == old)
                        return false;
        return true;
}

static void print_sections(const struct sections *running, const struct sections *next,
                           const struct plan_step *steps, FILE *to)
{
        static const char *const names[] = {
                [PLAN_KEEP] = "keep",
                [PLAN_RETUNE] = "retune",
                [PLAN_REOPEN] = "reopen",
                [PLAN_ADD] = "add",
        };

        for (size_t i = 0; i < next->n; i++)
                print_line(to, names[steps[i].action], section_at(next, i)->section, steps[i].changed);
        for (size_t i = 0; i < running->n; i++)
                if (is_dropped(i, steps, next->n))
                        print_line(to, "drop", section_at(running, i)->section, 0);
}

void plan_print(const struct plan *p, const struct config *running, const struct config *next, FILE *to)
{
        struct sections old_receivers = receivers_of(running), new_receivers = receivers_of(next);
        struct sections old_emitters = emitters_of(running), new_emitters = emitters_of(next);
        uint64_t later = options_that(RELOAD_RESTARTS);

        if (p->daemon_changed & ~later)
                print_line(to, "apply", "daemon", p->daemon_changed & ~later);
        if (p->daemon_changed & later)
                print_line(to, "later", "daemon", p->daemon_changed & later);
        print_sections(&old_receivers, &new_receivers, p->receivers, to);
        print_sections(&old_emitters, &new_emitters, p->emitters, to);
}
