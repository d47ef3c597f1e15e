#ifndef MCASTD_LOOP_ENV_H
#define MCASTD_LOOP_ENV_H

#include <stdint.h>

#include "config/config.h"
#include "handlers/handler.h"
#include "loop/beats.h"
#include "message/outbox.h"
#include "message/signer.h"
#include "os/batch.h"
#include "os/links.h"
#include "os/membership.h"
#include "os/netlink.h"
#include "state/hash.h"

struct event;
struct event_base;

/* Data events run after signals, the watchdog and control. For event_base_priority_init(). */
enum loop_priority {
        LOOP_PRIORITY_FIRST,
        LOOP_PRIORITY_DATA,
        LOOP_PRIORITIES,
};

/* What all sections of the loop share. Belongs to the daemon, which outlives them. */
struct env {
        struct event_base *base;
        struct event *log_retry; /* armed while lines wait for the journal */
        struct beats *beats;
        const char *config_path; /* for messages */
        struct netlink *netlink;
        struct links *links;             /* as links_watch.c keeps them */
        struct memberships *memberships; /* the same; NULL: not known */
        struct batch *batch;
        struct outbox out;
        struct records records;
        struct hash_key key;
        struct signer signer;
        uint64_t boot;                    /* drawn at the start, for {boot} */
        int64_t started_ns;               /* monotonic */
        int64_t started_wall_ns;          /* the same moment */
        char node[NODE_NAME_MAX + 1];     /* for {node} */
        void (*state_changed)(void *arg); /* a section waits, fails, goes on, …; NULL: nobody asks */
        void (*peers_changed)(void *arg); /* one is up or down now; the same */
        void *state_arg;
};

/* Opens the loop and what belongs to it, and notes the time of the start. 0 or -errno; what could be opened
 * is closed by env_close(), which takes what is half made. */
int env_open(struct env *env);
void env_close(struct env *env);

/* Turns the loop until event_base_loopbreak(), and writes the log once for each turn. 0 or -1. */
int env_run(struct env *env);

/* Draws who we are to those who verify signatures, and from which number on we count. The keys are another
 * matter. */
void env_start_signing(struct env *env);

#endif
