/* receiver.c - a socket joined to one group: receives batches, lets the handlers judge, sends their replies.
 * The only place where a datagram enters. What is done with one is in handlers/, what is known of it in
 * state/. */
#include "loop/receiver.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/section.h"
#include "loop/timer.h"
#include "message/message.h"
#include "os/links.h"
#include "os/socket.h"
#include "state/limiter.h"

/* How often is said how many datagrams were not recorded, and looked whether a trouble is over. */
#define REPORT_EVERY_NS (10 * NS_PER_S)

/* What is at most still handled of a socket that is closed. Nothing new comes to it, unless it cannot be
 * retired. */
#define DRAIN_BATCHES 1024

_Static_assert(OUTBOX_MAX >= BATCH_MAX, "each datagram of a batch may be answered");
_Static_assert(RECORDS_MAX >= BATCH_MAX * CONFIG_HANDLERS_MAX, "each handler may speak of each datagram");

struct receiver {
        struct env *env;
        struct section section;
        struct config_receiver cfg;
        int fd; /* -1: not open */
        uint32_t link;
        struct event *readable;
        struct event *report; /* armed only while there is something to report */
        struct {
                const struct handler *handler;
                void *state;
        } handlers[CONFIG_HANDLERS_MAX];
        size_t n_handlers;
        struct stats stats;
        struct bucket log_bucket;
        struct bucket_rule log_rule;
        uint64_t unrecorded_said; /* of STAT_UNRECORDED */
        uint32_t kernel_drops;    /* as the kernel last told */
};

/* --- what is said --- */

static void arm_report(struct receiver *r, int64_t now_ns)
{
        if (event_pending(r->report, EV_TIMEOUT, NULL))
                return;
        /* Without memory for the timer the report comes with the next trouble. */
        (void)timer_arm(r->report, now_ns + REPORT_EVERY_NS);
}

/* A trouble happened `times` more. True if it begins with that: then it is to be said. */
static bool trouble_begins(struct receiver *r, enum trouble which, uint64_t times, int64_t now_ns)
{
        arm_report(r, now_ns);
        return section_trouble_begins(&r->section, which, times, now_ns);
}

static void note_trouble_from(struct receiver *r, enum trouble which, const struct datagram *d,
                              int64_t now_ns)
{
        if (trouble_begins(r, which, 1, now_ns))
                section_say_trouble(&r->section, which, "first one from %s", ENDPOINT_TEXT(&d->source));
}

static void say_record(const struct receiver *r, const struct record *record)
{
        const struct datagram *d = record->datagram;
        struct log_field fields[SECTION_FIELDS + 3];
        char peer[ENDPOINT_TEXT_SIZE], bytes[24], payload[TEXT_ESCAPED_SIZE];

        if (!log_enabled(record->event) || (record->reply && record->reply->error))
                return;
        (void)endpoint_text(&d->source, peer);
        (void)text_escape(d->payload, d->length, payload);
        snprintf(bytes, sizeof bytes, "%zu", d->length);
        section_fields(&r->section, fields);
        fields[SECTION_FIELDS] = (struct log_field){ "MCASTD_PEER", peer };
        fields[SECTION_FIELDS + 1] = (struct log_field){ "MCASTD_BYTES", bytes };
        fields[SECTION_FIELDS + 2] = (struct log_field){ "MCASTD_PAYLOAD", payload };
        if (record->event == EVENT_ACKNOWLEDGED)
                log_event(record->event, fields, SECTION_FIELDS + 1, "acknowledged %s", peer);
        else if (record->event == EVENT_NOT_ACKNOWLEDGED)
                log_event(record->event, fields, SECTION_FIELDS + 1, "not acknowledged %s: %s", peer,
                          record->reason);
        else
                log_event(record->event, fields, SECTION_FIELDS + 3, "received %s bytes from %s: %s", bytes,
                          peer, payload);
}

static void say_unrecorded(struct receiver *r)
{
        uint64_t count = r->stats.count[STAT_UNRECORDED] - r->unrecorded_said;

        if (count == 0)
                return;
        r->unrecorded_said = r->stats.count[STAT_UNRECORDED];
        section_log(&r->section, EVENT_UNRECORDED,
                    "datagrams not recorded: %" PRIu64 "; more than LOG_RATE, %" PRIu32 "/s", count,
                    r->cfg.log_rate);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
        struct receiver *r = arg;
        int64_t now_ns = clock_monotonic_ns();
        uint64_t said = r->unrecorded_said;

        (void)fd;
        (void)what;
        say_unrecorded(r);
        if (section_troubles_tick(&r->section, now_ns) > 0 || r->unrecorded_said != said)
                arm_report(r, now_ns);
}

/* --- what is done with a datagram --- */

/* The drop counter of the kernel goes on from 2^32 - 1 to 0; so does the difference. */
static void note_kernel_drops(struct receiver *r, const struct datagram *d, int64_t now_ns)
{
        uint32_t more = d->kernel_drops - r->kernel_drops;

        if (d->kernel_drops == 0 || more == 0)
                return;
        r->kernel_drops = d->kernel_drops;
        r->stats.count[STAT_DROPPED_KERNEL] += more;
        if (trouble_begins(r, TROUBLE_KERNEL_DROPS, more, now_ns))
                section_say_trouble(&r->section, TROUBLE_KERNEL_DROPS,
                                    "see RECEIVE_BUFFER in mcastd.conf(5)");
}

static bool is_allowed(const struct config_networks *allow, const struct address *source)
{
        for (size_t i = 0; i < allow->n; i++)
                if (network_contains(&allow->networks[i], source))
                        return true;
        return allow->n == 0;
}

/* Counts and tells of a datagram that no handler gets to see. */
static bool is_dropped(struct receiver *r, const struct datagram *d, int64_t now_ns)
{
        enum stat stat;
        enum trouble which;

        if (d->truncated) {
                stat = STAT_DROPPED_TRUNCATED;
                which = TROUBLE_TRUNCATED;
        } else if (!address_equal(&d->destination, &r->section.group.address)) {
                stat = STAT_DROPPED_MISDIRECTED;
                which = TROUBLE_MISDIRECTED;
        } else if (!is_allowed(&r->cfg.allow, &d->source.address)) {
                stat = STAT_DROPPED_FOREIGN;
                which = TROUBLE_FOREIGN;
        } else {
                return false;
        }
        r->stats.count[stat]++;
        note_trouble_from(r, which, d, now_ns);
        return true;
}

static bool may_record(struct receiver *r, int64_t now_ns)
{
        /* Neither is there anything to suppress where nothing would be said. */
        if (r->cfg.log_rate == RATE_NONE || !log_enabled(EVENT_RECEIVED))
                return false;
        if (bucket_take(&r->log_bucket, &r->log_rule, now_ns))
                return true;
        r->stats.count[STAT_UNRECORDED]++;
        arm_report(r, now_ns);
        return false;
}

static void handle(struct receiver *r, const struct datagram *d, int64_t now_ns)
{
        struct handler_io io = {
                .now_ns = now_ns,
                .out = &r->env->out,
                .records = &r->env->records,
                .stats = &r->stats,
        };
        uint64_t over_rate = r->stats.count[STAT_ACKS_SUPPRESSED_RATE];
        uint64_t over_total = r->stats.count[STAT_ACKS_SUPPRESSED_TOTAL];
        struct message m;

        note_kernel_drops(r, d, now_ns);
        r->stats.count[STAT_RECEIVED]++;
        r->stats.count[STAT_RECEIVED_BYTES] += d->length;
        if (is_dropped(r, d, now_ns))
                return;
        io.record = may_record(r, now_ns);
        message_parse(d->payload, d->length, r->cfg.ack_text, &m);
        for (size_t i = 0; i < r->n_handlers; i++)
                r->handlers[i].handler->datagram(r->handlers[i].state, &io, d, &m);
        if (r->stats.count[STAT_ACKS_SUPPRESSED_RATE] != over_rate)
                note_trouble_from(r, TROUBLE_ACK_RATE, d, now_ns);
        if (r->stats.count[STAT_ACKS_SUPPRESSED_TOTAL] != over_total)
                note_trouble_from(r, TROUBLE_ACK_TOTAL, d, now_ns);
}

static void send_replies(struct receiver *r, int64_t now_ns)
{
        struct outbox *out = &r->env->out;
        size_t sent;

        if (out->n == 0)
                return;
        sent = outbox_flush(out, r->fd);
        r->stats.count[STAT_ACKED] += sent;
        if (sent == out->n)
                return;
        for (size_t i = 0; i < out->n; i++) {
                const struct reply *reply = &out->replies[i];

                if (!reply->error)
                        continue;
                r->stats.count[STAT_ACKS_FAILED]++;
                if (trouble_begins(r, TROUBLE_ACK_SEND, 1, now_ns))
                        section_say_trouble(&r->section, TROUBLE_ACK_SEND, "first one to %s: %s",
                                            ENDPOINT_TEXT(&reply->to), strerror(reply->error));
        }
}

/* One batch; returns how many datagrams it had. */
static size_t receive_batch(struct receiver *r)
{
        int64_t now_ns = clock_monotonic_ns();
        int n = batch_receive(r->env->batch, r->fd);

        if (n < 0) {
                r->stats.count[STAT_RECEIVE_ERRORS]++;
                if (trouble_begins(r, TROUBLE_RECEIVE, 1, now_ns))
                        section_say_trouble(&r->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return 0;
        }
        outbox_clear(&r->env->out);
        r->env->records.n = 0;
        for (int i = 0; i < n; i++)
                handle(r, batch_datagram(r->env->batch, (size_t)i), now_ns);
        send_replies(r, now_ns);
        for (size_t i = 0; i < r->env->records.n; i++)
                say_record(r, &r->env->records.items[i]);
        return (size_t)n;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)receive_batch(arg);
}

/* --- birth and death --- */

static int make_handlers(struct receiver *r)
{
        struct handler_settings settings = {
                .group = r->section.group,
                .ack_text = r->cfg.ack_text,
                .ack_rate = r->cfg.ack_rate,
                .ack_total = r->cfg.ack_total,
                .key = r->env->key,
        };

        for (size_t i = 0; i < r->cfg.handlers.n; i++) {
                const struct handler *h = handler_find(r->cfg.handlers.names[i]);

                if (!h)
                        return -EINVAL;
                if (h->create) {
                        int error = h->create(&settings, &r->handlers[i].state);

                        if (error < 0)
                                return error;
                }
                r->handlers[i].handler = h;
                r->n_handlers++;
        }
        return 0;
}

static int open_socket(struct receiver *r)
{
        struct socket_receiver spec = {
                .group = r->section.group,
                .link = { r->cfg.at.interface, &r->cfg.at.ip_address },
                .receive_buffer = r->cfg.receive_buffer,
                .share_any = r->cfg.share_any,
        };
        struct socket_failure failure;
        uint64_t granted = 0;
        char name[IFNAMSIZ];

        r->fd = socket_open_receiver(&spec, &r->link, &granted, &failure);
        if (r->fd < 0) {
                section_open_failed(&r->section, r->env->config_path, -r->fd, &failure);
                return r->fd;
        }
        section_log(&r->section, EVENT_JOINED, "joined %s on %s", ENDPOINT_TEXT(&r->section.group),
                    link_name(r->link, name));
        if (granted < r->cfg.receive_buffer)
                section_log(&r->section, EVENT_BUFFER_SMALL,
                            "receive buffer has %" PRIu64 " bytes, not the %" PRIu64
                            " of RECEIVE_BUFFER: raise net.core.rmem_max with sysctl",
                            granted, r->cfg.receive_buffer);
        return 0;
}

static int watch(struct receiver *r)
{
        r->readable = event_new(r->env->base, r->fd, EV_READ | EV_PERSIST, on_readable, r);
        r->report = evtimer_new(r->env->base, on_report, r);
        if (!r->readable || !r->report || event_priority_set(r->readable, LOOP_PRIORITY_DATA) < 0 ||
            event_add(r->readable, NULL) < 0)
                return -ENOMEM;
        return 0;
}

int receiver_new(struct env *env, const struct config_receiver *cfg, struct receiver **ret)
{
        struct receiver *r = calloc(1, sizeof *r);
        int error;

        if (!r)
                return -ENOMEM;
        r->env = env;
        r->fd = -1;
        r->cfg = *cfg;
        r->log_rule = bucket_rule(cfg->log_rate);
        section_init(&r->section, &r->cfg.at);
        error = make_handlers(r);
        if (error == 0)
                error = open_socket(r);
        if (error == 0)
                error = watch(r);
        if (error < 0) {
                receiver_free(r);
                return error;
        }
        *ret = r;
        return 0;
}

/* Handles what has come until now. A successor on the same group may be open: from here on it gets
 * everything. */
static void drain(struct receiver *r)
{
        /* Where this fails something may go to the old socket a moment longer, and is lost with it. */
        (void)socket_retire(r->fd, &r->section.group);
        for (int i = 0; i < DRAIN_BATCHES && receive_batch(r) == BATCH_MAX; i++)
                ;
        say_unrecorded(r);
        section_troubles_end(&r->section);
}

static void close_socket(struct receiver *r)
{
        char name[IFNAMSIZ];
        int error = socket_leave(r->fd, &r->section.group, r->link);

        close(r->fd);
        /* An interface that is gone has taken the membership along. */
        if (error == 0 || error == -ENODEV || error == -EADDRNOTAVAIL)
                section_log(&r->section, EVENT_LEFT, "left %s on %s", ENDPOINT_TEXT(&r->section.group),
                            link_name(r->link, name));
}

struct receiver *receiver_free(struct receiver *r)
{
        if (!r)
                return NULL;
        if (r->readable && r->report)
                drain(r);
        if (r->readable)
                event_free(r->readable);
        if (r->report)
                event_free(r->report);
        if (r->fd >= 0)
                close_socket(r);
        for (size_t i = 0; i < r->n_handlers; i++)
                if (r->handlers[i].handler->destroy)
                        r->handlers[i].handler->destroy(r->handlers[i].state);
        free(r);
        return NULL;
}

int receiver_check_distinct(const struct receiver *r, const struct receiver *other)
{
        char name[IFNAMSIZ];

        if (r->link != other->link || !endpoint_equal(&r->section.group, &other->section.group))
                return 0;
        section_log(
                &r->section, EVENT_OPEN_FAILED,
                "%s:%u: [%s] has the group and port of [%s], and on the same interface, %s: each datagram would be "
                "handled twice",
                r->env->config_path, r->section.line, r->section.name, other->section.name,
                link_name(r->link, name));
        return -ENOTUNIQ;
}

const struct stats *receiver_stats(const struct receiver *r)
{
        return &r->stats;
}

void receiver_log_counters(const struct receiver *r)
{
        section_log_counters(&r->section, &r->stats);
}
