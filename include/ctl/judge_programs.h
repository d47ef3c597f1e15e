#ifndef MCASTD_CTL_JUDGE_PROGRAMS_H
#define MCASTD_CTL_JUDGE_PROGRAMS_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* Other programs of this host: who has the port, and who has joined the group. */
void judge_port(const struct doctor_facts *facts, struct findings *ret);
void judge_member(const struct doctor_facts *facts, struct findings *ret);

#endif
