/* control.c - the control sockets: who is let in, whose turn it is, and for how long.
 * Clients are served one request at a time, and all together have a share of the daemon's time and no more:
 * anybody may ask, and nobody who asks may keep datagrams waiting. */
#include "loop/control.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/control_clients.h"
#include "loop/control_request.h"
#include "loop/control_verbs.h"
#include "loop/env.h"
#include "loop/timer.h"
#include "os/local_socket.h"

/* One part of work is followed by so many less one of rest. This much is done without a rest, and no more
 * than that is counted of one request: a reload takes as long as it takes. */
#define WORK_PARTS    5
#define WORK_AHEAD_NS (20 * NS_PER_MS)

/* Until somebody is let in again after there was no descriptor for him. */
#define ACCEPT_PAUSE_NS NS_PER_S

/* The two sockets. What one may do there, the modes say. */
static const struct {
        const char *name;
        mode_t mode;
        bool may_change;
} kinds[] = {
        { "control.sock", 0660, true },
        { "status.sock", 0666, false },
};
#define N_DOORS (sizeof kinds / sizeof kinds[0])

struct door {
        struct control *control;
        bool may_change;
        struct local_socket *socket;
        struct event *event;
};

struct control {
        struct env *env;
        const struct control_ops *ops;
        void *arg;
        struct door doors[N_DOORS];
        struct control_clients *clients;
        int64_t worked_ns;  /* the work so far is paid for by the time up to here (monotonic) */
        struct event *turn; /* somebody has a request, or is gone */
        struct event *open; /* the doors, again */
};

/* --- the share of time --- */

static void note_work(struct control *c, int64_t began_ns)
{
        int64_t work_ns = clock_monotonic_ns() - began_ns;

        if (c->worked_ns < began_ns)
                c->worked_ns = began_ns;
        c->worked_ns += WORK_PARTS * (work_ns < WORK_AHEAD_NS ? work_ns : WORK_AHEAD_NS);
}

/* From when on there may be work. */
static int64_t rested_ns(const struct control *c)
{
        return c->worked_ns - WORK_PARTS * WORK_AHEAD_NS;
}

/* --- requests --- */

/* Carries out one request. */
static json_t *answer_to(struct control *c, const char *line, size_t length, bool may_change,
                         enum log_level *ret_watch)
{
        struct control_request request;
        char wrong[CONTROL_WRONG_SIZE];
        json_t *answer;

        if (control_request_parse(line, length, may_change, &request, wrong) < 0)
                return control_verbs_refusal(wrong);
        if (request.verb == CONTROL_WATCH) {
                *ret_watch = request.level;
                answer = control_verbs_watching(request.level);
        } else {
                answer = control_verbs_answer(&request, c->ops, c->arg);
        }
        control_request_clear(&request);
        return answer;
}

static void serve(struct control *c, struct control_client *client)
{
        enum log_level watch = 0;
        char *line = NULL;
        size_t length;
        int r = control_client_take(client, &line, &length);

        if (r == -E2BIG) {
                control_client_answer(client, control_verbs_too_long());
                control_client_refuse(client);
                return;
        }
        control_client_answer(
                client, r < 0 ? NULL : answer_to(c, line, length, control_client_may_change(client), &watch));
        /* Its first event comes behind the answer. */
        if (watch)
                control_clients_watch(c->clients, client, watch);
        free(line);
}

static void wake(void *arg)
{
        struct control *c = arg;

        if (!event_pending(c->turn, EV_TIMEOUT, NULL))
                (void)timer_arm(c->turn, rested_ns(c));
}

/* One request of one client, then back to the loop. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
        struct control *c = arg;
        struct control_client *client = NULL;
        int64_t began_ns = clock_monotonic_ns();
        bool rested = rested_ns(c) <= began_ns;

        (void)fd;
        (void)what;
        control_clients_reap(c->clients);
        if (rested)
                client = control_clients_next(c->clients);
        if (client)
                serve(c, client);
        note_work(c, began_ns);
        if (control_clients_any(c->clients))
                wake(c);
}

/* --- doors --- */

static int open_doors(struct control *c)
{
        for (size_t i = 0; i < N_DOORS; i++)
                if (event_add(c->doors[i].event, NULL) < 0)
                        return -ENOMEM;
        return 0;
}

/* Nobody is let in until then. */
static void shut_doors(struct control *c, int64_t until_ns)
{
        for (size_t i = 0; i < N_DOORS; i++)
                (void)event_del(c->doors[i].event);
        (void)timer_arm(c->open, until_ns);
}

static void on_open(evutil_socket_t fd, short what, void *arg)
{
        struct control *c = arg;

        (void)fd;
        (void)what;
        if (open_doors(c) < 0)
                shut_doors(c, clock_monotonic_ns() + ACCEPT_PAUSE_NS);
}

/* One client, then back to the loop: as fast as somebody connects, and connects again, others are served. */
static void on_knock(evutil_socket_t fd, short what, void *arg)
{
        struct door *door = arg;
        struct control *c = door->control;
        int64_t began_ns = clock_monotonic_ns();
        int client = local_socket_accept(door->socket);

        (void)fd;
        (void)what;
        if (client >= 0)
                control_clients_admit(c->clients, client, door->may_change);
        note_work(c, began_ns);
        /* He still waits, and the loop would spin. */
        if (client == -EMFILE || client == -ENFILE || client == -ENOMEM || client == -ENOBUFS)
                shut_doors(c, began_ns + ACCEPT_PAUSE_NS);
        else if (rested_ns(c) > clock_monotonic_ns())
                shut_doors(c, rested_ns(c));
}

/* --- start and end --- */

static int open_door(struct control *c, size_t i, const char *folder, char tried[LOCAL_SOCKET_TRIED_SIZE])
{
        struct door *door = &c->doors[i];
        int r = local_socket_new(folder, kinds[i].name, kinds[i].mode, &door->socket, tried);

        if (r < 0)
                return r;
        door->control = c;
        door->may_change = kinds[i].may_change;
        door->event =
                event_new(c->env->base, local_socket_fd(door->socket), EV_READ | EV_PERSIST, on_knock, door);
        if (!door->event || event_priority_set(door->event, LOOP_PRIORITY_FIRST) < 0 ||
            event_add(door->event, NULL) < 0) {
                snprintf(tried, LOCAL_SOCKET_TRIED_SIZE, "listen for clients");
                return -ENOMEM;
        }
        return 0;
}

static int open_timers(struct control *c)
{
        c->turn = evtimer_new(c->env->base, on_turn, c);
        c->open = evtimer_new(c->env->base, on_open, c);
        if (!c->turn || !c->open || event_priority_set(c->turn, LOOP_PRIORITY_FIRST) < 0 ||
            event_priority_set(c->open, LOOP_PRIORITY_FIRST) < 0)
                return -ENOMEM;
        return control_clients_new(c->env, wake, c, &c->clients);
}

static int open_all(struct control *c, const char *folder, char tried[LOCAL_SOCKET_TRIED_SIZE])
{
        int r = open_timers(c);

        if (r < 0)
                snprintf(tried, LOCAL_SOCKET_TRIED_SIZE, "wait for clients");
        else
                r = local_socket_folder(folder, tried);
        for (size_t i = 0; r == 0 && i < N_DOORS; i++)
                r = open_door(c, i, folder, tried);
        return r;
}

int control_new(struct env *env, const char *folder, const struct control_ops *ops, void *arg,
                struct control **ret)
{
        struct control *c = calloc(1, sizeof *c);
        char tried[LOCAL_SOCKET_TRIED_SIZE] = "keep clients";
        int r = -ENOMEM;

        if (c) {
                c->env = env;
                c->ops = ops;
                c->arg = arg;
                r = open_all(c, folder, tried);
        }
        if (r < 0) {
                log_event(EVENT_CONTROL, NULL, 0, "mcastctl cannot reach this mcastd: cannot %s: %s", tried,
                          strerror(-r));
                control_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

struct control *control_free(struct control *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < N_DOORS; i++) {
                if (c->doors[i].event)
                        event_free(c->doors[i].event);
                local_socket_free(c->doors[i].socket);
        }
        control_clients_free(c->clients);
        if (c->turn)
                event_free(c->turn);
        if (c->open)
                event_free(c->open);
        free(c);
        return NULL;
}

void control_clients(const struct control *c, struct snapshot_clients *ret)
{
        control_clients_count(c->clients, ret);
}
