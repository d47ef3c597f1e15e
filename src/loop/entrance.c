/* entrance.c - lets datagrams in to a section, or not, by their signatures. What to think of one is decided
 * in state/gate.c; here it is counted. */
#include "loop/entrance.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

static const struct {
        bool counted; /* without AUTH there is nothing to count */
        enum stat stat;
        enum trouble trouble; /* of what is refused */
} verdicts[GATE_VERDICTS] = {
        [GATE_UNCHECKED] = { .counted = false },
        [GATE_PLAIN] = { .counted = true, .stat = STAT_AUTH_PLAIN },
        [GATE_OK] = { .counted = true, .stat = STAT_AUTH_OK },
        [GATE_REFUSED] = { true, STAT_DROPPED_PLAIN, TROUBLE_PLAIN },
        [GATE_MALFORMED] = { true, STAT_DROPPED_MALFORMED, TROUBLE_MALFORMED },
        [GATE_UNKNOWN_KEY] = { true, STAT_DROPPED_UNKNOWN_KEY, TROUBLE_UNKNOWN_KEY },
        [GATE_STALE] = { true, STAT_DROPPED_STALE, TROUBLE_STALE },
        [GATE_BAD_MAC] = { true, STAT_DROPPED_BAD_MAC, TROUBLE_BAD_MAC },
        [GATE_REPLAY] = { true, STAT_DROPPED_REPLAY, TROUBLE_REPLAY },
        [GATE_EARLY] = { true, STAT_DROPPED_EARLY, TROUBLE_EARLY },
};

/* When it came, which may be long ago if the process was held up: it has not become stale by waiting here. */
static uint32_t arrival_s(const struct datagram *d, int64_t wall_ns)
{
        return (uint32_t)((d->wall_ns ? d->wall_ns : wall_ns) / NS_PER_S);
}

/* When we began to listen, by the clock of now: at the start, or since, it may have been wrong. What was
 * signed before that may have been taken by who was here before us. An ack is bound to a message of our own:
 * there are none from before. */
static uint64_t listening_since_us(const struct entrance *e, const struct moment *moment)
{
        int64_t age_ns = moment->now_ns - e->since_ns;

        return e->binding.type == AUTH_ACK ? 0 : (uint64_t)((moment->wall_ns - age_ns) / NS_PER_US);
}

void entrance_judge(struct entrance *e, struct datagram *d, const struct moment *moment,
                    struct gate_result *ret)
{
        const struct gate gate = {
                .mode = e->mode,
                .keys = e->section->env->signer.keys,
                .binding = &e->binding,
                .replay = e->replay,
        };

        if (e->replay)
                replay_set_start(e->replay, listening_since_us(e, moment));
        gate_judge(&gate, d->payload, d->length, arrival_s(d, moment->wall_ns), ret);
        d->length = ret->length;
        d->key_id = ret->verdict == GATE_OK ? ret->trailer.stamp.key_id : 0;
        d->unchecked = ret->verdict == GATE_UNCHECKED && ret->is_signed;
}

bool entrance_count(struct entrance *e, const struct gate_result *g)
{
        if (verdicts[g->verdict].counted)
                e->section->stats.count[verdicts[g->verdict].stat]++;
        return g->verdict < GATE_REFUSED;
}

enum trouble entrance_trouble(enum gate_verdict verdict)
{
        return verdicts[verdict].trouble;
}

const char *entrance_detail(const struct gate_result *g, const struct datagram *d, int64_t wall_ns,
                            char buffer[ENTRANCE_DETAIL_SIZE])
{
        int64_t ahead_s = auth_ahead_s(g->trailer.stamp.time_s, arrival_s(d, wall_ns));
        int n = 0;

        buffer[0] = '\0';
        if (g->is_signed)
                n = snprintf(buffer, ENTRANCE_DETAIL_SIZE, ", key %" PRIu16, g->trailer.stamp.key_id);
        if (g->verdict == GATE_STALE)
                snprintf(buffer + n, ENTRANCE_DETAIL_SIZE - (size_t)n, ", its clock is %" PRId64 " s %s",
                         ahead_s < 0 ? -ahead_s : ahead_s, ahead_s < 0 ? "behind" : "ahead");
        return buffer;
}

bool entrance_is_news(struct entrance *e, const struct address *source, bool begins)
{
        if (begins)
                e->n_told = 0;
        for (size_t i = 0; i < e->n_told; i++)
                if (address_equal(&e->told[i], source))
                        return false;
        if (e->n_told == ENTRANCE_TOLD_MAX)
                return false;
        e->told[e->n_told++] = *source;
        return true;
}

const char *signature_text(const struct datagram *d, char buffer[SIGNER_TEXT_SIZE])
{
        return d->unchecked ? ", signed, not checked" : signer_text(d->key_id, buffer);
}

int entrance_prepare(struct entrance *e, enum auth_mode mode)
{
        if (mode == AUTH_OFF || e->replay)
                return 0;
        /* When we began to listen is told with each datagram. */
        return replay_new(ENTRANCE_SENDERS, &e->section->env->key, 0, &e->replay);
}

void entrance_settle(struct entrance *e, enum auth_mode mode)
{
        if (mode == AUTH_OFF)
                e->replay = replay_free(e->replay);
        else if (e->mode == AUTH_OFF)
                e->since_ns = clock_monotonic_ns();
        e->mode = mode;
}

void entrance_inherit(struct entrance *e, struct entrance *from)
{
        if (!from->replay || e->mode == AUTH_OFF)
                return;
        replay_free(e->replay);
        e->replay = replay_share(from->replay);
        e->since_ns = from->since_ns;
}

void entrance_init(struct entrance *e, struct section *section, enum auth_type type)
{
        *e = (struct entrance){
                .section = section,
                .binding = { .type = type, .group = section->group },
                .since_ns = clock_monotonic_ns(),
        };
}

void entrance_end(struct entrance *e)
{
        e->replay = replay_free(e->replay);
}
