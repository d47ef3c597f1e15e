/* check.c - the command `mcastctl check`: one line and an exit status as the Monitoring Plugins have them. */
#include "ctl/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/client.h"
#include "ctl/options.h"
#include "ctl/output.h"

/* The values are exit statuses; see the Monitoring Plugins Development Guidelines. */
enum verdict {
        VERDICT_OK,
        VERDICT_WARNING,
        VERDICT_CRITICAL,
        VERDICT_UNKNOWN,
};

struct options {
        struct client_options daemon;
};

struct judgement {
        enum verdict verdict;
        char text[1024]; /* why, in one line */
        char data[512];  /* performance data */
};

/* Adds a reason, for which the verdict is no better than this. */
static void __attribute__((format(printf, 3, 4)))
add(struct judgement *j, enum verdict verdict, const char *format, ...)
{
        size_t n = strlen(j->text);
        va_list args;

        if (verdict > j->verdict)
                j->verdict = verdict;
        if (n > 0)
                n += (size_t)snprintf(j->text + n, sizeof j->text - n, "; ");
        if (n >= sizeof j->text)
                return;
        va_start(args, format);
        vsnprintf(j->text + n, sizeof j->text - n, format, args);
        va_end(args);
}

static long long count(const json_t *object, const char *name)
{
        return (long long)answer_count(object, name);
}

/* How many emitters have fewer acks than EXPECT_ACKS. Of the first message after a start nothing is known
 * until its time is over. */
static long long count_short(const json_t *sections)
{
        long long n = 0;
        const json_t *section;
        size_t i;

        json_array_foreach(sections, i, section)
        {
                const json_t *acks = json_object_get(section, "acks");

                if (count(acks, "last") < count(acks, "expected") &&
                    count(json_object_get(section, "counters"), "messages_short") > 0)
                        n++;
        }
        return n;
}

static void judge(const json_t *answer, struct judgement *j)
{
        const json_t *daemon = json_object_get(answer, "daemon"), *peers = json_object_get(daemon, "peers");
        long long n_short = count_short(json_object_get(answer, "sections"));

        if (answer_has(daemon, "unwell") || !answer_is(daemon, "healthy"))
                add(j, VERDICT_CRITICAL, "%s",
                    *answer_text(daemon, "unwell") ? answer_text(daemon, "unwell") : "unwell");
        else if (answer_has(daemon, "worst"))
                add(j, VERDICT_WARNING, "%s", answer_text(daemon, "worst"));
        if (count(peers, "down") > 0)
                add(j, VERDICT_WARNING, "%lld peer%s down", count(peers, "down"),
                    count(peers, "down") == 1 ? "" : "s");
        if (count(daemon, "clocks_wrong") > 0)
                add(j, VERDICT_WARNING, "%lld peer%s with a wrong clock", count(daemon, "clocks_wrong"),
                    count(daemon, "clocks_wrong") == 1 ? "" : "s");
        if (count(daemon, "refusing") > 0)
                add(j, VERDICT_WARNING, "%lld receiver%s all that is heard, see AUTH",
                    count(daemon, "refusing"), count(daemon, "refusing") == 1 ? " refuses" : "s refuse");
        if (n_short > 0)
                add(j, VERDICT_WARNING, "%lld emitter%s fewer acks than EXPECT_ACKS", n_short,
                    n_short == 1 ? " has" : "s have");
        if (count(daemon, "full") > 0)
                add(j, VERDICT_WARNING, "no place for more peers, see PEERS");
        if (answer_has(daemon, "remark"))
                add(j, VERDICT_WARNING, "%s", answer_text(daemon, "remark"));
        if (j->verdict == VERDICT_OK)
                add(j, VERDICT_OK, "%lld joined, %lld emitting, %lld peer%s up", count(daemon, "joined"),
                    count(daemon, "emitting"), count(peers, "up"), count(peers, "up") == 1 ? "" : "s");
        snprintf(j->data, sizeof j->data,
                 "joined=%lld emitting=%lld waiting=%lld silent=%lld failed=%lld peers_up=%lld "
                 "peers_down=%lld received=%lldc",
                 count(daemon, "joined"), count(daemon, "emitting"), count(daemon, "waiting"),
                 count(daemon, "silent"), count(daemon, "failed"), count(peers, "up"), count(peers, "down"),
                 count(daemon, "received"));
}

/* Asks and judges. That the daemon cannot be asked is a verdict as well. */
static void examine(const struct options *o, struct judgement *j)
{
        struct client *c = NULL;
        json_t *answer = NULL;
        char why[CLIENT_WHY_SIZE];
        int r = client_connect(o->daemon.folder, true, &c, why);

        if (r < 0) {
                /* The second line says what to do. */
                why[strcspn(why, "\n")] = '\0';
                add(j, r == -EACCES || r == -ENAMETOOLONG ? VERDICT_UNKNOWN : VERDICT_CRITICAL, "%s", why);
                return;
        }
        r = client_ask_all(c, json_pack("{s:s}", "verb", "status"), &answer);
        if (r < 0)
                add(j, VERDICT_CRITICAL, "%s", client_why(r));
        else if (!answer_is(answer, "ok"))
                add(j, VERDICT_CRITICAL, "mcastd refuses: %s", answer_text(answer, "error"));
        else
                judge(answer, j);
        json_decref(answer);
        client_close(c);
}

static void print(struct judgement *j, bool json)
{
        static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
        json_t *document;

        if (json) {
                document = json_pack("{s:i, s:s, s:i, s:s}", "version", 1, "verdict", names[j->verdict],
                                     "status", (int)j->verdict, "text", j->text);
                output_json(document);
                json_decref(document);
                return;
        }
        /* What stands behind the bar is data. */
        for (char *p = j->text; *p; p++)
                if (*p == '|')
                        *p = '/';
        printf("mcastd %s: ", names[j->verdict]);
        output_text(stdout, j->text);
        printf("%s%s\n", *j->data ? " | " : "", j->data);
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        struct judgement j = { .verdict = VERDICT_OK };
        int r = options_parse(&command_check, argc, argv, &o);

        if (r)
                return r - 1 == EX_USAGE ? VERDICT_UNKNOWN : r - 1;
        examine(&o, &j);
        print(&j, o.daemon.json);
        return (int)j.verdict;
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { 0 },
};

const struct command command_check = {
        .name = "check",
        .summary = "judge the daemon in one line, for a monitoring system",
        .about = "Judges the daemon in one line, as the Monitoring Plugins do.\n",
        .notes =
                "Exit status: 0 all is well; 1 a section waits, a peer is down, or a reload was refused;\n"
                "2 a section has failed or is silent, or no daemon answers; 3 wrong usage, or no permission.\n"
                "See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
