/* snapshot.c - the state of the daemon at one moment, as data: whoever shows it needs nothing else. Pure. */
#include "state/snapshot.h"

#include <stdlib.h>

const char *section_state_name(enum section_state state)
{
        static const char *const names[SECTION_STATES] = {
                [SECTION_ACTIVE] = "active",
                [SECTION_WAITING] = "waiting",
                [SECTION_SILENT] = "silent",
                [SECTION_FAILED] = "failed",
        };

        return names[state];
}

struct snapshot *snapshot_new(size_t sections, size_t items)
{
        struct snapshot *s = calloc(1, sizeof *s);

        if (!s)
                return NULL;
        /* One more of each: calloc(0) may return NULL. */
        s->sections = calloc(sections + 1, sizeof s->sections[0]);
        s->peers = calloc(items + 1, sizeof s->peers[0]);
        s->ack_sources = calloc(items + 1, sizeof s->ack_sources[0]);
        return s->sections && s->peers && s->ack_sources ? s : snapshot_free(s);
}

struct snapshot *snapshot_free(struct snapshot *s)
{
        if (!s)
                return NULL;
        free(s->sections);
        free(s->peers);
        free(s->ack_sources);
        free(s);
        return NULL;
}

static const struct snapshot_section *find_state(const struct snapshot *s, enum section_state state)
{
        for (size_t i = 0; i < s->n_sections; i++)
                if (s->sections[i].state == state)
                        return &s->sections[i];
        return NULL;
}

/* The first that is there, in this order. */
static const struct snapshot_section *
first_of(const struct snapshot_section *a, const struct snapshot_section *b, const struct snapshot_section *c)
{
        if (a)
                return a;
        return b ? b : c;
}

void snapshot_summary(const struct snapshot *s, struct snapshot_summary *ret)
{
        const struct snapshot_section *failed = find_state(s, SECTION_FAILED);
        const struct snapshot_section *silent = find_state(s, SECTION_SILENT);

        *ret = (struct snapshot_summary){
                .worst = first_of(failed, find_state(s, SECTION_WAITING), silent),
                .unwell = first_of(failed, silent, NULL),
        };
        for (size_t i = 0; i < s->n_sections; i++) {
                const struct snapshot_section *section = &s->sections[i];
                size_t peers = 0;

                ret->states[section->state]++;
                if (section->state == SECTION_ACTIVE)
                        *(section->emitter ? &ret->emitting : &ret->joined) += 1;
                for (enum peer_state state = 0; state < PEER_STATES; state++) {
                        ret->peers[state] += section->peers[state];
                        peers += section->peers[state];
                }
                ret->clocks_wrong += section->clocks_wrong;
                ret->refusing += section->refuses_all;
                ret->full += section->peers_max && peers >= section->peers_max;
                ret->received += section->stats.count[STAT_RECEIVED];
        }
}
