/* completion_bash.c - the script by which bash completes the command lines of mcastctl. */
#include "ctl/completion_bash.h"

#include <stdio.h>

#include "ctl/completion.h"
#include "ctl/options.h"

/* What stands before the table. A word is quoted, because it comes from outside: compgen -W would expand it.
 */
static const char head[] =
        "# Completion of mcastctl for bash. Made by: mcastctl completion bash\n"
        "\n"
        "# The words that can stand there: \"= WORD...\", or a kind of words.\n"
        "_mcastctl_words()\n"
        "{\n"
        "    local words\n"
        "    case $1 in\n"
        "    =*)\n"
        "        read -ra words <<<\"${1#=}\"\n"
        "        printf '%s\\n' \"${words[@]}\"\n"
        "        ;;\n"
        "    anything) ;;\n"
        "    folders) compgen -d -- \"$cur\" ;;\n"
        "    files) compgen -f -- \"$cur\" ;;\n"
        "    *) \"$program\" completion --words \"$1\" ${folder:+--socket \"$folder\"} 2>/dev/null ;;\n"
        "    esac\n"
        "}\n"
        "\n"
        "# Offers those that begin as the current word does. Of that, bash replaces only what stands behind the\n"
        "# last character that parts words.\n"
        "_mcastctl_offer()\n"
        "{\n"
        "    local word known=''\n"
        "    [[ $COMP_WORDBREAKS == *:* ]] && known=${cur%\"${cur##*:}\"}\n"
        "    while IFS= read -r word; do\n"
        "        [[ $word == \"$cur\"* ]] || continue\n"
        "        word=${word#\"$known\"}\n"
        "        [[ $1 == folders || $1 == files ]] || printf -v word %q \"$word\"\n"
        "        COMPREPLY+=(\"$prefix$word\")\n"
        "    done < <(_mcastctl_words \"$1\")\n"
        "    [[ $1 == folders || $1 == files ]] && compopt -o filenames 2>/dev/null\n"
        "    return 0\n"
        "}\n"
        "\n"
        "# What a command takes: its options, what stands behind those that take something, its arguments.\n"
        "_mcastctl_takes()\n"
        "{\n"
        "    case $1 in\n";

static const char middle[] =
        "    *) return 1 ;;\n"
        "    esac\n"
        "}\n"
        "\n"
        "_mcastctl()\n"
        "{\n"
        "    local program=$1 cur prefix='' folder='' line=$COMP_LINE words=() i word\n"
        "    local option='' kind='' over='' n=0 options='' arguments=() IFS=$' \\t\\n'\n"
        "    local -A takes=()\n"
        "    COMPREPLY=()\n"
        "    # What bash has parted at = and : belongs together if there is no blank.\n"
        "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        if ((i > 0)) && [[ $line != [[:blank:]]* ]]; then\n"
        "            words[-1]+=$word\n"
        "        else\n"
        "            words+=(\"$word\")\n"
        "        fi\n"
        "        line=${line#*\"$word\"}\n"
        "    done\n"
        "    cur=${words[-1]}\n"
        "    if ((${#words[@]} == 2)); then\n"
        "        _mcastctl_offer '=";

static const char tail[] = " --help --version'\n"
                           "        return\n"
                           "    fi\n"
                           "    _mcastctl_takes \"${words[1]}\" || return\n"
                           "    for word in \"${words[@]:2:${#words[@]}-3}\"; do\n"
                           "        if [[ -n $option ]]; then\n"
                           "            [[ $option == -s || $option == --socket ]] && folder=$word\n"
                           "            option=\n"
                           "        elif [[ -n $over || $word != -?* ]]; then\n"
                           "            n=$((n + 1))\n"
                           "        elif [[ $word == -- ]]; then\n"
                           "            over=1\n"
                           "        elif [[ $word == --socket=* ]]; then\n"
                           "            folder=${word#*=}\n"
                           "        elif [[ -n ${takes[$word]} ]]; then\n"
                           "            option=$word\n"
                           "        fi\n"
                           "    done\n"
                           "    if [[ -n $option ]]; then\n"
                           "        kind=${takes[$option]}\n"
                           "    elif [[ -z $over && $cur == --*=* ]]; then\n"
                           "        kind=${takes[${cur%%=*}]}\n"
                           "        [[ $COMP_WORDBREAKS == *=* ]] || prefix=${cur%%=*}=\n"
                           "        cur=${cur#*=}\n"
                           "    elif [[ -z $over && $cur == -* ]]; then\n"
                           "        kind=\"= $options\"\n"
                           "    else\n"
                           "        kind=${arguments[n]}\n"
                           "    fi\n"
                           "    _mcastctl_offer \"${kind:-anything}\"\n"
                           "}\n"
                           "\n"
                           "complete -F _mcastctl mcastctl\n";

static const char *path_words(enum argument_kind kind)
{
        return kind == ARGUMENT_FOLDER ? "folders" : kind == ARGUMENT_FILE ? "files" : "anything";
}

/* A word of the script that says what completes the parameter. */
static void print_kind(const struct parameter *p)
{
        const char *words = completion_words_of(p->kind);

        if (p->kind == ARGUMENT_CHOICE) {
                fputs("'=", stdout);
                for (size_t i = 0; p->choices[i]; i++)
                        printf(" %s", p->choices[i]);
                putchar('\'');
        } else {
                fputs(words ? words : path_words(p->kind), stdout);
        }
}

static void print_command(const struct command *command)
{
        printf("    %s)\n        options='", command->name);
        for (const struct parameter *p = command->parameters; parameter_is(p); p++)
                if (p->name)
                        printf("--%s ", p->name);
        fputs("--help'\n        takes=(", stdout);
        for (const struct parameter *p = command->parameters; parameter_is(p); p++) {
                if (!p->name || p->kind == ARGUMENT_NONE)
                        continue;
                printf(" [--%s]=", p->name);
                print_kind(p);
                if (p->letter) {
                        printf(" [-%c]=", p->letter);
                        print_kind(p);
                }
        }
        fputs(" )\n        arguments=(", stdout);
        for (const struct parameter *p = command->parameters; parameter_is(p); p++) {
                if (p->name)
                        continue;
                putchar(' ');
                print_kind(p);
        }
        fputs(" )\n        ;;\n", stdout);
}

void completion_bash(void)
{
        fputs(head, stdout);
        for (size_t i = 0; commands[i]; i++)
                print_command(commands[i]);
        fputs(middle, stdout);
        for (size_t i = 0; commands[i]; i++)
                printf(" %s", commands[i]->name);
        fputs(tail, stdout);
}
