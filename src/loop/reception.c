/* reception.c - what is done with the datagrams of a receiver: receives batches, lets the handlers judge,
 * sends their replies. The only place where a datagram enters. What is done with one is in handlers/, what is
 * known of it in state/. */
#include "loop/reception.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "message/message.h"
#include "os/socket.h"

/* What is at most still handled of a socket that is closed. Nothing new comes to it, unless it cannot be
 * retired. */
#define DRAIN_MAX 65536

_Static_assert(PEERS_EXPECT_MAX >= BATCH_MAX, "each datagram of a batch has a source");
_Static_assert(OUTBOX_MAX >= BATCH_MAX, "each datagram of a batch may be answered");
_Static_assert(RECORDS_MAX >= BATCH_MAX * CONFIG_HANDLERS_MAX, "each handler may speak of each datagram");

/* --- what is said --- */

static void note_trouble_from(struct reception *r, enum trouble which, const struct datagram *d,
                              int64_t now_ns)
{
        if (report_trouble_begins(&r->report, which, 1, now_ns))
                section_say_trouble(r->section, which, "first one from %s",
                                    ENDPOINT_TEXT_ON(&d->source, r->link->name));
}

static void say_record(const struct reception *r, const struct record *record)
{
        const struct datagram *d = record->datagram;
        struct log_field fields[SECTION_FIELDS + 4];
        char peer[ENDPOINT_TEXT_SIZE], bytes[TEXT_NUMBER_SIZE], key[TEXT_NUMBER_SIZE];
        char payload[TEXT_ESCAPED_SIZE], signature[SIGNER_TEXT_SIZE];

        if (!log_enabled(record->event) || (record->reply && (record->reply->error || r->cfg->ack_spread_ns)))
                return;
        if (log_skip(record->event))
                return;
        if (record->event == EVENT_ACKNOWLEDGED) {
                replies_say(&r->replies, record->reply);
                return;
        }
        (void)endpoint_text(&d->source, r->link->name, peer);
        (void)text_escape(d->payload, d->length, payload);
        (void)text_number(d->length, bytes);
        (void)text_number(d->key_id, key);
        section_fields(r->section, fields);
        fields[SECTION_FIELDS] = (struct log_field){ "MCASTD_PEER", peer };
        fields[SECTION_FIELDS + 1] = (struct log_field){ "MCASTD_BYTES", bytes };
        fields[SECTION_FIELDS + 2] = (struct log_field){ "MCASTD_PAYLOAD", payload };
        fields[SECTION_FIELDS + 3] = (struct log_field){ "MCASTD_KEY", key };
        if (record->event == EVENT_NOT_ACKNOWLEDGED)
                log_event(record->event, fields, SECTION_FIELDS + 1, "not acknowledged %s: %s", peer,
                          record->reason);
        else
                log_event(record->event, fields, SECTION_FIELDS + (d->key_id ? 4 : 3),
                          "received %s bytes from %s%s: %s", bytes, peer, signature_text(d, signature),
                          payload);
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
        if (report_trouble_begins(&r->report, TROUBLE_KERNEL_DROPS, (uint32_t)more, now_ns))
                section_say_trouble(r->section, TROUBLE_KERNEL_DROPS, "see RECEIVE_BUFFER in mcastd.conf(5)");
}

void reception_ask_for_drops(struct reception *r)
{
        uint32_t drops;

        if (r->fd >= 0 && socket_drops(r->fd, &drops) == 0)
                note_kernel_drops(r, drops, clock_monotonic_ns());
}

/* What has come together since it was last looked. True if there was anything. */
static bool look(void *arg)
{
        struct reception *r = arg;
        uint64_t said = r->unrecorded_said;

        batch_give_back(r->env->batch);
        reception_ask_for_drops(r);
        say_unrecorded(r);
        return r->unrecorded_said != said;
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
        /* Told by the report that each batch arms. */
        r->section->stats.count[STAT_UNRECORDED]++;
        return false;
}

/* Our own messages come back without the network. */
static bool is_of_others(const struct reception *r, const struct datagram *d)
{
        return r->link->loopback || !links_by_address(r->env->links, &d->source.address);
}

/* Whether the network delivers, whatever it is; where everything must be signed, only that counts. */
static void note_heard(struct reception *r, const struct datagram *d)
{
        if (r->cfg->expect_every_ns == 0 || r->heard ||
            !address_equal(&d->destination, &r->section->group.address))
                return;
        r->heard = is_of_others(r, d);
}

/* That all is refused tells nothing of what we sign ourselves. */
static void note_let_in(struct reception *r, const struct datagram *d)
{
        if (r->refused_in_row > 0 && is_of_others(r, d))
                r->refused_in_row = 0;
        if (r->entrance.mode == AUTH_ENFORCE)
                note_heard(r, d);
}

/* Looked up only for what might be an ack of our own. */
static bool is_own(const struct reception *r, const struct datagram *d)
{
        return d->source.port == r->section->group.port &&
               links_by_address(r->env->links, &d->source.address);
}

static void note_peer(struct reception *r, const struct datagram *d, const struct message *m,
                      const struct moment *moment)
{
        const struct peer_arrival arrival = {
                .source = &d->source.address,
                .port = d->source.port,
                .payload = d->payload,
                .length = d->length,
                .message = m,
                .key_id = d->key_id,
                .at_ns = arrivals_at_ns(&r->arrivals, d, moment),
                .wall_ns = d->wall_ns ? d->wall_ns : moment->wall_ns,
                .zone_ns = r->zone_ns,
        };

        peer_watch_see(&r->peers, &arrival);
}

/* Hands a datagram that was let in to those who deal with it. */
static void handle(struct reception *r, const struct datagram *d, const struct gate_result *g,
                   const struct moment *moment)
{
        int64_t now_ns = moment->now_ns;
        struct handler_io io = {
                .now_ns = now_ns,
                .out = &r->env->out,
                .records = &r->env->records,
                .stats = &r->section->stats,
                .own = is_own(r, d),
                .verified = d->key_id ? &g->trailer : NULL,
                .sign = r->cfg->auth >= AUTH_PERMISSIVE,
                .record = may_record(r, now_ns),
        };
        uint64_t over_rate = r->section->stats.count[STAT_ACKS_SUPPRESSED_RATE];
        uint64_t over_total = r->section->stats.count[STAT_ACKS_SUPPRESSED_TOTAL];
        struct message m;

        message_parse(d->payload, d->length, r->cfg->ack_text, &m);
        if (g->is_signed && g->trailer.type == AUTH_ACK)
                m.type = MESSAGE_ACK;
        note_peer(r, d, &m, moment);
        for (size_t i = 0; i < r->handlers.n; i++)
                r->handlers.items[i].handler->datagram(r->handlers.items[i].state, &io, d, &m);
        if (r->section->stats.count[STAT_ACKS_SUPPRESSED_RATE] != over_rate)
                note_trouble_from(r, TROUBLE_ACK_RATE, d, now_ns);
        if (r->section->stats.count[STAT_ACKS_SUPPRESSED_TOTAL] != over_total)
                note_trouble_from(r, TROUBLE_ACK_TOTAL, d, now_ns);
}

/* Notes and tells of a datagram that is refused for its signature, or because it has none. */
static void refuse(struct reception *r, const struct datagram *d, const struct gate_result *g,
                   const struct moment *moment)
{
        enum trouble which = entrance_trouble(g->verdict);
        bool begins = report_trouble_begins(&r->report, which, 1, moment->now_ns);
        char detail[ENTRANCE_DETAIL_SIZE];

        /* What was let in before the network may have brought twice. */
        if (g->verdict != GATE_REPLAY && is_of_others(r, d)) {
                r->refused_in_row++;
                r->refused_ns = moment->now_ns;
        }
        peers_refuse(r->peers.peers, &d->source.address, g->verdict);
        if (entrance_is_news(&r->entrance, &d->source.address, begins))
                section_say_trouble(r->section, which, "%s from %s%s", begins ? "first one" : "also",
                                    ENDPOINT_TEXT_ON(&d->source, r->link->name),
                                    entrance_detail(g, d, moment->wall_ns, detail));
}

static void take(struct reception *r, struct datagram *d, const struct moment *moment)
{
        struct gate_result g;

        /* Without drops the kernel does not tell. */
        if (d->kernel_drops)
                note_kernel_drops(r, d->kernel_drops, moment->now_ns);
        r->section->stats.count[STAT_RECEIVED]++;
        r->section->stats.count[STAT_RECEIVED_BYTES] += d->length;
        if (r->entrance.mode != AUTH_ENFORCE)
                note_heard(r, d);
        if (is_dropped(r, d, moment->now_ns))
                return;
        entrance_judge(&r->entrance, d, moment, &g);
        if (entrance_count(&r->entrance, &g)) {
                note_let_in(r, d);
                handle(r, d, &g, moment);
        } else {
                refuse(r, d, &g, moment);
        }
}

/* So many datagrams of the batch, and what they bring about. */
static void take_all(struct reception *r, size_t n, const struct moment *moment)
{
        const struct datagram *first = batch_datagram(r->env->batch, 0);
        struct records *records = &r->env->records;

        outbox_clear(&r->env->out);
        records->n = 0;
        peers_expect(r->peers.peers, &first->source.address, sizeof *first, n);
        for (size_t i = 0; i < n; i++)
                take(r, batch_datagram(r->env->batch, i), moment);
        replies_send(&r->replies, &r->env->out, moment->now_ns);
        for (size_t i = 0; i < records->n; i++)
                say_record(r, &records->items[i]);
}

int reception_batch(struct reception *r)
{
        struct moment moment = clock_moment();
        int64_t now_ns = moment.now_ns;
        int n, handled = 0;

        arrivals_choose(&r->arrivals, now_ns);
        n = batch_receive(r->env->batch, r->fd, &r->most);
        if (n < 0) {
                r->section->stats.count[STAT_RECEIVE_ERRORS]++;
                if (report_trouble_begins(&r->report, TROUBLE_RECEIVE, 1, now_ns))
                        section_say_trouble(r->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return n;
        }
        /* What was dropped behind the last of them is asked for then, and what was not recorded is told. */
        if (n > 0)
                report_arm(&r->report, now_ns);
        if (moment.wall_ns / NS_PER_S != r->zone_of_s) {
                r->zone_of_s = moment.wall_ns / NS_PER_S;
                r->zone_ns = clock_zone_ns(moment.wall_ns);
        }
        for (size_t more; (more = batch_next(r->env->batch)) > 0; handled += (int)more)
                take_all(r, more, &moment);
        if (!batch_is_full(r->env->batch))
                arrivals_emptied(&r->arrivals, now_ns);
        return handled;
}

/* --- birth and death --- */

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

int reception_prepare(struct reception *r, const struct config_receiver *next,
                      struct socket_failure *ret_failure)
{
        const struct handler_settings settings = settings_of(r, next);
        int error;

        *ret_failure = (struct socket_failure){ "ACK_SPREAD", "make room for the acks that wait" };
        error = replies_prepare(&r->replies, next);
        if (error == 0) {
                *ret_failure = (struct socket_failure){ "PEERS", "make the table of peers" };
                error = peer_watch_prepare(&r->peers, next);
        }
        if (error == 0) {
                *ret_failure = (struct socket_failure){ "AUTH", ENTRANCE_TRIED };
                error = entrance_prepare(&r->entrance, next->auth);
        }
        if (error == 0) {
                *ret_failure = (struct socket_failure){ "HANDLERS", "make the handlers" };
                error = handler_set_make(&next->handlers, &settings, &r->handlers, &r->next);
        }
        if (error < 0)
                peer_watch_settle(&r->peers, false);
        return error;
}

void reception_settle(struct reception *r, bool accepted)
{
        const struct handler_settings settings = settings_of(r, r->cfg);
        bool other_rules = r->entrance.mode != r->cfg->auth;

        peer_watch_settle(&r->peers, accepted);
        entrance_settle(&r->entrance, r->cfg->auth);
        if (other_rules) {
                r->refused_in_row = 0;
                r->refused_ns = 0;
                peers_absolve(r->peers.peers);
        }
        if (!accepted) {
                handler_set_destroy(&r->next, &r->handlers);
                return;
        }
        handler_set_destroy(&r->handlers, &r->next);
        r->handlers = r->next;
        for (size_t i = 0; i < r->handlers.n; i++)
                if (r->handlers.items[i].handler->retune)
                        r->handlers.items[i].handler->retune(r->handlers.items[i].state, &settings);
        r->log_rule = bucket_rule(r->cfg->log_rate);
}

int reception_init(struct reception *r, struct env *env, struct section *section,
                   const struct config_receiver *cfg, const struct attachment *link)
{
        struct socket_failure failure;
        int error;

        *r = (struct reception){ .env = env, .section = section, .cfg = cfg, .link = link, .fd = -1 };
        entrance_init(&r->entrance, section, AUTH_DATA);
        error = report_init(&r->report, env, section, look, r);
        if (error == 0)
                error = replies_init(&r->replies, env, section, cfg, link, &r->report);
        if (error == 0)
                error = peer_watch_init(&r->peers, env, section, cfg, link, &r->report);
        if (error == 0)
                error = reception_prepare(r, cfg, &failure);
        if (error == 0)
                reception_settle(r, true);
        return error;
}

bool reception_is_refusing(const struct reception *r, int64_t expect_ns)
{
        return r->entrance.mode == AUTH_ENFORCE && r->refused_ns &&
               clock_monotonic_ns() - r->refused_ns < expect_ns;
}

void reception_inherit(struct reception *r, struct reception *from)
{
        entrance_inherit(&r->entrance, &from->entrance);
}

void reception_begin(struct reception *r, int fd)
{
        r->fd = fd;
        r->most = BATCH_MAX;
        replies_begin(&r->replies, fd);
        r->kernel_drops = 0;
        arrivals_begin(&r->arrivals, fd, clock_monotonic_ns());
        peer_watch_grace(&r->peers);
}

/* Also of a socket that was opened in vain: while two sockets have the same group, a datagram may come to one
 * of them alone, and twice is better than never. */
void reception_drain(struct reception *r)
{
        int left = DRAIN_MAX, n;

        /* Where this fails something may go to the old socket a moment longer, and is lost with it. */
        (void)socket_retire(r->fd, &r->section->group);
        while (left > 0 && (n = reception_batch(r)) > 0 && batch_is_full(r->env->batch))
                left -= n;
        replies_drain(&r->replies);
        reception_ask_for_drops(r);
        r->fd = r->replies.fd = -1;
}

void reception_end(struct reception *r)
{
        static const struct handler_set none;

        if (r->report.timer) {
                say_unrecorded(r);
                section_troubles_end(r->section);
        }
        report_end(&r->report);
        replies_end(&r->replies);
        peer_watch_end(&r->peers);
        entrance_end(&r->entrance);
        handler_set_destroy(&r->handlers, &none);
}
