/* peer.c - what is known of one sender: how often it speaks, what became of its messages, what time it has.
 * Pure: knows no other sender, and no clock. */
#include "state/peer.h"

#include <string.h>

#include "message/datagram.h"
#include "state/sequence.h"

_Static_assert(sizeof(struct peer) == 216 && DATAGRAM_MAX <= UINT16_MAX,
               "a peer has no gaps, and enough for a length");

const char *peer_state_name(enum peer_state state)
{
        static const char *const names[PEER_STATES] = {
                [PEER_NEW] = "new",
                [PEER_UP] = "up",
                [PEER_DOWN] = "down",
        };

        return names[state];
}

const char *peer_node(const struct peer *peer, char buffer[NODE_NAME_MAX + 1])
{
        size_t kept = peer->payload_length < PEER_PAYLOAD_MAX ? peer->payload_length : PEER_PAYLOAD_MAX;

        return message_node(peer->payload, peer->payload_length, kept, buffer);
}

bool peer_is_newcomer(const struct peer *peer)
{
        return !peer->established;
}

/* Goes up at once, and down slowly: by an eighth in the time of one interval, however many datagrams come in
 * it, so that somebody who speaks in bursts is not thought to speak all the time. After an absence, which is
 * no interval, at most to twice what it was; or to a second, so that not much is learned from the bursts of
 * somebody who then pauses. */
static void learn_interval(struct peer *peer, int64_t gap_ns, bool back)
{
        int64_t most_ns = peer->interval_ns > PEER_DEAD_MIN_NS / 2 ? 2 * peer->interval_ns : PEER_DEAD_MIN_NS;

        if (back && gap_ns > most_ns)
                gap_ns = most_ns;
        if (gap_ns >= peer->interval_ns)
                peer->interval_ns = gap_ns;
        else if (gap_ns > 0)
                peer->interval_ns -= (int64_t)((double)(peer->interval_ns - gap_ns) / 8 * (double)gap_ns /
                                               (double)peer->interval_ns);
}

/* Of two times that may be centuries apart. */
static int64_t difference(int64_t a_ns, int64_t b_ns)
{
        int64_t difference_ns;

        if (__builtin_sub_overflow(a_ns, b_ns, &difference_ns))
                return a_ns > b_ns ? INT64_MAX : -INT64_MAX;
        return difference_ns;
}

/* Right again only when well within, so that a clock at the limit does not make news with each message. */
static bool is_clock_wrong(const struct peer *peer, int64_t limit_ns)
{
        int64_t allowed_ns = peer->clock_wrong ? limit_ns / 2 : limit_ns;

        return limit_ns && (peer->clock_ns > allowed_ns || peer->clock_ns < -allowed_ns);
}

static void compare_clocks(struct peer *peer, const struct peer_arrival *a, int64_t limit_ns,
                           struct peer_news *news)
{
        int64_t ours_ns = a->wall_ns;
        bool was_wrong;

        if (a->message->clock == MESSAGE_CLOCK_NONE)
                return;
        if (a->message->clock == MESSAGE_CLOCK_LOCAL)
                ours_ns += a->zone_ns;
        peer->clock_ns = difference(a->message->clock_ns, ours_ns);
        peer->has_clock = true;
        was_wrong = peer->clock_wrong;
        peer->clock_wrong = is_clock_wrong(peer, limit_ns);
        news->clock_wrong = peer->clock_wrong && !was_wrong;
        /* That nobody asks any more makes no clock right. */
        news->clock_right = was_wrong && !peer->clock_wrong && limit_ns;
}

static void note_port(struct peer *peer, in_port_t port)
{
        if (peer->port != port)
                peer->in_row = 0;
        if (peer->in_row < PEER_ESTABLISHED)
                peer->in_row++;
        peer->port = port;
        if (peer->in_row == PEER_ESTABLISHED || peer->datagrams >= PEER_ESTABLISHED_ANY)
                peer->established = true;
}

static void keep_payload(struct peer *peer, const struct peer_arrival *a)
{
        size_t kept = a->length < PEER_PAYLOAD_MAX ? a->length : PEER_PAYLOAD_MAX;

        peer->payload_length = (uint16_t)a->length;
        memcpy(peer->payload, a->payload, kept);
}

void peer_note(struct peer *peer, const struct peer_arrival *a, int64_t clock_skew_ns, struct peer_news *news)
{
        /* The time of arrival comes from a clock that can be set. */
        int64_t gap_ns = a->at_ns > peer->last_ns ? a->at_ns - peer->last_ns : 0;
        bool was_down = peer->state == PEER_DOWN;

        news->away_ns = was_down ? gap_ns : 0;
        if (peer->datagrams)
                learn_interval(peer, gap_ns, was_down);
        peer->last_ns += gap_ns;
        peer->datagrams++;
        peer->bytes += a->length;
        note_port(peer, a->port);
        peer->key_id = a->key_id;
        peer_absolve(peer);
        if (was_down || peer->datagrams == 1)
                peer->since_ns = peer->last_ns;
        keep_payload(peer, a);
        news->restarted = sequence_note(peer, a->message);
        compare_clocks(peer, a, clock_skew_ns, news);
}

void peer_refuse(struct peer *peer, enum gate_verdict why)
{
        if (why != GATE_REPLAY) {
                peer->refused = (uint8_t)why;
                peer->replays = 0;
        } else if (peer->replays < PEER_REPLAYS && ++peer->replays == PEER_REPLAYS &&
                   peer->refused == GATE_UNCHECKED) {
                peer->refused = GATE_REPLAY;
        }
}

void peer_absolve(struct peer *peer)
{
        peer->refused = GATE_UNCHECKED;
        peer->replays = 0;
}

enum gate_verdict peer_refused(const struct peer *peer)
{
        return (enum gate_verdict)peer->refused;
}

int64_t peer_timeout_ns(const struct peer *peer, int64_t dead_after_ns)
{
        if (dead_after_ns)
                return dead_after_ns;
        if (peer_is_newcomer(peer) || peer->interval_ns > INT64_MAX / 3)
                return INT64_MAX;
        return peer->interval_ns > PEER_DEAD_MIN_NS / 3 ? 3 * peer->interval_ns : PEER_DEAD_MIN_NS;
}
