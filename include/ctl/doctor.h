#ifndef MCASTD_CTL_DOCTOR_H
#define MCASTD_CTL_DOCTOR_H

#include "ctl/command.h"

/* Looks what keeps this host from hearing a group, and tells how to mend it. */
extern const struct command command_doctor;

#endif
