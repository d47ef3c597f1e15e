/* reload.c - the command `mcastctl reload`: the daemon reads its configuration again, and says what came of
 * it. */
#include "ctl/reload.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct options {
        struct client_options daemon;
};

/* What it has gone over to, but is to be said of it: to standard error, as is what is refused. */
static void print_messages(const json_t *messages)
{
        const json_t *message;
        size_t i;

        json_array_foreach(messages, i, message)
        {
                output_text(stderr, json_string_value(message));
                fputc('\n', stderr);
        }
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        json_t *answer = NULL;
        int r = options_parse(&command_reload, argc, argv, &o);

        if (r == 0)
                r = ask("reload", &o.daemon, false, json_pack("{s:s}", "verb", "reload"), &answer);
        if (r)
                return r - 1;
        if (o.daemon.json) {
                output_json(answer);
        } else {
                output_text(stdout, answer_text(answer, "message"));
                putchar('\n');
                print_messages(json_object_get(answer, "messages"));
        }
        json_decref(answer);
        return EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { 0 },
};

const struct command command_reload = {
        .name = "reload",
        .summary = "let the daemon read its configuration again",
        .about = "Lets the daemon read its configuration again, and tells what came of it.\n",
        .notes =
                "Exit status: 0 it is in force, 1 it was refused and the old one goes on, 64 wrong usage. See\n"
                "mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
