#ifndef MCASTD_CTL_DOCTOR_CHECKS_H
#define MCASTD_CTL_DOCTOR_CHECKS_H

#include "ctl/doctor_facts.h"
#include "ctl/findings.h"

/* mcastd's default of RECEIVE_BUFFER, in bytes. */
#define DOCTOR_RECEIVE_BUFFER (4 << 20)

/* Judges the facts: every check adds one finding at least. */
void doctor_check(const struct doctor_facts *facts, struct findings *ret);

#endif
