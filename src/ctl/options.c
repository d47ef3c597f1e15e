/* options.c - the command line of every command of mcastctl, and its --help, by the command's table.
 * Does not know what the options are for. */
#include "ctl/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "config/values.h"
#include "ctl/target.h"

/* Options of one command, --help among them. */
#define OPTIONS_MAX 16

/* What getopt_long() returns for row i; below are letters. */
#define FIRST_ROW 256

const char *const option_levels[] = { "error", "warning", "notice", "info", "debug", NULL };

static const struct parameter help_row = { "help", 'h', ARGUMENT_NONE, .help = "say this, and exit" };

bool parameter_is(const struct parameter *p)
{
        return p->name || p->word;
}

int options_refuse(const struct command *command, const char *format, ...)
{
        va_list args;

        fprintf(stderr, "mcastctl %s: ", command->name);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fprintf(stderr, "\nTry mcastctl %s --help.\n", command->name);
        return EX_USAGE + 1;
}

static int parse_number(const char *command, const char *what, const char *text, const struct parameter *p,
                        uint64_t *ret)
{
        char right[64];
        uint64_t number;

        if (value_number(text, &number) == 0 && number >= (uint64_t)p->least && number <= (uint64_t)p->most) {
                *ret = number;
                return 0;
        }
        snprintf(right, sizeof right, "a number from %" PRId64 " to %" PRId64, p->least, p->most);
        return target_refuse(command, what, text, right);
}

static int parse_duration(const char *command, const char *what, const char *text, const struct parameter *p,
                          int64_t *ret_ns)
{
        char right[128];
        int64_t ns;

        if (value_duration(text, &ns) == 0 && ns >= p->least && ns <= p->most) {
                *ret_ns = ns;
                return 0;
        }
        snprintf(right, sizeof right, "a duration from %s to %s", TEXT_DURATION(p->least),
                 TEXT_DURATION(p->most));
        return target_refuse(command, what, text, right);
}

static int parse_choice(const char *command, const char *what, const char *text, const struct parameter *p,
                        const char **ret)
{
        char right[256] = "one of";

        for (size_t i = 0; p->choices[i]; i++) {
                size_t n = strlen(right);

                if (strcmp(p->choices[i], text) == 0) {
                        *ret = text;
                        return 0;
                }
                snprintf(right + n, sizeof right - n, "%s %s", i ? "," : "", p->choices[i]);
        }
        return target_refuse(command, what, text, right);
}

static int parse_text(const char *command, const char *what, const char *text, const struct parameter *p,
                      const char **ret)
{
        if (p->most > 0 && strlen(text) > (size_t)p->most) {
                fprintf(stderr, "mcastctl %s: %s: %zu bytes; at most %" PRId64 "\n", command, what,
                        strlen(text), p->most);
                return EX_USAGE + 1;
        }
        *ret = text;
        return 0;
}

/* The argument of a row, NULL if it has none. 0; or the exit status plus one. */
static int parse_value(const struct command *command, const struct parameter *p, const char *text,
                       void *options)
{
        void *to = (char *)options + p->offset;
        char what[32];

        snprintf(what, sizeof what, "%s%s", p->name ? "--" : "", p->name ? p->name : p->word);
        switch (p->kind) {
        case ARGUMENT_NONE:
                *(bool *)to = true;
                return 0;
        case ARGUMENT_NUMBER:
                return parse_number(command->name, what, text, p, to);
        case ARGUMENT_DURATION:
                return parse_duration(command->name, what, text, p, to);
        case ARGUMENT_CHOICE:
                return parse_choice(command->name, what, text, p, to);
        case ARGUMENT_INTERFACE:
                return target_parse_interface(command->name, text, to);
        case ARGUMENT_GROUP:
                return target_parse_group(command->name, text, to);
        case ARGUMENT_TEXT:
        case ARGUMENT_SECTION:
        case ARGUMENT_EMITTER:
        case ARGUMENT_PEER:
        case ARGUMENT_FOLDER:
        case ARGUMENT_FILE:
                break;
        }
        return parse_text(command->name, what, text, p, to);
}

/* The rows of options, --help behind the command's own. Returns how many there are. */
static size_t list_options(const struct command *command, const struct parameter *rows[OPTIONS_MAX])
{
        size_t n = 0;

        for (const struct parameter *p = command->parameters; parameter_is(p) && n < OPTIONS_MAX - 1; p++)
                if (p->name)
                        rows[n++] = p;
        rows[n++] = &help_row;
        return n;
}

static void print_usage(const struct command *command)
{
        printf("Usage: mcastctl %s [OPTION]...", command->name);
        for (const struct parameter *p = command->parameters; parameter_is(p); p++)
                if (!p->name)
                        printf(p->optional ? " [%s]" : " %s", p->word);
        printf("\n%s\n", command->about);
}

static void print_help(const struct command *command)
{
        const struct parameter *rows[OPTIONS_MAX];
        size_t n = list_options(command, rows);
        int widest = 0;

        print_usage(command);
        for (size_t i = 0; i < n; i++) {
                int width = snprintf(NULL, 0, "%s %s", rows[i]->name, rows[i]->word ? rows[i]->word : "");

                widest = width > widest ? width : widest;
        }
        for (size_t i = 0; i < n; i++) {
                char shown[64];

                snprintf(shown, sizeof shown, "%s %s", rows[i]->name, rows[i]->word ? rows[i]->word : "");
                printf("  %c%c%c --%-*s  %s\n", rows[i]->letter ? '-' : ' ',
                       rows[i]->letter ? rows[i]->letter : ' ', rows[i]->letter ? ',' : ' ', widest, shown,
                       rows[i]->help);
        }
        printf("\n%s", command->notes);
}

/* The same for getopt: shorts has room for two characters a row. */
static void make_tables(const struct parameter *const rows[], size_t n, struct option longs[], char *shorts)
{
        for (size_t i = 0; i < n; i++) {
                bool takes = rows[i]->kind != ARGUMENT_NONE;

                longs[i] = (struct option){ rows[i]->name, takes ? required_argument : no_argument, NULL,
                                            FIRST_ROW + (int)i };
                if (rows[i]->letter) {
                        *shorts++ = rows[i]->letter;
                        if (takes)
                                *shorts++ = ':';
                }
        }
        longs[n] = (struct option){ 0 };
        *shorts = '\0';
}

/* The row of what getopt has found; NULL where that is nothing it knows. */
static const struct parameter *row_of(int c, const struct parameter *const rows[], size_t n)
{
        if (c >= FIRST_ROW)
                return rows[c - FIRST_ROW];
        for (size_t i = 0; i < n; i++)
                if (rows[i]->letter && rows[i]->letter == c)
                        return rows[i];
        return NULL;
}

static int parse_arguments(const struct command *command, int argc, char *argv[], void *options)
{
        int at = optind, r = 0;

        for (const struct parameter *p = command->parameters; parameter_is(p) && r == 0; p++) {
                if (p->name)
                        continue;
                if (at < argc)
                        r = parse_value(command, p, argv[at++], options);
                else if (!p->optional)
                        r = options_refuse(command, "one %s is needed", p->word);
        }
        if (r == 0 && at < argc)
                r = options_refuse(command, "one argument too many: \"%s\"",
                                   TEXT_ESCAPE(argv[at], strlen(argv[at])));
        return r;
}

int options_parse(const struct command *command, int argc, char *argv[], void *options)
{
        const struct parameter *rows[OPTIONS_MAX];
        struct option longs[OPTIONS_MAX + 1];
        char shorts[2 * OPTIONS_MAX + 1];
        size_t n = list_options(command, rows);
        int c, r;

        make_tables(rows, n, longs, shorts);
        while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct parameter *p = row_of(c, rows, n);

                if (!p) {
                        fprintf(stderr, "Try mcastctl %s --help.\n", command->name);
                        return EX_USAGE + 1;
                }
                if (p == &help_row) {
                        print_help(command);
                        return EXIT_SUCCESS + 1;
                }
                r = parse_value(command, p, optarg, options);
                if (r)
                        return r;
        }
        return parse_arguments(command, argc, argv, options);
}
