/* completion_zsh.c - the script by which zsh completes the command lines of mcastctl. */
#include "ctl/completion_zsh.h"

#include <stdio.h>
#include <string.h>

#include "ctl/completion.h"
#include "ctl/options.h"

static const char head[] = "#compdef mcastctl\n"
                           "# Completion of mcastctl for zsh. Made by: mcastctl completion zsh\n"
                           "\n"
                           "# Offers words of a kind, the last argument, as mcastctl lists them.\n"
                           "_mcastctl_words()\n"
                           "{\n"
                           "    local -a asking=($program completion --words $@[-1]) found\n"
                           "    local -i at=${words[(I)(-s|--socket|--socket=*)]}\n"
                           "    if (( at )); then\n"
                           "        if [[ $words[at] == --socket=* ]]; then\n"
                           "            asking+=(${(Q)words[at]})\n"
                           "        else\n"
                           "            asking+=(--socket ${(Q)words[at + 1]})\n"
                           "        fi\n"
                           "    fi\n"
                           "    found=(${(f)\"$($asking 2>/dev/null)\"})\n"
                           "    compadd \"${(@)@[1,-2]}\" -a found\n"
                           "}\n"
                           "\n"
                           "_mcastctl()\n"
                           "{\n"
                           "    local program=$words[1] curcontext=$curcontext state state_descr line\n"
                           "    typeset -A opt_args\n"
                           "    local -a commands=(\n";

static const char middle[] = "    )\n"
                             "    _arguments -C '(- *)'{-h,--help}'[list the commands]' \\\n"
                             "        '(- *)--version[say the version]' \\\n"
                             "        '1:command:->command' '*::argument:->argument'\n"
                             "    if [[ $state == command ]]; then\n"
                             "        _describe -t commands command commands\n"
                             "        return\n"
                             "    fi\n"
                             "    [[ $state == argument ]] || return\n"
                             "    case $words[1] in\n";

/* Found in a folder of $fpath it is called as a function; otherwise it is sourced. */
static const char tail[] = "    esac\n"
                           "}\n"
                           "\n"
                           "if [[ $funcstack[1] == _mcastctl ]]; then\n"
                           "    _mcastctl \"$@\"\n"
                           "else\n"
                           "    compdef _mcastctl mcastctl\n"
                           "fi\n";

/* Within single quotes, with a backslash before what _arguments or _describe takes for its own. */
static void print_quoted(const char *text)
{
        for (; *text; text++) {
                if (*text == '\'')
                        fputs("'\\'", stdout);
                else if (strchr("[]:\\", *text))
                        putchar('\\');
                putchar(*text);
        }
}

/* What completes the parameter: the end of its specification. */
static void print_action(const struct parameter *p)
{
        const char *words = completion_words_of(p->kind);

        putchar(':');
        print_quoted(p->word);
        putchar(':');
        if (p->kind == ARGUMENT_CHOICE) {
                for (size_t i = 0; p->choices[i]; i++)
                        printf("%s%s", i ? " " : "(", p->choices[i]);
                putchar(')');
        } else if (words) {
                printf("_mcastctl_words %s", words);
        } else {
                fputs(p->kind == ARGUMENT_FOLDER ? "_files -/"
                      : p->kind == ARGUMENT_FILE ? "_files"
                                                 : "()",
                      stdout);
        }
}

static void print_option(const struct parameter *p)
{
        bool takes = p->kind != ARGUMENT_NONE;

        if (p->letter)
                printf("'(-%c --%s)'{-%c%s,--%s%s}'", p->letter, p->name, p->letter, takes ? "+" : "",
                       p->name, takes ? "=" : "");
        else
                printf("'--%s%s", p->name, takes ? "=" : "");
        putchar('[');
        print_quoted(p->help);
        putchar(']');
        if (takes)
                print_action(p);
        putchar('\'');
}

static void print_command(const struct command *command)
{
        int n = 0;

        printf("    %s)\n        _arguments -s '(- *)'{-h,--help}'[say this, and exit]'", command->name);
        for (const struct parameter *p = command->parameters; parameter_is(p); p++) {
                fputs(" \\\n            ", stdout);
                if (p->name) {
                        print_option(p);
                        continue;
                }
                /* Two colons: it may be left out. */
                printf("'%d%s", ++n, p->optional ? ":" : "");
                print_action(p);
                putchar('\'');
        }
        fputs("\n        ;;\n", stdout);
}

void completion_zsh(void)
{
        fputs(head, stdout);
        for (size_t i = 0; commands[i]; i++) {
                printf("        '%s:", commands[i]->name);
                print_quoted(commands[i]->summary);
                puts("'");
        }
        fputs(middle, stdout);
        for (size_t i = 0; commands[i]; i++)
                print_command(commands[i]);
        fputs(tail, stdout);
}
