/* doctor.c - the command `mcastctl doctor`: gathers facts, judges them, and tells what it found. */
#include "ctl/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_checks.h"
#include "ctl/doctor_facts.h"
#include "ctl/doctor_options.h"
#include "ctl/doctor_report.h"

static int run(int argc, char *argv[])
{
        struct doctor_options options;
        struct doctor_facts facts;
        struct findings findings;
        int r = doctor_options_parse(argc, argv, &options);

        if (r)
                return r - 1;
        r = doctor_facts_gather(&options.target, (in_port_t)options.source_port, &facts);
        if (r < 0) {
                fprintf(stderr, "mcastctl doctor: cannot look at the interfaces: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        doctor_check(&facts, &findings);
        (options.json ? doctor_report_json : doctor_report_print)(&facts, &findings);
        return findings_count(&findings, SEVERITY_PROBLEM) ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct command command_doctor = {
        .name = "doctor",
        .summary = "look what keeps this host from hearing a group",
        .about = "Looks what keeps this host from hearing a multicast group, and tells how to mend it.\n",
        .notes = "Sends one datagram to the group. As root it sees more.\n"
                 "Exit status: 0 all is well, 1 there are problems, 64 wrong usage. See mcastctl(1).\n",
        .parameters = doctor_parameters,
        .run = run,
};
