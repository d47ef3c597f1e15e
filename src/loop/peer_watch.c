/* peer_watch.c - tells who is heard by a receiver: who is new, has fallen silent, is back, was started anew
 * or has a wrong clock. All of that is found out in state/peers.c; here it is put into words, once each. */
#include "loop/peer_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/entrance.h"
#include "loop/env.h"
#include "loop/timer.h"

/* A timer that fires so late tells that the process was held up, and could not hear anybody. */
#define HELD_UP_NS NS_PER_S

__attribute__((format(printf, 4, 5))) static void say(const struct peer_watch *w, enum event_id event,
                                                      const struct peer *peer, const char *format, ...)
{
        struct log_field fields[SECTION_FIELDS + 1];
        va_list args;

        section_fields(w->section, fields);
        fields[SECTION_FIELDS] =
                (struct log_field){ "MCASTD_PEER", ADDRESS_TEXT_ON(&peer->address, w->link->name) };
        va_start(args, format);
        log_vevent(event, fields, SECTION_FIELDS + 1, format, args);
        va_end(args);
}

/* "10.0.0.7", or "10.0.0.7 (rack4-7)" where it tells its name. */
#define NAME_SIZE (ADDRESS_TEXT_SIZE + IFNAMSIZ + NODE_NAME_MAX + sizeof " ()")

static const char *name_of(const struct peer_watch *w, const struct peer *peer, char buffer[NAME_SIZE])
{
        char node[NODE_NAME_MAX + 1];
        const char *address = ADDRESS_TEXT_ON(&peer->address, w->link->name);

        if (*peer_node(peer, node))
                snprintf(buffer, NAME_SIZE, "%s (%s)", address, node);
        else
                snprintf(buffer, NAME_SIZE, "%s", address);
        return buffer;
}

static double seconds(int64_t ns)
{
        return (double)ns / NS_PER_S;
}

static void say_restarted(const struct peer_watch *w, const struct peer *peer, const char *name)
{
        if (peer->has_boot)
                say(w, EVENT_PEER_RESTARTED, peer,
                    "%s was started anew: boot=%016" PRIx64 ", was %016" PRIx64, name, peer->boot,
                    peer->boot_before);
        else
                say(w, EVENT_PEER_RESTARTED, peer, "%s was started anew: it counts from seq=%" PRIu64, name,
                    peer->sequence);
}

static void say_clock_wrong(const struct peer_watch *w, const struct peer *peer, const char *name)
{
        bool ahead = peer->clock_ns > 0;

        say(w, EVENT_PEER_CLOCK_WRONG, peer, "the clock of %s is %.3f s %s ours, more than CLOCK_SKEW, %s",
            name, seconds(ahead ? peer->clock_ns : -peer->clock_ns), ahead ? "ahead of" : "behind",
            TEXT_DURATION(w->cfg->clock_skew_ns));
}

static void say_down(const struct peer_watch *w, const struct peer *peer, int64_t now_ns)
{
        bool refused = peer_refused(peer) != GATE_UNCHECKED;
        char name[NAME_SIZE];

        say(w, EVENT_PEER_DOWN, peer, "%s is down: not heard for %.1f s%s%s", name_of(w, peer, name),
            seconds(now_ns - peer->last_ns), refused ? "; what comes from its address is refused: " : "",
            refused ? section_why_dropped(entrance_trouble(peer_refused(peer))) : "");
}

/* How many are up and down stands in the line of status. */
static void note_change(const struct peer_watch *w)
{
        const struct env *env = w->section->env;

        if (env->peers_changed)
                env->peers_changed(env->state_arg);
}

static void say_news(const struct peer_watch *w, const struct peer_news *news)
{
        char buffer[NAME_SIZE];
        const char *name = name_of(w, news->peer, buffer);

        if (news->up)
                say(w, EVENT_PEER_UP, news->peer, "%s is up%s", name,
                    news->peer->datagrams == 1 ? ", heard for the first time" : "");
        if (news->back)
                say(w, EVENT_PEER_BACK, news->peer, "%s is back after %.1f s", name, seconds(news->away_ns));
        if (news->restarted)
                say_restarted(w, news->peer, name);
        if (news->clock_wrong)
                say_clock_wrong(w, news->peer, name);
        if (news->clock_right)
                say(w, EVENT_PEER_CLOCK_RIGHT, news->peer, "the clock of %s is right again", name);
}

/* What a flood of sources would make too many lines of. */
static void count(struct peer_watch *w, enum stat stat, enum trouble trouble, const struct peer_arrival *a)
{
        w->section->stats.count[stat]++;
        if (report_trouble_begins(w->report, trouble, 1, a->at_ns))
                section_say_trouble(w->section, trouble, "first one from %s",
                                    ADDRESS_TEXT_ON(a->source, w->link->name));
}

static void arm(struct peer_watch *w)
{
        int64_t due_ns = peers_due(w->peers), now_ns;

        if (due_ns >= w->armed_ns)
                return;
        now_ns = clock_monotonic_ns();
        /* Without memory for the timer the next datagram tries again. */
        if (timer_arm(w->timer, due_ns) == 0)
                w->armed_ns = due_ns > now_ns ? due_ns : now_ns;
}

void peer_watch_see(struct peer_watch *w, const struct peer_arrival *arrival)
{
        struct peer_news news;

        peers_see(w->peers, arrival, &news);
        if (news.displaced)
                w->section->stats.count[STAT_PEERS_DISPLACED]++;
        if (!news.peer) {
                count(w, STAT_PEERS_REFUSED, TROUBLE_PEERS_FULL, arrival);
                return;
        }
        if (news.untold)
                count(w, STAT_PEERS_UNTOLD, TROUBLE_PEERS_MANY, arrival);
        if (news.up || news.back || news.restarted || news.clock_wrong || news.clock_right)
                say_news(w, &news);
        if (news.up || news.back)
                note_change(w);
        arm(w);
}

/* Who could not be heard is not silent; and once we hear again, not at once. */
static void give_grace(struct peer_watch *w, int64_t now_ns)
{
        bool was_deaf = w->deaf;

        w->deaf = !w->link->index || !w->link->carrier;
        if (w->deaf || was_deaf || now_ns - w->armed_ns > HELD_UP_NS)
                peers_grace(w->peers, now_ns);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct peer_watch *w = arg;
        int64_t now_ns = clock_monotonic_ns();
        const struct peer *peer;

        (void)fd;
        (void)what;
        give_grace(w, now_ns);
        w->armed_ns = INT64_MAX;
        /* Whoever waits at the socket is not silent. */
        if (w->catch_up)
                w->catch_up(w->arg);
        while ((peer = peers_next_down(w->peers, now_ns))) {
                note_change(w);
                say_down(w, peer, now_ns);
        }
        arm(w);
}

void peer_watch_grace(struct peer_watch *w)
{
        peers_grace(w->peers, clock_monotonic_ns());
}

int peer_watch_prepare(struct peer_watch *w, const struct config_receiver *next)
{
        return next->peers == peers_size(w->peers) ? 0
                                                   : peers_new(next->peers, &w->section->env->key, &w->next);
}

void peer_watch_settle(struct peer_watch *w, bool accepted)
{
        const struct peers_rule rule = { w->cfg->dead_after_ns, w->cfg->clock_skew_ns };

        if (accepted && w->next) {
                peers_copy(w->next, w->peers);
                peers_free(w->peers);
                w->peers = w->next;
        } else {
                peers_free(w->next);
        }
        w->next = NULL;
        if (!accepted)
                return;
        peers_set_rule(w->peers, &rule);
        arm(w);
}

int peer_watch_init(struct peer_watch *w, struct env *env, struct section *section,
                    const struct config_receiver *cfg, const struct attachment *link, struct report *report)
{
        *w = (struct peer_watch){
                .section = section, .cfg = cfg, .link = link, .report = report, .armed_ns = INT64_MAX
        };
        w->timer = evtimer_new(env->base, on_timer, w);
        if (!w->timer || event_priority_set(w->timer, LOOP_PRIORITY_DATA) < 0)
                return -ENOMEM;
        return peers_new(cfg->peers, &env->key, &w->peers);
}

void peer_watch_end(struct peer_watch *w)
{
        if (w->timer)
                event_free(w->timer);
        peers_free(w->peers);
        peers_free(w->next);
}
