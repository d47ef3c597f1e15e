/* emitter.c - a section that sends: a status message on a schedule, and the acks that come back to its socket
 * are counted.
 * When a message is due is decided in state/schedule.c, what it says in message/template.c. */
#include "loop/emitter.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/text.h"
#include "loop/ack_watch.h"
#include "loop/attachment.h"
#include "loop/intake.h"
#include "loop/outgoing.h"
#include "message/message.h"
#include "os/socket.h"
#include "state/schedule.h"

/* A message that failed is tried again when an interface has changed, but not more often than this. */
#define AGAIN_NS NS_PER_S

/* Whoever is so late may have been held up. */
#define LATE_NS NS_PER_MS

struct emitter {
        struct section section; /* first: a pointer to it is one to the emitter */
        struct config_emitter cfg;
        struct attachment link;
        int fd; /* -1: not open */
        struct intake intake;
        bool keeps_time; /* `beat` is one of env->beats */
        uint32_t beat;
        struct schedule schedule; /* interval_ns 0: it has not begun */
        int64_t tried_ns;  /* when a message was last sent by this socket, or failed to be; 0: not yet */
        int64_t again_ns;  /* when to try besides the schedule; INT64_MAX: not */
        uint64_t sequence; /* of the last message that was sent */
        bool unsent;       /* the last one could not be sent */
        struct ack_watch acks;
        struct episode failing;
};

static struct emitter *emitter_of(struct section *s)
{
        return (struct emitter *)s;
}

/* --- messages --- */

/* What the state of an open section is, as long as messages go out. */
static void settle_state(struct emitter *e)
{
        char why[LINK_WHY_SIZE];

        if (!e->link.carrier)
                section_is_waiting(&e->section, attachment_without_carrier(&e->link, why));
        else if (!e->unsent)
                section_is_active(&e->section);
}

static void sent(struct emitter *e, const struct outgoing *m, int64_t now_ns)
{
        uint64_t failures;

        e->section.stats.count[STAT_SENT]++;
        e->section.stats.count[STAT_SENT_BYTES] += outgoing_size(m);
        if (e->unsent) {
                e->unsent = false;
                settle_state(e);
        }
        if (episode_healed(&e->failing, now_ns, e->cfg.interval_ns, &failures))
                section_log(&e->section, EVENT_TROUBLE_ENDED,
                            "sending to %s again; messages not sent: %" PRIu64,
                            ENDPOINT_TEXT(&e->section.group), failures);
        outgoing_say(m, &e->section);
}

static const char *hint_of(int error)
{
        if (error == EPERM)
                return " (a firewall of this host?)";
        return error == EAGAIN || error == ENOBUFS ? " (more than the interface can send?)" : "";
}

static void not_sent(struct emitter *e, int error, int64_t now_ns)
{
        char why[128];

        e->unsent = true;
        e->section.stats.count[STAT_SEND_ERRORS]++;
        snprintf(why, sizeof why, "cannot send to %s: %s%s", ENDPOINT_TEXT(&e->section.group),
                 strerror(error), hint_of(error));
        if (failure_class(error) != FAILURE_TRANSIENT)
                section_has_failed(&e->section, why);
        if (episode_note(&e->failing, 1, now_ns))
                section_log(&e->section, EVENT_TROUBLE_BEGAN, "%s", why);
}

/* 0 or -errno; either was noted. */
static int put_out(struct emitter *e, struct outgoing *m, int64_t now_ns)
{
        int r = outgoing_send(m, &e->section, e->fd);

        if (r < 0)
                not_sent(e, -r, now_ns);
        else
                sent(e, m, now_ns);
        return r;
}

static void send_message(struct emitter *e)
{
        struct outgoing m;
        int64_t now_ns = clock_monotonic_ns();

        outgoing_make(&m, &e->cfg, e->section.env, e->sequence + 1, now_ns);
        e->tried_ns = now_ns;
        e->again_ns = INT64_MAX;
        /* Only messages that were sent are numbered: a gap means a loss. */
        if (put_out(e, &m, now_ns) == 0)
                ack_watch_begin(&e->acks, ++e->sequence, outgoing_tag(&m), now_ns);
}

static void note_missed(struct emitter *e, uint64_t missed)
{
        if (missed == 0)
                return;
        e->section.stats.count[STAT_BEATS_MISSED] += missed;
        section_log(&e->section, EVENT_BEATS_MISSED, "messages skipped: %" PRIu64 "; the daemon was held up",
                    missed);
}

static void set_beat(struct emitter *e)
{
        beats_set(e->section.env->beats, e->beat,
                  e->again_ns < e->schedule.due_ns ? e->again_ns : e->schedule.due_ns);
}

static void on_due(void *arg)
{
        struct emitter *e = arg;
        int64_t now_ns = clock_monotonic_ns();
        bool late = now_ns - e->schedule.due_ns > LATE_NS;
        uint64_t missed = 0;

        if (schedule_beat(&e->schedule, now_ns, &missed)) {
                (void)section_troubles_tick(&e->section, now_ns);
                ack_watch_conclude(&e->acks, &e->cfg, late, now_ns);
                note_missed(e, missed);
                e->acks.off_beat = false;
                send_message(e);
        } else if (now_ns >= e->again_ns) {
                send_message(e);
                e->acks.off_beat = true;
        }
        set_beat(e);
}

/* What has changed may be what it was waiting for. */
static void try_again(struct emitter *e)
{
        int64_t now_ns = clock_monotonic_ns(), again_ns = e->tried_ns + AGAIN_NS;

        if (!e->unsent)
                return;
        e->again_ns = again_ns > now_ns ? again_ns : now_ns;
        set_beat(e);
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

/* The socket, watched; or -errno. */
static int open_socket(struct emitter *e, struct socket_failure *failure)
{
        const struct socket_emitter spec = spec_of(e);
        int fd = socket_open_emitter(&spec, failure), r;

        if (fd < 0)
                return fd;
        *failure = (struct socket_failure){ "MCAST_GROUP", "watch the socket" };
        r = intake_open(&e->intake, e->section.env, fd, ack_watch_receive, &e->acks);
        if (r == 0)
                return fd;
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
        ack_watch_open(&e->acks, fd);
        section_log(&e->section, EVENT_EMITTING, "sending to %s on %s%s every %s",
                    ENDPOINT_TEXT(&e->section.group), e->link.name,
                    e->link.carrier ? "" : ", which has no carrier,", TEXT_DURATION(e->cfg.interval_ns));
        settle_state(e);
        return 0;
}

static void close_socket(struct emitter *e)
{
        ack_watch_abandon(&e->acks);
        beats_unset(e->section.env->beats, e->beat);
        e->schedule = (struct schedule){ 0 };
        intake_close(&e->intake);
        close(e->fd);
        e->fd = e->acks.fd = -1;
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
        const struct config_emitter *cfg = next;
        struct socket_failure failure = { "AUTH", ENTRANCE_TRIED };
        int r = entrance_prepare(&e->acks.entrance, cfg->auth);

        if (r < 0) {
                section_retune_failed(s, r, &failure);
                return r;
        }
        r = set_options(e, cfg, &failure);
        if (r < 0) {
                section_retune_failed(s, r, &failure);
                set_options_back(e);
        }
        return r;
}

static void start_schedule(struct emitter *e, int64_t now_ns)
{
        schedule_start(&e->schedule, now_ns + draw_jitter(&e->cfg), e->cfg.interval_ns);
        e->tried_ns = 0;
        e->again_ns = INT64_MAX;
}

static void change_interval(struct emitter *e, int64_t now_ns)
{
        /* Before the first beat there is none to count from. */
        if (e->tried_ns == 0)
                schedule_start(&e->schedule, e->schedule.due_ns, e->cfg.interval_ns);
        else
                schedule_change(&e->schedule, now_ns, e->cfg.interval_ns);
        e->acks.off_beat = true;
}

static void emitter_begin(struct section *s, int64_t now_ns)
{
        struct emitter *e = emitter_of(s);

        if (e->fd < 0 || e->schedule.interval_ns == e->cfg.interval_ns)
                return;
        if (e->schedule.interval_ns == 0)
                start_schedule(e, now_ns);
        else
                change_interval(e, now_ns);
        set_beat(e);
}

static void emitter_settle(struct section *s, const void *next, bool accepted)
{
        struct emitter *e = emitter_of(s);

        if (!accepted) {
                entrance_settle(&e->acks.entrance, e->cfg.auth);
                set_options_back(e);
                return;
        }
        e->cfg = *(const struct config_emitter *)next;
        entrance_settle(&e->acks.entrance, e->cfg.auth);
}

/* Whoever hears {boot} again expects {seq} to go on. */
static void emitter_inherit(struct section *s, struct section *from)
{
        emitter_of(s)->sequence = emitter_of(from)->sequence;
}

/* --- what others ask of it --- */

static void emitter_describe(const struct section *s, struct snapshot_section *ret)
{
        const struct emitter *e = (const struct emitter *)s;

        snprintf(ret->interface, sizeof ret->interface, "%s", e->link.index ? e->link.name : "");
        ret->interval_ns = e->cfg.interval_ns;
        ret->sequence = e->sequence;
        ret->ack_sources = roster_count(e->acks.roster);
        ret->last_acks = e->acks.last_acks;
        ret->expect_acks = e->cfg.expect_acks;
        ret->auth = e->cfg.auth;
        ret->key = e->cfg.key;
}

static bool emitter_list(const struct section *s, size_t index, size_t *slot, size_t limit,
                         struct snapshot *to)
{
        const struct emitter *e = (const struct emitter *)s;
        size_t next = *slot;
        const struct roster_entry *entry;

        while ((entry = roster_next(e->acks.roster, &next))) {
                if (to->n_peers + to->n_ack_sources == limit)
                        return false;
                to->ack_sources[to->n_ack_sources++] =
                        (struct snapshot_ack_source){ .section = index, .entry = *entry };
                *slot = next;
        }
        return true;
}

static bool emitter_forget(struct section *s, const struct address *who)
{
        return roster_forget(emitter_of(s)->acks.roster, who);
}

static int emitter_send(struct section *s, const char *text, struct section_sent *ret)
{
        struct emitter *e = emitter_of(s);
        int64_t now_ns = clock_monotonic_ns();
        struct outgoing m;
        int r;

        if (e->fd < 0)
                return -ENOTCONN;
        outgoing_make(&m, &e->cfg, e->section.env, e->sequence + 1, now_ns);
        r = text ? outgoing_set_text(&m, text) : 0;
        if (r < 0)
                return r;
        ack_watch_abandon(&e->acks);
        /* The message before and this one have less time for their acks than INTERVAL. */
        e->acks.off_beat = true;
        r = put_out(e, &m, now_ns);
        /* A text of somebody else's has no number: the receivers would miss it. */
        if (r == 0)
                ack_watch_begin(&e->acks, text ? e->sequence : ++e->sequence, outgoing_tag(&m), now_ns);
        ret->sequence = e->sequence;
        ret->length = m.length;
        memcpy(ret->text, m.text, m.length);
        return r;
}

/* --- birth and death --- */

/* What was still open is brought to its end. */
static void say_ends(struct emitter *e)
{
        uint64_t count;

        section_troubles_end(&e->section);
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
        ack_watch_end(&e->acks);
        if (was_open)
                section_log(s, EVENT_EMITTER_STOPPED, "no longer sending to %s", ENDPOINT_TEXT(&s->group));
        if (e->keeps_time)
                beats_leave(e->section.env->beats, e->beat);
        free(e);
}

static int emitter_create(struct env *env, const void *cfg, struct section **ret)
{
        struct emitter *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->fd = e->acks.fd = -1;
        e->cfg = *(const struct config_emitter *)cfg;
        section_init(&e->section, &emitter_ops, env, &e->cfg.at);
        attachment_init(&e->link, env, &e->section, &e->cfg.at, true);
        r = ack_watch_init(&e->acks, &e->section, &e->link);
        if (r == 0)
                r = entrance_prepare(&e->acks.entrance, e->cfg.auth);
        entrance_settle(&e->acks.entrance, e->cfg.auth);
        e->keeps_time = beats_join(env->beats, on_due, e, &e->beat) == 0;
        if (!e->keeps_time)
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
        .begin = emitter_begin,
        .prepare = emitter_prepare,
        .settle = emitter_settle,
        .inherit = emitter_inherit,
        .describe = emitter_describe,
        .list = emitter_list,
        .forget = emitter_forget,
        .send = emitter_send,
        .destroy = emitter_destroy,
};
