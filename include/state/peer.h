#ifndef MCASTD_STATE_PEER_H
#define MCASTD_STATE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "message/message.h"
#include "state/gate.h"

/* What is kept of a peer's last payload: bytes. Enough for an ATU with {seq} and {boot}, and as much as lets
 * a peer cost at most 256 bytes with all that belongs to it. */
#define PEER_PAYLOAD_MAX 66

/* A peer that was heard so often in a row from one port, as emitters send, is established: no newcomer takes
 * its place. One that has another port for each datagram, as somebody who asks now and then, is not until it
 * was heard more often. */
#define PEER_ESTABLISHED     3
#define PEER_ESTABLISHED_ANY 10

/* The network may bring a datagram twice. That something was heard before is told only of so many in a row,
 * and only where nothing else is to be told. */
#define PEER_REPLAYS 3

/* Where nobody says after which silence a peer is down, it is not before this one. */
#define PEER_DEAD_MIN_NS INT64_C(1000000000)

enum peer_state {
        PEER_NEW, /* not yet heard often enough to know how often it speaks */
        PEER_UP,
        PEER_DOWN, /* silent for too long */
        PEER_STATES,
};

/* "new", "up", "down". */
const char *peer_state_name(enum peer_state state);

/* A sender, as a receiver knows it. Times are monotonic. */
struct peer {
        struct address address; /* first: see table.h */
        enum peer_state state : 2;
        bool told : 1;         /* that it is there */
        bool has_sequence : 1; /* its messages carry seq= */
        bool has_boot : 1;     /* … and boot= */
        bool has_clock : 1;    /* … and a time */
        bool clock_wrong : 1;
        bool established : 1;
        uint8_t in_row;  /* datagrams from `port`, up to PEER_ESTABLISHED */
        in_port_t port;  /* of the last one … */
        uint16_t key_id; /* … and of the key that it was rightly signed with; 0: none, or not checked */
        uint8_t refused; /* why what came from its address since then was; see peer_refused() */
        uint8_t replays; /* among it since the last of another kind, up to PEER_REPLAYS */
        uint32_t restarts;
        uint16_t payload_length; /* of its last datagram, of which payload[] has the beginning */
        uint8_t payload[PEER_PAYLOAD_MAX];
        int64_t first_ns, last_ns; /* heard */
        int64_t since_ns;          /* since when it is up: heard first, or again after it was down */
        uint64_t datagrams, bytes;
        int64_t interval_ns; /* the longest gap between two of its datagrams of late; 0: not known */
        uint64_t boot, boot_before;
        uint64_t sequence; /* the highest */
        uint64_t window;   /* bit i: sequence - i was heard, or is older than the peer */
        uint64_t lost, reordered, duplicates;
        int64_t clock_ns; /* its clock less ours, when last compared */
};

/* A datagram, as far as its sender is concerned. */
struct peer_arrival {
        const struct address *source;
        in_port_t port;
        const uint8_t *payload;
        size_t length;
        const struct message *message;
        uint16_t key_id; /* of the key that it is rightly signed with; 0: none, or not checked */
        int64_t at_ns;   /* monotonic */
        int64_t wall_ns; /* the same moment */
        int64_t zone_ns; /* local time less UTC */
};

/* What an arrival has changed. */
struct peer_news {
        const struct peer *peer; /* NULL: refused, since all places are taken */
        bool up, back, restarted, clock_wrong, clock_right;
        bool untold;     /* something else, but there is too much news for all to be told */
        bool displaced;  /* another newcomer has lost its place to this one */
        int64_t away_ns; /* with back: how long it was not heard */
};

/* The name that its last message tells by `node=`; "" if none. Returns the buffer. */
const char *peer_node(const struct peer *peer, char buffer[NODE_NAME_MAX + 1]);

/* It is not established. */
bool peer_is_newcomer(const struct peer *peer);

/* Takes over what a datagram tells of its sender, and tells of the news what is not about its place and
 * state. For the two options see struct peers_rule. */
void peer_note(struct peer *peer, const struct peer_arrival *a, int64_t clock_skew_ns,
               struct peer_news *news);

/* Something from its address was refused; from whom it was nobody knows. */
void peer_refuse(struct peer *peer, enum gate_verdict why);

/* Why what came from its address since it was last heard was refused; GATE_UNCHECKED: nothing was. */
enum gate_verdict peer_refused(const struct peer *peer);

/* What was refused would not be any more. */
void peer_absolve(struct peer *peer);

/* How long it may be silent until it is down; INT64_MAX: for ever. */
int64_t peer_timeout_ns(const struct peer *peer, int64_t dead_after_ns);

#endif
