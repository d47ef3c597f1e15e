#ifndef MCASTD_STATE_SNAPSHOT_H
#define MCASTD_STATE_SNAPSHOT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/event.h"
#include "message/auth.h"
#include "message/keyring.h"
#include "state/peers.h"
#include "state/roster.h"
#include "state/stats.h"

#define SNAPSHOT_NAME_SIZE 65  /* of a section, or a node */
#define SNAPSHOT_WHY_SIZE  512 /* of the reason for a section's state */

enum section_state {
        SECTION_ACTIVE,
        SECTION_WAITING, /* for its interface */
        SECTION_SILENT,  /* for longer than EXPECT_EVERY */
        SECTION_FAILED,  /* until somebody changes something; it is tried again all the same */
        SECTION_STATES,
};

/* "active", "waiting", ... */
const char *section_state_name(enum section_state state);

/* One receiver or emitter. Times are from clock_wall_ns(), durations in nanoseconds. */
struct snapshot_section {
        bool emitter;
        char name[SNAPSHOT_NAME_SIZE]; /* lower case */
        enum section_state state;
        char why[SNAPSHOT_WHY_SIZE]; /* it is not active; "" if it is */
        int64_t since_wall_ns;       /* when it came into this state */
        struct endpoint group;
        char interface[IFNAMSIZ]; /* "" while there is none */
        enum auth_mode auth;
        struct stats stats;

        /* Of a receiver. */
        size_t peers[PEER_STATES]; /* how many there are in each state */
        size_t peers_max;          /* PEERS */
        size_t clocks_wrong;       /* of peers */
        bool refuses_all;          /* for its signature: everything that came of late */

        /* Of an emitter. */
        int64_t interval_ns;
        uint64_t sequence;    /* of the last message sent; 0: none yet */
        size_t ack_sources;   /* known */
        uint32_t last_acks;   /* what the last message that was summed up has drawn */
        uint64_t expect_acks; /* EXPECT_ACKS; 0: nothing is expected */
        uint64_t key;         /* KEY; 0: none */
};

struct snapshot_peer {
        size_t section; /* index of its receiver in the snapshot */
        struct peer peer;
        bool own; /* an address of this host */
        int64_t first_wall_ns, last_wall_ns;
        int64_t since_wall_ns; /* since when it is up; of one that is down: when it was last heard */
        int64_t silent_ns;     /* since it was last heard */
};

struct snapshot_ack_source {
        size_t section; /* index of its emitter in the snapshot */
        struct roster_entry entry;
        bool own;
        int64_t last_wall_ns; /* of its last ack */
};

/* What clients of the control sockets, or of HTTP, have done to the daemon. */
struct snapshot_clients {
        size_t connected;
        uint64_t accepted;
        uint64_t refused; /* there were too many */
        uint64_t dropped; /* too slow, too silent or too long a request */
};

/* The state of the whole daemon at one moment. */
struct snapshot {
        int64_t wall_ns; /* that moment */
        char node[SNAPSHOT_NAME_SIZE];
        const char *version; /* static */
        uint64_t boot;       /* as in {boot} */
        int64_t pid;
        int64_t started_wall_ns;
        int64_t uptime_ns;
        char config_path[1024]; /* cut where it is longer */
        enum log_level log_level;
        bool reload_refused; /* the last one */
        const char *remark;  /* static: what is not well beside the sections; "": nothing */
        uint64_t log_lost;   /* lines */
        size_t n_keys;
        uint16_t key_ids[KEYRING_MAX]; /* that count, in rising order */
        char keys_file[256];           /* that the configuration names for them; "": none */
        struct snapshot_clients control, http;

        size_t n_sections;
        struct snapshot_section *sections; /* receivers, then emitters, in the order of the file */
        size_t n_peers;
        struct snapshot_peer *peers; /* as the query asked for; by section */
        size_t n_ack_sources;
        struct snapshot_ack_source *ack_sources; /* the same */
        struct snapshot_cursor {
                bool more; /* the limit was reached: a query from here on goes on behind it */
                size_t section, slot;
        } next;
};

/* What a snapshot is to contain besides the sections, of which it always has all. */
struct snapshot_query {
        size_t limit; /* of peers and ack sources together; 0: none of them */
        struct snapshot_cursor from;
        const char *section; /* of this one only (lower case); NULL: of all */
};

/* Zeroed, with room for so many. NULL without memory. */
struct snapshot *snapshot_new(size_t sections, size_t items);
struct snapshot *snapshot_free(struct snapshot *s);

/* What is to be seen at a glance. */
struct snapshot_summary {
        size_t joined;   /* receivers with which all is well */
        size_t emitting; /* emitters, the same */
        size_t states[SECTION_STATES];
        size_t peers[PEER_STATES];
        size_t clocks_wrong;                   /* of peers */
        size_t refusing;                       /* receivers that refuse all that they hear */
        size_t full;                           /* receivers that have no place for another peer */
        uint64_t received;                     /* datagrams, by the receivers that there are */
        const struct snapshot_section *worst;  /* failed before waiting before silent; NULL: all is well */
        const struct snapshot_section *unwell; /* the first that has failed or is silent; NULL: healthy */
};

void snapshot_summary(const struct snapshot *s, struct snapshot_summary *ret);

#endif
