/* replay.c - which signed datagrams were taken already.
 * Each sender's window is a ring of words (RFC 6479): it moves by whole words, and nothing is shifted. The
 * senders stand in an array that grows, a table of keyed hashes leads to them, and a list has them in the
 * order in which they were heard. Pure. */
#include "state/replay.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SENDERS_AT_FIRST 16

/* One word more than the window has, so that all of it is there while the newest word fills up. */
#define WORD_BITS 64
#define WORDS     (REPLAY_WINDOW / WORD_BITS + 1)

_Static_assert(REPLAY_WINDOW % WORD_BITS == 0, "the window is made of whole words");

/* The number of a sender in the array. */
#define NONE UINT32_MAX

/* What was signed in this second or before it may have been taken and forgotten. */
struct floor {
        bool is_set;
        uint32_t time_s;
};

struct sender {
        uint64_t id;
        uint64_t first;       /* sequence number that was taken, since it is known */
        uint64_t highest;     /* sequence number that was taken */
        uint64_t seen[WORDS]; /* a bit for each number, from `highest` back; in the word that it falls on */
        uint32_t latest_s;    /* time of what was taken */
        uint32_t older, newer;
        struct floor floor; /* of what came before the first */
        uint16_t key_id;
};

struct replay {
        unsigned owners;
        struct hash_key key;
        uint64_t start_us;
        struct floor forgotten; /* latest time of the senders that were forgotten */
        size_t most;
        size_t n, room;
        struct sender *senders;
        size_t mask;
        uint32_t *slots; /* open addressing, linear: the number of a sender plus one; 0: empty */
        uint32_t oldest, newest;
};

static uint64_t *word_of(struct sender *s, uint64_t sequence)
{
        return &s->seen[sequence / WORD_BITS % WORDS];
}

static uint64_t bit_of(uint64_t sequence)
{
        return UINT64_C(1) << sequence % WORD_BITS;
}

/* Slots for so many senders: a power of two, at most half of them taken. */
static size_t slots_for(size_t senders)
{
        size_t n = 2;

        while (n < 2 * senders)
                n *= 2;
        return n;
}

static size_t home_of(const struct replay *r, uint64_t id, uint16_t key_id)
{
        uint8_t in[sizeof id + sizeof key_id];

        memcpy(in, &id, sizeof id);
        memcpy(in + sizeof id, &key_id, sizeof key_id);
        return hash_bytes(&r->key, in, sizeof in) & r->mask;
}

/* The slot of a sender, or the empty one where it belongs. */
static size_t slot_of(const struct replay *r, uint64_t id, uint16_t key_id)
{
        size_t i = home_of(r, id, key_id);

        for (; r->slots[i]; i = (i + 1) & r->mask) {
                const struct sender *s = &r->senders[r->slots[i] - 1];

                if (s->id == id && s->key_id == key_id)
                        break;
        }
        return i;
}

/* Empties a slot; what stands behind it and could no longer be found moves up (Knuth 6.4, algorithm R). */
static void empty_slot(struct replay *r, size_t hole)
{
        for (size_t i = (hole + 1) & r->mask; r->slots[i]; i = (i + 1) & r->mask) {
                const struct sender *s = &r->senders[r->slots[i] - 1];
                size_t home = home_of(r, s->id, s->key_id);

                if (((i - home) & r->mask) < ((i - hole) & r->mask))
                        continue;
                r->slots[hole] = r->slots[i];
                hole = i;
        }
        r->slots[hole] = 0;
}

/* --- the list, by when they were heard --- */

static void unlink_sender(struct replay *r, uint32_t at)
{
        const struct sender *s = &r->senders[at];

        *(s->older == NONE ? &r->oldest : &r->senders[s->older].newer) = s->newer;
        *(s->newer == NONE ? &r->newest : &r->senders[s->newer].older) = s->older;
}

static void link_newest(struct replay *r, uint32_t at)
{
        struct sender *s = &r->senders[at];

        s->older = r->newest;
        s->newer = NONE;
        *(r->newest == NONE ? &r->oldest : &r->senders[r->newest].newer) = at;
        r->newest = at;
}

/* --- room --- */

static void enter_all(struct replay *r)
{
        for (uint32_t i = 0; i < r->n; i++)
                r->slots[slot_of(r, r->senders[i].id, r->senders[i].key_id)] = i + 1;
}

/* False: all is as before. */
static bool set_room(struct replay *r, size_t room)
{
        uint32_t *slots = calloc(slots_for(room), sizeof slots[0]);
        struct sender *senders = slots ? reallocarray(r->senders, room, sizeof senders[0]) : NULL;

        if (!senders) {
                free(slots);
                return false;
        }
        free(r->slots);
        r->senders = senders;
        r->slots = slots;
        r->room = room;
        r->mask = slots_for(room) - 1;
        enter_all(r);
        return true;
}

static bool grow(struct replay *r)
{
        return r->room < r->most && set_room(r, r->room > r->most / 2 ? r->most : 2 * r->room);
}

/* Forgets the sender that was silent longest; returns its place. */
static uint32_t forget_oldest(struct replay *r)
{
        uint32_t at = r->oldest;
        const struct sender *s = &r->senders[at];

        if (!r->forgotten.is_set || auth_ahead_s(s->latest_s, r->forgotten.time_s) > 0)
                r->forgotten = (struct floor){ true, s->latest_s };
        empty_slot(r, slot_of(r, s->id, s->key_id));
        unlink_sender(r, at);
        return at;
}

/* The numbers before the first one are open, too: they may come late. */
static void add(struct replay *r, const struct auth_stamp *stamp, struct floor floor)
{
        uint32_t at = r->n < r->room || grow(r) ? (uint32_t)r->n++ : forget_oldest(r);
        struct sender *s = &r->senders[at];

        *s = (struct sender){
                .id = stamp->sender,
                .key_id = stamp->key_id,
                .first = stamp->sequence,
                .highest = stamp->sequence,
                .latest_s = stamp->time_s,
                .floor = floor,
        };
        *word_of(s, stamp->sequence) = bit_of(stamp->sequence);
        r->slots[slot_of(r, s->id, s->key_id)] = at + 1;
        link_newest(r, at);
}

/* --- what to think of a datagram --- */

static uint32_t to_s(uint64_t us)
{
        return (uint32_t)(us / 1000000);
}

/* By its number. Whose clock has been set back since cannot prove it by that. */
static bool has_started_after(const struct auth_stamp *stamp, uint64_t start_us)
{
        return stamp->sequence > start_us && auth_ahead_s(stamp->time_s, to_s(stamp->sequence)) >= 0;
}

/* It may have been taken by who was here before us, or before its sender was forgotten. */
static bool is_early(const struct replay *r, const struct floor *floor, const struct auth_stamp *stamp)
{
        if (floor->is_set && auth_ahead_s(stamp->time_s, floor->time_s) <= 0)
                return true;
        return r->start_us && !has_started_after(stamp, r->start_us) &&
               auth_ahead_s(stamp->time_s, to_s(r->start_us)) <= 0;
}

static bool is_seen(struct sender *s, uint64_t sequence)
{
        if (sequence > s->highest)
                return false;
        return s->highest - sequence > REPLAY_WINDOW || *word_of(s, sequence) & bit_of(sequence);
}

/* Moves the window up to a number; the words that it enters are cleared. */
static void advance(struct sender *s, uint64_t sequence)
{
        uint64_t from = s->highest / WORD_BITS, words = sequence / WORD_BITS - from;

        for (uint64_t i = 1; i <= words && i <= WORDS; i++)
                s->seen[(from + i) % WORDS] = 0;
        s->highest = sequence;
}

static void take(struct replay *r, uint32_t at, const struct auth_stamp *stamp)
{
        struct sender *s = &r->senders[at];

        if (stamp->sequence > s->highest)
                advance(s, stamp->sequence);
        *word_of(s, stamp->sequence) |= bit_of(stamp->sequence);
        if (auth_ahead_s(stamp->time_s, s->latest_s) > 0)
                s->latest_s = stamp->time_s;
        unlink_sender(r, at);
        link_newest(r, at);
}

enum replay_verdict replay_note(struct replay *r, const struct auth_stamp *stamp)
{
        uint32_t found = r->slots[slot_of(r, stamp->sender, stamp->key_id)];
        struct sender *s;

        if (!found) {
                struct floor floor = r->forgotten;

                if (is_early(r, &floor, stamp))
                        return REPLAY_EARLY;
                add(r, stamp, floor);
                return REPLAY_FRESH;
        }
        s = &r->senders[found - 1];
        if (is_seen(s, stamp->sequence))
                return REPLAY_SEEN;
        if (stamp->sequence < s->first && is_early(r, &s->floor, stamp))
                return REPLAY_EARLY;
        take(r, found - 1, stamp);
        return REPLAY_FRESH;
}

size_t replay_count(const struct replay *r)
{
        return r->n;
}

/* --- birth and death --- */

int replay_new(size_t senders, const struct hash_key *key, uint64_t start_us, struct replay **ret)
{
        struct replay *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->key = *key;
        r->owners = 1;
        r->start_us = start_us;
        r->most = senders;
        r->oldest = r->newest = NONE;
        if (!set_room(r, senders < SENDERS_AT_FIRST ? senders : SENDERS_AT_FIRST)) {
                replay_free(r);
                return -ENOMEM;
        }
        *ret = r;
        return 0;
}

void replay_set_start(struct replay *r, uint64_t start_us)
{
        r->start_us = start_us;
}

struct replay *replay_share(struct replay *r)
{
        r->owners++;
        return r;
}

struct replay *replay_free(struct replay *r)
{
        if (!r || --r->owners > 0)
                return NULL;
        free(r->senders);
        free(r->slots);
        free(r);
        return NULL;
}
