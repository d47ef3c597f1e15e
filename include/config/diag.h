#ifndef MCASTD_CONFIG_DIAG_H
#define MCASTD_CONFIG_DIAG_H

#include <stddef.h>

/* What is wrong with a configuration file: all of it, not just the first. */
struct diag;

enum diag_severity {
        DIAG_WARNING,
        DIAG_ERROR,
};

/* More than these are counted, not kept. */
#define DIAG_MAX 100

/* Where a message belongs. line 0: to the file as a whole; section and key may be NULL. */
struct diag_place {
        unsigned line;
        const char *section;
        const char *key;
        const char *file; /* another one that is used by the one that is read; NULL: the latter */
};

/* `file` is copied, and stands in front of each message. 0 or -ENOMEM. */
int diag_new(const char *file, struct diag **ret);
struct diag *diag_free(struct diag *d);

/* Long runs of hexadecimal digits, which may be a secret that stands where it does not belong, are not shown.
 */
void diag_add(struct diag *d, enum diag_severity severity, struct diag_place place, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

size_t diag_errors(const struct diag *d);

/* Calls `each` with every message, `FILE:LINE: [section] key: what is wrong`, in the order of the lines;
 * those about other files come last. */
void diag_each(struct diag *d, void (*each)(void *arg, enum diag_severity severity, const char *message),
               void *arg);

#endif
