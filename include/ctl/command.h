#ifndef MCASTD_CTL_COMMAND_H
#define MCASTD_CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands behind an option, or by itself. What it becomes in the command's struct of options is said
 * behind it; what completes it in a shell is told by ctl/completion.h. */
enum argument_kind {
        ARGUMENT_NONE,     /* bool: the option was given */
        ARGUMENT_NUMBER,   /* uint64_t, from `least` to `most` */
        ARGUMENT_DURATION, /* int64_t in nanoseconds, from `least` to `most` */
        ARGUMENT_TEXT,     /* const char *, of `most` bytes if that is not 0 */
        ARGUMENT_CHOICE,   /* const char *, one of `choices` */
        ARGUMENT_SECTION,  /* const char *, as all that follow: any section */
        ARGUMENT_EMITTER,
        ARGUMENT_PEER,
        ARGUMENT_FOLDER,
        ARGUMENT_FILE,
        ARGUMENT_INTERFACE, /* struct target, which has room for both of these */
        ARGUMENT_GROUP,
};

/* An option of a command, or an argument that stands by itself. Parsing, the text of --help and the
 * completion of shells are all made from this. */
struct parameter {
        const char *name; /* of the option, without its dashes; NULL: an argument that stands by itself */
        char letter;      /* the short form of the option; 0: it has none */
        enum argument_kind kind;
        const char *word; /* what the help calls the argument: "NAME|ADDRESS" */
        const char *help; /* in one line; defaults in brackets */
        size_t offset;    /* in the command's struct of options */
        int64_t least, most;
        const char *const *choices; /* up to a NULL */
        bool optional;              /* an argument may be left out, and then all behind it */
};

/* A command of mcastctl. To add one is to write a file, to add its row in ctl/main.c, and its part of
 * mcastctl(1). */
struct command {
        const char *name;
        const char *summary;

        /* For --help: what it does; and below the options, the exit status. Whole lines. */
        const char *about, *notes;

        /* Up to one without a word and a name. Every command has --help as well. */
        const struct parameter *parameters;

        /* Gets the arguments from the command's name on, for options_parse(), and returns the exit status. */
        int (*run)(int argc, char *argv[]);
};

/* All of them, up to a NULL; in ctl/main.c. */
extern const struct command *const commands[];

#endif
