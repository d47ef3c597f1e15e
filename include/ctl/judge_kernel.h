#ifndef MCASTD_CTL_JUDGE_KERNEL_H
#define MCASTD_CTL_JUDGE_KERNEL_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* Settings of the kernel that stand in a group's way. */
void judge_rp_filter(const struct doctor_facts *facts, struct findings *ret);
void judge_forced_version(const struct doctor_facts *facts, struct findings *ret);
void judge_memberships(const struct doctor_facts *facts, struct findings *ret);
void judge_receive_buffer(const struct doctor_facts *facts, struct findings *ret);

#endif
