/* forget.c - the command `mcastctl forget`: the daemon forgets a peer that is gone for good. */
#include "ctl/forget.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct options {
        struct client_options daemon;
        const char *peer, *section;
};

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        json_t *answer = NULL;
        int r = options_parse(&command_forget, argc, argv, &o);

        if (r == 0)
                r = ask("forget", &o.daemon, false,
                        json_pack("{s:s, s:s, s:s*}", "verb", "forget", "peer", o.peer, "section", o.section),
                        &answer);
        if (r)
                return r - 1;
        if (o.daemon.json) {
                output_json(answer);
        } else {
                fputs("forgot ", stdout);
                output_text(stdout, o.peer);
                printf(" in %lld %s\n", (long long)answer_count(answer, "forgotten"),
                       answer_count(answer, "forgotten") == 1 ? "section" : "sections");
        }
        json_decref(answer);
        return EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        OPTION_SOCKET(struct options),
        OPTION_JSON(struct options, daemon.json),
        { .kind = ARGUMENT_PEER, .word = "PEER", .offset = offsetof(struct options, peer) },
        { .kind = ARGUMENT_SECTION,
          .word = "SECTION",
          .offset = offsetof(struct options, section),
          .optional = true },
        { 0 },
};

const struct command command_forget = {
        .name = "forget",
        .summary = "let the daemon forget a peer",
        .about = "Lets the daemon forget a peer that is gone for good, in SECTION only or in all of them.\n",
        .notes =
                "Exit status: 0 it is forgotten, 1 it was not known or the daemon does not answer, 64 wrong\n"
                "usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
