/* fuzz_replay.c - state/replay: bytes as signed datagrams of some senders, each compared with a model that
 * keeps all that was taken. And whatever is forgotten: nothing is taken twice. */
#include "fuzz.h"

#include "state/replay.h"

#define EVENTS_MAX  300
#define SENDERS_MAX 8
#define START_S     1700000000u
#define START_US    (UINT64_C(1000000) * START_S)

/* What was taken, of a sender as long as it is known. */
struct model_sender {
        bool known;
        uint64_t first, highest, heard; /* the last one: its place in the order of all */
        uint32_t latest_s;
        bool has_floor;
        uint32_t floor_s;
        size_t n;
        uint64_t taken[EVENTS_MAX];
};

struct model {
        size_t size;
        uint64_t start_us, heard;
        uint32_t now_s;
        bool has_floor;
        uint32_t floor_s; /* of all who were forgotten */
        struct model_sender senders[SENDERS_MAX];
        bool clock_was_set[SENDERS_MAX];
        size_t n_taken;
        struct auth_stamp taken[EVENTS_MAX]; /* for ever */
};

static bool is_early(const struct model *m, bool has_floor, uint32_t floor_s, const struct auth_stamp *stamp)
{
        if (has_floor && auth_ahead_s(stamp->time_s, floor_s) <= 0)
                return true;
        if (stamp->sequence > m->start_us &&
            auth_ahead_s(stamp->time_s, (uint32_t)(stamp->sequence / 1000000)) >= 0)
                return false;
        return m->start_us && auth_ahead_s(stamp->time_s, START_S) <= 0;
}

static size_t count(const struct model *m)
{
        size_t n = 0;

        for (size_t i = 0; i < SENDERS_MAX; i++)
                n += m->senders[i].known;
        return n;
}

static void forget_one(struct model *m)
{
        struct model_sender *oldest = NULL;

        for (size_t i = 0; i < SENDERS_MAX; i++) {
                struct model_sender *s = &m->senders[i];

                if (s->known && (!oldest || s->heard < oldest->heard))
                        oldest = s;
        }
        if (!m->has_floor || auth_ahead_s(oldest->latest_s, m->floor_s) > 0)
                m->floor_s = oldest->latest_s;
        m->has_floor = true;
        oldest->known = false;
}

static bool was_taken(const struct model_sender *s, uint64_t sequence)
{
        for (size_t i = 0; i < s->n; i++)
                if (s->taken[i] == sequence)
                        return true;
        return false;
}

static void meet(struct model *m, struct model_sender *s, const struct auth_stamp *stamp)
{
        bool has_floor = m->has_floor;
        uint32_t floor_s = m->floor_s;

        if (count(m) == m->size)
                forget_one(m);
        *s = (struct model_sender){
                .known = true,
                .first = stamp->sequence,
                .highest = stamp->sequence,
                .latest_s = stamp->time_s,
                .has_floor = has_floor,
                .floor_s = floor_s,
        };
}

static enum replay_verdict expect(struct model *m, struct model_sender *s, const struct auth_stamp *stamp)
{
        if (!s->known) {
                if (is_early(m, m->has_floor, m->floor_s, stamp))
                        return REPLAY_EARLY;
                meet(m, s, stamp);
        }
        if (was_taken(s, stamp->sequence))
                return REPLAY_SEEN;
        if (stamp->sequence < s->highest && s->highest - stamp->sequence > REPLAY_WINDOW)
                return REPLAY_SEEN;
        if (stamp->sequence < s->first && is_early(m, s->has_floor, s->floor_s, stamp))
                return REPLAY_EARLY;
        s->taken[s->n++] = stamp->sequence;
        s->heard = ++m->heard;
        if (stamp->sequence > s->highest)
                s->highest = stamp->sequence;
        if (auth_ahead_s(stamp->time_s, s->latest_s) > 0)
                s->latest_s = stamp->time_s;
        return REPLAY_FRESH;
}

/* Whether one of them was signed after the other, but at an earlier time. */
static bool disagree(const struct auth_stamp *a, const struct auth_stamp *b)
{
        int64_t ahead_s = auth_ahead_s(a->time_s, b->time_s);

        return (a->sequence < b->sequence && ahead_s > 0) || (a->sequence > b->sequence && ahead_s < 0);
}

/* Whose clock is set back after he was forgotten may be repeated: who is known is not asked for the time. */
static void check_new(struct model *m, size_t sender, const struct auth_stamp *stamp)
{
        bool again = false;

        for (size_t i = 0; i < m->n_taken; i++) {
                const struct auth_stamp *taken = &m->taken[i];

                if (taken->key_id != stamp->key_id || taken->sender != stamp->sender)
                        continue;
                again |= taken->sequence == stamp->sequence && taken->time_s == stamp->time_s;
                m->clock_was_set[sender] |= disagree(taken, stamp);
        }
        MUST(!again || m->clock_was_set[sender]);
        m->taken[m->n_taken++] = *stamp;
}

/* Two keys; a sender may use both. */
static struct auth_stamp choose_stamp(struct model *m, struct choices *c, size_t *ret_sender)
{
        static const uint64_t bases[] = { 0, START_US - 2000, START_US + 1, UINT64_MAX - 4095 };
        uint32_t sender = choose(c, SENDERS_MAX);
        struct auth_stamp stamp = { .key_id = (uint16_t)(1 + sender % 2), .sender = sender / 2 };

        *ret_sender = sender;
        stamp.sequence = bases[choose(c, 4)] + choose_bits(c, 2) % 4096;
        /* The clock goes on, or is set, by up to an hour; theirs is nearly right. */
        m->now_s += choose(c, 4) ? 1 : choose(c, 256) * 28 - 3600;
        stamp.time_s = m->now_s + choose(c, 2 * AUTH_STALE_S + 1) - AUTH_STALE_S;
        return stamp;
}

/* One that was taken before. */
static struct auth_stamp repeat(const struct model *m, struct choices *c, size_t *ret_sender)
{
        struct auth_stamp stamp = m->taken[choose(c, 256) % m->n_taken];

        *ret_sender = 2 * stamp.sender + (stamp.key_id == 2);
        return stamp;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        static const struct hash_key key = { "sixteen letters" };
        static struct model m; /* too large for a stack */
        struct choices c = choices_of(bytes, length);
        struct replay *r;

        m = (struct model){ .size = 1 + choose(&c, SENDERS_MAX), .now_s = START_S };
        m.start_us = choose(&c, 2) ? START_US : 0;
        MUST(replay_new(m.size, &key, m.start_us, &r) == 0);
        for (int i = 0; i < EVENTS_MAX && choices_left(&c); i++) {
                size_t sender;
                bool again = m.n_taken && choose(&c, 4) == 0;
                struct auth_stamp stamp = again ? repeat(&m, &c, &sender) : choose_stamp(&m, &c, &sender);
                enum replay_verdict expected = expect(&m, &m.senders[sender], &stamp);

                MUST(replay_note(r, &stamp) == expected);
                if (expected == REPLAY_FRESH)
                        check_new(&m, sender, &stamp);
                MUST(replay_count(r) == count(&m));
        }
        replay_free(r);
        return 0;
}
