/* doctor_options.c - the command line of mcastctl doctor. */
#include "ctl/doctor_options.h"

#include "ctl/doctor.h"
#include "ctl/options.h"

const struct parameter doctor_parameters[] = {
        { "interface", 'I', ARGUMENT_INTERFACE, .word = "NAME|ADDRESS",
          .help = "look at this interface, not at that of the route",
          .offset = offsetof(struct doctor_options, target) },
        OPTION_SOURCE_PORT(struct doctor_options),
        OPTION_JSON(struct doctor_options, json),
        { .kind = ARGUMENT_GROUP, .word = "GROUP:PORT", .offset = offsetof(struct doctor_options, target) },
        { 0 },
};

int doctor_options_parse(int argc, char *argv[], struct doctor_options *ret)
{
        int r;

        *ret = (struct doctor_options){ 0 };
        r = options_parse(&command_doctor, argc, argv, ret);
        return r ? r : target_settle("doctor", &ret->target);
}
