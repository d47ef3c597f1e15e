#ifndef MCASTD_CTL_FINDINGS_H
#define MCASTD_CTL_FINDINGS_H

#include <stddef.h>

enum severity {
        SEVERITY_OK,
        SEVERITY_NOTE,    /* worth knowing; nothing that must be mended */
        SEVERITY_PROBLEM, /* keeps the group from working, or will */
};

#define FINDING_TEXT_SIZE 512

struct finding {
        const char *check; /* the name of the check that found it */
        enum severity severity;
        char text[FINDING_TEXT_SIZE];
        char mend[FINDING_TEXT_SIZE]; /* the command that mends it; "": there is none */
};

/* More are dropped: no check finds without limit. */
#define FINDINGS_MAX 64

struct findings {
        const char *check; /* that is looking now */
        size_t n;
        struct finding all[FINDINGS_MAX];
};

/* Adds what the check has found. */
void finding_add(struct findings *f, enum severity severity, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* How to mend the last one added. */
void finding_mend(struct findings *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t findings_count(const struct findings *f, enum severity severity);

/* ok, note, problem. */
const char *severity_name(enum severity severity);

#endif
