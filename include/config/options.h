#ifndef MCASTD_CONFIG_OPTIONS_H
#define MCASTD_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Which sections know an option. */
enum section_kind {
        SECTION_RECEIVER = 1 << 0,
        SECTION_EMITTER = 1 << 1,
        SECTION_DAEMON = 1 << 2,
};

/* What a reload does when the option has changed. */
enum option_reload {
        RELOAD_REOPENS,  /* the section's socket is opened anew */
        RELOAD_RETUNES,  /* the living section is changed, and loses nothing */
        RELOAD_APPLIES,  /* it is taken over, nothing else happens */
        RELOAD_RESTARTS, /* nothing; it counts from the next start on */
};

struct option_type;

/* One row of the table that drives parsing, defaults, ranges, "unknown key", `mcastd --options` and the
 * reload. */
struct config_option {
        const char *key;
        unsigned sections; /* section_kind, or-ed */
        const struct option_type *type;
        size_t offset;        /* of the field in config_receiver, config_emitter or config_daemon */
        uint64_t least, most; /* of a number, in its unit; of a text, its length */
        const char *value;    /* the default, as in the file; NULL: the option must be given; "": not set */
        enum option_reload reload;
        const char *help;
};

size_t options_count(void);
const struct config_option *option_at(size_t i);

/* The option of this name (case does not count) in this kind of section, or NULL. */
const struct config_option *option_find(enum section_kind kind, const char *key);

/* The name of an option of this kind of section that looks most like `key`, or NULL where none comes near. */
const char *option_nearest(enum section_kind kind, const char *key);

/* Converts `text` into the field of `object` that the option describes. 0; or -EINVAL, and `why`
 * (OPTION_WHY_SIZE) says what is wrong and what would be right; the field is untouched then. */
#define OPTION_WHY_SIZE 1536
int option_set(const struct config_option *o, const char *text, void *object, char *why);

/* Whether the field is the same in both objects. */
bool option_equal(const struct config_option *o, const void *a, const void *b);

/* The whole table for people. */
void options_print(FILE *to);

#endif
