#ifndef MCASTD_CTL_PING_OPTIONS_H
#define MCASTD_CTL_PING_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct ping_options {
        struct endpoint group;
        const char *interface;     /* NULL: not by name */
        struct address ip_address; /* family 0: not by address */
        const char *message;
        uint64_t count;
        int64_t interval_ns; /* from one message to the next */
        int64_t timeout_ns;  /* how long acks are waited for after each message */
        uint64_t expect;     /* nodes that must answer */
        uint64_t ttl;
        bool json;
};

/* From the command line. 0 and *ret set; or the exit status plus one, where there is nothing to do: the help
 * was asked for and given, or the usage is wrong and it was said to standard error why. */
int ping_options_parse(int argc, char *argv[], struct ping_options *ret);

#endif
