/* reception.c - what is done with the datagrams of a receiver: receives batches, lets the handlers judge,
 * sends their replies. The only place where a datagram enters. What is done with one is in handlers/, what is
 * known of it in state/. */
#include "loop/reception.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/timer.h"
#include "message/message.h"
#include "os/socket.h"

/* How often is said how many datagrams were not recorded, and looked whether a trouble is over. */
#define REPORT_EVERY_NS (10 * NS_PER_S)

/* What is at most still handled of a socket that is closed. Nothing new comes to it, unless it cannot be
 * retired. */
#define DRAIN_BATCHES 1024

_Static_assert(OUTBOX_MAX >= BATCH_MAX, "each datagram of a batch may be answered");
_Static_assert(RECORDS_MAX >= BATCH_MAX * CONFIG_HANDLERS_MAX, "each handler may speak of each datagram");

/* --- what is said --- */

static void arm_report(struct reception *r, int64_t now_ns)
{
        if (event_pending(r->report, EV_TIMEOUT, NULL))
                return;
        /* Without memory for the timer the report comes with the next trouble. */
        (void)timer_arm(r->report, now_ns + REPORT_EVERY_NS);
}

/* A trouble happened `times` more. True if it begins with that: then it is to be said. */
static bool trouble_begins(struct reception *r, enum trouble which, uint64_t times, int64_t now_ns)
{
        arm_report(r, now_ns);
        return section_trouble_begins(r->section, which, times, now_ns);
}

static void note_trouble_from(struct reception *r, enum trouble which, const struct datagram *d,
                              int64_t now_ns)
{
        if (trouble_begins(r, which, 1, now_ns))
                section_say_trouble(r->section, which, "first one from %s",
                                    ENDPOINT_TEXT_ON(&d->source, r->link->name));
}

static void say_acknowledged(const struct reception *r, const struct endpoint *to)
{
        struct log_field fields[SECTION_FIELDS + 1];
        char peer[ENDPOINT_TEXT_SIZE];

        section_fields(r->section, fields);
        fields[SECTION_FIELDS] = (struct log_field){ "MCASTD_PEER", endpoint_text(to, r->link->name, peer) };
        log_event(EVENT_ACKNOWLEDGED, fields, SECTION_FIELDS + 1, "acknowledged %s", peer);
}

static void say_record(const struct reception *r, const struct record *record)
{
        const struct datagram *d = record->datagram;
        struct log_field fields[SECTION_FIELDS + 3];
        char peer[ENDPOINT_TEXT_SIZE], bytes[24], payload[TEXT_ESCAPED_SIZE];

        if (!log_enabled(record->event) || (record->reply && (record->reply->error || r->cfg->ack_spread_ns)))
                return;
        (void)endpoint_text(&d->source, r->link->name, peer);
        (void)text_escape(d->payload, d->length, payload);
        snprintf(bytes, sizeof bytes, "%zu", d->length);
        section_fields(r->section, fields);
        fields[SECTION_FIELDS] = (struct log_field){ "MCASTD_PEER", peer };
        fields[SECTION_FIELDS + 1] = (struct log_field){ "MCASTD_BYTES", bytes };
        fields[SECTION_FIELDS + 2] = (struct log_field){ "MCASTD_PAYLOAD", payload };
        if (record->event == EVENT_ACKNOWLEDGED)
                say_acknowledged(r, &d->source);
        else if (record->event == EVENT_NOT_ACKNOWLEDGED)
                log_event(record->event, fields, SECTION_FIELDS + 1, "not acknowledged %s: %s", peer,
                          record->reason);
        else
                log_event(record->event, fields, SECTION_FIELDS + 3, "received %s bytes from %s: %s", bytes,
                          peer, payload);
}

static void say_unrecorded(struct reception *r)
{
        uint64_t count = r->section->stats.count[STAT_UNRECORDED] - r->unrecorded_said;

        if (count == 0)
                return;
        r->unrecorded_said = r->section->stats.count[STAT_UNRECORDED];
        section_log(r->section, EVENT_UNRECORDED,
                    "datagrams not recorded: %" PRIu64 "; more than LOG_RATE, %" PRIu32 "/s", count,
                    r->cfg->log_rate);
}

/* The drop counter of the kernel goes on from 2^32 - 1 to 0; so does the difference. What a datagram tells
 * may be older than what is known. */
static void note_kernel_drops(struct reception *r, uint32_t drops, int64_t now_ns)
{
        int32_t more = (int32_t)(drops - r->kernel_drops);

        if (more <= 0)
                return;
        r->kernel_drops = drops;
        r->section->stats.count[STAT_DROPPED_KERNEL] += (uint32_t)more;
        if (trouble_begins(r, TROUBLE_KERNEL_DROPS, (uint32_t)more, now_ns))
                section_say_trouble(r->section, TROUBLE_KERNEL_DROPS, "see RECEIVE_BUFFER in mcastd.conf(5)");
}

void reception_ask_for_drops(struct reception *r)
{
        uint32_t drops;

        if (r->fd >= 0 && socket_drops(r->fd, &drops) == 0)
                note_kernel_drops(r, drops, clock_monotonic_ns());
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
        struct reception *r = arg;
        int64_t now_ns = clock_monotonic_ns();
        uint64_t said = r->unrecorded_said;

        (void)fd;
        (void)what;
        reception_ask_for_drops(r);
        say_unrecorded(r);
        if (section_troubles_tick(r->section, now_ns) > 0 || r->unrecorded_said != said)
                arm_report(r, now_ns);
}

/* --- what is done with a datagram --- */

static bool is_allowed(const struct config_networks *allow, const struct address *source)
{
        for (size_t i = 0; i < allow->n; i++)
                if (network_contains(&allow->networks[i], source))
                        return true;
        return allow->n == 0;
}

/* The kernel sees to it, too; but not for all ways by which a datagram can reach a socket. */
static bool is_asked_for(const struct config_sources *sources, const struct address *source)
{
        struct address plain = *source;

        plain.scope = 0;
        for (size_t i = 0; i < sources->n; i++)
                if (address_equal(&sources->addresses[i], &plain))
                        return true;
        return sources->n == 0;
}

/* Counts and tells of a datagram that no handler gets to see. */
static bool is_dropped(struct reception *r, const struct datagram *d, int64_t now_ns)
{
        enum stat stat;
        enum trouble which;

        if (d->truncated) {
                stat = STAT_DROPPED_TRUNCATED;
                which = TROUBLE_TRUNCATED;
        } else if (!address_equal(&d->destination, &r->section->group.address)) {
                stat = STAT_DROPPED_MISDIRECTED;
                which = TROUBLE_MISDIRECTED;
        } else if (!is_asked_for(&r->cfg->sources, &d->source.address)) {
                stat = STAT_DROPPED_SOURCE;
                which = TROUBLE_SOURCE;
        } else if (!is_allowed(&r->cfg->allow, &d->source.address)) {
                stat = STAT_DROPPED_FOREIGN;
                which = TROUBLE_FOREIGN;
        } else {
                return false;
        }
        r->section->stats.count[stat]++;
        note_trouble_from(r, which, d, now_ns);
        return true;
}

static bool may_record(struct reception *r, int64_t now_ns)
{
        /* Neither is there anything to suppress where nothing would be said. */
        if (r->cfg->log_rate == RATE_NONE || !log_enabled(EVENT_RECEIVED))
                return false;
        if (bucket_take(&r->log_bucket, &r->log_rule, now_ns))
                return true;
        r->section->stats.count[STAT_UNRECORDED]++;
        arm_report(r, now_ns);
        return false;
}

/* Our own messages come back whatever the network does. */
static void note_heard(struct reception *r, const struct datagram *d, bool own)
{
        if (address_equal(&d->destination, &r->section->group.address) && (!own || r->link->loopback))
                r->heard = true;
}

/* Looked up only where it matters: for what might be an ack of our own, and until somebody was heard. */
static bool is_own(const struct reception *r, const struct datagram *d)
{
        if ((r->cfg->expect_every_ns == 0 || r->heard) && d->source.port != r->section->group.port)
                return false;
        return links_by_address(r->env->links, &d->source.address);
}

static void handle(struct reception *r, const struct datagram *d, int64_t now_ns)
{
        struct handler_io io = {
                .now_ns = now_ns,
                .out = &r->env->out,
                .records = &r->env->records,
                .stats = &r->section->stats,
                .own = is_own(r, d),
        };
        uint64_t over_rate = r->section->stats.count[STAT_ACKS_SUPPRESSED_RATE];
        uint64_t over_total = r->section->stats.count[STAT_ACKS_SUPPRESSED_TOTAL];
        struct message m;

        /* Without drops the kernel does not tell. */
        if (d->kernel_drops)
                note_kernel_drops(r, d->kernel_drops, now_ns);
        r->section->stats.count[STAT_RECEIVED]++;
        r->section->stats.count[STAT_RECEIVED_BYTES] += d->length;
        note_heard(r, d, io.own);
        if (is_dropped(r, d, now_ns))
                return;
        io.record = may_record(r, now_ns);
        message_parse(d->payload, d->length, r->cfg->ack_text, &m);
        for (size_t i = 0; i < r->handlers.n; i++)
                r->handlers.items[i].handler->datagram(r->handlers.items[i].state, &io, d, &m);
        if (r->section->stats.count[STAT_ACKS_SUPPRESSED_RATE] != over_rate)
                note_trouble_from(r, TROUBLE_ACK_RATE, d, now_ns);
        if (r->section->stats.count[STAT_ACKS_SUPPRESSED_TOTAL] != over_total)
                note_trouble_from(r, TROUBLE_ACK_TOTAL, d, now_ns);
}

/* --- replies --- */

static void not_acknowledged(struct reception *r, const struct reply *reply, int64_t now_ns)
{
        r->section->stats.count[STAT_ACKS_FAILED]++;
        if (trouble_begins(r, TROUBLE_ACK_SEND, 1, now_ns))
                section_say_trouble(r->section, TROUBLE_ACK_SEND, "first one to %s: %s",
                                    ENDPOINT_TEXT_ON(&reply->to, r->link->name), strerror(reply->error));
}

static void send_now(struct reception *r, struct outbox *out, int64_t now_ns)
{
        size_t sent;

        if (out->n == 0)
                return;
        sent = outbox_flush(out, r->fd);
        r->section->stats.count[STAT_ACKED] += sent;
        if (sent == out->n)
                return;
        for (size_t i = 0; i < out->n; i++)
                if (out->replies[i].error)
                        not_acknowledged(r, &out->replies[i], now_ns);
}

static void arm_send(struct reception *r)
{
        int64_t due_ns = delay_due(r->delay);

        /* Without memory for the timer they go out with the next ones. */
        if (due_ns != INT64_MAX)
                (void)timer_arm(r->send, due_ns);
}

/* Each at a time of its own, up to ACK_SPREAD from now: as even as a remainder of 2^64 is. */
static void send_later(struct reception *r, const struct outbox *out, int64_t now_ns)
{
        if (out->n == 0)
                return;
        for (size_t i = 0; i < out->n; i++) {
                const struct reply *reply = &out->replies[i];
                uint64_t random;

                randombytes_buf(&random, sizeof random);
                random %= (uint64_t)r->cfg->ack_spread_ns + 1;
                if (delay_put(r->delay, reply, now_ns + (int64_t)random))
                        continue;
                r->section->stats.count[STAT_ACKS_SUPPRESSED_SPREAD]++;
                if (trouble_begins(r, TROUBLE_ACK_SPREAD, 1, now_ns))
                        section_say_trouble(r->section, TROUBLE_ACK_SPREAD, "more than %d; first one to %s",
                                            DELAY_MAX, ENDPOINT_TEXT_ON(&reply->to, r->link->name));
        }
        arm_send(r);
}

/* Sends what waits and is due at due_ns. */
static void send_due(struct reception *r, int64_t due_ns)
{
        struct outbox *out = &r->env->out;
        int64_t now_ns = clock_monotonic_ns();
        struct reply reply;

        do {
                outbox_clear(out);
                while (out->n < OUTBOX_MAX && delay_take(r->delay, due_ns, &reply)) {
                        /* The text may be another one by now. */
                        reply.payload = r->cfg->ack_text;
                        reply.length = strlen(r->cfg->ack_text);
                        *outbox_append(out) = reply;
                }
                send_now(r, out, now_ns);
                for (size_t i = 0; i < out->n; i++)
                        if (out->replies[i].record && !out->replies[i].error)
                                say_acknowledged(r, &out->replies[i].to);
        } while (out->n == OUTBOX_MAX);
}

static void on_send(evutil_socket_t fd, short what, void *arg)
{
        struct reception *r = arg;

        (void)fd;
        (void)what;
        send_due(r, clock_monotonic_ns());
        arm_send(r);
}

int reception_batch(struct reception *r)
{
        int64_t now_ns = clock_monotonic_ns();
        struct outbox *out = &r->env->out;
        int n = batch_receive(r->env->batch, r->fd);

        if (n < 0) {
                r->section->stats.count[STAT_RECEIVE_ERRORS]++;
                if (trouble_begins(r, TROUBLE_RECEIVE, 1, now_ns))
                        section_say_trouble(r->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return n;
        }
        outbox_clear(out);
        r->env->records.n = 0;
        /* What was dropped behind the last of them is asked for then. */
        if (n > 0)
                arm_report(r, now_ns);
        for (int i = 0; i < n; i++)
                handle(r, batch_datagram(r->env->batch, (size_t)i), now_ns);
        if (r->cfg->ack_spread_ns)
                send_later(r, out, now_ns);
        else
                send_now(r, out, now_ns);
        for (size_t i = 0; i < r->env->records.n; i++)
                say_record(r, &r->env->records.items[i]);
        return n;
}

/* --- birth and death --- */

static size_t find_handler(const struct handler_set *set, const struct handler *h)
{
        size_t i = 0;

        while (i < set->n && set->items[i].handler != h)
                i++;
        return i;
}

/* Destroys the handlers of a set that the other has not. */
static void destroy_handlers(struct handler_set *set, const struct handler_set *but)
{
        for (size_t i = 0; i < set->n; i++) {
                const struct handler *h = set->items[i].handler;

                if (h->destroy && find_handler(but, h) == but->n)
                        h->destroy(set->items[i].state);
        }
}

/* The handlers of the configuration, in its order: those that are in `old` as they are, the others new. 0 or
 * -errno. */
static int make_handlers(const struct config_receiver *cfg, const struct handler_settings *settings,
                         const struct handler_set *old, struct handler_set *ret)
{
        *ret = (struct handler_set){ 0 };
        for (size_t i = 0; i < cfg->handlers.n; i++) {
                const struct handler *h = handler_find(cfg->handlers.names[i]);
                size_t at = find_handler(old, h);
                void *state = at < old->n ? old->items[at].state : NULL;
                int r = 0;

                if (at == old->n && h->create)
                        r = h->create(settings, &state);
                if (r < 0) {
                        destroy_handlers(ret, old);
                        return r;
                }
                ret->items[ret->n].handler = h;
                ret->items[ret->n++].state = state;
        }
        return 0;
}

static struct handler_settings settings_of(const struct reception *r, const struct config_receiver *cfg)
{
        return (struct handler_settings){
                .group = r->section->group,
                .ack_text = r->cfg->ack_text,
                .ack_rate = cfg->ack_rate,
                .ack_total = cfg->ack_total,
                .key = r->env->key,
        };
}

int reception_prepare(struct reception *r, const struct config_receiver *next)
{
        const struct handler_settings settings = settings_of(r, next);
        int error = 0;

        if (next->ack_spread_ns && !r->delay)
                error = delay_new(&r->delay);
        return error < 0 ? error : make_handlers(next, &settings, &r->handlers, &r->next);
}

void reception_settle(struct reception *r, bool accepted)
{
        const struct handler_settings settings = settings_of(r, r->cfg);

        if (!accepted) {
                destroy_handlers(&r->next, &r->handlers);
                return;
        }
        destroy_handlers(&r->handlers, &r->next);
        r->handlers = r->next;
        for (size_t i = 0; i < r->handlers.n; i++)
                if (r->handlers.items[i].handler->retune)
                        r->handlers.items[i].handler->retune(r->handlers.items[i].state, &settings);
        r->log_rule = bucket_rule(r->cfg->log_rate);
}

int reception_init(struct reception *r, struct env *env, struct section *section,
                   const struct config_receiver *cfg, const struct attachment *link)
{
        int error;

        *r = (struct reception){ .env = env, .section = section, .cfg = cfg, .link = link, .fd = -1 };
        r->report = evtimer_new(env->base, on_report, r);
        r->send = evtimer_new(env->base, on_send, r);
        if (!r->report || !r->send || event_priority_set(r->report, LOOP_PRIORITY_DATA) < 0 ||
            event_priority_set(r->send, LOOP_PRIORITY_DATA) < 0)
                return -ENOMEM;
        error = reception_prepare(r, cfg);
        if (error == 0)
                reception_settle(r, true);
        return error;
}

void reception_begin(struct reception *r, int fd)
{
        r->fd = fd;
        r->kernel_drops = 0;
}

/* Also of a socket that was opened in vain: while two sockets have the same group, a datagram may come to one
 * of them alone, and twice is better than never. */
void reception_drain(struct reception *r)
{
        /* Where this fails something may go to the old socket a moment longer, and is lost with it. */
        (void)socket_retire(r->fd, &r->section->group);
        for (int i = 0; i < DRAIN_BATCHES && reception_batch(r) == BATCH_MAX; i++)
                ;
        if (r->delay)
                send_due(r, INT64_MAX);
        reception_ask_for_drops(r);
        r->fd = -1;
}

void reception_end(struct reception *r)
{
        static const struct handler_set none;

        if (r->report && r->send) {
                say_unrecorded(r);
                section_troubles_end(r->section);
        }
        if (r->report)
                event_free(r->report);
        if (r->send)
                event_free(r->send);
        destroy_handlers(&r->handlers, &none);
        delay_free(r->delay);
}
