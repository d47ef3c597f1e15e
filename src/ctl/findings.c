/* findings.c - what checks have found: a list. Pure. */
#include "ctl/findings.h"

#include <stdarg.h>
#include <stdio.h>

void finding_add(struct findings *f, enum severity severity, const char *format, ...)
{
        struct finding *one = &f->all[f->n];
        va_list args;

        if (f->n == FINDINGS_MAX)
                return;
        f->n++;
        one->check = f->check;
        one->severity = severity;
        one->mend[0] = '\0';
        va_start(args, format);
        vsnprintf(one->text, sizeof one->text, format, args);
        va_end(args);
}

void finding_mend(struct findings *f, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(f->all[f->n - 1].mend, sizeof f->all[0].mend, format, args);
        va_end(args);
}

size_t findings_count(const struct findings *f, enum severity severity)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++)
                n += f->all[i].severity == severity;
        return n;
}

const char *severity_name(enum severity severity)
{
        static const char *const names[] = {
                [SEVERITY_OK] = "ok",
                [SEVERITY_NOTE] = "note",
                [SEVERITY_PROBLEM] = "problem",
        };

        return names[severity];
}
