/* emitter.c - sends a status message on a schedule, and counts the acks that come back to its socket.
 * When a message is due is decided in state/schedule.c, what it says in message/template.c. */
#include "loop/emitter.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/section.h"
#include "loop/timer.h"
#include "message/message.h"
#include "message/template.h"
#include "os/links.h"
#include "os/socket.h"
#include "state/acks.h"
#include "state/schedule.h"

_Static_assert(CONFIG_EXPECT_ACKS_MAX <= ACKS_SOURCES_MAX, "EXPECT_ACKS must be countable");

/* Room for all that EXPECT_ACKS may ask for. */
#define ACK_BATCHES (ACKS_SOURCES_MAX / BATCH_MAX + 1)

struct emitter {
        struct env *env;
        struct section section;
        struct config_emitter cfg;
        int fd; /* -1: not open */
        struct event *readable;
        struct event *timer;
        struct schedule schedule;
        uint64_t sequence;
        struct acks *acks;
        bool waiting; /* the last message was sent: its acks count */
        struct episode failing;
        struct episode short_of_acks;
        struct stats stats;
};

/* --- acks of the last message --- */

static void note_ack(struct emitter *e, const struct datagram *d, int64_t now_ns)
{
        static const enum stat stats[] = {
                [ACK_FIRST] = STAT_ACKS_RECEIVED,
                [ACK_DUPLICATE] = STAT_ACKS_DUPLICATE,
                [ACK_OVERFLOW] = STAT_ACKS_OVERFLOW,
        };
        enum stat stat = STAT_ACKS_STRAY;

        /* An ack comes from the group's port; whoever answers otherwise is no receiver of the group. */
        if (d->source.port == e->section.group.port && e->waiting)
                stat = stats[acks_note(e->acks, &d->source.address, now_ns)];
        e->stats.count[stat]++;
        if (stat == STAT_ACKS_RECEIVED && log_enabled(EVENT_ACK_HEARD))
                section_log(&e->section, EVENT_ACK_HEARD, "ack from %s for message %" PRIu64,
                            ENDPOINT_TEXT(&d->source), e->sequence);
}

/* One batch of acks; returns how many there were. */
static size_t receive_acks(struct emitter *e)
{
        int64_t now_ns = clock_monotonic_ns();
        int n = batch_receive(e->env->batch, e->fd);

        if (n < 0) {
                e->stats.count[STAT_RECEIVE_ERRORS]++;
                if (section_trouble_begins(&e->section, TROUBLE_RECEIVE, 1, now_ns))
                        section_say_trouble(&e->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return 0;
        }
        for (int i = 0; i < n; i++)
                note_ack(e, batch_datagram(e->env->batch, (size_t)i), now_ns);
        return (size_t)n;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)receive_acks(arg);
}

static void judge_acks(struct emitter *e, const struct acks_summary *got, int64_t now_ns)
{
        uint64_t count;

        if (got->sources < e->cfg.expect_acks) {
                e->stats.count[STAT_MESSAGES_SHORT]++;
                if (episode_note(&e->short_of_acks, 1, now_ns))
                        section_log(&e->section, EVENT_ACKS_SHORT,
                                    "acks for message %" PRIu64 ": %" PRIu32
                                    ", fewer than EXPECT_ACKS, %" PRIu64,
                                    e->sequence, got->sources, e->cfg.expect_acks);
        } else if (episode_end(&e->short_of_acks, &count)) {
                section_log(&e->section, EVENT_ACKS_ENOUGH,
                            "acks for message %" PRIu64 ": %" PRIu32
                            ", enough again; messages with too few: %" PRIu64,
                            e->sequence, got->sources, count);
        }
}

/* Says which acks the last message has drawn until now. False if none was sent since. */
static bool sum_up_acks(struct emitter *e, struct acks_summary *ret_got)
{
        if (!e->waiting)
                return false;
        /* What waits already belongs to the last message, however late we are. */
        for (int i = 0; i < ACK_BATCHES && receive_acks(e) == BATCH_MAX; i++)
                ;
        e->waiting = false;
        acks_summary(e->acks, ret_got);
        if (ret_got->sources > 0)
                section_log(&e->section, EVENT_ACKS,
                            "acks for message %" PRIu64 ": %" PRIu32
                            ", first after %.3f ms, last after %.3f ms",
                            e->sequence, ret_got->sources, (double)ret_got->first_ns / NS_PER_MS,
                            (double)ret_got->last_ns / NS_PER_MS);
        return true;
}

/* Before the next message is sent: what came of the last one. */
static void conclude(struct emitter *e, int64_t now_ns)
{
        struct acks_summary got;

        if (sum_up_acks(e, &got))
                judge_acks(e, &got, now_ns);
}

/* --- messages --- */

static void sent(struct emitter *e, const char *message, size_t length, int64_t now_ns)
{
        uint64_t failures;

        e->stats.count[STAT_SENT]++;
        e->stats.count[STAT_SENT_BYTES] += length;
        e->waiting = true;
        acks_begin(e->acks, now_ns);
        if (episode_end(&e->failing, &failures))
                section_log(&e->section, EVENT_TROUBLE_ENDED,
                            "sending to %s again after %" PRIu64 " failures",
                            ENDPOINT_TEXT(&e->section.group), failures);
        if (log_enabled(EVENT_SENT))
                section_log(&e->section, EVENT_SENT, "sent \"%s\" to %s", TEXT_ESCAPE(message, length),
                            ENDPOINT_TEXT(&e->section.group));
}

static void not_sent(struct emitter *e, int error, int64_t now_ns)
{
        e->stats.count[STAT_SEND_ERRORS]++;
        if (episode_note(&e->failing, 1, now_ns))
                section_log(&e->section, EVENT_TROUBLE_BEGAN, "cannot send to %s: %s",
                            ENDPOINT_TEXT(&e->section.group), strerror(error));
}

static void send_message(struct emitter *e)
{
        char message[MESSAGE_MAX];
        int64_t now_ns = clock_monotonic_ns();
        struct template_values values = {
                .wall_ns = clock_wall_ns(),
                .node = e->env->node,
                .boot = e->env->boot,
                .sequence = ++e->sequence,
                .uptime_ns = now_ns - e->env->started_ns,
        };
        size_t length = template_render(e->cfg.message, &values, message);
        int r = socket_send(e->fd, &e->section.group, message, length);

        if (r < 0)
                not_sent(e, -r, now_ns);
        else
                sent(e, message, length, now_ns);
}

static void note_missed(struct emitter *e, uint64_t missed)
{
        if (missed == 0)
                return;
        e->stats.count[STAT_BEATS_MISSED] += missed;
        section_log(&e->section, EVENT_BEATS_MISSED, "messages skipped: %" PRIu64 "; the daemon was held up",
                    missed);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct emitter *e = arg;
        int64_t now_ns = clock_monotonic_ns();
        uint64_t missed = 0;

        (void)fd;
        (void)what;
        if (schedule_beat(&e->schedule, now_ns, &missed)) {
                (void)section_troubles_tick(&e->section, now_ns);
                conclude(e, now_ns);
                note_missed(e, missed);
                send_message(e);
        }
        if (timer_arm(e->timer, e->schedule.due_ns) < 0)
                section_log(&e->section, EVENT_LIBRARY, "no memory for a timer: this section sends no more");
}

/* --- birth and death --- */

static int open_socket(struct emitter *e)
{
        struct socket_emitter spec = {
                .group = e->section.group,
                .link = { e->cfg.at.interface, &e->cfg.at.ip_address },
                .ttl = (uint8_t)e->cfg.ttl,
                .loop = e->cfg.loop,
                .dscp = (uint8_t)e->cfg.dscp,
        };
        struct socket_failure failure;
        char name[IFNAMSIZ];
        uint32_t link;

        e->fd = socket_open_emitter(&spec, &link, &failure);
        if (e->fd < 0) {
                section_open_failed(&e->section, e->env->config_path, -e->fd, &failure);
                return e->fd;
        }
        section_log(&e->section, EVENT_EMITTING, "sending to %s %s%s every %s",
                    ENDPOINT_TEXT(&e->section.group), link ? "on " : "",
                    link ? link_name(link, name) : "by route", TEXT_DURATION(e->cfg.interval_ns));
        return 0;
}

/* Up to JITTER: as even as a remainder of 2^64 is. */
static int64_t draw_jitter(const struct config_emitter *cfg)
{
        uint64_t random;

        if (cfg->jitter_ns == 0)
                return 0;
        randombytes_buf(&random, sizeof random);
        return (int64_t)(random % ((uint64_t)cfg->jitter_ns + 1));
}

static int watch(struct emitter *e)
{
        e->readable = event_new(e->env->base, e->fd, EV_READ | EV_PERSIST, on_readable, e);
        e->timer = evtimer_new(e->env->base, on_timer, e);
        if (!e->readable || !e->timer || event_priority_set(e->readable, LOOP_PRIORITY_DATA) < 0 ||
            event_priority_set(e->timer, LOOP_PRIORITY_DATA) < 0 || event_add(e->readable, NULL) < 0)
                return -ENOMEM;
        schedule_start(&e->schedule, clock_monotonic_ns() + draw_jitter(&e->cfg), e->cfg.interval_ns);
        return timer_arm(e->timer, e->schedule.due_ns);
}

int emitter_new(struct env *env, const struct config_emitter *cfg, struct emitter **ret)
{
        struct emitter *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->env = env;
        e->fd = -1;
        e->cfg = *cfg;
        section_init(&e->section, &e->cfg.at);
        r = acks_new(&env->key, &e->acks);
        if (r == 0)
                r = open_socket(e);
        if (r == 0)
                r = watch(e);
        if (r < 0) {
                emitter_free(e);
                return r;
        }
        *ret = e;
        return 0;
}

/* What was still open is brought to its end. */
static void say_ends(struct emitter *e)
{
        struct acks_summary got;
        uint64_t count;

        /* Not judged: the last message has not had its time. */
        (void)sum_up_acks(e, &got);
        section_troubles_end(&e->section);
        if (episode_end(&e->short_of_acks, &count))
                section_log(&e->section, EVENT_TROUBLE_ENDED,
                            "messages with fewer acks than EXPECT_ACKS: %" PRIu64, count);
        if (episode_end(&e->failing, &count))
                section_log(&e->section, EVENT_TROUBLE_ENDED, "messages not sent to %s: %" PRIu64,
                            ENDPOINT_TEXT(&e->section.group), count);
        section_log(&e->section, EVENT_EMITTER_STOPPED, "no longer sending to %s",
                    ENDPOINT_TEXT(&e->section.group));
}

struct emitter *emitter_free(struct emitter *e)
{
        if (!e)
                return NULL;
        if (e->timer)
                event_free(e->timer);
        if (e->readable)
                event_free(e->readable);
        if (e->fd >= 0) {
                say_ends(e);
                close(e->fd);
        }
        acks_free(e->acks);
        free(e);
        return NULL;
}

void emitter_log_counters(const struct emitter *e)
{
        section_log_counters(&e->section, &e->stats);
}
