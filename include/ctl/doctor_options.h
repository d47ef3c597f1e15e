#ifndef MCASTD_CTL_DOCTOR_OPTIONS_H
#define MCASTD_CTL_DOCTOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/command.h"
#include "ctl/target.h"

struct doctor_options {
        struct target target;
        uint64_t source_port; /* to ask from; 0: the kernel chooses */
        bool json;
};

extern const struct parameter doctor_parameters[];

/* From the command line. As ping_options_parse(). */
int doctor_options_parse(int argc, char *argv[], struct doctor_options *ret);

#endif
