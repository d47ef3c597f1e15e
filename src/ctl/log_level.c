/* log_level.c - the command `mcastctl log-level`: tells or changes from which level on the daemon logs. */
#include "ctl/log_level.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct options {
        struct client_options daemon;
        const char *level; /* NULL: only tell */
};

/* Without a level the daemon's status tells it, for which nobody needs a right. */
static int tell(const struct options *o)
{
        json_t *answer = NULL, *document;
        const char *level;
        int r = ask("log-level", &o->daemon, true, json_pack("{s:s}", "verb", "status"), &answer);

        if (r)
                return r - 1;
        level = answer_text(json_object_get(answer, "daemon"), "log_level");
        document = json_pack("{s:i, s:b, s:s}", "version", 1, "ok", true, "level", level);
        if (o->daemon.json)
                output_json(document);
        else {
                output_text(stdout, level);
                putchar('\n');
        }
        json_decref(document);
        json_decref(answer);
        return EXIT_SUCCESS;
}

static int change(const struct options *o)
{
        json_t *answer = NULL;
        int r = ask("log-level", &o->daemon, false,
                    json_pack("{s:s, s:s}", "verb", "log-level", "level", o->level), &answer);

        if (r)
                return r - 1;
        if (o->daemon.json) {
                output_json(answer);
        } else {
                output_text(stdout, answer_text(answer, "level"));
                fputs(" until the next reload or restart; it was ", stdout);
                output_text(stdout, answer_text(answer, "was"));
                putchar('\n');
        }
        json_decref(answer);
        return EXIT_SUCCESS;
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        int r = options_parse(&command_log_level, argc, argv, &o);

        if (r)
                return r - 1;
        return (o.level ? change : tell)(&o);
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { .kind = ARGUMENT_CHOICE,
          .word = "LEVEL",
          .offset = offsetof(struct options, level),
          .choices = option_levels,
          .optional = true },
        { 0 },
};

const struct command command_log_level = {
        .name = "log-level",
        .summary = "tell or change how much the daemon logs",
        .about = "Changes from which level on the daemon logs, until its next reload or restart; without\n"
                 "LEVEL tells which it is. Levels: error, warning, notice, info, debug.\n",
        .notes = "Exit status: 0 it is so, 1 the daemon does not answer or refuses, 64 wrong usage. See\n"
                 "mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
