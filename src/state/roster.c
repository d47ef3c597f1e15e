/* roster.c - who acknowledges an emitter's messages, who does not any more, and how fast.
 * A table of fixed size. Knows no socket and no clock: the caller passes the time. */
#include "state/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/table.h"

/* Most messages are acknowledged by few, and there may be a thousand emitters. */
#define ROOM_LEAST 16

struct roster {
        struct table *table;
        size_t end;  /* no slot from here on was ever used */
        size_t room; /* at present; it grows with need, up to ROSTER_MAX */
        struct roster_entry *entries;
};

int roster_new(const struct hash_key *key, struct roster **ret)
{
        struct roster *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->room = ROOM_LEAST;
        r->entries = calloc(r->room, sizeof r->entries[0]);
        if (!r->entries || table_new(r->entries, r->room, sizeof r->entries[0], key, &r->table) < 0) {
                roster_free(r);
                return -ENOMEM;
        }
        *ret = r;
        return 0;
}

struct roster *roster_free(struct roster *r)
{
        if (!r)
                return NULL;
        table_free(r->table);
        free(r->entries);
        free(r);
        return NULL;
}

static void clear(struct roster *r, uint32_t slot)
{
        table_remove(r->table, slot);
        r->entries[slot] = (struct roster_entry){ 0 };
}

/* False where there is as much room as there may be, or no memory for more. */
static bool grow(struct roster *r)
{
        size_t room = r->room > ROSTER_MAX / 2 ? ROSTER_MAX : 2 * r->room;
        struct roster_entry *entries =
                room > r->room ? reallocarray(r->entries, room, sizeof entries[0]) : NULL;

        if (!entries)
                return false;
        r->entries = entries;
        memset(entries + r->room, 0, (room - r->room) * sizeof entries[0]);
        if (table_grow(r->table, entries, room) < 0)
                return false;
        r->room = room;
        return true;
}

static bool may_leave(const struct roster_entry *e, bool established, int64_t now_ns)
{
        if (established)
                return now_ns - e->last_ns >= ROSTER_KEEP_NS;
        return e->acked < ROSTER_ESTABLISHED;
}

/* Who was not heard for longest, of those who may leave; or TABLE_NONE. */
static uint32_t find_oldest(const struct roster *r, bool established, int64_t now_ns)
{
        uint32_t oldest = TABLE_NONE;

        for (uint32_t i = 0; i < r->room; i++)
                if (may_leave(&r->entries[i], established, now_ns) &&
                    (oldest == TABLE_NONE || r->entries[i].last_ns < r->entries[oldest].last_ns))
                        oldest = i;
        return oldest;
}

/* Makes a place for one more. Only a flood of strangers gets here, and it must not fill the roster for ever.
 */
static void make_place(struct roster *r, int64_t now_ns)
{
        uint32_t oldest = find_oldest(r, false, now_ns);

        if (oldest == TABLE_NONE)
                oldest = find_oldest(r, true, now_ns);
        if (oldest != TABLE_NONE)
                clear(r, oldest);
}

/* The slot of a source, a new one if need be; or TABLE_NONE. */
static uint32_t slot_of(struct roster *r, const struct address *source, int64_t now_ns)
{
        uint32_t slot = table_find(r->table, source);

        if (slot != TABLE_NONE)
                return slot;
        if (table_count(r->table) == r->room && !grow(r))
                make_place(r, now_ns);
        slot = table_add(r->table, source);
        if (slot != TABLE_NONE && slot >= r->end)
                r->end = slot + 1;
        return slot;
}

bool roster_ack(struct roster *r, const struct roster_arrival *ack)
{
        uint32_t slot = slot_of(r, ack->source, ack->at_ns);
        struct roster_entry *e;

        if (slot == TABLE_NONE)
                return false;
        e = &r->entries[slot];
        if (e->acked == 0 || ack->rtt_ns < e->rtt_min_ns)
                e->rtt_min_ns = ack->rtt_ns;
        if (ack->rtt_ns > e->rtt_max_ns)
                e->rtt_max_ns = ack->rtt_ns;
        e->rtt_last_ns = ack->rtt_ns;
        e->rtt_sum_ns += ack->rtt_ns;
        e->last_ns = ack->at_ns;
        e->key_id = ack->key_id;
        e->acked++;
        e->missed_in_row = 0;
        e->seen = true;
        return true;
}

size_t roster_conclude(struct roster *r)
{
        size_t missing = 0;

        for (size_t i = 0; i < r->end; i++) {
                struct roster_entry *e = &r->entries[i];

                if (e->acked && !e->seen) {
                        e->missed++;
                        e->missed_in_row++;
                        missing += e->acked >= ROSTER_ESTABLISHED;
                }
                e->seen = false;
        }
        return missing;
}

void roster_abandon(struct roster *r)
{
        for (size_t i = 0; i < r->end; i++)
                r->entries[i].seen = false;
}

size_t roster_count(const struct roster *r)
{
        return table_count(r->table);
}

const struct roster_entry *roster_next(const struct roster *r, size_t *slot)
{
        while (*slot < r->end) {
                const struct roster_entry *e = &r->entries[(*slot)++];

                if (e->acked)
                        return e;
        }
        return NULL;
}

bool roster_forget(struct roster *r, const struct address *source)
{
        uint32_t slot = table_find(r->table, source);

        if (slot == TABLE_NONE)
                return false;
        clear(r, slot);
        return true;
}
