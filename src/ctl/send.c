/* send.c - the command `mcastctl send`: an emitter sends a message at once. */
#include "ctl/send.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "message/message.h"

struct options {
        struct client_options daemon;
        const char *section, *text;
};

/* A text of somebody's own has no sequence number: it is none of the emitter's beats. */
static void print(const json_t *answer, bool own_text)
{
        putchar('[');
        output_text(stdout, answer_text(answer, "section"));
        fputs("] sent \"", stdout);
        output_text(stdout, answer_text(answer, "text"));
        printf("\": %lld bytes", (long long)answer_count(answer, "bytes"));
        if (!own_text)
                printf(", sequence %lld", (long long)answer_count(answer, "sequence"));
        putchar('\n');
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        json_t *answer = NULL;
        int r = options_parse(&command_send, argc, argv, &o);

        if (r == 0)
                r = ask("send", &o.daemon, false,
                        json_pack("{s:s, s:s, s:s*}", "verb", "send", "section", o.section, "text", o.text),
                        &answer);
        if (r)
                return r - 1;
        if (o.daemon.json)
                output_json(answer);
        else
                print(answer, o.text != NULL);
        json_decref(answer);
        return EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { .kind = ARGUMENT_EMITTER, .word = "SECTION", .offset = offsetof(struct options, section) },
        { .kind = ARGUMENT_TEXT,
          .word = "TEXT",
          .offset = offsetof(struct options, text),
          .most = MESSAGE_MAX,
          .optional = true },
        { 0 },
};

const struct command command_send = {
        .name = "send",
        .summary = "let an emitter send a message at once",
        .about = "Lets an emitter send at once: TEXT, or else what its MESSAGE says.\n",
        .notes = "Exit status: 0 it was sent, 1 it was not, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
