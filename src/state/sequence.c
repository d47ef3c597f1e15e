/* sequence.c - what the numbers of a peer's messages tell: which are lost, late or twice, and whether the
 * sender was started anew. Pure.
 * The last 64 numbers are remembered one by one, as in the windows of RFC 4303. */
#include "state/sequence.h"

#define WINDOW 64

/* What came before the first number is not missed. */
static void begin(struct peer *peer, uint64_t sequence)
{
        peer->has_sequence = true;
        peer->sequence = sequence;
        peer->window = UINT64_MAX;
}

static void go_on(struct peer *peer, uint64_t ahead)
{
        peer->lost += ahead - 1;
        peer->window = ahead < WINDOW ? peer->window << ahead : 0;
        peer->window |= 1;
        peer->sequence += ahead;
}

/* So far from the highest that it tells nothing about what was lost. */
static bool is_far(const struct peer *peer, uint64_t sequence)
{
        uint64_t distance = sequence > peer->sequence ? sequence - peer->sequence : peer->sequence - sequence;

        return distance > SEQUENCE_JUMP_MAX;
}

/* A number that is not ahead of the highest. */
static void look_back(struct peer *peer, uint64_t behind)
{
        if (behind >= WINDOW) {
                peer->reordered++;
        } else if (peer->window & UINT64_C(1) << behind) {
                peer->duplicates++;
        } else {
                /* It was taken for lost. */
                peer->window |= UINT64_C(1) << behind;
                peer->reordered++;
                peer->lost--;
        }
}

/* True if the boot is another one than before. One that comes late from before the last start is none. */
static bool is_other_boot(struct peer *peer, const struct message *m)
{
        if (!m->has_boot || (peer->has_boot && peer->boot == m->boot))
                return false;
        if (!peer->has_boot) {
                peer->has_boot = true;
                peer->boot = m->boot;
                return false;
        }
        peer->boot_before = peer->boot;
        peer->boot = m->boot;
        return true;
}

static bool restart(struct peer *peer)
{
        peer->restarts++;
        peer->has_sequence = false;
        return true;
}

bool sequence_note(struct peer *peer, const struct message *m)
{
        bool restarted = false;

        if (m->has_boot && peer->restarts && m->boot == peer->boot_before && peer->has_boot &&
            m->boot != peer->boot) {
                peer->reordered++;
                return false;
        }
        if (is_other_boot(peer, m))
                restarted = restart(peer);
        if (!m->has_sequence)
                return restarted;
        if (peer->has_sequence && !peer->has_boot && m->sequence < peer->sequence &&
            peer->sequence - m->sequence >= WINDOW)
                restarted = restart(peer);
        if (!peer->has_sequence || is_far(peer, m->sequence))
                begin(peer, m->sequence);
        else if (m->sequence > peer->sequence)
                go_on(peer, m->sequence - peer->sequence);
        else
                look_back(peer, peer->sequence - m->sequence);
        return restarted;
}
