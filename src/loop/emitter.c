/* emitter.c - a section that sends: a status message on a schedule, and the acks that come back to its socket
 * are counted.
 * When a message is due is decided in state/schedule.c, what it says in message/template.c. */
#include "loop/emitter.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/text.h"
#include "loop/attachment.h"
#include "loop/intake.h"
#include "loop/timer.h"
#include "message/message.h"
#include "message/template.h"
#include "os/socket.h"
#include "state/acks.h"
#include "state/schedule.h"

_Static_assert(CONFIG_EXPECT_ACKS_MAX <= ACKS_SOURCES_MAX, "EXPECT_ACKS must be countable");

/* Room for all that EXPECT_ACKS may ask for. */
#define ACK_BATCHES (ACKS_SOURCES_MAX / BATCH_MAX + 1)

/* A message that failed is tried again when an interface has changed, but not more often than this. */
#define AGAIN_NS NS_PER_S

struct emitter {
        struct section section; /* first: a pointer to it is one to the emitter */
        struct config_emitter cfg;
        struct attachment link;
        int fd; /* -1: not open */
        struct intake intake;
        struct event *timer;
        struct schedule schedule;
        int64_t tried_ns;  /* when a message was last sent by this socket, or failed to be; 0: not yet */
        int64_t again_ns;  /* when to try besides the schedule; INT64_MAX: not */
        uint64_t sequence; /* of the last message that was sent */
        struct acks *acks;
        bool off_beat; /* the last message has less time for its acks than INTERVAL, and is not judged */
        bool waiting;  /* the last message was sent: its acks count */
        struct episode failing;
        struct episode short_of_acks;
};

static struct emitter *emitter_of(struct section *s)
{
        return (struct emitter *)s;
}

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
        e->section.stats.count[stat]++;
        if (stat == STAT_ACKS_RECEIVED && log_enabled(EVENT_ACK_HEARD))
                section_log(&e->section, EVENT_ACK_HEARD, "ack from %s for message %" PRIu64,
                            ENDPOINT_TEXT_ON(&d->source, e->link.name), e->sequence);
}

/* One batch of acks; returns how many there were, or -errno. */
static int receive_acks(void *arg)
{
        struct emitter *e = arg;
        int64_t now_ns = clock_monotonic_ns();
        int n = batch_receive(e->section.env->batch, e->fd);

        if (n < 0) {
                e->section.stats.count[STAT_RECEIVE_ERRORS]++;
                if (section_trouble_begins(&e->section, TROUBLE_RECEIVE, 1, now_ns))
                        section_say_trouble(&e->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return n;
        }
        for (int i = 0; i < n; i++)
                note_ack(e, batch_datagram(e->section.env->batch, (size_t)i), now_ns);
        return n;
}

static void judge_acks(struct emitter *e, const struct acks_summary *got, int64_t now_ns)
{
        uint64_t count;

        if (got->sources < e->cfg.expect_acks) {
                e->section.stats.count[STAT_MESSAGES_SHORT]++;
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

        if (sum_up_acks(e, &got) && !e->off_beat)
                judge_acks(e, &got, now_ns);
}

/* --- messages --- */

/* What the state of an open section is, as long as messages go out. */
static void settle_state(struct emitter *e)
{
        char why[LINK_WHY_SIZE];

        if (!e->link.carrier)
                section_is_waiting(&e->section, attachment_without_carrier(&e->link, why));
        else if (!e->failing.active)
                section_is_active(&e->section);
}

static void sent(struct emitter *e, const char *message, size_t length, int64_t now_ns)
{
        uint64_t failures;

        e->sequence++;
        e->section.stats.count[STAT_SENT]++;
        e->section.stats.count[STAT_SENT_BYTES] += length;
        e->waiting = true;
        acks_begin(e->acks, now_ns);
        if (episode_end(&e->failing, &failures)) {
                section_log(&e->section, EVENT_TROUBLE_ENDED,
                            "sending to %s again; messages not sent: %" PRIu64,
                            ENDPOINT_TEXT(&e->section.group), failures);
                settle_state(e);
        }
        if (log_enabled(EVENT_SENT))
                section_log(&e->section, EVENT_SENT, "sent \"%s\" to %s", TEXT_ESCAPE(message, length),
                            ENDPOINT_TEXT(&e->section.group));
}

static void not_sent(struct emitter *e, int error, int64_t now_ns)
{
        char why[128];

        e->section.stats.count[STAT_SEND_ERRORS]++;
        snprintf(why, sizeof why, "cannot send to %s: %s%s", ENDPOINT_TEXT(&e->section.group),
                 strerror(error), error == EPERM ? " (a firewall of this host?)" : "");
        if (failure_class(error) != FAILURE_TRANSIENT)
                section_has_failed(&e->section, why);
        if (episode_note(&e->failing, 1, now_ns))
                section_log(&e->section, EVENT_TROUBLE_BEGAN, "%s", why);
}

static void send_message(struct emitter *e)
{
        char message[MESSAGE_MAX];
        int64_t now_ns = clock_monotonic_ns();
        struct template_values values = {
                .wall_ns = clock_wall_ns(),
                .node = e->section.env->node,
                .boot = e->section.env->boot,
                .sequence = e->sequence + 1,
                .uptime_ns = now_ns - e->section.env->started_ns,
        };
        size_t length = template_render(e->cfg.message, &values, message);
        int r = socket_send(e->fd, &e->section.group, message, length);

        e->tried_ns = now_ns;
        e->again_ns = INT64_MAX;
        if (r < 0)
                not_sent(e, -r, now_ns);
        else
                sent(e, message, length, now_ns);
}

static void note_missed(struct emitter *e, uint64_t missed)
{
        if (missed == 0)
                return;
        e->section.stats.count[STAT_BEATS_MISSED] += missed;
        section_log(&e->section, EVENT_BEATS_MISSED, "messages skipped: %" PRIu64 "; the daemon was held up",
                    missed);
}

static void arm_timer(struct emitter *e)
{
        int64_t due_ns = e->again_ns < e->schedule.due_ns ? e->again_ns : e->schedule.due_ns;

        if (timer_arm(e->timer, due_ns) == 0)
                return;
        /* What has failed is looked at again, see try_again(). */
        (void)episode_note(&e->failing, 1, e->tried_ns);
        section_fails(&e->section, "no memory for a timer: nothing is sent");
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
                e->off_beat = false;
                send_message(e);
        } else if (now_ns >= e->again_ns) {
                send_message(e);
                e->off_beat = true;
        }
        arm_timer(e);
}

/* What has changed may be what it was waiting for. */
static void try_again(struct emitter *e)
{
        int64_t now_ns = clock_monotonic_ns(), again_ns = e->tried_ns + AGAIN_NS;

        if (!e->failing.active)
                return;
        e->again_ns = again_ns > now_ns ? again_ns : now_ns;
        arm_timer(e);
}

/* --- opening and closing --- */

static struct socket_emitter spec_of(const struct emitter *e)
{
        return (struct socket_emitter){
                .group = e->section.group,
                .link = e->link.index,
                .link_name = e->link.name,
                .from = attachment_source(&e->link),
                .ttl = (uint8_t)e->cfg.ttl,
                .loop = e->cfg.loop,
                .dscp = (uint8_t)e->cfg.dscp,
        };
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

/* The socket, watched, and the timer running; or -errno. */
static int open_socket(struct emitter *e, struct socket_failure *failure)
{
        const struct socket_emitter spec = spec_of(e);
        int fd = socket_open_emitter(&spec, failure), r;

        if (fd < 0)
                return fd;
        *failure = (struct socket_failure){ "MCAST_GROUP", "watch the socket" };
        r = intake_open(&e->intake, e->section.env, fd, receive_acks, e);
        if (r == 0) {
                schedule_start(&e->schedule, clock_monotonic_ns() + draw_jitter(&e->cfg), e->cfg.interval_ns);
                e->tried_ns = 0;
                e->again_ns = INT64_MAX;
                r = timer_arm(e->timer, e->schedule.due_ns);
        }
        if (r == 0)
                return fd;
        intake_close(&e->intake);
        close(fd);
        return r;
}

static int emitter_open(struct section *s)
{
        struct emitter *e = emitter_of(s);
        struct socket_failure failure;
        int fd = open_socket(e, &failure);

        if (fd < 0) {
                attachment_forget(&e->link);
                return section_open_failed(&e->section, fd, &failure);
        }
        e->fd = fd;
        section_log(&e->section, EVENT_EMITTING, "sending to %s on %s%s every %s",
                    ENDPOINT_TEXT(&e->section.group), e->link.name,
                    e->link.carrier ? "" : ", which has no carrier,", TEXT_DURATION(e->cfg.interval_ns));
        settle_state(e);
        return 0;
}

static void close_socket(struct emitter *e)
{
        struct acks_summary got;

        /* Not judged: the last message has not had its time. */
        (void)sum_up_acks(e, &got);
        (void)event_del(e->timer);
        intake_close(&e->intake);
        close(e->fd);
        e->fd = -1;
}

static bool emitter_relink(struct section *s, const struct link_news *news)
{
        struct emitter *e = emitter_of(s);
        enum attachment_change change = attachment_look(&e->link, news);

        if (e->fd >= 0 && (change == ATTACHMENT_OTHER || change == ATTACHMENT_LOST))
                close_socket(e);
        if (e->fd >= 0 && change == ATTACHMENT_CARRIER_BACK) {
                section_log(s, EVENT_EMITTING, "%s has a carrier again: sending to %s", e->link.name,
                            ENDPOINT_TEXT(&s->group));
                settle_state(e);
        }
        if (e->fd >= 0)
                try_again(e);
        return e->link.index && e->fd < 0;
}

static int set_options(struct emitter *e, const struct config_emitter *cfg, struct socket_failure *failure)
{
        struct socket_emitter spec = spec_of(e);

        spec.ttl = (uint8_t)cfg->ttl;
        spec.loop = cfg->loop;
        spec.dscp = (uint8_t)cfg->dscp;
        return e->fd < 0 ? 0 : socket_set_emitter_options(e->fd, &spec, failure);
}

/* Back to what the socket was before. Where that is no longer possible it is opened anew, later. */
static void set_options_back(struct emitter *e)
{
        struct socket_failure failure;
        int r = set_options(e, &e->cfg, &failure);

        if (r == 0)
                return;
        (void)section_open_failed(&e->section, r, &failure);
        attachment_forget(&e->link);
        close_socket(e);
}

static int emitter_prepare(struct section *s, const void *next)
{
        struct emitter *e = emitter_of(s);
        struct socket_failure failure;
        int r = set_options(e, next, &failure);

        if (r < 0) {
                section_retune_failed(s, r, &failure);
                set_options_back(e);
        }
        return r;
}

static void change_interval(struct emitter *e, int64_t interval_ns)
{
        /* Before the first beat there is none to count from. */
        if (e->tried_ns == 0)
                schedule_start(&e->schedule, e->schedule.due_ns, interval_ns);
        else
                schedule_change(&e->schedule, clock_monotonic_ns(), interval_ns);
        e->off_beat = true;
        arm_timer(e);
}

static void emitter_settle(struct section *s, const void *next, bool accepted)
{
        struct emitter *e = emitter_of(s);
        int64_t interval_ns = e->cfg.interval_ns;

        if (!accepted) {
                set_options_back(e);
                return;
        }
        e->cfg = *(const struct config_emitter *)next;
        if (e->fd >= 0 && e->cfg.interval_ns != interval_ns)
                change_interval(e, e->cfg.interval_ns);
}

/* --- birth and death --- */

/* What was still open is brought to its end. */
static void say_ends(struct emitter *e)
{
        uint64_t count;

        section_troubles_end(&e->section);
        if (episode_end(&e->short_of_acks, &count))
                section_log(&e->section, EVENT_TROUBLE_ENDED,
                            "messages with fewer acks than EXPECT_ACKS: %" PRIu64, count);
        if (episode_end(&e->failing, &count))
                section_log(&e->section, EVENT_TROUBLE_ENDED, "messages not sent to %s: %" PRIu64,
                            ENDPOINT_TEXT(&e->section.group), count);
}

static void emitter_destroy(struct section *s)
{
        struct emitter *e = emitter_of(s);
        bool was_open;

        if (!e)
                return;
        was_open = e->fd >= 0;
        if (was_open)
                close_socket(e);
        say_ends(e);
        if (was_open)
                section_log(s, EVENT_EMITTER_STOPPED, "no longer sending to %s", ENDPOINT_TEXT(&s->group));
        if (e->timer)
                event_free(e->timer);
        acks_free(e->acks);
        free(e);
}

static int emitter_create(struct env *env, const void *cfg, struct section **ret)
{
        struct emitter *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->fd = -1;
        e->cfg = *(const struct config_emitter *)cfg;
        section_init(&e->section, &emitter_ops, env, &e->cfg.at);
        attachment_init(&e->link, env, &e->section, &e->cfg.at, true);
        r = acks_new(&env->key, &e->acks);
        e->timer = evtimer_new(env->base, on_timer, e);
        if (!e->timer || event_priority_set(e->timer, LOOP_PRIORITY_DATA) < 0)
                r = -ENOMEM;
        if (r < 0) {
                emitter_destroy(&e->section);
                return r;
        }
        *ret = &e->section;
        return 0;
}

const struct section_ops emitter_ops = {
        .purpose = "send to",
        .cfg_size = sizeof(struct config_emitter),
        .create = emitter_create,
        .relink = emitter_relink,
        .open = emitter_open,
        .prepare = emitter_prepare,
        .settle = emitter_settle,
        .destroy = emitter_destroy,
};
