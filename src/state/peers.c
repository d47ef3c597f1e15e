/* peers.c - who has been heard on a group, and when.
 * A table of fixed size. Knows no socket, no clock and no log: the caller passes the time and reads the news.
 *
 * A heap says who is to be looked at next. It is not touched when a peer is heard: only when its time has
 * come is looked whether it has been heard meanwhile. So a datagram costs one lookup, however many peers
 * there are. */
#include "state/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "state/heap.h"
#include "state/limiter.h"
#include "state/table.h"

/* How often is at most looked for a peer that has been down for PEERS_KEEP_NS. */
#define SEARCH_NS NS_PER_S

/* Most groups have few peers, and there may be a thousand groups. */
#define ROOM_LEAST 16

_Static_assert(PEERS_EXPECT_MAX <= TABLE_EXPECT_MAX, "they are all looked for in the table");

/* Fewer peers stay in the processor's caches anyway. */
#define EXPECT_LEAST 2048

/* What every processor fetches at least at a time. */
#define CACHE_LINE 64

/* Of lines about peers coming, and of lines about changes of theirs. */
static const struct bucket_rule told_rule = { .rate = PEERS_TOLD_RATE, .burst = 2 * PEERS_TOLD_RATE };

struct slot {
        struct peer peer;      /* its address comes first */
        uint32_t older, newer; /* of the newcomers; slot plus one, 0: the end */
};

struct peers {
        size_t size;
        size_t room; /* at present; it grows with need, up to size */
        struct peers_rule rule;
        struct table *table;
        struct slot *slots;
        struct heap heap; /* who is to be looked at next */
        size_t end;       /* no slot from here on was ever used */
        uint32_t last;    /* the slot that was heard last: who speaks in bursts need not be looked up */
        size_t counts[PEER_STATES];
        size_t clocks_wrong;
        uint32_t oldest, newest; /* newcomers, by when they were last heard; slot plus one */
        struct bucket told;      /* who is up, or back */
        struct bucket changes;   /* what of them has changed */
        int64_t grace_ns;        /* nobody could be heard before */
        int64_t searched_ns;     /* for one that has been down for PEERS_KEEP_NS; 0: not yet */
};

int peers_new(size_t size, const struct hash_key *key, struct peers **ret)
{
        struct peers *p = calloc(1, sizeof *p);

        if (!p)
                return -ENOMEM;
        p->size = size;
        p->room = size < ROOM_LEAST ? size : ROOM_LEAST;
        p->slots = calloc(p->room, sizeof p->slots[0]);
        if (!p->slots || heap_init(&p->heap, p->room) < 0 ||
            table_new(p->slots, p->room, sizeof p->slots[0], key, &p->table) < 0) {
                peers_free(p);
                return -ENOMEM;
        }
        *ret = p;
        return 0;
}

struct peers *peers_free(struct peers *p)
{
        if (!p)
                return NULL;
        table_free(p->table);
        heap_end(&p->heap);
        free(p->slots);
        free(p);
        return NULL;
}

/* --- newcomers, in the order in which they were last heard --- */

static uint32_t *link_newer(struct peers *p, uint32_t of)
{
        return of ? &p->slots[of - 1].newer : &p->oldest;
}

static uint32_t *link_older(struct peers *p, uint32_t of)
{
        return of ? &p->slots[of - 1].older : &p->newest;
}

static void newcomers_remove(struct peers *p, struct slot *s)
{
        *link_newer(p, s->older) = s->newer;
        *link_older(p, s->newer) = s->older;
        s->older = s->newer = 0;
}

static void newcomers_append(struct peers *p, struct slot *s)
{
        uint32_t self = (uint32_t)(s - p->slots) + 1;

        s->older = p->newest;
        s->newer = 0;
        *link_newer(p, p->newest) = self;
        p->newest = self;
}

/* --- who has a place --- */

static void set_state(struct peers *p, struct peer *peer, enum peer_state state)
{
        p->counts[peer->state]--;
        p->counts[state]++;
        peer->state = state;
}

static void drop(struct peers *p, uint32_t slot)
{
        struct slot *s = &p->slots[slot];

        if (peer_is_newcomer(&s->peer))
                newcomers_remove(p, s);
        heap_remove(&p->heap, slot);
        table_remove(p->table, slot);
        p->counts[s->peer.state]--;
        p->clocks_wrong -= s->peer.clock_wrong;
        *s = (struct slot){ 0 };
}

/* A peer for which nobody waits any more, or of which nobody was told. */
static bool is_given_up(const struct peer *peer, int64_t now_ns)
{
        return peer->datagrams && peer->state == PEER_DOWN &&
               (!peer->told || now_ns - peer->last_ns >= PEERS_KEEP_NS);
}

/* The one of those that has not been heard for longest, or TABLE_NONE. */
static uint32_t find_given_up(struct peers *p, int64_t now_ns)
{
        uint32_t found = TABLE_NONE;
        int64_t least_ns = INT64_MAX;

        if (p->searched_ns && now_ns - p->searched_ns < SEARCH_NS)
                return TABLE_NONE;
        p->searched_ns = now_ns;
        for (uint32_t i = 0; i < p->end; i++) {
                const struct peer *peer = &p->slots[i].peer;

                if (is_given_up(peer, now_ns) && peer->last_ns < least_ns) {
                        found = i;
                        least_ns = peer->last_ns;
                }
        }
        return found;
}

/* Room for twice as many. False where there is as much as there may be, or no memory for more. */
static bool grow(struct peers *p)
{
        size_t room = p->room > p->size / 2 ? p->size : 2 * p->room;
        struct slot *slots = room > p->room ? reallocarray(p->slots, room, sizeof slots[0]) : NULL;

        if (!slots)
                return false;
        p->slots = slots;
        if (table_grow(p->table, slots, room) < 0 || heap_grow(&p->heap, room) < 0)
                return false;
        p->room = room;
        return true;
}

/* A slot of its own; there must be room. One that was never used may hold anything. */
static uint32_t add(struct peers *p, const struct address *source)
{
        uint32_t slot = table_add(p->table, source);

        if (slot == p->end) {
                p->slots[slot] = (struct slot){ .peer.address = *source };
                p->end++;
        }
        return slot;
}

/* A place for a newcomer, or TABLE_NONE. *ret_displaced: another newcomer has lost it. */
static uint32_t make_place(struct peers *p, const struct address *source, int64_t now_ns, bool *ret_displaced)
{
        if (p->heap.n == p->room && !grow(p)) {
                uint32_t leaves = p->oldest ? p->oldest - 1 : find_given_up(p, now_ns);

                if (leaves == TABLE_NONE)
                        return TABLE_NONE;
                *ret_displaced = p->oldest != 0;
                drop(p, leaves);
        }
        return add(p, source);
}

static struct slot *admit(struct peers *p, const struct peer_arrival *a, bool *ret_displaced)
{
        uint32_t slot = make_place(p, a->source, a->at_ns, ret_displaced);
        struct slot *s;

        if (slot == TABLE_NONE)
                return NULL;
        s = &p->slots[slot];
        s->peer.first_ns = s->peer.last_ns = a->at_ns;
        p->counts[PEER_NEW]++;
        heap_add(&p->heap, slot, INT64_MAX);
        newcomers_append(p, s);
        return s;
}

/* --- an arrival --- */

/* When its silence will have been too long. */
static int64_t deadline_of(const struct peers *p, const struct peer *peer)
{
        int64_t from_ns = peer->last_ns > p->grace_ns ? peer->last_ns : p->grace_ns;
        int64_t timeout_ns = peer_timeout_ns(peer, p->rule.dead_after_ns);

        return timeout_ns > INT64_MAX - from_ns ? INT64_MAX : from_ns + timeout_ns;
}

static void look_at(struct peers *p, const struct slot *s, int64_t due_ns)
{
        heap_change(&p->heap, (uint32_t)(s - p->slots), due_ns);
}

static void note_place(struct peers *p, struct slot *s, bool was_newcomer)
{
        struct peer *peer = &s->peer;

        if (was_newcomer) {
                newcomers_remove(p, s);
                if (peer_is_newcomer(peer))
                        newcomers_append(p, s);
        }
        set_state(p, peer, peer_is_newcomer(peer) ? PEER_NEW : PEER_UP);
        /* Later is found out when its time has come. */
        if (deadline_of(p, peer) < heap_due_of(&p->heap, (uint32_t)(s - p->slots)))
                look_at(p, s, deadline_of(p, peer));
}

/* Whoever is not told to be up now is told with a later datagram, and not told to be down before. So there
 * are at most as many lines of the one as of the other, however often somebody comes and goes. */
static void tell_presence(struct peers *p, struct peer *peer, bool was_down, int64_t now_ns,
                          struct peer_news *news)
{
        if (peer->told && !was_down)
                return;
        if (!bucket_take(&p->told, &told_rule, now_ns)) {
                news->untold = peer->told || peer->datagrams == 1;
                peer->told = false;
                return;
        }
        news->back = peer->told;
        news->up = !peer->told;
        peer->told = true;
}

/* Somebody can pretend with each datagram to be another one, or at another time. */
static void limit_changes(struct peers *p, int64_t now_ns, struct peer_news *news)
{
        if (!news->restarted && !news->clock_wrong && !news->clock_right)
                return;
        if (bucket_take(&p->changes, &told_rule, now_ns))
                return;
        news->restarted = news->clock_wrong = news->clock_right = false;
        news->untold = true;
}

/* The slot of a source, or TABLE_NONE. One that is free has an address of nobody. */
static uint32_t find(const struct peers *p, const struct address *source)
{
        return address_equal(&p->slots[p->last].peer.address, source) ? p->last
                                                                      : table_find(p->table, source);
}

void peers_see(struct peers *p, const struct peer_arrival *a, struct peer_news *ret)
{
        uint32_t known = find(p, a->source);
        struct slot *s;
        struct peer *peer;
        bool was_newcomer, was_down, was_deaf;
        int64_t interval_ns;

        *ret = (struct peer_news){ 0 };
        s = known == TABLE_NONE ? admit(p, a, &ret->displaced) : &p->slots[known];
        if (!s)
                return;
        p->last = (uint32_t)(s - p->slots);
        peer = &s->peer;
        ret->peer = peer;
        was_newcomer = peer_is_newcomer(peer);
        was_down = peer->state == PEER_DOWN;
        was_deaf = peer->last_ns < p->grace_ns;
        interval_ns = peer->interval_ns;
        p->clocks_wrong -= peer->clock_wrong;
        peer_note(peer, a, p->rule.clock_skew_ns, ret);
        p->clocks_wrong += peer->clock_wrong;
        /* A gap in which nobody could be heard is not the peer's. */
        if (was_deaf && interval_ns)
                peer->interval_ns = interval_ns;
        limit_changes(p, a->at_ns, ret);
        note_place(p, s, was_newcomer);
        tell_presence(p, peer, was_down, a->at_ns, ret);
}

static void fetch(const struct peers *p, const struct address *first, size_t stride, size_t n)
{
        uint32_t slots[PEERS_EXPECT_MAX];

        table_expect(p->table, first, stride, n, slots);
        for (size_t i = 0; i < n; i++) {
                if (slots[i] == TABLE_NONE)
                        continue;
                for (size_t at = 0; at < sizeof p->slots[0]; at += CACHE_LINE)
                        __builtin_prefetch((const char *)&p->slots[slots[i]] + at);
                heap_expect(&p->heap, slots[i]);
        }
}

void peers_expect(const struct peers *p, const struct address *first, size_t stride, size_t n)
{
        if (p->end >= EXPECT_LEAST)
                fetch(p, first, stride, n);
}

/* Whoever forges an address gets no place by it, and keeps nobody up. */
void peers_refuse(struct peers *p, const struct address *source, enum gate_verdict why)
{
        uint32_t known = find(p, source);

        if (known != TABLE_NONE)
                peer_refuse(&p->slots[known].peer, why);
}

void peers_absolve(struct peers *p)
{
        for (size_t i = 0; i < p->end; i++)
                peer_absolve(&p->slots[i].peer);
}

/* --- silence --- */

int64_t peers_due(const struct peers *p)
{
        return heap_due(&p->heap);
}

const struct peer *peers_next_down(struct peers *p, int64_t now_ns)
{
        while (peers_due(p) <= now_ns) {
                struct slot *s = &p->slots[heap_first(&p->heap)];
                int64_t deadline_ns = deadline_of(p, &s->peer);

                if (deadline_ns > now_ns) {
                        look_at(p, s, deadline_ns);
                        continue;
                }
                look_at(p, s, INT64_MAX);
                set_state(p, &s->peer, PEER_DOWN);
                if (s->peer.told)
                        return &s->peer;
        }
        return NULL;
}

void peers_grace(struct peers *p, int64_t now_ns)
{
        p->grace_ns = now_ns;
}

/* Who is down stays so until it is heard. */
void peers_set_rule(struct peers *p, const struct peers_rule *rule)
{
        p->rule = *rule;
        for (size_t i = 0; i < p->end; i++) {
                struct slot *s = &p->slots[i];

                if (s->peer.datagrams && s->peer.state != PEER_DOWN)
                        look_at(p, s, deadline_of(p, &s->peer));
        }
}

/* --- the table as a whole --- */

static void copy(struct peers *p, const struct peer *from)
{
        struct slot *s;
        uint32_t slot;

        if (p->heap.n == p->room && !grow(p))
                return;
        slot = add(p, &from->address);
        s = &p->slots[slot];
        s->peer = *from;
        p->counts[from->state]++;
        p->clocks_wrong += from->clock_wrong;
        heap_add(&p->heap, slot, from->state == PEER_DOWN ? INT64_MAX : deadline_of(p, from));
        if (peer_is_newcomer(from))
                newcomers_append(p, s);
}

static void copy_established(struct peers *p, const struct peers *from, enum peer_state state)
{
        size_t slot = 0;
        const struct peer *peer;

        while ((peer = peers_next(from, &slot)))
                if (!peer_is_newcomer(peer) && peer->state == state)
                        copy(p, peer);
}

void peers_copy(struct peers *p, const struct peers *from)
{
        uint32_t at = from->newest;

        p->rule = from->rule;
        p->told = from->told;
        p->changes = from->changes;
        p->grace_ns = from->grace_ns;
        copy_established(p, from, PEER_UP);
        copy_established(p, from, PEER_DOWN);
        /* Of the newcomers the last ones, in their order. */
        for (size_t room = p->size - p->heap.n; room > 1 && at && from->slots[at - 1].older; room--)
                at = from->slots[at - 1].older;
        for (; at; at = from->slots[at - 1].newer)
                copy(p, &from->slots[at - 1].peer);
}

size_t peers_clocks_wrong(const struct peers *p)
{
        return p->clocks_wrong;
}

size_t peers_size(const struct peers *p)
{
        return p->size;
}

void peers_count(const struct peers *p, size_t ret[PEER_STATES])
{
        memcpy(ret, p->counts, sizeof p->counts);
}

const struct peer *peers_next(const struct peers *p, size_t *slot)
{
        while (*slot < p->end) {
                const struct peer *peer = &p->slots[(*slot)++].peer;

                if (peer->datagrams)
                        return peer;
        }
        return NULL;
}

bool peers_forget(struct peers *p, const struct address *source)
{
        uint32_t slot = table_find(p->table, source);

        if (slot == TABLE_NONE)
                return false;
        drop(p, slot);
        return true;
}
