/* diag.c - the list of what is wrong with a configuration file. Pure: prints nothing. */
#include "config/diag.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Longer than the name of any option. */
#define KEY_SHOWN_MAX 64

/* From 128 bits on, hexadecimal digits in a row are taken for a secret. What stands there in their place is
 * shorter. */
#define HEX_DIGITS     "0123456789abcdefABCDEF"
#define HEX_HIDDEN_MIN 32

struct item {
        enum diag_severity severity;
        bool elsewhere; /* it is about another file */
        unsigned line;
        size_t order; /* of being added: decides within a line */
        char *message;
};

struct diag {
        char *file;
        size_t errors;
        size_t dropped; /* beyond DIAG_MAX, or for want of memory */
        size_t n;
        struct item items[DIAG_MAX];
};

int diag_new(const char *file, struct diag **ret)
{
        struct diag *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        d->file = strdup(file);
        if (!d->file) {
                free(d);
                return -ENOMEM;
        }
        *ret = d;
        return 0;
}

struct diag *diag_free(struct diag *d)
{
        if (!d)
                return NULL;
        for (size_t i = 0; i < d->n; i++)
                free(d->items[i].message);
        free(d->file);
        free(d);
        return NULL;
}

/* `FILE:LINE: [section] key: `, as much of it as is known. Returns what snprintf would. */
static int print_place(const char *file, struct diag_place place, char *to, size_t size)
{
        char line[16] = "", key[KEY_SHOWN_MAX + 1] = "";

        if (place.line)
                snprintf(line, sizeof line, ":%u", place.line);
        /* Sections as the daemon calls them, options as the manual does: however the file has it. */
        for (size_t i = 0; place.key && place.key[i] && i < sizeof key - 1; i++)
                key[i] = (char)toupper((unsigned char)place.key[i]);
        return snprintf(to, size, "%s%s: %s%s%s%s%s", file, line, place.section ? "[" : "",
                        place.section ? place.section : "", place.section ? "] " : "", key,
                        place.key ? ": " : "");
}

/* Whoever takes the file of keys for the configuration, or the other way round, must not find the secrets in
 * the journal. */
static void hide_secrets(char *message)
{
        char *to = message;

        for (const char *p = message; *p;) {
                size_t n = strspn(p, HEX_DIGITS);

                if (n >= HEX_HIDDEN_MIN) {
                        to += sprintf(to, "<%zu hexadecimal digits>", n);
                        p += n;
                        continue;
                }
                n += p[n] != '\0';
                memmove(to, p, n);
                to += n;
                p += n;
        }
        *to = '\0';
}

void diag_add(struct diag *d, enum diag_severity severity, struct diag_place place, const char *format, ...)
{
        const char *file = place.file ? place.file : d->file;
        char message[LOG_LINE_SIZE];
        int n = print_place(file, place, message, sizeof message);
        va_list args;

        if (n >= 0 && (size_t)n < sizeof message) {
                va_start(args, format);
                if (severity == DIAG_WARNING)
                        n += snprintf(message + n, sizeof message - (size_t)n, "warning: ");
                if ((size_t)n < sizeof message)
                        vsnprintf(message + n, sizeof message - (size_t)n, format, args);
                va_end(args);
                hide_secrets(message + strlen(file));
        }
        if (severity == DIAG_ERROR)
                d->errors++;
        if (d->n == DIAG_MAX || !(d->items[d->n].message = strdup(message))) {
                d->dropped++;
                return;
        }
        d->items[d->n].severity = severity;
        d->items[d->n].elsewhere = place.file != NULL;
        d->items[d->n].line = place.line;
        d->items[d->n].order = d->n;
        d->n++;
}

size_t diag_errors(const struct diag *d)
{
        return d->errors;
}

static int by_line(const void *a, const void *b)
{
        const struct item *x = a, *y = b;

        if (x->elsewhere != y->elsewhere)
                return x->elsewhere ? 1 : -1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return x->order < y->order ? -1 : 1;
}

void diag_each(struct diag *d, void (*each)(void *arg, enum diag_severity severity, const char *message),
               void *arg)
{
        char more[LOG_LINE_SIZE];

        qsort(d->items, d->n, sizeof d->items[0], by_line);
        for (size_t i = 0; i < d->n; i++)
                each(arg, d->items[i].severity, d->items[i].message);
        if (d->dropped > 0) {
                snprintf(more, sizeof more, "%s: and %zu more", d->file, d->dropped);
                each(arg, d->errors > 0 ? DIAG_ERROR : DIAG_WARNING, more);
        }
}
