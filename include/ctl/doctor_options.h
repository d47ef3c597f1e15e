#ifndef MCASTD_CTL_DOCTOR_OPTIONS_H
#define MCASTD_CTL_DOCTOR_OPTIONS_H

#include <stdbool.h>

#include "ctl/target.h"

struct doctor_options {
        struct target target;
        in_port_t source_port; /* to ask from; 0: the kernel chooses */
        bool json;
};

/* From the command line. As ping_options_parse(). */
int doctor_options_parse(int argc, char *argv[], struct doctor_options *ret);

#endif
