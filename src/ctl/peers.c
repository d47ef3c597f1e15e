/* peers.c - the command `mcastctl peers`: whom the receivers hear, and who acknowledges the emitters. */
#include "ctl/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/table.h"

struct options {
        struct client_options daemon;
        const char *section;
};

static const struct table_column peer_columns[] = {
        { "RECEIVER", TABLE_LEFT },   { "PEER", TABLE_LEFT },        { "STATE", TABLE_LEFT },
        { "FOR", TABLE_RIGHT },       { "LAST HEARD", TABLE_RIGHT }, { "INTERVAL", TABLE_RIGHT },
        { "DATAGRAMS", TABLE_RIGHT }, { "LOST", TABLE_RIGHT },       { "RESTARTS", TABLE_RIGHT },
        { "CLOCK", TABLE_RIGHT },     { "KEY", TABLE_RIGHT },        { "REFUSED", TABLE_LEFT },
        { "PAYLOAD", TABLE_CUT },
};

static const struct table_column ack_columns[] = {
        { "EMITTER", TABLE_LEFT },   { "NODE", TABLE_LEFT },      { "ACKED", TABLE_RIGHT },
        { "MISSED", TABLE_RIGHT },   { "LAST ACK", TABLE_RIGHT }, { "RTT LAST", TABLE_RIGHT },
        { "RTT MEAN", TABLE_RIGHT }, { "RTT MAX", TABLE_RIGHT },  { "KEY", TABLE_RIGHT },
};

#define N_OF(array) (sizeof(array) / sizeof(array)[0])

/* Behind the address stands who that is, as far as it is known. */
static void add_address(struct table *t, const json_t *node)
{
        const char *name = answer_text(node, "node");
        bool own = answer_is(node, "own");

        table_cell(t, TONE_PLAIN, "%s", answer_text(node, "section"));
        if (*name || own)
                table_cell(t, TONE_PLAIN, "%s (%s%s%s)", answer_text(node, "address"), name,
                           *name && own ? ", " : "", own ? "this host" : "");
        else
                table_cell(t, TONE_PLAIN, "%s", answer_text(node, "address"));
}

/* How long ago that was. */
static void add_span(struct table *t, const char *now, const char *then, const char *behind)
{
        int64_t now_ms, then_ms;
        char text[ANSWER_SPAN_SIZE];

        if (answer_time(now, &now_ms) == 0 && answer_time(then, &then_ms) == 0)
                (void)answer_span((double)(now_ms - then_ms) / 1000, text);
        else
                strcpy(text, "-");
        table_cell(t, TONE_PLAIN, "%s%s", text, behind);
}

/* Without what is not shown: "-0.000" is no difference. */
static double to_millis(double seconds)
{
        return seconds > -0.0005 && seconds < 0.0005 ? 0 : seconds;
}

/* That it signs with. */
static void add_key(struct table *t, const json_t *node)
{
        if (answer_has(node, "key"))
                table_cell(t, TONE_GOOD, "%lld", (long long)answer_count(node, "key"));
        else
                table_cell(t, TONE_PLAIN, "%s", "");
}

/* What a peer tells of itself by its messages; "-" where it does not. */
static void add_told(struct table *t, const json_t *peer)
{
        long long lost = answer_count(peer, "lost");

        if (answer_has(peer, "lost"))
                table_cell(t, lost > 0 ? TONE_FAIR : TONE_PLAIN, "%lld", lost);
        else
                table_cell(t, TONE_PLAIN, "-");
        table_cell(t, TONE_PLAIN, "%lld", (long long)answer_count(peer, "restarts"));
        if (answer_has(peer, "clock_s"))
                table_cell(t, answer_is(peer, "clock_wrong") ? TONE_BAD : TONE_PLAIN, "%+.3f s",
                           to_millis(answer_real(peer, "clock_s")));
        else
                table_cell(t, TONE_PLAIN, "-");
        add_key(t, peer);
        table_cell(t, TONE_BAD, "%s", answer_text(peer, "refused"));
        table_cell(t, TONE_PLAIN, "%s", answer_text(peer, "payload"));
}

static void add_peer(struct table *t, const json_t *peer, const char *now)
{
        const char *state = answer_text(peer, "state");

        add_address(t, peer);
        table_cell(t, output_tone(state), "%s", state);
        add_span(t, now, answer_text(peer, "since"), "");
        table_cell(t, TONE_PLAIN, "%s ago", ANSWER_SPAN(answer_real(peer, "silent_s")));
        if (answer_has(peer, "interval_s"))
                table_cell(t, TONE_PLAIN, "%.3g s", answer_real(peer, "interval_s"));
        else
                table_cell(t, TONE_PLAIN, "-");
        table_cell(t, TONE_PLAIN, "%lld", (long long)answer_count(peer, "datagrams"));
        add_told(t, peer);
}

static void add_ack_source(struct table *t, const json_t *source, const char *now)
{
        const json_t *rtt = json_object_get(source, "rtt_ms");
        long long missed = answer_count(source, "missed");

        add_address(t, source);
        table_cell(t, TONE_PLAIN, "%lld", (long long)answer_count(source, "acked"));
        table_cell(t, answer_count(source, "missed_in_row") > 0 ? TONE_FAIR : TONE_PLAIN, "%lld", missed);
        add_span(t, now, answer_text(source, "last_acked"), " ago");
        table_cell(t, TONE_PLAIN, "%.3f ms", answer_real(rtt, "last"));
        table_cell(t, TONE_PLAIN, "%.3f ms", answer_real(rtt, "mean"));
        table_cell(t, TONE_PLAIN, "%.3f ms", answer_real(rtt, "max"));
        add_key(t, source);
}

static int by_address(const void *a, const void *b)
{
        const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;

        return strverscmp(answer_text(one, "address"), answer_text(other, "address"));
}

/* How many from the first on belong to its section. */
static size_t run_length(json_t *const *nodes, size_t n)
{
        size_t i = 1;

        while (i < n && strcmp(answer_text(nodes[i], "section"), answer_text(nodes[0], "section")) == 0)
                i++;
        return i;
}

/* The elements, in each section by address; NULL without memory. They still belong to the array. */
static json_t **sorted(const json_t *array)
{
        size_t n = json_array_size(array), i;
        json_t **nodes = calloc(n + 1, sizeof(json_t *)), *node;

        if (!nodes)
                return NULL;
        json_array_foreach(array, i, node) nodes[i] = node;
        for (size_t at = 0, length; at < n; at += length) {
                length = run_length(nodes + at, n - at);
                qsort(nodes + at, length, sizeof(json_t *), by_address);
        }
        return nodes;
}

static int print_peers(const json_t *peers, const char *now)
{
        struct table *t = table_new(peer_columns, N_OF(peer_columns));
        json_t **nodes = sorted(peers);
        int r = t && nodes ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < json_array_size(peers); i++)
                add_peer(t, nodes[i], now);
        if (r == 0)
                table_print(t, stdout, output_width(stdout), output_has_colours(stdout));
        free(nodes);
        table_free(t);
        return r;
}

static int print_ack_sources(const json_t *sources, const char *now)
{
        struct table *t = table_new(ack_columns, N_OF(ack_columns));
        json_t **nodes = sorted(sources);
        int r = t && nodes ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < json_array_size(sources); i++)
                add_ack_source(t, nodes[i], now);
        if (r == 0)
                table_print(t, stdout, output_width(stdout), output_has_colours(stdout));
        free(nodes);
        table_free(t);
        return r;
}

static int print(const json_t *answer)
{
        const json_t *peers = json_object_get(answer, "peers"), *sources = json_object_get(answer, "acks");
        bool no_peers = json_array_size(peers) == 0, no_sources = json_array_size(sources) == 0;
        int r = no_peers ? 0 : print_peers(peers, answer_text(answer, "now"));

        if (!no_peers && !no_sources)
                putchar('\n');
        if (r == 0 && !no_sources)
                r = print_ack_sources(sources, answer_text(answer, "now"));
        if (no_peers && no_sources)
                puts("Nobody was heard, and nobody has acknowledged anything.");
        return r < 0 ? ask_failed("peers", r) : EXIT_SUCCESS;
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        int r = options_parse(&command_peers, argc, argv, &o);

        if (r)
                return r - 1;
        return ask_and_print("peers", &o.daemon,
                             json_pack("{s:s, s:s*}", "verb", "peers", "section", o.section), print);
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { .kind = ARGUMENT_SECTION,
          .word = "SECTION",
          .offset = offsetof(struct options, section),
          .optional = true },
        { 0 },
};

const struct command command_peers = {
        .name = "peers",
        .summary = "tell who is heard, and who acknowledges",
        .about = "Tells whom each receiver hears, and who acknowledges each emitter's messages.\n",
        .notes =
                "Exit status: 0 the daemon has answered, 1 it has not or knows no such section, 64 wrong usage.\n"
                "See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
