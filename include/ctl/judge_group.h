#ifndef MCASTD_CTL_JUDGE_GROUP_H
#define MCASTD_CTL_JUDGE_GROUP_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* The group's address: how far it reaches, whose it is, and what it shares its Ethernet address with. */
void judge_group(const struct doctor_facts *facts, struct findings *ret);

#endif
