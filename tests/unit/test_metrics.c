/* test_metrics.c - view/metrics: the text of hand-made snapshots, in both formats. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "state/stats.h"
#include "view/metrics.h"

struct text {
        char *bytes;
        size_t length;
        size_t writes;
        size_t room; /* writes that succeed */
};

static int collect(void *arg, const char *bytes, size_t length)
{
        struct text *t = arg;

        if (t->writes++ >= t->room)
                return -ENOMEM;
        t->bytes = realloc(t->bytes, t->length + length + 1);
        assert_non_null(t->bytes);
        memcpy(t->bytes + t->length, bytes, length);
        t->length += length;
        t->bytes[t->length] = '\0';
        return 0;
}

/* To be freed. */
static char *text_of(const struct snapshot *s, enum metrics_format format)
{
        struct text t = { .room = SIZE_MAX };

        assert_int_equal(view_metrics(s, format, collect, &t), 0);
        return t.bytes;
}

/* The lines from "# HELP name " to the next "# HELP", or "". */
static const char *block_of(char *text, const char *name)
{
        char head[128], *from, *to;

        snprintf(head, sizeof head, "# HELP %s ", name);
        from = strstr(text, head);
        if (!from)
                return "";
        to = strstr(from + 1, "# HELP ");
        if (!to)
                to = strstr(from, "# EOF");
        if (to)
                *to = '\0';
        return from;
}

static void check_block(const struct snapshot *s, enum metrics_format format, const char *name,
                        const char *expected)
{
        char *text = text_of(s, format);

        CHECK_TEXT(name, block_of(text, name), expected);
        free(text);
}

static struct snapshot nothing(void)
{
        return (struct snapshot){ .node = "h", .version = "0.1.0", .started_wall_ns = 1500 * NS_PER_MS };
}

#define DAEMON_TEXT                                                                                          \
        "# HELP mcastd_build_info The program, and the name of its node.\n"                                  \
        "# TYPE mcastd_build_info gauge\n"                                                                   \
        "mcastd_build_info{version=\"0.1.0\",node=\"h\"} 1\n"                                                \
        "# HELP mcastd_start_time_seconds When the daemon was started.\n"                                    \
        "# TYPE mcastd_start_time_seconds gauge\n"                                                           \
        "mcastd_start_time_seconds 1.500000000\n"                                                            \
        "# HELP mcastd_reload_refused 1 if the last reload was refused.\n"                                   \
        "# TYPE mcastd_reload_refused gauge\n"                                                               \
        "mcastd_reload_refused 0\n"                                                                          \
        "# HELP mcastd_log_lost_lines_total Lines of the log that nobody took.\n"                            \
        "# TYPE mcastd_log_lost_lines_total counter\n"                                                       \
        "mcastd_log_lost_lines_total 0\n"

static void test_without_sections_there_is_the_daemon(void **state)
{
        const struct snapshot s = nothing();
        char *text = text_of(&s, METRICS_TEXT);

        (void)state;
        assert_memory_equal(text, DAEMON_TEXT, strlen(DAEMON_TEXT));
        assert_null(strstr(text, "{section"));
        assert_null(strstr(text, "mcastd_received"));
        assert_null(strstr(text, "mcastd_peer_"));
        assert_null(strstr(text, "# EOF"));
        assert_int_equal(text[strlen(text) - 1], '\n');
        free(text);
}

#define OPEN_DAEMON_TEXT                                                                                     \
        "# HELP mcastd_build The program, and the name of its node.\n"                                       \
        "# TYPE mcastd_build info\n"                                                                         \
        "mcastd_build_info{version=\"0.1.0\",node=\"h\"} 1\n"                                                \
        "# HELP mcastd_start_time_seconds When the daemon was started.\n"                                    \
        "# TYPE mcastd_start_time_seconds gauge\n"                                                           \
        "# UNIT mcastd_start_time_seconds seconds\n"                                                         \
        "mcastd_start_time_seconds 1.500000000\n"                                                            \
        "# HELP mcastd_reload_refused 1 if the last reload was refused.\n"                                   \
        "# TYPE mcastd_reload_refused gauge\n"                                                               \
        "mcastd_reload_refused 0\n"                                                                          \
        "# HELP mcastd_log_lost_lines Lines of the log that nobody took.\n"                                  \
        "# TYPE mcastd_log_lost_lines counter\n"                                                             \
        "mcastd_log_lost_lines_total 0\n"

static void test_openmetrics_has_types_units_and_an_end(void **state)
{
        const struct snapshot s = nothing();
        char *text = text_of(&s, METRICS_OPENMETRICS);

        (void)state;
        assert_memory_equal(text, OPEN_DAEMON_TEXT, strlen(OPEN_DAEMON_TEXT));
        assert_string_equal(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
        free(text);
}

static void test_content_types(void **state)
{
        (void)state;
        assert_string_equal(view_metrics_type(METRICS_TEXT), "text/plain; version=0.0.4; charset=utf-8");
        assert_string_equal(view_metrics_type(METRICS_OPENMETRICS),
                            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/* --- sections --- */

static struct snapshot_section the_sections[] = {
        { .name = "mcserver", .state = SECTION_ACTIVE, .peers = { 1, 3, 2 }, .peers_max = 1024 },
        { .name = "mcserver.b", .state = SECTION_SILENT, .peers_max = 7, .refuses_all = true },
        { .name = "mcclient",
          .emitter = true,
          .state = SECTION_FAILED,
          .interval_ns = 250 * NS_PER_MS,
          .sequence = 12,
          .ack_sources = 4,
          .last_acks = 3,
          .expect_acks = 5 },
};

static struct snapshot sections(void)
{
        struct snapshot s = nothing();

        s.sections = the_sections;
        s.n_sections = N_OF(the_sections);
        return s;
}

static void test_what_sections_have(void **state)
{
        static const struct {
                const char *name, *expected;
        } rows[] = {
                { "mcastd_section_state",
                  "# HELP mcastd_section_state 1 for the state that the section is in.\n"
                  "# TYPE mcastd_section_state gauge\n"
                  "mcastd_section_state{section=\"mcserver\",kind=\"receiver\",state=\"active\"} 1\n"
                  "mcastd_section_state{section=\"mcserver\",kind=\"receiver\",state=\"waiting\"} 0\n"
                  "mcastd_section_state{section=\"mcserver\",kind=\"receiver\",state=\"silent\"} 0\n"
                  "mcastd_section_state{section=\"mcserver\",kind=\"receiver\",state=\"failed\"} 0\n"
                  "mcastd_section_state{section=\"mcserver.b\",kind=\"receiver\",state=\"active\"} 0\n"
                  "mcastd_section_state{section=\"mcserver.b\",kind=\"receiver\",state=\"waiting\"} 0\n"
                  "mcastd_section_state{section=\"mcserver.b\",kind=\"receiver\",state=\"silent\"} 1\n"
                  "mcastd_section_state{section=\"mcserver.b\",kind=\"receiver\",state=\"failed\"} 0\n"
                  "mcastd_section_state{section=\"mcclient\",kind=\"emitter\",state=\"active\"} 0\n"
                  "mcastd_section_state{section=\"mcclient\",kind=\"emitter\",state=\"waiting\"} 0\n"
                  "mcastd_section_state{section=\"mcclient\",kind=\"emitter\",state=\"silent\"} 0\n"
                  "mcastd_section_state{section=\"mcclient\",kind=\"emitter\",state=\"failed\"} 1\n" },
                { "mcastd_peers", "# HELP mcastd_peers Peers in each state.\n"
                                  "# TYPE mcastd_peers gauge\n"
                                  "mcastd_peers{section=\"mcserver\",state=\"new\"} 1\n"
                                  "mcastd_peers{section=\"mcserver\",state=\"up\"} 3\n"
                                  "mcastd_peers{section=\"mcserver\",state=\"down\"} 2\n"
                                  "mcastd_peers{section=\"mcserver.b\",state=\"new\"} 0\n"
                                  "mcastd_peers{section=\"mcserver.b\",state=\"up\"} 0\n"
                                  "mcastd_peers{section=\"mcserver.b\",state=\"down\"} 0\n" },
                { "mcastd_peers_max", "# HELP mcastd_peers_max How many peers are remembered at most.\n"
                                      "# TYPE mcastd_peers_max gauge\n"
                                      "mcastd_peers_max{section=\"mcserver\"} 1024\n"
                                      "mcastd_peers_max{section=\"mcserver.b\"} 7\n" },
                { "mcastd_receiver_refuses_all",
                  "# HELP mcastd_receiver_refuses_all 1 if all that came of late was refused for its signature.\n"
                  "# TYPE mcastd_receiver_refuses_all gauge\n"
                  "mcastd_receiver_refuses_all{section=\"mcserver\"} 0\n"
                  "mcastd_receiver_refuses_all{section=\"mcserver.b\"} 1\n" },
                { "mcastd_emitter_interval_seconds",
                  "# HELP mcastd_emitter_interval_seconds Time between two messages.\n"
                  "# TYPE mcastd_emitter_interval_seconds gauge\n"
                  "mcastd_emitter_interval_seconds{section=\"mcclient\"} 0.250000000\n" },
                { "mcastd_emitter_sequence", "# HELP mcastd_emitter_sequence Number of the last message.\n"
                                             "# TYPE mcastd_emitter_sequence gauge\n"
                                             "mcastd_emitter_sequence{section=\"mcclient\"} 12\n" },
                { "mcastd_ack_sources", "# HELP mcastd_ack_sources Nodes known to acknowledge.\n"
                                        "# TYPE mcastd_ack_sources gauge\n"
                                        "mcastd_ack_sources{section=\"mcclient\"} 4\n" },
                { "mcastd_last_acks",
                  "# HELP mcastd_last_acks Nodes that have acknowledged the last message for which that is known.\n"
                  "# TYPE mcastd_last_acks gauge\n"
                  "mcastd_last_acks{section=\"mcclient\"} 3\n" },
                { "mcastd_expected_acks",
                  "# HELP mcastd_expected_acks Nodes that should acknowledge; 0: nobody need.\n"
                  "# TYPE mcastd_expected_acks gauge\n"
                  "mcastd_expected_acks{section=\"mcclient\"} 5\n" },
        };
        const struct snapshot s = sections();

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++)
                check_block(&s, METRICS_TEXT, rows[i].name, rows[i].expected);
}

/* What stands behind the second line of a block: its samples. */
static const char *samples(char *text, const char *name)
{
        const char *p = block_of(text, name);

        for (int line = 0; *p && line < 2; line++)
                p = strchr(p, '\n') + 1;
        return p;
}

static void test_each_counter_is_there_for_its_kind(void **state)
{
        struct snapshot_section pair[2] = { { .name = "r" }, { .name = "e", .emitter = true } };
        struct snapshot s = nothing();

        (void)state;
        s.sections = pair;
        s.n_sections = 2;
        for (enum stat i = 0; i < STAT_N; i++) {
                char name[64], expected[256] = "", *text;

                pair[0].stats.count[i] = 100;
                pair[1].stats.count[i] = UINT64_MAX;
                snprintf(name, sizeof name, "mcastd_%s_total", stats_name(i));
                if (stats_of_receiver(i))
                        snprintf(expected, sizeof expected, "%s{section=\"r\"} 100\n", name);
                if (stats_of_emitter(i))
                        snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
                                 "%s{section=\"e\"} 18446744073709551615\n", name);
                text = text_of(&s, METRICS_TEXT);
                CHECK(name, strstr(text, "(null)") == NULL);
                CHECK_TEXT(name, samples(text, name), expected);
                free(text);
        }
}

static void test_bytes_are_a_unit(void **state)
{
        const struct snapshot s = sections();

        (void)state;
        check_block(&s, METRICS_OPENMETRICS, "mcastd_sent_bytes",
                    "# HELP mcastd_sent_bytes Bytes of payload in them.\n"
                    "# TYPE mcastd_sent_bytes counter\n"
                    "# UNIT mcastd_sent_bytes bytes\n"
                    "mcastd_sent_bytes_total{section=\"mcclient\"} 0\n");
}

static void test_clients_are_counted_apart(void **state)
{
        struct snapshot s = nothing();
        char *text;

        (void)state;
        s.control = (struct snapshot_clients){ 1, 2, 3, 4 };
        s.http = (struct snapshot_clients){ 5, 6, 7, 8 };
        s.log_lost = 9;
        s.reload_refused = true;
        text = text_of(&s, METRICS_TEXT);
        assert_non_null(strstr(text, "\nmcastd_control_clients 1\n"));
        assert_non_null(strstr(text, "\nmcastd_control_clients_accepted_total 2\n"));
        assert_non_null(strstr(text, "\nmcastd_control_clients_refused_total 3\n"));
        assert_non_null(strstr(text, "\nmcastd_control_clients_dropped_total 4\n"));
        assert_non_null(strstr(text, "\nmcastd_http_connections 5\n"));
        assert_non_null(strstr(text, "\nmcastd_http_connections_accepted_total 6\n"));
        assert_non_null(strstr(text, "\nmcastd_http_connections_refused_total 7\n"));
        assert_non_null(strstr(text, "\nmcastd_http_connections_dropped_total 8\n"));
        assert_non_null(strstr(text, "\nmcastd_log_lost_lines_total 9\n"));
        assert_non_null(strstr(text, "\nmcastd_reload_refused 1\n"));
        free(text);
}

/* --- peers --- */

static struct snapshot_peer the_peers[] = {
        { .section = 0,
          .peer = { .address = { AF_INET, { 10, 0, 0, 7 }, 0 },
                    .state = PEER_UP,
                    .has_sequence = true,
                    .has_clock = true,
                    .clock_ns = -1,
                    .datagrams = 12,
                    .bytes = 372,
                    .lost = 2,
                    .restarts = 1 },
          .last_wall_ns = 20 * NS_PER_S + 1 },
        { .section = 1,
          .peer = { .address = { AF_INET6, { 0xfe, 0x80, [15] = 1 }, 3 },
                    .state = PEER_DOWN,
                    .datagrams = 1 },
          .last_wall_ns = 1 },
        { .section = 1, .peer = { .address = { AF_INET, { 10, 0, 0, 8 }, 0 }, .state = PEER_NEW } },
};

static struct snapshot_ack_source the_sources[] = {
        { .section = 2,
          .entry = { .address = { AF_INET, { 10, 0, 0, 9 }, 0 },
                     .acked = 10,
                     .missed = 1,
                     .rtt_last_ns = 213456 } },
};

static struct snapshot with_peers(void)
{
        struct snapshot s = sections();

        strcpy(the_sections[1].interface, "eth0");
        s.peers = the_peers;
        s.n_peers = N_OF(the_peers);
        s.ack_sources = the_sources;
        s.n_ack_sources = N_OF(the_sources);
        return s;
}

static void test_peers_have_metrics_of_their_own(void **state)
{
#define FIRST  "{section=\"mcserver\",peer=\"10.0.0.7\"} "
#define SECOND "{section=\"mcserver.b\",peer=\"fe80::1%eth0\"} "
#define THIRD  "{section=\"mcserver.b\",peer=\"10.0.0.8\"} "
#define SOURCE "{section=\"mcclient\",peer=\"10.0.0.9\"} "
        static const struct {
                const char *name, *expected;
        } rows[] = {
                { "mcastd_peer_metrics_truncated", "mcastd_peer_metrics_truncated 0\n" },
                { "mcastd_peer_up", "mcastd_peer_up" FIRST "1\n"
                                    "mcastd_peer_up" SECOND "0\n"
                                    "mcastd_peer_up" THIRD "1\n" },
                { "mcastd_peer_last_heard_timestamp_seconds",
                  "mcastd_peer_last_heard_timestamp_seconds" FIRST "20.000000001\n"
                  "mcastd_peer_last_heard_timestamp_seconds" SECOND "0.000000001\n"
                  "mcastd_peer_last_heard_timestamp_seconds" THIRD "0.000000000\n" },
                { "mcastd_peer_datagrams_total", "mcastd_peer_datagrams_total" FIRST "12\n"
                                                 "mcastd_peer_datagrams_total" SECOND "1\n"
                                                 "mcastd_peer_datagrams_total" THIRD "0\n" },
                { "mcastd_peer_bytes_total", "mcastd_peer_bytes_total" FIRST "372\n"
                                             "mcastd_peer_bytes_total" SECOND "0\n"
                                             "mcastd_peer_bytes_total" THIRD "0\n" },
                { "mcastd_peer_lost", "mcastd_peer_lost" FIRST "2\n" },
                { "mcastd_peer_restarts_total", "mcastd_peer_restarts_total" FIRST "1\n"
                                                "mcastd_peer_restarts_total" SECOND "0\n"
                                                "mcastd_peer_restarts_total" THIRD "0\n" },
                { "mcastd_peer_clock_difference_seconds",
                  "mcastd_peer_clock_difference_seconds" FIRST "-0.000000001\n" },
                { "mcastd_ack_source_acked_total", "mcastd_ack_source_acked_total" SOURCE "10\n" },
                { "mcastd_ack_source_missed_total", "mcastd_ack_source_missed_total" SOURCE "1\n" },
                { "mcastd_ack_source_rtt_seconds", "mcastd_ack_source_rtt_seconds" SOURCE "0.000213456\n" },
        };
        const struct snapshot s = with_peers();

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char *text = text_of(&s, METRICS_TEXT);

                CHECK_TEXT(rows[i].name, samples(text, rows[i].name), rows[i].expected);
                free(text);
        }
}

static void test_that_there_are_more_peers_is_told(void **state)
{
        struct snapshot s = with_peers();

        (void)state;
        s.next.more = true;
        check_block(&s, METRICS_TEXT, "mcastd_peer_metrics_truncated",
                    "# HELP mcastd_peer_metrics_truncated 1 if there are more peers than are shown.\n"
                    "# TYPE mcastd_peer_metrics_truncated gauge\n"
                    "mcastd_peer_metrics_truncated 1\n");
}

static void test_without_peers_no_address_is_told(void **state)
{
        const struct snapshot s = sections();
        char *text = text_of(&s, METRICS_TEXT);

        (void)state;
        assert_null(strstr(text, "peer="));
        assert_null(strstr(text, "mcastd_peer_"));
        assert_null(strstr(text, "mcastd_ack_source_"));
        free(text);
}

static void test_an_extreme_difference_is_a_number(void **state)
{
        struct snapshot_peer far = {
                .peer = { .address = ipv4(10, 0, 0, 7), .has_clock = true, .clock_ns = INT64_MIN }
        };
        struct snapshot s = sections();
        char *text;

        (void)state;
        s.peers = &far;
        s.n_peers = 1;
        text = text_of(&s, METRICS_TEXT);
        assert_string_equal(samples(text, "mcastd_peer_clock_difference_seconds"),
                            "mcastd_peer_clock_difference_seconds" FIRST "-9223372036.854775808\n");
        free(text);
}

/* --- labels --- */

static void test_labels_are_escaped(void **state)
{
        static const struct {
                const char *node, *expected;
        } rows[] = {
                { "plain", "plain" },
                { "", "" },
                { "a\"b", "a\\\"b" },
                { "a\\b", "a\\\\b" },
                { "a\nb", "a\\nb" },
                { "\t\x7f", "\\\\x09\\\\x7f" },
                { "\xc3\xa4\xff", "\\\\xc3\\\\xa4\\\\xff" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct snapshot s = nothing();
                char expected[128], *text;

                strcpy(s.node, rows[i].node);
                snprintf(expected, sizeof expected, "mcastd_build_info{version=\"0.1.0\",node=\"%s\"} 1\n",
                         rows[i].expected);
                text = text_of(&s, METRICS_TEXT);
                CHECK_TEXT(rows[i].expected, samples(text, "mcastd_build_info"), expected);
                free(text);
        }
}

static void test_the_longest_labels_fit(void **state)
{
        struct snapshot_section longest = { .peers_max = SIZE_MAX };
        struct snapshot_peer peer = { .peer = { .address = { AF_INET6, { 0xfe, 0x80 }, UINT32_MAX } },
                                      .last_wall_ns = INT64_MIN };
        struct snapshot s = nothing();
        char *text;

        (void)state;
        memset(longest.name, 1, sizeof longest.name - 1);
        memset(longest.interface, 2, sizeof longest.interface - 1);
        memset(peer.peer.address.bytes, 0xfe, sizeof peer.peer.address.bytes);
        peer.peer.address.bytes[1] = 0x80;
        s.sections = &longest;
        s.n_sections = 1;
        s.peers = &peer;
        s.n_peers = 1;
        text = text_of(&s, METRICS_TEXT);
        assert_non_null(strstr(text, "\\\\x02\"} -9223372036.854775808\n"));
        free(text);
}

static void test_a_failure_ends_it(void **state)
{
        const struct snapshot s = sections();

        (void)state;
        for (size_t room = 0; room < 3; room++) {
                struct text t = { .room = room };

                assert_int_equal(view_metrics(&s, METRICS_TEXT, collect, &t), -ENOMEM);
                assert_int_equal(t.writes, room + 1);
                free(t.bytes);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_without_sections_there_is_the_daemon),
                cmocka_unit_test(test_openmetrics_has_types_units_and_an_end),
                cmocka_unit_test(test_content_types),
                cmocka_unit_test(test_what_sections_have),
                cmocka_unit_test(test_each_counter_is_there_for_its_kind),
                cmocka_unit_test(test_bytes_are_a_unit),
                cmocka_unit_test(test_clients_are_counted_apart),
                cmocka_unit_test(test_peers_have_metrics_of_their_own),
                cmocka_unit_test(test_that_there_are_more_peers_is_told),
                cmocka_unit_test(test_without_peers_no_address_is_told),
                cmocka_unit_test(test_an_extreme_difference_is_a_number),
                cmocka_unit_test(test_labels_are_escaped),
                cmocka_unit_test(test_the_longest_labels_fit),
                cmocka_unit_test(test_a_failure_ends_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
