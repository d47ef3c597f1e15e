/* json.c - a snapshot, and a line of the log, as JSON documents. Pure.
 * The schema is promised in mcastctl(1), CONTROL PROTOCOL: what is added here is to be added there. */
#include "view/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

/* The journal has all fields of programs in one pot; here they stand by themselves. */
#define FIELD_PREFIX    "MCASTD_"
#define FIELD_NAME_SIZE 64

/* --- values --- */

json_t *view_json_text(const char *text)
{
        json_t *json = json_string(text);

        return json ? json : json_string(TEXT_ESCAPE(text, strlen(text)));
}

const char *view_time(int64_t wall_ns, char buffer[VIEW_TIME_SIZE])
{
        int64_t s = wall_ns / NS_PER_S, ns = wall_ns % NS_PER_S;
        struct tm tm = { 0 };
        char date[VIEW_TIME_SIZE];
        time_t t;

        if (ns < 0) { /* before 1970 */
                ns += NS_PER_S;
                s--;
        }
        t = (time_t)s;
        (void)gmtime_r(&t, &tm);
        (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
        /* The years of 64-bit nanoseconds have four digits. */
        snprintf(buffer, VIEW_TIME_SIZE, "%.19s.%03dZ", date, (int)(ns / NS_PER_MS));
        return buffer;
}
#define TIME(wall_ns) view_time((wall_ns), (char[VIEW_TIME_SIZE]){ 0 })

/* To the microsecond: more is noise, and would be printed. */
static json_t *seconds(int64_t ns)
{
        int64_t us = ns / NS_PER_US;

        return json_real((double)us / 1e6);
}

static json_t *milliseconds(int64_t ns)
{
        int64_t us = ns / NS_PER_US;

        return json_real((double)us / 1e3);
}

static json_t *count(uint64_t n)
{
        return json_integer((json_int_t)n);
}

/* null where there is none. */
static json_t *count_if(bool there, uint64_t n)
{
        return there ? count(n) : json_null();
}

static json_t *seconds_if(bool there, int64_t ns)
{
        return there ? seconds(ns) : json_null();
}

static json_t *boot_if(bool there, uint64_t boot)
{
        return there ? json_sprintf("%016" PRIx64, boot) : json_null();
}

/* An address of a section's link, with the interface's name where the address alone says nothing. */
static json_t *address_of(const struct address *a, const struct snapshot_section *section)
{
        return json_string(ADDRESS_TEXT_ON(a, section->interface[0] ? section->interface : NULL));
}

/* An array of what `make` makes of the numbers from `from` to `to`; NULL without memory. */
static json_t *list(const struct snapshot *s, size_t from, size_t to,
                    json_t *(*make)(const struct snapshot *s, size_t i))
{
        json_t *all = json_array();

        for (size_t i = from; all && i < to; i++) {
                if (json_array_append_new(all, make(s, i)) < 0) {
                        json_decref(all);
                        return NULL;
                }
        }
        return all;
}

/* --- status --- */

static json_t *counters_of(const struct snapshot_section *section)
{
        json_t *all = json_object();

        for (enum stat i = 0; all && i < STAT_N; i++) {
                if ((section->emitter ? stats_of_emitter(i) : stats_of_receiver(i)) &&
                    json_object_set_new(all, stats_name(i), count(section->stats.count[i])) < 0) {
                        json_decref(all);
                        return NULL;
                }
        }
        return all;
}

static json_t *peer_counts(const size_t peers[PEER_STATES])
{
        return json_pack("{s:o, s:o, s:o}", peer_state_name(PEER_NEW), count(peers[PEER_NEW]),
                         peer_state_name(PEER_UP), count(peers[PEER_UP]), peer_state_name(PEER_DOWN),
                         count(peers[PEER_DOWN]));
}

/* What only one kind of section has; consumes the object. */
static json_t *add_receiver(json_t *object, const struct snapshot_section *section)
{
        json_t *peers = peer_counts(section->peers);

        if (json_object_set_new(peers, "clocks_wrong", count(section->clocks_wrong)) < 0 ||
            json_object_set_new(peers, "max", count(section->peers_max)) < 0 ||
            json_object_set(object, "peers", peers) < 0 ||
            json_object_set_new(object, "refuses_all", json_boolean(section->refuses_all)) < 0) {
                json_decref(object);
                object = NULL;
        }
        json_decref(peers);
        return object;
}

static json_t *add_emitter(json_t *object, const struct snapshot_section *section)
{
        json_t *more = json_pack("{s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "interval_s",
                                 seconds(section->interval_ns), "sequence", count(section->sequence), "key",
                                 count_if(section->key != 0, section->key), "acks", "known",
                                 count(section->ack_sources), "last", count(section->last_acks), "expected",
                                 count(section->expect_acks));

        if (!more || json_object_update(object, more) < 0) {
                json_decref(object);
                object = NULL;
        }
        json_decref(more);
        return object;
}

static json_t *section_at(const struct snapshot *s, size_t i)
{
        const struct snapshot_section *section = &s->sections[i];
        json_t *object =
                json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:i, s:o, s:s, s:o}", "name", section->name, "kind",
                          section->emitter ? "emitter" : "receiver", "state",
                          section_state_name(section->state), "why", view_json_text(section->why), "since",
                          TIME(section->since_wall_ns), "group", ADDRESS_TEXT(&section->group.address),
                          "port", (int)section->group.port, "interface", view_json_text(section->interface),
                          "auth", auth_mode_name(section->auth), "counters", counters_of(section));

        if (!object)
                return NULL;
        return section->emitter ? add_emitter(object, section) : add_receiver(object, section);
}

/* `[mcserver.b] silent: why`, or null. */
static json_t *trouble(const struct snapshot_section *section)
{
        char text[SNAPSHOT_NAME_SIZE + SNAPSHOT_WHY_SIZE + 32];

        if (!section)
                return json_null();
        snprintf(text, sizeof text, "[%s] %s: %s", section->name, section_state_name(section->state),
                 section->why);
        return view_json_text(text);
}

static json_t *clients_of(const struct snapshot_clients *c)
{
        return json_pack("{s:o, s:o, s:o, s:o}", "connected", count(c->connected), "accepted",
                         count(c->accepted), "refused", count(c->refused), "dropped", count(c->dropped));
}

/* What is counted over all sections. */
static json_t *summary_of(const struct snapshot *s)
{
        struct snapshot_summary sum;

        snapshot_summary(s, &sum);
        return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "healthy",
                         !sum.unwell, "unwell", trouble(sum.unwell), "worst", trouble(sum.worst), "joined",
                         count(sum.joined), "emitting", count(sum.emitting), "waiting",
                         count(sum.states[SECTION_WAITING]), "silent", count(sum.states[SECTION_SILENT]),
                         "failed", count(sum.states[SECTION_FAILED]), "peers", peer_counts(sum.peers),
                         "clocks_wrong", count(sum.clocks_wrong), "refusing", count(sum.refusing), "full",
                         count(sum.full), "received", count(sum.received));
}

static json_t *key_at(const struct snapshot *s, size_t i)
{
        return count(s->key_ids[i]);
}

static json_t *daemon_of(const struct snapshot *s)
{
        json_t *object = json_pack(
                "{s:o, s:s, s:I, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:b, s:s?, s:o, s:o, s:o}", "node",
                view_json_text(s->node), "version", s->version, "pid", (json_int_t)s->pid, "boot",
                boot_if(true, s->boot), "started", TIME(s->started_wall_ns), "uptime_s",
                seconds(s->uptime_ns), "config", view_json_text(s->config_path), "log_level",
                log_level_name(s->log_level), "keys", list(s, 0, s->n_keys, key_at), "keys_file",
                *s->keys_file ? view_json_text(s->keys_file) : json_null(), "reload_refused",
                s->reload_refused, "remark", s->remark && *s->remark ? s->remark : NULL, "log_lost",
                count(s->log_lost), "control", clients_of(&s->control), "http", clients_of(&s->http));
        json_t *summary = summary_of(s);

        if (!summary || json_object_update(object, summary) < 0) {
                json_decref(object);
                object = NULL;
        }
        json_decref(summary);
        return object;
}

json_t *view_json_status(const struct snapshot *s, size_t from)
{
        size_t first = from < s->n_sections ? from : s->n_sections, left = s->n_sections - first;
        size_t end = first + (left < VIEW_JSON_SECTIONS ? left : VIEW_JSON_SECTIONS);

        return json_pack("{s:i, s:s, s:o, s:o, s:o}", "version", VIEW_JSON_VERSION, "now", TIME(s->wall_ns),
                         "daemon", daemon_of(s), "sections", list(s, first, end, section_at), "next",
                         end < s->n_sections ? json_sprintf("%zu", end) : json_null());
}

/* --- peers --- */

/* As text_escape() makes it, with dots behind it where it was cut. */
static json_t *payload_of(const struct peer *p)
{
        bool cut = p->payload_length > PEER_PAYLOAD_MAX;

        return json_sprintf("%s%s", TEXT_ESCAPE(p->payload, cut ? PEER_PAYLOAD_MAX : p->payload_length),
                            cut ? "..." : "");
}

/* What the peer says of itself by seq=, boot= and its time. */
static json_t *claims_of(const struct peer *p)
{
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "sequence",
                         count_if(p->has_sequence, p->sequence), "boot", boot_if(p->has_boot, p->boot),
                         "lost", count_if(p->has_sequence, p->lost), "reordered",
                         count_if(p->has_sequence, p->reordered), "duplicates",
                         count_if(p->has_sequence, p->duplicates), "restarts", count(p->restarts), "clock_s",
                         seconds_if(p->has_clock, p->clock_ns), "clock_wrong", p->clock_wrong);
}

static json_t *peer_at(const struct snapshot *s, size_t i)
{
        const struct snapshot_peer *one = &s->peers[i];
        const struct snapshot_section *section = &s->sections[one->section];
        const struct peer *p = &one->peer;
        char node[NODE_NAME_MAX + 1];
        json_t *object = json_pack(
                "{s:s, s:o, s:s?, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s?, s:o}", "section",
                section->name, "address", address_of(&p->address, section), "node",
                *peer_node(p, node) ? node : NULL, "state", peer_state_name(p->state), "since",
                TIME(one->since_wall_ns), "own", one->own, "first_heard", TIME(one->first_wall_ns),
                "last_heard", TIME(one->last_wall_ns), "silent_s", seconds(one->silent_ns), "datagrams",
                count(p->datagrams), "bytes", count(p->bytes), "interval_s",
                seconds_if(p->interval_ns != 0, p->interval_ns), "key", count_if(p->key_id != 0, p->key_id),
                "refused", gate_refusal_name(peer_refused(p)), "payload", payload_of(p));
        json_t *claims = claims_of(p);

        if (!claims || json_object_update(object, claims) < 0) {
                json_decref(object);
                object = NULL;
        }
        json_decref(claims);
        return object;
}

static json_t *ack_source_at(const struct snapshot *s, size_t i)
{
        const struct snapshot_ack_source *one = &s->ack_sources[i];
        const struct snapshot_section *section = &s->sections[one->section];
        const struct roster_entry *e = &one->entry;
        /* It stands here because of its first ack. */
        int64_t mean_ns = e->acked ? e->rtt_sum_ns / (int64_t)e->acked : 0;

        return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:{s:o, s:o, s:o, s:o}}", "section",
                         section->name, "address", address_of(&e->address, section), "own", one->own, "acked",
                         count(e->acked), "missed", count(e->missed), "missed_in_row",
                         count(e->missed_in_row), "last_acked", TIME(one->last_wall_ns), "key",
                         count_if(e->key_id != 0, e->key_id), "rtt_ms", "last", milliseconds(e->rtt_last_ns),
                         "min", milliseconds(e->rtt_min_ns), "mean", milliseconds(mean_ns), "max",
                         milliseconds(e->rtt_max_ns));
}

json_t *view_json_peers(const struct snapshot *s)
{
        char next[VIEW_CURSOR_SIZE];

        return json_pack("{s:i, s:s, s:o, s:o, s:s?}", "version", VIEW_JSON_VERSION, "now", TIME(s->wall_ns),
                         "peers", list(s, 0, s->n_peers, peer_at), "acks",
                         list(s, 0, s->n_ack_sources, ack_source_at), "next",
                         s->next.more ? view_cursor_text(&s->next, next) : NULL);
}

/* --- events --- */

static int add_field(json_t *fields, const struct log_field *field)
{
        size_t prefix = strlen(FIELD_PREFIX), n = 0;
        const char *name =
                strncmp(field->name, FIELD_PREFIX, prefix) == 0 ? field->name + prefix : field->name;
        char lower[FIELD_NAME_SIZE] = "";

        for (; n < sizeof lower - 1 && name[n]; n++)
                lower[n] = (char)tolower((unsigned char)name[n]);
        return json_object_set_new(fields, lower, view_json_text(field->value));
}

json_t *view_json_event(const struct log_record *record, int64_t wall_ns)
{
        json_t *fields = json_object();

        for (size_t i = 0; fields && i < record->n_fields; i++) {
                if (add_field(fields, &record->fields[i]) < 0) {
                        json_decref(fields);
                        fields = NULL;
                }
        }
        return json_pack("{s:i, s:s, s:s, s:s, s:o, s:o}", "version", VIEW_JSON_VERSION, "event",
                         record->kind->name, "level", log_level_name(record->kind->level), "time",
                         TIME(wall_ns), "message", view_json_text(record->message), "fields", fields);
}

/* --- text --- */

/* No blanks, and no digits that a double does not hold. */
#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

#define TEXT_SIZE_MIN 4096

struct dump {
        char *bytes;
        size_t length, size;
        bool failed;
};

/* Room for n more bytes and a NUL. */
static bool make_room(struct dump *d, size_t n)
{
        size_t size = d->size * 2 + n;
        char *bytes;

        if (n < d->size - d->length)
                return true;
        bytes = realloc(d->bytes, size);
        if (!bytes)
                return false;
        d->bytes = bytes;
        d->size = size;
        return true;
}

static int append(const char *bytes, size_t n, void *arg)
{
        struct dump *d = arg;

        d->failed = d->failed || !make_room(d, n);
        /* jansson 2.14 goes on where a key could not be written, and so must not we. */
        if (d->failed)
                return -1;
        memcpy(d->bytes + d->length, bytes, n);
        d->length += n;
        return 0;
}

char *view_json_dump(const json_t *document)
{
        struct dump d = { .bytes = malloc(TEXT_SIZE_MIN), .size = TEXT_SIZE_MIN };

        if (!d.bytes || json_dump_callback(document, append, &d, FLAGS) < 0 || d.failed) {
                free(d.bytes);
                return NULL;
        }
        d.bytes[d.length] = '\0';
        return d.bytes;
}
