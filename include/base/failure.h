#ifndef MCASTD_BASE_FAILURE_H
#define MCASTD_BASE_FAILURE_H

/* What an error of the network's system calls says about trying again. */
enum failure_class {
        FAILURE_TRANSIENT, /* the next try may do: no room, interrupted, somebody has the port for now */
        FAILURE_INTERFACE, /* when an interface, an address or a route has changed */
        FAILURE_PERMANENT, /* when a human has changed something: a rule, a message too long, a second section
                            */
        FAILURE_NEVER, /* not as long as this process lives: a missing right, a family that the kernel lacks
                        */
};

/* Of a positive errno. */
enum failure_class failure_class(int error);

#endif
