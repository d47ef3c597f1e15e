/* links_watch.c - the interfaces of this host as events.
 * The kernel's news only rings the bell: what is true is then read as a whole, so that no message can be
 * misunderstood or missed. */
#include "loop/links_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/intake.h"
#include "loop/timer.h"
#include "os/links.h"
#include "os/membership.h"
#include "os/netlink.h"
#include "state/episode.h"

/* News comes in bursts; it is looked at once in this time. */
#define SETTLE_NS (50 * NS_PER_MS)

/* When reading has failed. */
#define RETRY_NS NS_PER_S

struct links_watch {
        struct env *env;
        struct netlink_watch *watch;
        struct intake intake;
        struct event *settle;
        int64_t read_ns; /* when env->links was last read */
        struct link_news news;
        struct episode lost; /* news */
        bool routes;         /* are followed */
        bool failing;
        links_changed changed;
        void *arg;
};

bool link_news_has(const struct link_news *news, uint32_t index)
{
        for (size_t i = 0; i < news->n; i++)
                if (news->deleted[i] == index)
                        return true;
        return false;
}

static void note_deleted(void *arg, uint32_t index)
{
        struct link_news *news = &((struct links_watch *)arg)->news;

        if (!link_news_has(news, index) && news->n < LINK_NEWS_MAX)
                news->deleted[news->n++] = index;
}

int links_watch_read(struct links_watch *w)
{
        struct env *env = w->env;
        struct links *links;
        struct memberships *memberships;
        int r = links_read(env->netlink, &links);

        w->read_ns = clock_monotonic_ns();
        if (r < 0)
                return r;
        /* Without a descriptor for the list, for example, the interfaces have to do. */
        if (memberships_read(&memberships) < 0)
                memberships = NULL;
        links_free(env->links);
        memberships_free(env->memberships);
        env->links = links;
        env->memberships = memberships;
        return 0;
}

int links_watch_routes(struct links_watch *w, bool follow)
{
        int r = follow == w->routes ? 0 : netlink_watch_routes(w->watch, follow);

        if (r == 0)
                w->routes = follow;
        return r;
}

static void arm(struct links_watch *w, int64_t after_ns)
{
        if (timer_arm(w->settle, w->read_ns + after_ns) < 0)
                log_event(EVENT_LIBRARY, NULL, 0,
                          "no memory for a timer: a change of interfaces is seen late");
}

static void say_failure(struct links_watch *w, int error)
{
        if (error < 0 && !w->failing)
                log_event(EVENT_LINKS_UNKNOWN, NULL, 0, "cannot read the interfaces: %s; trying again",
                          strerror(-error));
        w->failing = error < 0;
}

static void on_settle(evutil_socket_t fd, short what, void *arg)
{
        struct links_watch *w = arg;
        struct link_news news;
        int r = links_watch_read(w);

        (void)fd;
        (void)what;
        say_failure(w, r);
        if (r < 0) {
                arm(w, RETRY_NS);
                return;
        }
        news = w->news;
        w->news = (struct link_news){ 0 };
        w->changed(w->arg, &news);
}

static void say_lost(struct links_watch *w)
{
        int64_t now_ns = clock_monotonic_ns();
        uint64_t count;

        (void)episode_ended(&w->lost, now_ns, &count);
        if (episode_note(&w->lost, 1, now_ns))
                log_event(EVENT_LINKS_LOST, NULL, 0,
                          "more news of interfaces than the kernel keeps: looking at all of them anew");
}

static int take_news(void *arg)
{
        struct links_watch *w = arg;
        int r = netlink_watch_read(w->watch, note_deleted, w);

        if (r == -ENOBUFS)
                say_lost(w);
        if (!event_pending(w->settle, EV_TIMEOUT, NULL))
                arm(w, SETTLE_NS);
        /* After lost news there is no need for a pause. */
        return r < 0 && r != -ENOBUFS ? r : 1;
}

static int open_watch(struct links_watch *w)
{
        int r = netlink_watch_new(&w->watch);

        if (r < 0)
                return r;
        w->settle = evtimer_new(w->env->base, on_settle, w);
        if (!w->settle || event_priority_set(w->settle, LOOP_PRIORITY_DATA) < 0)
                return -ENOMEM;
        r = intake_open(&w->intake, w->env, netlink_watch_fd(w->watch), take_news, w);
        if (r < 0)
                return r;
        /* In this order: what changes in between is news. */
        return links_watch_read(w);
}

int links_watch_new(struct env *env, links_changed changed, void *arg, struct links_watch **ret)
{
        struct links_watch *w = calloc(1, sizeof *w);
        int r;

        if (!w)
                return -ENOMEM;
        w->env = env;
        w->changed = changed;
        w->arg = arg;
        r = open_watch(w);
        if (r < 0) {
                links_watch_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

void links_watch_refresh(struct links_watch *w)
{
        if (!event_pending(w->settle, EV_TIMEOUT, NULL))
                arm(w, SETTLE_NS);
}

struct links_watch *links_watch_free(struct links_watch *w)
{
        if (!w)
                return NULL;
        intake_close(&w->intake);
        if (w->settle)
                event_free(w->settle);
        netlink_watch_free(w->watch);
        w->env->links = links_free(w->env->links);
        w->env->memberships = memberships_free(w->env->memberships);
        free(w);
        return NULL;
}
