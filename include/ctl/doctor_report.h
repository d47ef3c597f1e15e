#ifndef MCASTD_CTL_DOCTOR_REPORT_H
#define MCASTD_CTL_DOCTOR_REPORT_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* To standard output, for people; or as one JSON document. */
void doctor_report_print(const struct doctor_facts *facts, const struct findings *findings);
void doctor_report_json(const struct doctor_facts *facts, const struct findings *findings);

#endif
