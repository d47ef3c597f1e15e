/* test_replay_model.c - state/replay at random, compared with a model that has no ring, no hash table, no
 * list, and times that do not wrap: of each of many datagrams both think the same. */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/replay.h"

#define ROUNDS  300
#define EVENTS  4000
#define SENDERS 48
#define NUMBERS 8192 /* of one sender, before it is started anew */

/* Shortly before the 32 bits of a time are used up (2106). */
#define WRAP_S (INT64_C(1) << 32)

static const struct hash_key key = { "sixteen letters" };

/* One that signs datagrams, and all that may be known of it. */
struct model_sender {
        uint64_t id, base; /* number of its first datagram */
        uint16_t key_id;
        unsigned n; /* datagrams that it has signed */
        int64_t signed_s[NUMBERS];

        bool known, has_floor;
        int64_t floor_s, latest_s;
        unsigned first, highest;
        bool taken[NUMBERS]; /* since it is known */
        uint64_t heard;      /* event at which one was taken last */
};

struct model {
        uint64_t first_seed, seed;
        size_t most, room, count;
        int64_t start_us, now_us; /* start_us 0: nobody was here before */
        bool has_forgotten;
        int64_t forgotten_s;
        uint64_t event;
        struct model_sender senders[SENDERS];
};

static bool out_of_memory;

/* The linker puts the second before the first, see CMakeLists.txt. */
void *real_calloc(size_t n, size_t size) __asm__("__real_calloc");
void *scarce_calloc(size_t n, size_t size) __asm__("__wrap_calloc");

void *scarce_calloc(size_t n, size_t size)
{
        return out_of_memory ? NULL : real_calloc(n, size);
}

/* Numbers that are the same each time: a xorshift generator (Marsaglia). */
static uint64_t draw_64(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
        return (uint32_t)(draw_64(seed) >> 32) % below;
}

/* Some share an id, and have another key. */
static void start_sender(struct model *m, struct model_sender *s)
{
        const struct model_sender *other = &m->senders[draw(&m->seed, SENDERS)];

        memset(s, 0, sizeof *s);
        s->key_id = (uint16_t)(1 + (s - m->senders));
        s->id = draw(&m->seed, 4) ? draw_64(&m->seed) : other->id;
        s->base = (uint64_t)m->now_us;
        /* One in eight by a clock that is some seconds off. */
        if (draw(&m->seed, 8) == 0)
                s->base += (uint64_t)draw(&m->seed, 20000000) - 10000000;
}

/* --- what the model thinks --- */

static bool is_early(const struct model *m, bool has_floor, int64_t floor_s, uint64_t number, int64_t time_s)
{
        if (has_floor && time_s <= floor_s)
                return true;
        if (number > (uint64_t)m->start_us && time_s >= (int64_t)(number / 1000000))
                return false;
        return m->start_us && time_s <= m->start_us / 1000000;
}

static void forget_somebody(struct model *m)
{
        struct model_sender *oldest = NULL;

        for (size_t i = 0; i < SENDERS; i++) {
                struct model_sender *s = &m->senders[i];

                if (s->known && (!oldest || s->heard < oldest->heard))
                        oldest = s;
        }
        assert_non_null(oldest);
        if (!m->has_forgotten || oldest->latest_s > m->forgotten_s)
                m->forgotten_s = oldest->latest_s;
        m->has_forgotten = true;
        oldest->known = false;
        m->count--;
}

static void make_room(struct model *m)
{
        if (m->count == m->room && m->room < m->most && !out_of_memory)
                m->room = 2 * m->room < m->most ? 2 * m->room : m->most;
        if (m->count == m->room)
                forget_somebody(m);
}

static enum replay_verdict think_of_unknown(struct model *m, struct model_sender *s, unsigned i)
{
        bool has_floor = m->has_forgotten;
        int64_t floor_s = m->forgotten_s;

        if (is_early(m, has_floor, floor_s, s->base + i, s->signed_s[i]))
                return REPLAY_EARLY;
        make_room(m);
        memset(s->taken, 0, sizeof s->taken);
        s->known = s->taken[i] = true;
        s->has_floor = has_floor;
        s->floor_s = floor_s;
        s->latest_s = s->signed_s[i];
        s->first = s->highest = i;
        s->heard = m->event;
        m->count++;
        return REPLAY_FRESH;
}

static enum replay_verdict think(struct model *m, struct model_sender *s, unsigned i)
{
        if (!s->known)
                return think_of_unknown(m, s, i);
        if (s->taken[i] || (s->highest > i && s->highest - i > REPLAY_WINDOW))
                return REPLAY_SEEN;
        if (i < s->first && is_early(m, s->has_floor, s->floor_s, s->base + i, s->signed_s[i]))
                return REPLAY_EARLY;
        s->taken[i] = true;
        if (i > s->highest)
                s->highest = i;
        if (s->signed_s[i] > s->latest_s)
                s->latest_s = s->signed_s[i];
        s->heard = m->event;
        return REPLAY_FRESH;
}

/* --- what happens --- */

/* Which of the datagrams that were signed arrives: mostly the last one; some come late, or a second time, and
 * some at the edge of the window. */
static unsigned choose(struct model *m, const struct model_sender *s)
{
        static const unsigned edges[] = { 1022, 1023, 1024, 1025, 1026 };
        unsigned behind = 0, what = draw(&m->seed, 100);

        if (what < 10 && s->known)
                behind = s->n - 1 - s->highest + edges[draw(&m->seed, N_OF(edges))];
        else if (what < 20)
                behind = draw(&m->seed, 1200);
        else if (what < 40)
                behind = draw(&m->seed, 4);
        return behind < s->n ? s->n - 1 - behind : s->n - 1;
}

/* Some get lost on the way: up to more than a window. */
static void sign_some(struct model *m, struct model_sender *s)
{
        unsigned n = draw(&m->seed, 20) ? 1 : 1 + draw(&m->seed, 1200);

        for (; n > 0 && s->n < NUMBERS; n--)
                s->signed_s[s->n++] = m->now_us / 1000000;
}

static enum replay_verdict hear(struct model *m, struct replay *r)
{
        struct model_sender *s = &m->senders[draw(&m->seed, SENDERS)];
        struct auth_stamp stamp;
        enum replay_verdict got;
        char row[64];
        unsigned i;

        /* What was forgotten may come again, or be started anew and not be heard of again. */
        if (!s->known && (s->n == NUMBERS || draw(&m->seed, 50) == 0))
                start_sender(m, s);
        if (s->n == 0 || draw(&m->seed, 3))
                sign_some(m, s);
        i = choose(m, s);
        stamp = (struct auth_stamp){ s->key_id, s->id, s->base + i, (uint32_t)s->signed_s[i] };
        snprintf(row, sizeof row, "seed %" PRIu64 ", event %" PRIu64, m->first_seed, m->event);
        got = replay_note(r, &stamp);
        CHECK_INT(row, got, think(m, s, i));
        CHECK_INT(row, replay_count(r), m->count);
        return got;
}

static void begin(struct model *m, uint64_t seed)
{
        memset(m, 0, sizeof *m);
        m->first_seed = seed;
        m->seed = seed * UINT64_C(0x9e3779b97f4a7c15);
        m->most = 1 + draw(&m->seed, SENDERS + 4);
        m->room = m->most < 16 ? m->most : 16;
        m->now_us = (WRAP_S - draw(&m->seed, 300)) * 1000000 + draw(&m->seed, 1000000);
        for (size_t i = 0; i < SENDERS; i++)
                start_sender(m, &m->senders[i]);
        for (size_t i = 0; i < SENDERS; i++)
                sign_some(m, &m->senders[i]);
        m->now_us += draw(&m->seed, 3000000);
        m->start_us = draw(&m->seed, 4) ? m->now_us : 0;
}

static void test_at_random(void **state)
{
        static struct model m;
        unsigned counts[3] = { 0 };

        (void)state;
        for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
                struct replay *r;

                begin(&m, seed);
                assert_int_equal(replay_new(m.most, &key, (uint64_t)m.start_us, &r), 0);
                for (m.event = 1; m.event <= EVENTS; m.event++) {
                        /* Mostly many a second; seldom up to a minute later. */
                        m.now_us += draw(&m.seed, draw(&m.seed, 200) ? 50000 : 60000000);
                        out_of_memory = draw(&m.seed, 2);
                        counts[hear(&m, r)]++;
                }
                out_of_memory = false;
                replay_free(r);
        }
        /* All that can be thought was thought often. */
        for (size_t i = 0; i < N_OF(counts); i++)
                assert_in_range(counts[i], ROUNDS * EVENTS / 20, ROUNDS * EVENTS);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_at_random),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
