/* http_connections.c - who is connected by HTTP: how many, for how long, what they say and are told. Knows no
 * request and no answer.
 * There is a place for each of them from the start, and libevent's bare events watch the sockets: without
 * memory its bufferevents crash, or never write. */
#include "loop/http_connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/env.h"
#include "loop/http_share.h"
#include "loop/timer.h"
#include "os/socket.h"
#include "view/http_request.h"

/* Connections that wait to be accepted; and how long, if no descriptor is left for them. */
#define BACKLOG         16
#define ACCEPT_PAUSE_NS NS_PER_S

/* In this order they have to leave for a newcomer. */
enum phase {
        FREE,
        TOLD, /* all it is to be told, and may close now */
        HEARING,
        TELLING,
};

struct connection {
        struct http_connections *all;
        enum phase phase;
        int fd;
        int64_t since_ns;
        struct event event;
        struct evbuffer *out;
        bool good;      /* what it has said is a request */
        size_t ignored; /* bytes that came since it is TOLD */
        struct http_request request;
};

struct http_connections {
        struct event_base *base;
        struct http_owner owner;
        int fd; /* that listens */
        struct event *door, *pause;
        uint64_t accepted, refused, dropped;
        struct connection places[HTTP_CONNECTIONS_MAX];
        char in[HTTP_HEADERS_MAX]; /* what has just come, from one of them */
};

/* Counts it, unless it has got its answer. */
static void end(struct connection *c, uint64_t *counter)
{
        if (c->phase != TOLD || !c->good)
                ++*counter;
        (void)event_del(&c->event);
        if (c->out)
                evbuffer_free(c->out);
        c->out = NULL;
        /* To a client of whom something is unread this is an end, and not an error. */
        (void)shutdown(c->fd, SHUT_WR);
        close(c->fd);
        c->phase = FREE;
}

static void drop(struct connection *c)
{
        end(c, &c->all->dropped);
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

/* Until the client speaks, or takes something: but not for ever. */
static void await(struct connection *c, short what)
{
        int64_t now_ns = clock_monotonic_ns(), end_ns = c->since_ns + HTTP_CONNECTION_NS;
        int64_t due_ns = end_ns < now_ns + HTTP_TIMEOUT_NS ? end_ns : now_ns + HTTP_TIMEOUT_NS;

        /* It has LOOP_PRIORITY_DATA by itself: a slow scrape comes no sooner than datagrams. */
        if (end_ns <= now_ns || event_assign(&c->event, c->all->base, c->fd, what, on_ready, c) < 0 ||
            timer_arm(&c->event, due_ns) < 0)
                drop(c);
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        await(arg, EV_READ);
}

/* Who says little at a time costs a turn of the loop for each piece, but only as long as our share of the
 * time lasts. */
static void hear_on(struct connection *c)
{
        int64_t now_ns = clock_monotonic_ns();

        if (http_share_is_left(c->all->owner.share, now_ns))
                await(c, EV_READ);
        else if (evtimer_assign(&c->event, c->all->base, on_rested, c) < 0 ||
                 timer_arm(&c->event, now_ns + HTTP_REST_NS) < 0)
                drop(c);
}

static void tell(struct connection *c)
{
        if (evbuffer_write(c->out, c->fd) < 0 && errno != EAGAIN)
                return drop(c);
        if (evbuffer_get_length(c->out) > 0)
                return await(c, EV_WRITE);
        /* What it still says would take back the answer if we closed now (RFC 9112, 9.6). */
        (void)shutdown(c->fd, SHUT_WR);
        c->phase = TOLD;
        await(c, EV_READ);
}

static void hear(struct connection *c, size_t n)
{
        int status = http_request_add(&c->request, c->all->in, n);

        if (status == 0)
                return hear_on(c);
        c->good = status != HTTP_BAD_REQUEST && status != HTTP_TOO_LARGE;
        c->phase = TELLING;
        c->out = evbuffer_new();
        if (!c->out || c->all->owner.answer(c->all->owner.arg, status, &c->request, c->out) < 0)
                return drop(c);
        tell(c);
}

static void ignore(struct connection *c, size_t n)
{
        c->ignored += n;
        if (c->ignored < HTTP_IGNORED_MAX)
                hear_on(c);
        else
                drop(c);
}

static void take(struct connection *c)
{
        ssize_t n = recv(c->fd, c->all->in, sizeof c->all->in, 0);

        if (n < 0 && errno == EAGAIN)
                await(c, EV_READ);
        else if (n <= 0)
                drop(c);
        else if (c->phase == HEARING)
                hear(c, (size_t)n);
        else
                ignore(c, (size_t)n);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
        struct connection *c = arg;
        int64_t began_ns = clock_monotonic_ns();

        (void)fd;
        if (!(what & (EV_READ | EV_WRITE)))
                drop(c);
        else if (c->phase == TELLING)
                tell(c);
        else
                take(c);
        http_share_use(c->all->owner.share, began_ns, clock_monotonic_ns());
}

/* --- newcomers --- */

/* A free one, or else that of the oldest connection among those that are hurt least. */
static struct connection *place_for_newcomer(struct http_connections *all)
{
        struct connection *found = &all->places[0];

        for (size_t i = 1; i < HTTP_CONNECTIONS_MAX; i++) {
                struct connection *c = &all->places[i];

                if (c->phase < found->phase || (c->phase == found->phase && c->since_ns < found->since_ns))
                        found = c;
        }
        return found;
}

static void admit(struct http_connections *all, int fd)
{
        struct connection *c = place_for_newcomer(all);

        all->accepted++;
        if (c->phase != FREE)
                end(c, &all->refused);
        c->all = all;
        c->phase = HEARING;
        c->fd = fd;
        c->since_ns = clock_monotonic_ns();
        c->good = false;
        c->ignored = 0;
        http_request_begin(&c->request);
        await(c, EV_READ);
}

/* One newcomer, then back to the loop: as fast as somebody connects, others are served. */
static void on_knock(evutil_socket_t listening, short what, void *arg)
{
        struct http_connections *all = arg;
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        (void)what;
        if (fd >= 0) {
                admit(all, fd);
        } else if (errno != EAGAIN && errno != ECONNABORTED &&
                   timer_arm(all->pause, clock_monotonic_ns() + ACCEPT_PAUSE_NS) == 0) {
                /* It still waits, and the loop would spin. */
                (void)event_del(all->door);
        }
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
        struct http_connections *all = arg;

        (void)fd;
        (void)what;
        if (event_add(all->door, NULL) < 0)
                (void)timer_arm(all->pause, clock_monotonic_ns() + ACCEPT_PAUSE_NS);
}

/* --- start and end --- */

static int listen_at(struct http_connections *all, const struct endpoint *where)
{
        all->fd = socket_open_listener(where);
        if (all->fd < 0)
                return all->fd;
        if (listen(all->fd, BACKLOG) < 0)
                return -errno;
        all->door = event_new(all->base, all->fd, EV_READ | EV_PERSIST, on_knock, all);
        all->pause = evtimer_new(all->base, on_pause_over, all);
        return all->door && all->pause && event_add(all->door, NULL) == 0 ? 0 : -ENOMEM;
}

int http_connections_new(struct env *env, const struct endpoint *listen, const struct http_owner *owner,
                         struct http_connections **ret)
{
        struct http_connections *all = calloc(1, sizeof *all);
        int r;

        if (!all)
                return -ENOMEM;
        all->base = env->base;
        all->owner = *owner;
        r = listen_at(all, listen);
        if (r < 0) {
                http_connections_free(all);
                return r;
        }
        *ret = all;
        return 0;
}

struct http_connections *http_connections_free(struct http_connections *all)
{
        if (!all)
                return NULL;
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                if (all->places[i].phase != FREE)
                        end(&all->places[i], &all->dropped);
        if (all->door)
                event_free(all->door);
        if (all->pause)
                event_free(all->pause);
        if (all->fd >= 0)
                close(all->fd);
        free(all);
        return NULL;
}

void http_connections_clients(const struct http_connections *all, struct snapshot_clients *ret)
{
        *ret = (struct snapshot_clients){ .accepted = all->accepted,
                                          .refused = all->refused,
                                          .dropped = all->dropped };
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                ret->connected += all->places[i].phase != FREE;
}
