/* reload.c - the command `mcastctl reload`: the daemon reads its configuration again, and says what came of
 * it. */
#include "ctl/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/folder.h"
#include "ctl/keys.h"
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

/* The keys go to the daemon that the service manager runs, and not to whoever listens somewhere else. 0 or
 * -errno. */
static int bring_keys(const struct options *o)
{
        return strcmp(folder_of_sockets(o->daemon.folder), FOLDER_DEFAULT) == 0 ? keys_before_reload() : 0;
}

/* "keys: 1, 7", where there are any. */
static void print_keys(const json_t *keys)
{
        const json_t *key;
        size_t i;

        json_array_foreach(keys, i, key)
                printf("%s%" JSON_INTEGER_FORMAT, i ? ", " : "keys: ", json_integer_value(key));
        if (json_array_size(keys) > 0)
                putchar('\n');
}

static void print(const struct options *o, const json_t *answer)
{
        if (o->daemon.json) {
                output_json(answer);
                return;
        }
        output_text(stdout, answer_text(answer, "message"));
        putchar('\n');
        print_keys(json_object_get(answer, "keys"));
        print_messages(json_object_get(answer, "messages"));
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        json_t *answer = NULL;
        int r = options_parse(&command_reload, argc, argv, &o), not_brought;

        if (r)
                return r - 1;
        not_brought = bring_keys(&o);
        if (not_brought < 0 && !keys_is_nobody_there(not_brought))
                return keys_not_taken("reload", FOLDER_DEFAULT, not_brought);
        r = ask("reload", &o.daemon, false, json_pack("{s:s}", "verb", "reload"), &answer);
        if (r)
                return r - 1;
        print(&o, answer);
        json_decref(answer);
        /* Where no daemon is, that was said before. This one goes on with the keys that it had. */
        return not_brought < 0 ? keys_not_taken("reload", FOLDER_DEFAULT, not_brought) : EXIT_SUCCESS;
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
                "Exit status: 0 it is in force, 1 it was refused and the old one goes on, or the keys could not be\n"
                "handed over, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
