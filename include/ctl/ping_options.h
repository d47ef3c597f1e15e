#ifndef MCASTD_CTL_PING_OPTIONS_H
#define MCASTD_CTL_PING_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/target.h"

struct ping_options {
        struct target target;
        const char *message;
        uint64_t count;
        int64_t interval_ns; /* from one message to the next */
        int64_t timeout_ns;  /* how long acks are waited for after each message */
        uint64_t expect;     /* nodes that must answer */
        uint64_t ttl;
        uint64_t source_port; /* 0: the kernel chooses */
        bool roster;          /* compare with whom the daemon knows */
        const char *key;      /* FILE:ID as given; NULL: nothing is signed */
        char key_file[PATH_MAX];
        uint64_t key_id; /* 0: nothing is signed */
        struct client_options daemon;
};

extern const struct parameter ping_parameters[];

/* From the command line. 0 and *ret set; or the exit status plus one, where there is nothing to do: the help
 * was asked for and given, or the usage is wrong and it was said to standard error why. The options point
 * into themselves, and must stay where they are. */
int ping_options_parse(int argc, char *argv[], struct ping_options *ret);

#endif
