#ifndef MCASTD_CTL_JUDGE_TRAFFIC_H
#define MCASTD_CTL_JUDGE_TRAFFIC_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* What came of asking the group. */
void judge_round_trip(const struct doctor_facts *facts, struct findings *ret);
void judge_firewall(const struct doctor_facts *facts, struct findings *ret);

#endif
