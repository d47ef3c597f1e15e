/* metrics.c - a snapshot as metrics, for Prometheus and its like. Pure.
 * Everything of one name stands together, as both formats want it; so this walks the table of names and, for
 * each, the sections or peers. What is added here is to be added to mcastd(8). */
#include "view/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Longer than any: two labels of which every byte is escaped; and with a name and a number. */
#define LABELS_SIZE 1024
#define LINE_SIZE   1280
#define VALUE_SIZE  32

/* Five bytes for one that is not printable. */
#define LABEL_SIZE (5 * (SNAPSHOT_NAME_SIZE - 1) + 1)

enum type {
        GAUGE,
        COUNTER,
        INFO
};

struct value {
        enum {
                NOTHING,
                NUMBER,
                SECONDS
        } kind;
        uint64_t n;
        int64_t ns;
};

/* What is measured: one sample for each item. */
enum scope {
        DAEMON,
        RECEIVERS,
        EMITTERS,
        PEERS,
        ACK_SOURCES
};

struct metric {
        const char *name; /* as of its samples: "_total" or "_info" at the end belong to the type */
        enum type type;
        enum scope of;
        const char *unit; /* the last word of the name; NULL: none */
        const char *help;
        struct value (*value)(const struct snapshot *s, size_t i); /* of the i-th item */
};

struct writer {
        const struct snapshot *s;
        enum metrics_format format;
        metrics_write write;
        void *arg;
        int error;            /* the first */
        struct metric metric; /* that is being written */
        bool headed;          /* its head is written */
};

const char *view_metrics_type(enum metrics_format format)
{
        if (format == METRICS_OPENMETRICS)
                return "application/openmetrics-text; version=1.0.0; charset=utf-8";
        return "text/plain; version=0.0.4; charset=utf-8";
}

/* --- lines --- */

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *format, ...)
{
        char line[LINE_SIZE];
        va_list args;
        int length;

        va_start(args, format);
        length = vsnprintf(line, sizeof line, format, args);
        va_end(args);
        if (w->error == 0)
                w->error = w->write(w->arg, line, (size_t)length);
}

/* A label's value between its quotes. A name of a file or of an interface may have any bytes, of which a
 * reader that is given bad UTF-8 would refuse everything. */
static const char *escaped(const char *text, char buffer[LABEL_SIZE])
{
        char *to = buffer;

        for (; *text && to - buffer < LABEL_SIZE - 5; text++) {
                unsigned char c = (unsigned char)*text;

                if (c == '\n')
                        to = stpcpy(to, "\\n");
                else if (c < 0x20 || c > 0x7e)
                        to += sprintf(to, "\\\\x%02x", c);
                else {
                        if (c == '\\' || c == '"')
                                *to++ = '\\';
                        *to++ = (char)c;
                }
        }
        *to = '\0';
        return buffer;
}
#define ESCAPED(text) escaped((text), (char[LABEL_SIZE]){ 0 })

static const char *value_text(struct value v, char buffer[VALUE_SIZE])
{
        uint64_t ns = v.ns < 0 ? -(uint64_t)v.ns : (uint64_t)v.ns;

        if (v.kind == SECONDS)
                snprintf(buffer, VALUE_SIZE, "%s%" PRIu64 ".%09" PRIu64, v.ns < 0 ? "-" : "",
                         ns / (uint64_t)NS_PER_S, ns % (uint64_t)NS_PER_S);
        else
                snprintf(buffer, VALUE_SIZE, "%" PRIu64, v.n);
        return buffer;
}
#define VALUE_TEXT(v) value_text((v), (char[VALUE_SIZE]){ 0 })

/* In OpenMetrics the end that belongs to the type is no part of the name. */
static int name_length(const struct writer *w)
{
        static const char *const ends[] = { [GAUGE] = "", [COUNTER] = "_total", [INFO] = "_info" };
        size_t length = strlen(w->metric.name);

        return (int)(w->format == METRICS_TEXT ? length : length - strlen(ends[w->metric.type]));
}

static void put_head(struct writer *w)
{
        static const char *const types[] = { [GAUGE] = "gauge", [COUNTER] = "counter", [INFO] = "info" };
        const struct metric *m = &w->metric;
        bool open = w->format == METRICS_OPENMETRICS;
        int length = name_length(w);

        put(w, "# HELP %.*s %s\n", length, m->name, m->help);
        put(w, "# TYPE %.*s %s\n", length, m->name, types[m->type == INFO && !open ? GAUGE : m->type]);
        if (open && m->unit)
                put(w, "# UNIT %.*s %s\n", length, m->name, m->unit);
}

/* The samples of a metric follow, if it has any. */
static void begin(struct writer *w, const struct metric *m)
{
        w->metric = *m;
        w->headed = false;
}

/* The labels are with their braces, or "". */
static void put_sample(struct writer *w, const char *labels, struct value v)
{
        if (v.kind == NOTHING)
                return;
        if (!w->headed)
                put_head(w);
        w->headed = true;
        put(w, "%s%s %s\n", w->metric.name, labels, VALUE_TEXT(v));
}

/* --- what is measured --- */

static struct value number(uint64_t n)
{
        return (struct value){ .kind = NUMBER, .n = n };
}

static struct value number_if(bool there, uint64_t n)
{
        return (struct value){ .kind = there ? NUMBER : NOTHING, .n = n };
}

static struct value seconds(int64_t ns)
{
        return (struct value){ .kind = SECONDS, .ns = ns };
}

/* A function for the table. */
#define VALUE_OF(name, expression)                                                                           \
        static struct value name(const struct snapshot *s, size_t i)                                         \
        {                                                                                                    \
                (void)i;                                                                                     \
                return expression;                                                                           \
        }

VALUE_OF(start_time, seconds(s->started_wall_ns))
VALUE_OF(reload_refused, number(s->reload_refused))
VALUE_OF(log_lost_lines, number(s->log_lost))
VALUE_OF(control_clients, number(s->control.connected))
VALUE_OF(control_accepted, number(s->control.accepted))
VALUE_OF(control_refused, number(s->control.refused))
VALUE_OF(control_dropped, number(s->control.dropped))
VALUE_OF(http_connections, number(s->http.connected))
VALUE_OF(http_accepted, number(s->http.accepted))
VALUE_OF(http_refused, number(s->http.refused))
VALUE_OF(http_dropped, number(s->http.dropped))
VALUE_OF(truncated, number_if(s->n_peers || s->n_ack_sources || s->next.more, s->next.more))
VALUE_OF(clocks_wrong, number(s->sections[i].clocks_wrong))
VALUE_OF(refuses_all, number(s->sections[i].refuses_all))
VALUE_OF(peers_max, number(s->sections[i].peers_max))
VALUE_OF(interval, seconds(s->sections[i].interval_ns))
VALUE_OF(sequence, number(s->sections[i].sequence))
VALUE_OF(ack_sources, number(s->sections[i].ack_sources))
VALUE_OF(last_acks, number(s->sections[i].last_acks))
VALUE_OF(expected_acks, number(s->sections[i].expect_acks))
VALUE_OF(peer_up, number(s->peers[i].peer.state != PEER_DOWN))
VALUE_OF(peer_last_heard, seconds(s->peers[i].last_wall_ns))
VALUE_OF(peer_datagrams, number(s->peers[i].peer.datagrams))
VALUE_OF(peer_bytes, number(s->peers[i].peer.bytes))
VALUE_OF(peer_lost, number_if(s->peers[i].peer.has_sequence, s->peers[i].peer.lost))
VALUE_OF(peer_restarts, number(s->peers[i].peer.restarts))
VALUE_OF(source_acked, number(s->ack_sources[i].entry.acked))
VALUE_OF(source_missed, number(s->ack_sources[i].entry.missed))
VALUE_OF(source_rtt, seconds(s->ack_sources[i].entry.rtt_last_ns))

static struct value peer_clock(const struct snapshot *s, size_t i)
{
        const struct peer *p = &s->peers[i].peer;

        return p->has_clock ? seconds(p->clock_ns) : (struct value){ .kind = NOTHING };
}

static const struct metric metrics[] = {
        { "mcastd_start_time_seconds", GAUGE, DAEMON, "seconds", "When the daemon was started.", start_time },
        { "mcastd_reload_refused", GAUGE, DAEMON, NULL, "1 if the last reload was refused.", reload_refused },
        { "mcastd_log_lost_lines_total", COUNTER, DAEMON, NULL, "Lines of the log that nobody took.",
          log_lost_lines },
        { "mcastd_control_clients", GAUGE, DAEMON, NULL, "Clients of the control sockets.", control_clients },
        { "mcastd_control_clients_accepted_total", COUNTER, DAEMON, NULL, "Clients that have come.",
          control_accepted },
        { "mcastd_control_clients_refused_total", COUNTER, DAEMON, NULL,
          "Clients sent away: there were too many.", control_refused },
        { "mcastd_control_clients_dropped_total", COUNTER, DAEMON, NULL,
          "Clients closed: too slow, too silent, or too long a request.", control_dropped },
        { "mcastd_http_connections", GAUGE, DAEMON, NULL, "Connections of HTTP.", http_connections },
        { "mcastd_http_connections_accepted_total", COUNTER, DAEMON, NULL, "Connections that have come.",
          http_accepted },
        { "mcastd_http_connections_refused_total", COUNTER, DAEMON, NULL,
          "Connections closed for a newer one, or told that there are too many requests.", http_refused },
        { "mcastd_http_connections_dropped_total", COUNTER, DAEMON, NULL,
          "Connections closed without a request, or before their answer was taken.", http_dropped },
        { "mcastd_peers_clock_wrong", GAUGE, RECEIVERS, NULL, "Peers whose clock is wrong.", clocks_wrong },
        { "mcastd_receiver_refuses_all", GAUGE, RECEIVERS, NULL,
          "1 if all that came of late was refused for its signature.", refuses_all },
        { "mcastd_peers_max", GAUGE, RECEIVERS, NULL, "How many peers are remembered at most.", peers_max },
        { "mcastd_emitter_interval_seconds", GAUGE, EMITTERS, "seconds", "Time between two messages.",
          interval },
        { "mcastd_emitter_sequence", GAUGE, EMITTERS, NULL, "Number of the last message.", sequence },
        { "mcastd_ack_sources", GAUGE, EMITTERS, NULL, "Nodes known to acknowledge.", ack_sources },
        { "mcastd_last_acks", GAUGE, EMITTERS, NULL,
          "Nodes that have acknowledged the last message for which that is known.", last_acks },
        { "mcastd_expected_acks", GAUGE, EMITTERS, NULL, "Nodes that should acknowledge; 0: nobody need.",
          expected_acks },
        { "mcastd_peer_metrics_truncated", GAUGE, DAEMON, NULL, "1 if there are more peers than are shown.",
          truncated },
        { "mcastd_peer_up", GAUGE, PEERS, NULL, "1, or 0 for a peer that is silent for too long.", peer_up },
        { "mcastd_peer_last_heard_timestamp_seconds", GAUGE, PEERS, "seconds",
          "When the peer was last heard.", peer_last_heard },
        { "mcastd_peer_datagrams_total", COUNTER, PEERS, NULL, "Datagrams of the peer.", peer_datagrams },
        { "mcastd_peer_bytes_total", COUNTER, PEERS, "bytes", "Bytes of payload in them.", peer_bytes },
        { "mcastd_peer_lost", GAUGE, PEERS, NULL, "Messages that are missing in the peer's seq=.",
          peer_lost },
        { "mcastd_peer_restarts_total", COUNTER, PEERS, NULL, "Restarts of the peer that were seen.",
          peer_restarts },
        { "mcastd_peer_clock_difference_seconds", GAUGE, PEERS, "seconds", "The peer's clock less ours.",
          peer_clock },
        { "mcastd_ack_source_acked_total", COUNTER, ACK_SOURCES, NULL, "Messages acknowledged.",
          source_acked },
        { "mcastd_ack_source_missed_total", COUNTER, ACK_SOURCES, NULL, "Messages not acknowledged.",
          source_missed },
        { "mcastd_ack_source_rtt_seconds", GAUGE, ACK_SOURCES, "seconds",
          "Time from the last acknowledged message to its acknowledgement.", source_rtt },
};

static const char *const counter_help[STAT_N] = {
        [STAT_RECEIVED] = "Datagrams delivered by the kernel.",
        [STAT_RECEIVED_BYTES] = "Bytes of payload in them.",
        [STAT_RECORDED] = "Datagrams that were logged.",
        [STAT_UNRECORDED] = "Datagrams not logged because of LOG_RATE.",
        [STAT_DROPPED_KERNEL] =
                "Datagrams dropped by the kernel, mostly because the receive buffer was full.",
        [STAT_DROPPED_TRUNCATED] = "Datagrams that were too long.",
        [STAT_DROPPED_MISDIRECTED] = "Datagrams not addressed to the group.",
        [STAT_DROPPED_FOREIGN] = "Datagrams from outside ALLOW.",
        [STAT_DROPPED_SOURCE] = "Datagrams from outside SOURCES.",
        [STAT_AUTH_OK] = "Datagrams rightly signed.",
        [STAT_AUTH_PLAIN] = "Datagrams that were not signed, and taken.",
        [STAT_DROPPED_PLAIN] = "Datagrams not signed, where AUTH wants that.",
        [STAT_DROPPED_MALFORMED] = "Datagrams signed in a way that is not known.",
        [STAT_DROPPED_UNKNOWN_KEY] = "Datagrams signed by a key that is not known.",
        [STAT_DROPPED_STALE] = "Datagrams signed too far from now.",
        [STAT_DROPPED_BAD_MAC] = "Datagrams with a wrong signature.",
        [STAT_DROPPED_REPLAY] = "Signed datagrams that were taken before.",
        [STAT_DROPPED_EARLY] = "Signed datagrams that the daemon before this one may have taken.",
        [STAT_RECEIVE_ERRORS] = "Failures to receive.",
        [STAT_REJOINS] = "How often the group was left and joined.",
        [STAT_PEERS_UNTOLD] = "Newcomers of whom no line was logged: too many came at once.",
        [STAT_PEERS_DISPLACED] = "Peers forgotten for a newcomer.",
        [STAT_PEERS_REFUSED] = "Datagrams of newcomers for whom there was no place.",
        [STAT_ACKED] = "Acknowledgements sent.",
        [STAT_ACKS_LEAKED] = "Acknowledgements sent although beyond ACK_RATE.",
        [STAT_ACKS_FAILED] = "Acknowledgements that the kernel refused.",
        [STAT_ACKS_SUPPRESSED_ACK] = "Not acknowledged: is itself an acknowledgement.",
        [STAT_ACKS_SUPPRESSED_SELF] = "Not acknowledged: from a receiver of this host.",
        [STAT_ACKS_SUPPRESSED_SOURCE] = "Not acknowledged: impossible source address.",
        [STAT_ACKS_SUPPRESSED_PORT] = "Not acknowledged: source port 0.",
        [STAT_ACKS_SUPPRESSED_RATE] = "Not acknowledged: beyond ACK_RATE.",
        [STAT_ACKS_SUPPRESSED_TOTAL] = "Not acknowledged: beyond ACK_TOTAL.",
        [STAT_ACKS_SUPPRESSED_SPREAD] = "Not acknowledged: too many others wait for their time.",
        [STAT_SENT] = "Messages sent.",
        [STAT_SENT_BYTES] = "Bytes of payload in them.",
        [STAT_SEND_ERRORS] = "Messages that the kernel refused.",
        [STAT_BEATS_MISSED] = "Messages skipped because the daemon was held up.",
        [STAT_ACKS_RECEIVED] = "Acknowledgements, the first of each node to each message.",
        [STAT_ACKS_DUPLICATE] = "Further acknowledgements of a node to the same message.",
        [STAT_ACKS_OVERFLOW] = "Acknowledgements from more nodes than are told apart.",
        [STAT_ACKS_STRAY] = "Acknowledgements from another port, or to no message.",
        [STAT_ACKS_MISSED] = "Acknowledgements that did not come from nodes known to acknowledge.",
        [STAT_MESSAGES_SHORT] = "Messages with fewer acknowledgements than EXPECT_ACKS.",
};

/* --- the document --- */

__attribute__((format(printf, 2, 3))) static const char *labels(char buffer[LABELS_SIZE], const char *format,
                                                                ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(buffer, LABELS_SIZE, format, args);
        va_end(args);
        return buffer;
}
#define LABELS(...) labels((char[LABELS_SIZE]){ 0 }, __VA_ARGS__)

static void put_build(struct writer *w)
{
        begin(w, &(struct metric){ "mcastd_build_info", INFO, DAEMON, NULL,
                                   "The program, and the name of its node.", NULL });
        put_sample(w, LABELS("{version=\"%s\",node=\"%s\"}", ESCAPED(w->s->version), ESCAPED(w->s->node)),
                   number(1));
}

static void put_section_states(struct writer *w)
{
        begin(w, &(struct metric){ "mcastd_section_state", GAUGE, DAEMON, NULL,
                                   "1 for the state that the section is in.", NULL });
        for (size_t i = 0; i < w->s->n_sections; i++) {
                const struct snapshot_section *section = &w->s->sections[i];

                for (enum section_state state = 0; state < SECTION_STATES; state++)
                        put_sample(w,
                                   LABELS("{section=\"%s\",kind=\"%s\",state=\"%s\"}", ESCAPED(section->name),
                                          section->emitter ? "emitter" : "receiver",
                                          section_state_name(state)),
                                   number(section->state == state));
        }
}

static void put_peer_states(struct writer *w)
{
        begin(w, &(struct metric){ "mcastd_peers", GAUGE, RECEIVERS, NULL, "Peers in each state.", NULL });
        for (size_t i = 0; i < w->s->n_sections; i++) {
                const struct snapshot_section *section = &w->s->sections[i];

                for (enum peer_state state = 0; !section->emitter && state < PEER_STATES; state++)
                        put_sample(w,
                                   LABELS("{section=\"%s\",state=\"%s\"}", ESCAPED(section->name),
                                          peer_state_name(state)),
                                   number(section->peers[state]));
        }
}

static void put_counter(struct writer *w, enum stat stat)
{
        bool bytes = stat == STAT_RECEIVED_BYTES || stat == STAT_SENT_BYTES;
        char name[64];

        snprintf(name, sizeof name, "mcastd_%s_total", stats_name(stat));
        begin(w, &(struct metric){ name, COUNTER, DAEMON, bytes ? "bytes" : NULL, counter_help[stat], NULL });
        for (size_t i = 0; i < w->s->n_sections; i++) {
                const struct snapshot_section *section = &w->s->sections[i];

                if (section->emitter ? stats_of_emitter(stat) : stats_of_receiver(stat))
                        put_sample(w, LABELS("{section=\"%s\"}", ESCAPED(section->name)),
                                   number(section->stats.count[stat]));
        }
}

/* What has this address in this section. */
static void put_address(struct writer *w, size_t section, const struct address *a, struct value v)
{
        const struct snapshot_section *of = &w->s->sections[section];
        const char *zone = of->interface[0] ? of->interface : NULL;

        put_sample(
                w,
                LABELS("{section=\"%s\",peer=\"%s\"}", ESCAPED(of->name), ESCAPED(ADDRESS_TEXT_ON(a, zone))),
                v);
}

static void put_metric(struct writer *w, const struct metric *m)
{
        const struct snapshot *s = w->s;

        begin(w, m);
        if (m->of == DAEMON)
                put_sample(w, "", m->value(s, 0));
        for (size_t i = 0; (m->of == RECEIVERS || m->of == EMITTERS) && i < s->n_sections; i++)
                if (s->sections[i].emitter == (m->of == EMITTERS))
                        put_sample(w, LABELS("{section=\"%s\"}", ESCAPED(s->sections[i].name)),
                                   m->value(s, i));
        for (size_t i = 0; m->of == PEERS && i < s->n_peers; i++)
                put_address(w, s->peers[i].section, &s->peers[i].peer.address, m->value(s, i));
        for (size_t i = 0; m->of == ACK_SOURCES && i < s->n_ack_sources; i++)
                put_address(w, s->ack_sources[i].section, &s->ack_sources[i].entry.address, m->value(s, i));
}

int view_metrics(const struct snapshot *s, enum metrics_format format, metrics_write write, void *arg)
{
        struct writer w = { .s = s, .format = format, .write = write, .arg = arg };

        put_build(&w);
        put_section_states(&w);
        put_peer_states(&w);
        for (enum stat stat = 0; stat < STAT_N; stat++)
                put_counter(&w, stat);
        for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
                put_metric(&w, &metrics[i]);
        if (format == METRICS_OPENMETRICS)
                put(&w, "# EOF\n");
        return w.error;
}
