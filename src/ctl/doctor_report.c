/* doctor_report.c - what mcastctl doctor prints: a line for each finding, or one JSON document. */
#include "ctl/doctor_report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* So that all texts begin in the same column. */
#define SEVERITY_WIDTH ((int)sizeof "problem" - 1)
#define CHECK_WIDTH    ((int)sizeof "memberships" - 1)

void doctor_report_print(const struct doctor_facts *facts, const struct findings *findings)
{
        for (size_t i = 0; i < findings->n; i++) {
                const struct finding *one = &findings->all[i];

                printf("%-*s  %-*s  %s\n", SEVERITY_WIDTH, severity_name(one->severity), CHECK_WIDTH,
                       one->check, one->text);
                if (one->mend[0])
                        printf("%*s    %s\n", SEVERITY_WIDTH + 2 + CHECK_WIDTH, "", one->mend);
        }
        printf("--- %s%s%s ---\nproblems: %zu, notes: %zu, ok: %zu\n", ENDPOINT_TEXT(&facts->group),
               facts->link.index ? " on " : "", facts->link.name, findings_count(findings, SEVERITY_PROBLEM),
               findings_count(findings, SEVERITY_NOTE), findings_count(findings, SEVERITY_OK));
}

/* NULL for NULL. JSON holds no text that is not UTF-8, which the name of an interface need not be. */
static json_t *json_text(const char *text)
{
        json_t *json;

        if (!text)
                return json_null();
        json = json_string(text);
        return json ? json : json_string(TEXT_ESCAPE(text, strlen(text)));
}

static json_t *json_findings(const struct findings *findings)
{
        json_t *all = json_array();

        for (size_t i = 0; i < findings->n; i++) {
                const struct finding *one = &findings->all[i];

                json_array_append_new(all,
                                      json_pack("{s:s, s:s, s:o, s:o}", "check", one->check, "severity",
                                                severity_name(one->severity), "text", json_text(one->text),
                                                "mend", json_text(one->mend[0] ? one->mend : NULL)));
        }
        return all;
}

void doctor_report_json(const struct doctor_facts *facts, const struct findings *findings)
{
        json_t *document = json_pack("{s:i, s:s, s:i, s:o, s:I, s:I, s:o}", "version", 1, "group",
                                     ADDRESS_TEXT(&facts->group.address), "port", facts->group.port,
                                     "interface", json_text(facts->link.index ? facts->link.name : NULL),
                                     "problems", (json_int_t)findings_count(findings, SEVERITY_PROBLEM),
                                     "notes", (json_int_t)findings_count(findings, SEVERITY_NOTE), "findings",
                                     json_findings(findings));

        json_dumpf(document, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(document);
}
