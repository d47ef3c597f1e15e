#ifndef MCASTD_CONFIG_INI_H
#define MCASTD_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "config/diag.h"

/* The files that mcastd takes, and the limits of iniparser 4.1 (or stricter ones). */
#define INI_FILE_MAX 1048576u /* bytes */
#define INI_LINE_MAX 1022u    /* bytes without the line's end */

/* Sections and options. iniparser takes time by the square of their number;
 * so many take half a second. */
#define INI_ENTRIES_MAX 20000u

/* A section header has key and value NULL; every `key = value` follows its section. An assignment whose value
 * could not be read (diag knows) has only the value NULL. */
struct ini_entry {
        const char *section; /* lower case */
        const char *key;     /* lower case */
        const char *value;
        unsigned line;
        bool damaged; /* of a header: what is missing in its section may stand in a line that was refused */
};

struct ini {
        size_t n;
        struct ini_entry *entries;
        char *text; /* that the entries point into */
};

/* Reads a file: a regular one, that not everybody may write. Whatever iniparser and a reader of the text
 * could understand differently is an error. 0 with what could be read, even where diag has got errors of
 * single lines, so that its values can be checked as well; or -errno where there is nothing to go on with
 * (diag says why, but for -ENOMEM). The ini belongs to the caller. */
int ini_load(const char *path, struct diag *diag, struct ini **ret);
struct ini *ini_free(struct ini *ini);

/* The entry of an option (case does not count) of the section that begins with `header`; where there is none,
 * the header. */
const struct ini_entry *ini_find(const struct ini *ini, const struct ini_entry *header, const char *key);

/* Where an entry stands, for a message about this key of it, or about none. The second one looks for the
 * entry as ini_find does. Good as long as the ini. */
struct diag_place ini_place(const struct ini_entry *e, const char *key);
struct diag_place ini_place_of(const struct ini *ini, const struct ini_entry *header, const char *key);

#endif
