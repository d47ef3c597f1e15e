#ifndef MCASTD_CTL_DOCTOR_TALK_H
#define MCASTD_CTL_DOCTOR_TALK_H

#include "ctl/doctor_facts.h"

/* Joins the group, asks it one question, and listens until enough is known. Sets facts->talk, by what the
 * facts say of group and interface. `from` is the address to ask from, or NULL. */
void doctor_talk_hold(struct doctor_facts *facts, const struct links *links, const struct address *from);

#endif
