/* status.c - the command `mcastctl status`: the daemon in a line, and its sections in a table. */
#include "ctl/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/blemish.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/table.h"

struct options {
        struct client_options daemon;
};

/* How all is: one tone, one text. */
static void print_health(const json_t *daemon)
{
        bool colours = output_has_colours(stdout);
        char text[BLEMISH_SIZE];

        if (answer_has(daemon, "unwell")) {
                output_toned(stdout, colours, TONE_BAD, answer_text(daemon, "unwell"));
        } else if (answer_has(daemon, "worst")) {
                fputs("healthy, but ", stdout);
                output_toned(stdout, colours, TONE_FAIR, answer_text(daemon, "worst"));
        } else if (blemish_find(daemon, text)) {
                fputs("healthy, but ", stdout);
                output_toned(stdout, colours, TONE_FAIR, text);
        } else {
                output_toned(stdout, colours, TONE_GOOD, "healthy");
        }
        putchar('\n');
}

/* One line on the daemon, and one more for each thing that somebody should know. */
static void print_headline(const json_t *daemon)
{
        char started[ANSWER_TIME_SIZE];
        long long lost = answer_count(daemon, "log_lost");

        output_text(stdout, answer_text(daemon, "node"));
        fputs(": mcastd ", stdout);
        output_text(stdout, answer_text(daemon, "version"));
        printf(", up since %s (%s), ", answer_local_time(answer_text(daemon, "started"), false, started),
               ANSWER_SPAN(answer_real(daemon, "uptime_s")));
        print_health(daemon);
        if (answer_has(daemon, "remark")) {
                output_text(stdout, answer_text(daemon, "remark"));
                putchar('\n');
        }
        if (lost > 0)
                printf("lines that the log has lost: %lld\n", lost);
}

/* The sum of the counters that begin so. */
static long long sum(const json_t *counters, const char *prefix)
{
        long long n = 0;
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)counters, name, value) if (strncmp(name, prefix, strlen(prefix)) == 0)
                n += json_integer_value(value);
        return n;
}

static void add_receiver(struct table *t, const json_t *section)
{
        static const char *const states[] = { "up", "new", "down" };
        const json_t *counters = json_object_get(section, "counters"),
                     *peers = json_object_get(section, "peers");
        char text[96] = "";
        long long total = 0;
        enum tone tone = answer_count(peers, "down") > 0 ? TONE_BAD : TONE_PLAIN;

        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
                long long n = answer_count(peers, states[i]);
                size_t length = strlen(text);

                total += n;
                if (n > 0)
                        snprintf(text + length, sizeof text - length, "%s%lld %s", length ? ", " : "", n,
                                 states[i]);
        }
        table_cell(t, TONE_PLAIN, "%lld", (long long)answer_count(counters, "received"));
        table_cell(t, TONE_PLAIN, "%lld", sum(counters, "dropped_"));
        table_cell(t, tone, "%s%s", *text ? text : "none",
                   total == answer_count(peers, "max") ? ", full" : "");
}

static void add_emitter(struct table *t, const json_t *section)
{
        const json_t *counters = json_object_get(section, "counters"),
                     *acks = json_object_get(section, "acks");
        long long last = answer_count(acks, "last"), expected = answer_count(acks, "expected");

        table_cell(t, TONE_PLAIN, "%lld", (long long)answer_count(counters, "sent"));
        table_cell(t, TONE_PLAIN, "%lld", sum(counters, "send_errors") + sum(counters, "beats_missed"));
        if (expected > 0)
                table_cell(t, last < expected ? TONE_BAD : TONE_PLAIN, "%lld of %lld acks", last, expected);
        else
                table_cell(t, TONE_PLAIN, "%lld ack%s", last, last == 1 ? "" : "s");
}

/* What is signed, and what must be: nothing where there are no signatures. */
static void add_auth(struct table *t, const json_t *section)
{
        const char *auth = answer_text(section, "auth");
        bool off = strcmp(auth, "off") == 0;

        if (answer_has(section, "key"))
                table_cell(t, TONE_PLAIN, "key %lld%s%s", (long long)answer_count(section, "key"),
                           off ? "" : ", ", off ? "" : auth);
        else
                table_cell(t, answer_is(section, "refuses_all") ? TONE_BAD : TONE_PLAIN, "%s",
                           off ? "" : auth);
}

static void add_section(struct table *t, const json_t *section)
{
        const char *state = answer_text(section, "state"), *group = answer_text(section, "group");

        table_cell(t, TONE_PLAIN, "%s", answer_text(section, "name"));
        table_cell(t, output_tone(state), "%s", state);
        table_cell(t, TONE_PLAIN, strchr(group, ':') ? "[%s]:%d" : "%s:%d", group,
                   (int)answer_count(section, "port"));
        table_cell(t, TONE_PLAIN, "%s",
                   *answer_text(section, "interface") ? answer_text(section, "interface") : "-");
        if (strcmp(answer_text(section, "kind"), "emitter") == 0)
                add_emitter(t, section);
        else
                add_receiver(t, section);
        add_auth(t, section);
        table_cell(t, TONE_PLAIN, "%s", answer_text(section, "why"));
}

static int print(const json_t *answer)
{
        static const struct table_column columns[] = {
                { "SECTION", TABLE_LEFT },    { "STATE", TABLE_LEFT },      { "GROUP", TABLE_LEFT },
                { "INTERFACE", TABLE_LEFT },  { "DATAGRAMS", TABLE_RIGHT }, { "DROPPED", TABLE_RIGHT },
                { "PEERS/ACKS", TABLE_LEFT }, { "AUTH", TABLE_LEFT },       { "WHY", TABLE_LEFT },
        };
        struct table *t = table_new(columns, sizeof columns / sizeof columns[0]);
        const json_t *section;
        size_t i;

        if (!t)
                return ask_failed("status", -ENOMEM);
        print_headline(json_object_get(answer, "daemon"));
        json_array_foreach(json_object_get(answer, "sections"), i, section) add_section(t, section);
        table_print(t, stdout, output_width(stdout), output_has_colours(stdout));
        table_free(t);
        return EXIT_SUCCESS;
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        int r = options_parse(&command_status, argc, argv, &o);

        if (r)
                return r - 1;
        return ask_and_print("status", &o.daemon, json_pack("{s:s}", "verb", "status"), print);
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { 0 },
};

const struct command command_status = {
        .name = "status",
        .summary = "tell how the daemon and its sections are",
        .about = "Tells how the daemon is, and each receiver and emitter.\n",
        .notes = "Exit status: 0 it has answered, 1 it has not, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
