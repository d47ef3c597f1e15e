/* control_clients.c - who is connected to the control sockets: a place for each, whose turn it is, who has
 * been idle for too long, and who hears of what is logged. Knows no request. */
#include "loop/control_clients.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/env.h"
#include "loop/timer.h"
#include "os/local_socket.h"
#include "view/json.h"

struct control_clients {
        struct env *env;
        control_client_wake wake;
        void *arg;
        struct control_client *places[CONTROL_CLIENTS_MAX]; /* NULL: free */
        size_t served;                                      /* the place that was served last */
        struct event *sweep;                                /* somebody may have been idle for too long */
        bool telling;                                       /* of something that was logged */
        uint64_t accepted, refused, dropped;
};

/* --- events --- */

/* The log's tap. What goes wrong while it is told could be logged, and would be told: not that. */
static void on_event(void *arg, enum event_id event, const struct log_record *record)
{
        struct control_clients *cs = arg;
        json_t *document;
        char *line;

        (void)event;
        if (cs->telling)
                return;
        cs->telling = true;
        document = view_json_event(record, clock_wall_ns());
        line = document ? view_json_dump(document) : NULL;
        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && control_client_watches(cs->places[i], record->kind->level))
                        control_client_tell(cs->places[i], line);
        free(line);
        json_decref(document);
        cs->telling = false;
}

static bool anybody_watches(const struct control_clients *cs, enum log_level level)
{
        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && control_client_watches(cs->places[i], level))
                        return true;
        return false;
}

/* To be called when somebody watches, or no longer does. The log does as much as somebody wants to hear of.
 */
static void set_tap(struct control_clients *cs)
{
        enum log_level least = LOG_LEVEL_DEBUG;

        while (least >= LOG_LEVEL_ERROR && !anybody_watches(cs, least))
                least--;
        log_set_tap(least >= LOG_LEVEL_ERROR ? on_event : NULL, cs, least);
}

void control_clients_watch(struct control_clients *cs, struct control_client *client, enum log_level level)
{
        control_client_watch(client, level);
        set_tap(cs);
}

/* --- idleness --- */

static int64_t earliest_due(const struct control_clients *cs)
{
        int64_t due_ns = INT64_MAX;

        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && control_client_idle_due(cs->places[i]) < due_ns)
                        due_ns = control_client_idle_due(cs->places[i]);
        return due_ns;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
        struct control_clients *cs = arg;
        int64_t now_ns = clock_monotonic_ns(), due_ns;

        (void)fd;
        (void)what;
        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && control_client_idle_due(cs->places[i]) <= now_ns)
                        control_client_drop(cs->places[i]);
        control_clients_reap(cs);
        due_ns = earliest_due(cs);
        if (due_ns != INT64_MAX)
                (void)timer_arm(cs->sweep, due_ns);
}

/* --- places --- */

/* How many are taken; or, of those, how many by clients that may only look. */
static size_t taken(const struct control_clients *cs, bool looking)
{
        size_t n = 0;

        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && !(looking && control_client_may_change(cs->places[i])))
                        n++;
        return n;
}

static struct control_client **free_place(struct control_clients *cs)
{
        size_t i = 0;

        while (i < CONTROL_CLIENTS_MAX && cs->places[i])
                i++;
        return i < CONTROL_CLIENTS_MAX ? &cs->places[i] : NULL;
}

static void refuse(struct control_clients *cs, int fd, const char *limit)
{
        char line[160];
        int n = snprintf(line, sizeof line,
                         "{\"version\":%d,\"ok\":false,\"error\":\"too many clients: at most %s\"}\n",
                         VIEW_JSON_VERSION, limit);

        cs->refused++;
        local_socket_refuse(fd, line, (size_t)n);
}

#define TEXT_OF_(number) #number
#define TEXT_OF(number)  TEXT_OF_(number)

void control_clients_admit(struct control_clients *cs, int fd, bool may_change)
{
        struct control_client **place = free_place(cs);

        if (!place)
                return refuse(cs, fd, TEXT_OF(CONTROL_CLIENTS_MAX));
        if (!may_change && taken(cs, true) >= CONTROL_CLIENTS_LOOKING)
                return refuse(cs, fd, TEXT_OF(CONTROL_CLIENTS_LOOKING) " on status.sock");
        if (control_client_new(cs->env->base, fd, may_change, cs->wake, cs->arg, place) < 0) {
                cs->refused++;
                return;
        }
        cs->accepted++;
        if (!event_pending(cs->sweep, EV_TIMEOUT, NULL))
                (void)timer_arm(cs->sweep, control_client_idle_due(*place));
}

/* Of those who may change something, or of the others. */
static struct control_client *next_of(struct control_clients *cs, bool may_change)
{
        for (size_t i = 1; i <= CONTROL_CLIENTS_MAX; i++) {
                size_t place = (cs->served + i) % CONTROL_CLIENTS_MAX;
                struct control_client *client = cs->places[place];

                if (client && control_client_may_change(client) == may_change &&
                    control_client_ready(client)) {
                        cs->served = place;
                        return client;
                }
        }
        return NULL;
}

struct control_client *control_clients_next(struct control_clients *cs)
{
        struct control_client *first = next_of(cs, true);

        return first ? first : next_of(cs, false);
}

bool control_clients_any(const struct control_clients *cs)
{
        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
                if (cs->places[i] && control_client_ready(cs->places[i]))
                        return true;
        return false;
}

void control_clients_reap(struct control_clients *cs)
{
        bool any = false;

        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
                if (!cs->places[i] || !control_client_gone(cs->places[i]))
                        continue;
                cs->dropped += control_client_dropped(cs->places[i]);
                cs->places[i] = control_client_free(cs->places[i]);
                any = true;
        }
        if (any)
                set_tap(cs);
}

void control_clients_count(const struct control_clients *cs, struct snapshot_clients *ret)
{
        *ret = (struct snapshot_clients){ .connected = taken(cs, false),
                                          .accepted = cs->accepted,
                                          .refused = cs->refused,
                                          .dropped = cs->dropped };
}

int control_clients_new(struct env *env, control_client_wake wake, void *arg, struct control_clients **ret)
{
        struct control_clients *cs = calloc(1, sizeof *cs);

        if (!cs)
                return -ENOMEM;
        cs->env = env;
        cs->wake = wake;
        cs->arg = arg;
        cs->sweep = evtimer_new(env->base, on_sweep, cs);
        if (!cs->sweep || event_priority_set(cs->sweep, LOOP_PRIORITY_FIRST) < 0) {
                control_clients_free(cs);
                return -ENOMEM;
        }
        *ret = cs;
        return 0;
}

struct control_clients *control_clients_free(struct control_clients *cs)
{
        if (!cs)
                return NULL;
        log_set_tap(NULL, NULL, LOG_LEVEL_ERROR);
        for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
                if (cs->places[i])
                        control_client_flush(cs->places[i]);
                control_client_free(cs->places[i]);
        }
        if (cs->sweep)
                event_free(cs->sweep);
        free(cs);
        return NULL;
}
