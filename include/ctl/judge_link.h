#ifndef MCASTD_CTL_JUDGE_LINK_H
#define MCASTD_CTL_JUDGE_LINK_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* The interface: whether it carries groups, how it was chosen, and whether its bridge forgets members. */
void judge_interface(const struct doctor_facts *facts, struct findings *ret);
void judge_route(const struct doctor_facts *facts, struct findings *ret);
void judge_snooping(const struct doctor_facts *facts, struct findings *ret);

#endif
