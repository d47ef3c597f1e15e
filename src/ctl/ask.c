/* ask.c - a request of a command to the daemon, and what is said to people where it fails.
 * Does not know what the requests mean. */
#include "ctl/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/output.h"

int ask_failed(const char *command, int error)
{
        fprintf(stderr, "mcastctl %s: %s\n", command, client_why(error));
        return EXIT_FAILURE;
}

/* The daemon will not: its words, and what else it has to say of it, a line each. */
static void say_refusal(const char *command, const json_t *answer)
{
        const char *error = answer_text(answer, "error");
        const json_t *line;
        size_t i;

        fprintf(stderr, "mcastctl %s: ", command);
        output_text(stderr, *error ? error : "mcastd refuses, and does not say why");
        putc('\n', stderr);
        json_array_foreach(json_object_get(answer, "messages"), i, line)
        {
                output_text(stderr, json_is_string(line) ? json_string_value(line) : "");
                putc('\n', stderr);
        }
}

int ask_over(const char *command, struct client *c, bool json, json_t *request, json_t **ret)
{
        json_t *answer = NULL;
        int r = client_ask_all(c, request, &answer);

        if (r < 0)
                return ask_failed(command, r) + 1;
        if (answer_is(answer, "ok")) {
                *ret = answer;
                return 0;
        }
        if (json)
                output_json(answer);
        else
                say_refusal(command, answer);
        json_decref(answer);
        return EXIT_FAILURE + 1;
}

int ask(const char *command, const struct client_options *o, bool reads_only, json_t *request, json_t **ret)
{
        struct client *c = NULL;
        int r;

        if (!request) {
                fprintf(stderr, "mcastctl %s: an argument is not valid UTF-8\n", command);
                return EX_USAGE + 1;
        }
        r = client_open(command, o->folder, reads_only, &c);
        if (r) {
                json_decref(request);
                return r;
        }
        r = ask_over(command, c, o->json, request, ret);
        client_close(c);
        return r;
}

int ask_and_print(const char *command, const struct client_options *o, json_t *request,
                  int (*print)(const json_t *answer))
{
        json_t *answer = NULL;
        int status = EXIT_SUCCESS, r = ask(command, o, true, request, &answer);

        if (r)
                return r - 1;
        if (o->json)
                output_json(answer);
        else
                status = print(answer);
        json_decref(answer);
        return status;
}
