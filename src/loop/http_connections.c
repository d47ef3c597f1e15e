/* http_connections.c - how many connections HTTP may have, and for how long. Knows no request.
 * evhttp tells nobody when a connection ends without a request. So each one's bufferevent is held by a
 * reference of our own, and dropped when evhttp has let go of it: that shows in its callbacks. The descriptor
 * is open until then, so that its number cannot be another one's. */
#include "loop/http_connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/env.h"
#include "loop/timer.h"
#include "os/socket.h"

/* Connections that wait to be accepted. */
#define BACKLOG 16

/* How often the places are looked at: while there is a free one, and while there is none. */
#define TEND_NS      NS_PER_S
#define TEND_FULL_NS (10 * NS_PER_MS)

struct place {
        struct bufferevent *bev; /* NULL: free */
        int64_t since_ns;
        bool served;  /* a request has come */
        bool shut;    /* by us */
        bool evicted; /* for a newcomer */
};

struct http_connections {
        struct evconnlistener *listener; /* evhttp's */
        struct event *tend;
        uint64_t accepted, refused, dropped;
        struct place places[HTTP_CONNECTIONS_MAX];
};

static struct place *free_place(struct http_connections *c)
{
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                if (!c->places[i].bev)
                        return &c->places[i];
        return NULL;
}

/* evhttp sees the end of the connection, and frees what it has of it. */
static void shut(struct place *p)
{
        p->shut = true;
        (void)shutdown(bufferevent_getfd(p->bev), SHUT_RDWR);
}

/* One that waits for its client rather than one that is being answered, and of those the oldest. */
static struct place *whom_to_evict(struct http_connections *c)
{
        struct place *found = NULL;
        bool found_busy = true;

        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
                struct place *p = &c->places[i];
                bool busy = p->served;

                /* The newcomer has no descriptor yet. */
                if (!p->bev || p->shut || bufferevent_getfd(p->bev) < 0 || (busy && !found_busy))
                        continue;
                if (!found || busy != found_busy || p->since_ns < found->since_ns) {
                        found = p;
                        found_busy = busy;
                }
        }
        return found;
}

/* The last place is taken: nobody comes in until one is free again. */
static void make_room(struct http_connections *c)
{
        struct place *p = whom_to_evict(c);

        if (p) {
                p->evicted = true;
                c->refused++;
                shut(p);
        }
        (void)evconnlistener_disable(c->listener);
        event_active(c->tend, EV_TIMEOUT, 1);
}

/* evhttp asks for a bufferevent for a connection that it has accepted. */
static struct bufferevent *on_accepted(struct event_base *base, void *arg)
{
        struct http_connections *c = arg;
        struct place *p = free_place(c);
        struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

        c->accepted++;
        if (!bev || !p)
                return bev;
        (void)bufferevent_priority_set(bev, LOOP_PRIORITY_DATA);
        /* evhttp goes on reading while it answers. */
        bufferevent_setwatermark(bev, EV_READ, 0, HTTP_INPUT_MAX);
        bufferevent_incref(bev);
        *p = (struct place){ .bev = bev, .since_ns = clock_monotonic_ns() };
        if (!free_place(c))
                make_room(c);
        return bev;
}

/* No descriptor is left for a newcomer, for example. It would be tried again at once, and for ever. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
        (void)arg; /* evhttp's */
        (void)evconnlistener_disable(listener);
}

static bool is_let_go(struct bufferevent *bev)
{
        bufferevent_event_cb callback = NULL;

        bufferevent_getcb(bev, NULL, NULL, &callback, NULL);
        return !callback;
}

static void release(struct http_connections *c, struct place *p)
{
        bool answered = p->served && evbuffer_get_length(bufferevent_get_output(p->bev)) == 0;

        if (!p->evicted && !answered)
                c->dropped++;
        /* Without a descriptor evhttp has failed before it took it. */
        if (bufferevent_getfd(p->bev) < 0)
                bufferevent_free(p->bev);
        bufferevent_decref(p->bev);
        *p = (struct place){ 0 };
}

static void on_tend(evutil_socket_t fd, short what, void *arg)
{
        struct http_connections *c = arg;
        int64_t now_ns = clock_monotonic_ns();
        bool room;

        (void)fd;
        (void)what;
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
                struct place *p = &c->places[i];

                if (p->bev && is_let_go(p->bev))
                        release(c, p);
                else if (p->bev && !p->shut && now_ns - p->since_ns > HTTP_CONNECTION_NS)
                        shut(p);
        }
        room = free_place(c);
        if (room)
                (void)evconnlistener_enable(c->listener);
        (void)timer_arm(c->tend, now_ns + (room ? TEND_NS : TEND_FULL_NS));
}

static void on_closed(struct evhttp_connection *connection, void *arg)
{
        struct http_connections *c = arg;

        (void)connection;
        event_active(c->tend, EV_TIMEOUT, 1);
}

void http_connections_serve(struct http_connections *c, struct evhttp_connection *by)
{
        const struct bufferevent *bev = evhttp_connection_get_bufferevent(by);

        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                if (c->places[i].bev == bev)
                        c->places[i].served = true;
        evhttp_connection_set_closecb(by, on_closed, c);
}

/* 0 or -errno. What evhttp has bound it frees itself. */
static int listen_for(struct http_connections *c, struct env *env, struct evhttp *evhttp,
                      const struct endpoint *where)
{
        const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
        int fd = socket_open_listener(where);

        if (fd < 0)
                return fd;
        /* A callback is set by evhttp. Events have LOOP_PRIORITY_DATA by themselves, and a listener's cannot
         * be given another one: a slow scrape comes no sooner than datagrams. */
        errno = 0;
        c->listener = evconnlistener_new(env->base, NULL, NULL, flags, BACKLOG, fd);
        if (!c->listener) {
                int r = errno ? -errno : -ENOMEM;

                close(fd);
                return r;
        }
        if (!evhttp_bind_listener(evhttp, c->listener)) {
                evconnlistener_free(c->listener);
                return -ENOMEM;
        }
        evconnlistener_set_error_cb(c->listener, on_accept_failed);
        evhttp_set_bevcb(evhttp, on_accepted, c);
        return 0;
}

int http_connections_new(struct env *env, struct evhttp *evhttp, const struct endpoint *listen,
                         struct http_connections **ret)
{
        struct http_connections *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return -ENOMEM;
        c->tend = evtimer_new(env->base, on_tend, c);
        if (!c->tend || event_priority_set(c->tend, LOOP_PRIORITY_DATA) < 0 ||
            timer_arm(c->tend, clock_monotonic_ns() + TEND_NS) < 0)
                r = -ENOMEM;
        else
                r = listen_for(c, env, evhttp, listen);
        if (r < 0) {
                http_connections_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

struct http_connections *http_connections_free(struct http_connections *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                if (c->places[i].bev)
                        release(c, &c->places[i]);
        if (c->tend)
                event_free(c->tend);
        free(c);
        return NULL;
}

void http_connections_clients(const struct http_connections *c, struct snapshot_clients *ret)
{
        *ret = (struct snapshot_clients){ .accepted = c->accepted,
                                          .refused = c->refused,
                                          .dropped = c->dropped };
        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
                ret->connected += c->places[i].bev != NULL;
}
