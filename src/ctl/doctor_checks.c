/* doctor_checks.c - the checks of mcastctl doctor: a table. Pure: facts become findings. */
#include "ctl/doctor_checks.h"

#include "ctl/judge_group.h"
#include "ctl/judge_kernel.h"
#include "ctl/judge_link.h"
#include "ctl/judge_programs.h"
#include "ctl/judge_traffic.h"

/* To add one is to add a row, and its line in mcastctl(1). From the address outwards; what came of the
 * question stands last, as it is what all else explains. */
static const struct {
        const char *name;
        void (*judge)(const struct doctor_facts *facts, struct findings *ret);
} checks[] = {
        { "group", judge_group },
        { "interface", judge_interface },
        { "route", judge_route },
        { "snooping", judge_snooping },
        { "rp-filter", judge_rp_filter },
        { "version", judge_forced_version },
        { "memberships", judge_memberships },
        { "buffer", judge_receive_buffer },
        { "port", judge_port },
        { "member", judge_member },
        { "round-trip", judge_round_trip },
        { "firewall", judge_firewall },
};

void doctor_check(const struct doctor_facts *facts, struct findings *ret)
{
        ret->n = 0;
        for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
                ret->check = checks[i].name;
                checks[i].judge(facts, ret);
        }
}
