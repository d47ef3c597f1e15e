/* completion.c - the command `mcastctl completion`: scripts for shells, and the words that those ask for. */
#include "ctl/completion.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/completion_bash.h"
#include "ctl/completion_zsh.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct options {
        struct client_options daemon;
        const char *shell, *words;
};

static const char *const shells[] = { "bash", "zsh", NULL };
static const char *const kinds[] = { "interfaces", "sections", "emitters", "peers", "groups", NULL };

const char *completion_words_of(enum argument_kind kind)
{
        switch (kind) {
        case ARGUMENT_INTERFACE:
                return "interfaces";
        case ARGUMENT_SECTION:
                return "sections";
        case ARGUMENT_EMITTER:
                return "emitters";
        case ARGUMENT_PEER:
                return "peers";
        case ARGUMENT_GROUP:
                return "groups";
        default:
                return NULL;
        }
}

static int print_interfaces(void)
{
        struct if_nameindex *interfaces = if_nameindex();

        if (!interfaces)
                return ask_failed("completion", -errno);
        for (size_t i = 0; interfaces[i].if_index; i++)
                puts(interfaces[i].if_name);
        if_freenameindex(interfaces);
        return EXIT_SUCCESS;
}

/* The word that an object of the answer stands for; false where it is of another kind. */
static bool word_of(const json_t *object, const char *kind, char *buffer, size_t size)
{
        const char *group = answer_text(object, "group");

        if (strcmp(kind, "emitters") == 0 && strcmp(answer_text(object, "kind"), "emitter") != 0)
                return false;
        if (strcmp(kind, "groups") == 0)
                snprintf(buffer, size, strchr(group, ':') ? "[%s]:%d" : "%s:%d", group,
                         (int)answer_count(object, "port"));
        else
                snprintf(buffer, size, "%s",
                         answer_text(object, strcmp(kind, "peers") == 0 ? "address" : "name"));
        return true;
}

/* Each word once. */
static void print_all(const json_t *objects, const char *kind)
{
        json_t *words = json_object();
        const json_t *object;
        const char *word;
        json_t *value;
        char text[256];
        size_t i;

        json_array_foreach(objects, i, object) if (word_of(object, kind, text, sizeof text))
                json_object_set_new(words, text, json_true());
        json_object_foreach(words, word, value)
        {
                output_text(stdout, word);
                putchar('\n');
        }
        json_decref(words);
}

static int print_words(const struct options *o)
{
        json_t *answer = NULL;
        const char *verb = strcmp(o->words, "peers") == 0 ? "peers" : "status";
        int r;

        if (strcmp(o->words, "interfaces") == 0)
                return print_interfaces();
        r = ask("completion", &o->daemon, true, json_pack("{s:s}", "verb", verb), &answer);
        if (r)
                return r - 1;
        print_all(json_object_get(answer, strcmp(verb, "peers") == 0 ? "peers" : "sections"), o->words);
        json_decref(answer);
        return EXIT_SUCCESS;
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        int r = options_parse(&command_completion, argc, argv, &o);

        if (r)
                return r - 1;
        if (!o.shell == !o.words)
                return options_refuse(&command_completion, "either SHELL or --words is needed") - 1;
        if (o.words)
                return print_words(&o);
        (strcmp(o.shell, "bash") == 0 ? completion_bash : completion_zsh)();
        return EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        { "words", 'w', ARGUMENT_CHOICE, .word = "KIND",
          .help = "list interfaces, sections, emitters, peers or groups, one a line",
          .offset = offsetof(struct options, words), .choices = kinds },
        OPTION_SOCKET(struct options),
        { .kind = ARGUMENT_CHOICE,
          .word = "SHELL",
          .offset = offsetof(struct options, shell),
          .choices = shells,
          .optional = true },
        { 0 },
};

const struct command command_completion = {
        .name = "completion",
        .summary = "print the completion of mcastctl for a shell",
        .about = "Prints what makes a shell complete the command lines of mcastctl. SHELL: bash or zsh.\n",
        .notes =
                "Exit status: 0 it is printed, 1 the daemon does not answer, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
