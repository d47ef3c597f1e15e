/* test_view_json.c - view/json and view/cursor: snapshots made by hand, and what stands in their documents.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "view/json.h"

/* 2026-11-21T01:16:11.123Z */
#define NOW (INT64_C(1795223771) * NS_PER_S + 123456789)

/* --- times and cursors --- */

static void test_times(void **state)
{
        static const struct {
                int64_t wall_ns;
                const char *text;
        } cases[] = {
                { 0, "1970-01-01T00:00:00.000Z" },
                { 999999, "1970-01-01T00:00:00.000Z" },
                { 1000000, "1970-01-01T00:00:00.001Z" },
                { -1, "1969-12-31T23:59:59.999Z" },
                { NOW, "2026-11-21T01:16:11.123Z" },
                { INT64_C(951827696) * NS_PER_S, "2000-02-29T12:34:56.000Z" },
                { INT64_MAX, "2262-04-11T23:47:16.854Z" },
                { INT64_MIN, "1677-09-21T00:12:43.145Z" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                char text[VIEW_TIME_SIZE];

                assert_ptr_equal(view_time(cases[i].wall_ns, text), text);
                CHECK_TEXT(cases[i].text, text, cases[i].text);
        }
}

static void test_cursors(void **state)
{
        static const struct {
                const char *text;
                bool good;
                size_t section, slot;
        } cases[] = {
                { "0:0", true, 0, 0 },
                { "12:345", true, 12, 345 },
                { "18446744073709551615:18446744073709551615", true, SIZE_MAX, SIZE_MAX },
                { "", false, 0, 0 },
                { ":", false, 0, 0 },
                { "1", false, 0, 0 },
                { "1:", false, 0, 0 },
                { ":1", false, 0, 0 },
                { "1:2:3", false, 0, 0 },
                { "1:2 ", false, 0, 0 },
                { " 1:2", false, 0, 0 },
                { "+1:2", false, 0, 0 },
                { "1:-2", false, 0, 0 },
                { "01:2", false, 0, 0 },
                { "1:02", false, 0, 0 },
                { "0x1:2", false, 0, 0 },
                { "1:18446744073709551616", false, 0, 0 },
                { "18446744073709551616:1", false, 0, 0 },
                { "99999999999999999999999999:1", false, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct snapshot_cursor c = { .section = 77, .slot = 78 };
                char text[VIEW_CURSOR_SIZE];

                CHECK_INT(cases[i].text, view_cursor_parse(cases[i].text, &c), cases[i].good ? 0 : -EINVAL);
                CHECK_INT(cases[i].text, c.section, cases[i].good ? cases[i].section : 77);
                CHECK_INT(cases[i].text, c.slot, cases[i].good ? cases[i].slot : 78);
                if (cases[i].good)
                        CHECK_TEXT(cases[i].text, view_cursor_text(&c, text), cases[i].text);
        }
}

static void test_indices(void **state)
{
        static const struct {
                const char *text;
                bool good;
                size_t index;
        } cases[] = {
                { "0", true, 0 },    { "256", true, 256 }, { "18446744073709551615", true, SIZE_MAX },
                { "", false, 0 },    { "1:2", false, 0 },  { "18446744073709551616", false, 0 },
                { "007", false, 0 }, { "-1", false, 0 },   { "1 ", false, 0 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                size_t index = 77;

                CHECK_INT(cases[i].text, view_index_parse(cases[i].text, &index),
                          cases[i].good ? 0 : -EINVAL);
                CHECK_INT(cases[i].text, index, cases[i].good ? cases[i].index : 77);
        }
}

/* --- documents --- */

/* The document as text; consumes it. The caller frees the text. */
static char *text_of(json_t *document)
{
        char *text;

        assert_non_null(document);
        text = view_json_dump(document);
        assert_non_null(text);
        json_decref(document);
        return text;
}

/* Both are the same value. Consumes the document. */
static void assert_document(json_t *document, const char *expected)
{
        json_error_t error;
        json_t *value = json_loads(expected, JSON_DECODE_ANY, &error);
        char *text;

        if (!value)
                fail_msg("what is expected is no JSON: %s at %d", error.text, error.position);
        assert_non_null(document);
        if (!json_equal(document, value)) {
                text = text_of(document);
                fail_msg("%s\nis not\n%s", text, expected);
        }
        json_decref(document);
        json_decref(value);
}

static struct snapshot *new_snapshot(size_t sections, size_t items)
{
        struct snapshot *s = snapshot_new(sections, items);

        assert_non_null(s);
        s->wall_ns = NOW;
        strcpy(s->node, "h");
        s->version = "0.1.0";
        s->boot = UINT64_C(0x0123456789abcdef);
        s->pid = 4711;
        s->started_wall_ns = NOW - 12345 * NS_PER_MS;
        s->uptime_ns = 12345 * NS_PER_MS + 6789;
        strcpy(s->config_path, "/etc/mcastd/mcastd.conf");
        s->log_level = LOG_LEVEL_INFO;
        return s;
}

static struct snapshot_section *add_section(struct snapshot *s, const char *name, bool emitter)
{
        struct snapshot_section *section = &s->sections[s->n_sections++];

        strcpy(section->name, name);
        section->emitter = emitter;
        section->since_wall_ns = NOW - NS_PER_S;
        section->group = (struct endpoint){ ipv4(239, 1, 1, 1), 5001 };
        strcpy(section->interface, "eth0");
        return section;
}

#define DAEMON_BEGIN                                                                                         \
        "{\"version\":1,\"now\":\"2026-11-21T01:16:11.123Z\",\"daemon\":{\"node\":\"h\","                    \
        "\"version\":\"0.1.0\",\"pid\":4711,\"boot\":\"0123456789abcdef\","                                  \
        "\"started\":\"2026-11-21T01:15:58.778Z\",\"uptime_s\":12.345006,"                                   \
        "\"config\":\"/etc/mcastd/mcastd.conf\","
#define NO_CLIENTS "{\"connected\":0,\"accepted\":0,\"refused\":0,\"dropped\":0}"

/* As bytes: the order of the members, and how numbers are written, are for people who look at it. */
static void test_nothing_configured(void **state)
{
        struct snapshot *s = new_snapshot(0, 0);
        char *text = text_of(view_json_status(s, 0));

        (void)state;
        assert_string_equal(
                text, DAEMON_BEGIN
                "\"log_level\":\"info\",\"keys\":[],\"keys_file\":null,\"reload_refused\":false,\"remark\":null,\"log_lost\":0,\"control\":" NO_CLIENTS
                ",\"http\":" NO_CLIENTS ",\"healthy\":true,\"unwell\":null,\"worst\":null,\"joined\":0,"
                "\"emitting\":0,\"waiting\":0,\"silent\":0,\"failed\":0,"
                "\"peers\":{\"new\":0,\"up\":0,\"down\":0},\"clocks_wrong\":0,\"refusing\":0,\"full\":0,\"received\":0},\"sections\":[],\"next\":null}");
        free(text);
        snapshot_free(s);
}

static void test_the_daemon(void **state)
{
        struct snapshot *s = new_snapshot(4, 0);
        struct snapshot_section *section;
        json_t *document;

        (void)state;
        s->log_level = LOG_LEVEL_DEBUG;
        s->reload_refused = true;
        s->n_keys = 2;
        s->key_ids[0] = 1;
        s->key_ids[1] = 65535;
        strcpy(s->keys_file, "/etc/\xe4");
        s->remark = "the last reload was refused";
        s->log_lost = 3;
        s->control = (struct snapshot_clients){ 1, 2, 3, 4 };
        s->http = (struct snapshot_clients){ 5, 6, 7, 8 };
        section = add_section(s, "mcserver", false);
        section->peers[PEER_UP] = 3;
        section->peers[PEER_DOWN] = 1;
        section->refuses_all = true;
        section->stats.count[STAT_RECEIVED] = 123;
        section = add_section(s, "mcserver.b", false);
        section->state = SECTION_SILENT;
        strcpy(section->why, "nothing for 3 s");
        section->peers[PEER_NEW] = 2;
        section = add_section(s, "mcserver.c", false);
        section->state = SECTION_WAITING;
        strcpy(section->why, "there is no interface eth9");
        add_section(s, "mcclient", true);
        document = view_json_status(s, 4);
        assert_document(
                document, DAEMON_BEGIN
                "\"log_level\":\"debug\",\"keys\":[1,65535],\"keys_file\":\"/etc/\\\\xe4\",\"reload_refused\":true,\"remark\":\"the last reload was refused\",\"log_lost\":3,"
                "\"control\":{\"connected\":1,\"accepted\":2,\"refused\":3,\"dropped\":4},"
                "\"http\":{\"connected\":5,\"accepted\":6,\"refused\":7,\"dropped\":8},"
                "\"healthy\":false,\"unwell\":\"[mcserver.b] silent: nothing for 3 s\","
                "\"worst\":\"[mcserver.c] waiting: there is no interface eth9\",\"joined\":1,"
                "\"emitting\":1,\"waiting\":1,\"silent\":1,\"failed\":0,"
                "\"peers\":{\"new\":2,\"up\":3,\"down\":1},\"clocks_wrong\":0,\"refusing\":1,\"full\":0,\"received\":123},\"sections\":[],\"next\":null}");
        snapshot_free(s);
}

/* The only section, without its counters; consumes nothing. */
static json_t *only_section(const struct snapshot *s)
{
        json_t *document = view_json_status(s, 0), *section;

        assert_non_null(document);
        assert_int_equal(json_array_size(json_object_get(document, "sections")), 1);
        section = json_incref(json_array_get(json_object_get(document, "sections"), 0));
        json_object_del(section, "counters");
        json_decref(document);
        return section;
}

static void test_a_receiver(void **state)
{
        struct snapshot *s = new_snapshot(1, 0);
        struct snapshot_section *section = add_section(s, "mcserver", false);

        (void)state;
        section->peers[PEER_NEW] = 1;
        section->peers[PEER_UP] = 3;
        section->peers[PEER_DOWN] = 2;
        section->peers_max = 1024;
        section->auth = AUTH_ENFORCE;
        assert_document(
                only_section(s),
                "{\"name\":\"mcserver\",\"kind\":\"receiver\",\"state\":\"active\",\"why\":\"\","
                "\"since\":\"2026-11-21T01:16:10.123Z\",\"group\":\"239.1.1.1\",\"port\":5001,"
                "\"interface\":\"eth0\",\"auth\":\"enforce\",\"peers\":{\"new\":1,\"up\":3,\"down\":2,\"clocks_wrong\":0,\"max\":1024},\"refuses_all\":false}");
        snapshot_free(s);
}

#define EMITTER(auth, key)                                                                                   \
        "{\"name\":\"mcclient\",\"kind\":\"emitter\",\"state\":\"failed\","                                  \
        "\"why\":\"cannot send: \\\"no\\\"\",\"since\":\"2026-11-21T01:16:10.123Z\","                        \
        "\"group\":\"239.1.1.1\",\"port\":5001,\"interface\":\"\",\"auth\":\"" auth "\","                    \
        "\"interval_s\":0.25,\"sequence\":12,\"key\":" key ","                                               \
        "\"acks\":{\"known\":3,\"last\":2,\"expected\":4}}"

static void test_an_emitter(void **state)
{
        struct snapshot *s = new_snapshot(1, 0);
        struct snapshot_section *section = add_section(s, "mcclient", true);

        (void)state;
        section->state = SECTION_FAILED;
        strcpy(section->why, "cannot send: \"no\"");
        section->interface[0] = '\0';
        section->interval_ns = 250 * NS_PER_MS;
        section->sequence = 12;
        section->ack_sources = 3;
        section->last_acks = 2;
        section->expect_acks = 4;
        assert_document(only_section(s), EMITTER("off", "null"));
        section->auth = AUTH_PERMISSIVE;
        section->key = 65535;
        assert_document(only_section(s), EMITTER("permissive", "65535"));
        snapshot_free(s);
}

/* Every counter of the section's kind, and no other. */
static void test_counters(void **state)
{
        (void)state;
        for (int emitter = 0; emitter <= 1; emitter++) {
                struct snapshot *s = new_snapshot(1, 0);
                struct snapshot_section *section = add_section(s, "section", emitter);
                json_t *document, *counters;
                size_t n = 0;

                for (enum stat i = 0; i < STAT_N; i++)
                        section->stats.count[i] = 100 + i;
                document = view_json_status(s, 0);
                counters =
                        json_object_get(json_array_get(json_object_get(document, "sections"), 0), "counters");
                for (enum stat i = 0; i < STAT_N; i++) {
                        const json_t *counter = json_object_get(counters, stats_name(i));

                        CHECK_INT(stats_name(i), counter != NULL,
                                  emitter ? stats_of_emitter(i) : stats_of_receiver(i));
                        n += counter != NULL;
                        if (counter)
                                CHECK_INT(stats_name(i), json_integer_value(counter), 100 + i);
                }
                assert_int_equal(json_object_size(counters), n);
                json_decref(document);
                snapshot_free(s);
        }
}

/* What is not UTF-8 is still JSON. */
static void test_names_that_are_no_text(void **state)
{
        struct snapshot *s = new_snapshot(1, 0);
        struct snapshot_section *section = add_section(s, "mcserver", false);
        json_t *document;

        (void)state;
        strcpy(section->interface, "et\xfc\x1b");
        strcpy(section->why, "the file \xff is bad");
        section->state = SECTION_FAILED;
        strcpy(s->config_path, "/etc/\xe4.conf");
        strcpy(s->node, "k\xc3\xa4se"); /* is */
        document = view_json_status(s, 0);
        assert_document(json_incref(json_object_get(json_object_get(document, "daemon"), "config")),
                        "\"/etc/\\\\xe4.conf\"");
        assert_document(json_incref(json_object_get(json_object_get(document, "daemon"), "node")),
                        "\"k\xc3\xa4se\"");
        assert_document(json_incref(json_object_get(json_object_get(document, "daemon"), "worst")),
                        "\"[mcserver] failed: the file \\\\xff is bad\"");
        assert_document(json_incref(json_object_get(json_array_get(json_object_get(document, "sections"), 0),
                                                    "interface")),
                        "\"et\\\\xfc\\\\x1b\"");
        json_decref(document);
        snapshot_free(s);
}

static void test_pages_of_sections(void **state)
{
        static const struct {
                const char *name;
                size_t sections, from, n;
                const char *next; /* as JSON */
        } cases[] = {
                { "none", 0, 0, 0, "null" },
                { "exactly one page", 256, 0, 256, "null" },
                { "one more", 257, 0, 256, "\"256\"" },
                { "its second page", 257, 256, 1, "null" },
                { "many", 600, 0, 256, "\"256\"" },
                { "the middle of many", 600, 256, 256, "\"512\"" },
                { "the end of many", 600, 512, 88, "null" },
                { "from anywhere", 600, 7, 256, "\"263\"" },
                { "from behind the end", 600, 601, 0, "null" },
                { "from far behind it", 600, SIZE_MAX, 0, "null" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct snapshot *s = new_snapshot(cases[i].sections, 0);
                json_t *document, *sections;
                char name[32];

                while (s->n_sections < cases[i].sections) {
                        snprintf(name, sizeof name, "s%zu", s->n_sections);
                        add_section(s, name, false);
                }
                document = view_json_status(s, cases[i].from);
                sections = json_object_get(document, "sections");
                CHECK_INT(cases[i].name, json_array_size(sections), cases[i].n);
                if (cases[i].n) {
                        snprintf(name, sizeof name, "s%zu", cases[i].from);
                        CHECK_TEXT(cases[i].name,
                                   json_string_value(json_object_get(json_array_get(sections, 0), "name")),
                                   name);
                }
                assert_document(json_incref(json_object_get(document, "next")), cases[i].next);
                json_decref(document);
                snapshot_free(s);
        }
}

/* --- peers --- */

/* A peer of the first section that has said nothing of itself. */
static struct snapshot_peer *add_peer(struct snapshot *s, const char *payload, size_t length)
{
        struct snapshot_peer *one = &s->peers[s->n_peers++];
        size_t kept = length < PEER_PAYLOAD_MAX ? length : PEER_PAYLOAD_MAX;

        one->first_wall_ns = NOW - 2 * NS_PER_S;
        one->last_wall_ns = NOW - 410 * NS_PER_MS;
        one->since_wall_ns = NOW - NS_PER_S;
        one->silent_ns = 410 * NS_PER_MS;
        one->peer.address = ipv4(10, 0, 0, 7);
        one->peer.datagrams = 12;
        one->peer.bytes = 372;
        one->peer.payload_length = (uint16_t)length;
        memcpy(one->peer.payload, payload, kept);
        return one;
}

/* The only one; consumes nothing. */
static json_t *only_of(const struct snapshot *s, const char *list)
{
        json_t *document = view_json_peers(s), *item;

        assert_non_null(document);
        assert_int_equal(json_array_size(json_object_get(document, list)), 1);
        item = json_incref(json_array_get(json_object_get(document, list), 0));
        json_decref(document);
        return item;
}

#define PEER_BEGIN(address) "{\"section\":\"mcserver\",\"address\":\"" address "\","
#define PEER_TIMES                                                                                           \
        "\"since\":\"2026-11-21T01:16:10.123Z\",\"node\":null,"                                              \
        "\"first_heard\":\"2026-11-21T01:16:09.123Z\",\"last_heard\":\"2026-11-21T01:16:10.713Z\","          \
        "\"silent_s\":0.41,\"datagrams\":12,\"bytes\":372,"
#define PEER_SILENT                                                                                          \
        "\"sequence\":null,\"boot\":null,\"lost\":null,\"reordered\":null,\"duplicates\":null,"              \
        "\"restarts\":0,\"clock_s\":null,\"clock_wrong\":false}"

static void test_no_peers(void **state)
{
        struct snapshot *s = new_snapshot(1, 0);

        (void)state;
        add_section(s, "mcserver", false);
        assert_document(view_json_peers(s),
                        "{\"version\":1,\"now\":\"2026-11-21T01:16:11.123Z\",\"peers\":[],\"acks\":[],"
                        "\"next\":null}");
        s->next = (struct snapshot_cursor){ .more = true, .section = 0, .slot = 1000 };
        assert_document(view_json_peers(s),
                        "{\"version\":1,\"now\":\"2026-11-21T01:16:11.123Z\",\"peers\":[],\"acks\":[],"
                        "\"next\":\"0:1000\"}");
        snapshot_free(s);
}

static void test_a_peer_that_says_nothing_of_itself(void **state)
{
        struct snapshot *s = new_snapshot(1, 1);

        (void)state;
        add_section(s, "mcserver", false);
        add_peer(s, "hello", 5);
        /* These mean nothing without the flags. */
        s->peers[0].peer.sequence = s->peers[0].peer.lost = s->peers[0].peer.boot = 9;
        s->peers[0].peer.clock_ns = 9;
        assert_document(
                only_of(s, "peers"),
                PEER_BEGIN(
                        "10.0.0.7") "\"state\":\"new\",\"own\":false," PEER_TIMES
                                    "\"interval_s\":null,\"key\":null,\"refused\":null,\"payload\":\"hello\"," PEER_SILENT);
        snapshot_free(s);
}

static void test_a_peer_that_says_all(void **state)
{
        struct snapshot *s = new_snapshot(1, 1);
        struct snapshot_peer *one;
        struct peer *p;

        (void)state;
        add_section(s, "mcserver", false);
        one = add_peer(s, "ATU", 3);
        p = &one->peer;
        one->own = true;
        p->state = PEER_UP;
        p->has_sequence = p->has_boot = p->has_clock = p->clock_wrong = true;
        p->interval_ns = NS_PER_S + 1234567;
        p->key_id = 7;
        peer_refuse(p, GATE_BAD_MAC);
        p->sequence = 12;
        p->boot = 0xab;
        p->lost = 1;
        p->reordered = 2;
        p->duplicates = 3;
        p->restarts = 4;
        p->clock_ns = -1000999;
        assert_document(
                only_of(s, "peers"),
                PEER_BEGIN(
                        "10.0.0.7") "\"state\":\"up\",\"own\":true," PEER_TIMES
                                    "\"interval_s\":1.001234,\"key\":7,\"refused\":\"bad_mac\",\"payload\":\"ATU\",\"sequence\":12,"
                                    "\"boot\":\"00000000000000ab\",\"lost\":1,\"reordered\":2,\"duplicates\":3,"
                                    "\"restarts\":4,\"clock_s\":-0.001,\"clock_wrong\":true}");
        snapshot_free(s);
}

static void test_an_address_of_a_link(void **state)
{
        static const struct {
                const char *interface, *text;
        } cases[] = { { "eth0", "fe80::7%eth0" }, { "", "fe80::7%2" } };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct snapshot *s = new_snapshot(1, 1);
                json_t *peer;

                strcpy(add_section(s, "mcserver", false)->interface, cases[i].interface);
                add_peer(s, "", 0)->peer.address =
                        (struct address){ AF_INET6, { 0xfe, 0x80, [15] = 7 }, .scope = 2 };
                peer = only_of(s, "peers");
                CHECK_TEXT(cases[i].text, json_string_value(json_object_get(peer, "address")), cases[i].text);
                json_decref(peer);
                snapshot_free(s);
        }
}

static void check_payload(const char *row, const char *payload, size_t length, const char *expected)
{
        struct snapshot *s = new_snapshot(1, 1);
        json_t *peer;

        add_section(s, "mcserver", false);
        add_peer(s, payload, length);
        peer = only_of(s, "peers");
        CHECK_TEXT(row, json_string_value(json_object_get(peer, "payload")), expected);
        json_decref(peer);
        snapshot_free(s);
}

static void test_payloads(void **state)
{
        static const struct {
                const char *name, *payload;
                size_t length;
                const char *text;
        } cases[] = {
                { "empty", "", 0, "" },
                { "a NUL", "\0", 1, "\\x00" },
                { "a quote, a backslash and a newline", "\"\\\n", 3, "\"\\x5c\\x0a" },
                { "an escape and UTF-8", "\x1b[31m\xc3\xbc", 7, "\\x1b[31m\\xc3\\xbc" },
        };
        char longest[PEER_PAYLOAD_MAX + 1], cut[PEER_PAYLOAD_MAX + sizeof "..."];

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++)
                check_payload(cases[i].name, cases[i].payload, cases[i].length, cases[i].text);
        memset(longest, 'x', sizeof longest);
        longest[PEER_PAYLOAD_MAX] = '\0';
        snprintf(cut, sizeof cut, "%s...", longest);
        check_payload("as much as is kept", longest, PEER_PAYLOAD_MAX, longest);
        check_payload("one byte more", longest, PEER_PAYLOAD_MAX + 1, cut);
}

static void test_who_acknowledges(void **state)
{
        struct snapshot *s = new_snapshot(2, 1);
        struct snapshot_ack_source *one = &s->ack_sources[0];
        json_t *source;

        (void)state;
        add_section(s, "mcserver", false);
        add_section(s, "mcclient", true);
        s->n_ack_sources = 1;
        *one = (struct snapshot_ack_source){
                .section = 1,
                .own = true,
                .last_wall_ns = NOW,
                .entry = { .address = ipv4(10, 0, 0, 7),
                           .acked = 4,
                           .missed = 2,
                           .missed_in_row = 1,
                           .rtt_last_ns = 212345,
                           .rtt_min_ns = 100000,
                           .rtt_max_ns = 900000,
                           .rtt_sum_ns = 1000000 },
        };
        assert_document(
                only_of(s, "acks"),
                "{\"section\":\"mcclient\",\"address\":\"10.0.0.7\",\"own\":true,\"acked\":4,"
                "\"missed\":2,\"missed_in_row\":1,\"last_acked\":\"2026-11-21T01:16:11.123Z\",\"key\":null,"
                "\"rtt_ms\":{\"last\":0.212,\"min\":0.1,\"mean\":0.25,\"max\":0.9}}");
        one->entry.key_id = 65535;
        source = only_of(s, "acks");
        assert_int_equal(json_integer_value(json_object_get(source, "key")), 65535);
        json_decref(source);
        snapshot_free(s);
}

/* --- events --- */

static void test_an_event(void **state)
{
        static const struct log_field fields[] = { { "MCASTD_SECTION", "mcserver" },
                                                   { "MCASTD_PEER", "10.0.0.7" },
                                                   { "OTHER_X", "\\x00 \xff" } };
        const struct log_record record = { .kind = event_kind(EVENT_PEER_DOWN),
                                           .message = "10.0.0.7 is \"down\"",
                                           .fields = fields,
                                           .n_fields = N_OF(fields) };
        char *text = text_of(view_json_event(&record, NOW));

        (void)state;
        assert_string_equal(text,
                            "{\"version\":1,\"event\":\"peer-down\",\"level\":\"warning\","
                            "\"time\":\"2026-11-21T01:16:11.123Z\",\"message\":\"10.0.0.7 is \\\"down\\\"\","
                            "\"fields\":{\"section\":\"mcserver\",\"peer\":\"10.0.0.7\","
                            "\"other_x\":\"\\\\x5cx00 \\\\xff\"}}");
        free(text);
}

static void test_every_kind_of_event(void **state)
{
        (void)state;
        for (enum event_id i = 0; i < EVENT_N; i++) {
                const struct log_record record = { .kind = event_kind(i), .message = "" };
                char expected[256];

                snprintf(expected, sizeof expected,
                         "{\"version\":1,\"event\":\"%s\",\"level\":\"%s\","
                         "\"time\":\"1970-01-01T00:00:00.000Z\",\"message\":\"\",\"fields\":{}}",
                         record.kind->name, log_level_name(record.kind->level));
                assert_document(view_json_event(&record, 0), expected);
        }
}

/* --- without memory --- */

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
        if (allocations_left == 0)
                return NULL;
        allocations_left--;
        return malloc(size);
}

static json_t *an_event(const struct snapshot *s)
{
        static const struct log_field fields[] = { { "MCASTD_SECTION", "mcserver" } };
        const struct log_record record = { .kind = event_kind(EVENT_JOINED),
                                           .message = "joined",
                                           .fields = fields,
                                           .n_fields = N_OF(fields) };

        return view_json_event(&record, s->wall_ns);
}

static json_t *a_status(const struct snapshot *s)
{
        return view_json_status(s, 0);
}

/* Whatever cannot be allocated, there is no half document, and nothing is left behind: the sanitizer looks.
 */
static void test_without_memory(void **state)
{
        json_t *(*const makers[])(const struct snapshot *) = { a_status, view_json_peers, an_event };
        struct snapshot *s = new_snapshot(2, 1);

        (void)state;
        strcpy(add_section(s, "mcserver", false)->why, "\xff");
        add_section(s, "mcclient", true)->state = SECTION_FAILED;
        add_peer(s, "hello", 5);
        s->n_ack_sources = 1;
        s->ack_sources[0] = (struct snapshot_ack_source){ .section = 1, .entry = { .acked = 1 } };
        for (size_t i = 0; i < N_OF(makers); i++) {
                json_t *expected = makers[i](s), *document = NULL;
                size_t n = 0;

                for (; !document; n++) {
                        allocations_left = n;
                        json_set_alloc_funcs(scarce_malloc, free);
                        document = makers[i](s);
                        json_set_alloc_funcs(malloc, free);
                }
                assert_true(n > 10);
                assert_true(json_equal(document, expected));
                json_decref(document);
                json_decref(expected);
        }
        snapshot_free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_cursors),
                cmocka_unit_test(test_indices),
                cmocka_unit_test(test_nothing_configured),
                cmocka_unit_test(test_the_daemon),
                cmocka_unit_test(test_a_receiver),
                cmocka_unit_test(test_an_emitter),
                cmocka_unit_test(test_counters),
                cmocka_unit_test(test_names_that_are_no_text),
                cmocka_unit_test(test_pages_of_sections),
                cmocka_unit_test(test_no_peers),
                cmocka_unit_test(test_a_peer_that_says_nothing_of_itself),
                cmocka_unit_test(test_a_peer_that_says_all),
                cmocka_unit_test(test_an_address_of_a_link),
                cmocka_unit_test(test_payloads),
                cmocka_unit_test(test_who_acknowledges),
                cmocka_unit_test(test_an_event),
                cmocka_unit_test(test_every_kind_of_event),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
