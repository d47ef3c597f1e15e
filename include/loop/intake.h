#ifndef MCASTD_LOOP_INTAKE_H
#define MCASTD_LOOP_INTAKE_H

#include <stdint.h>

#include "loop/env.h"

struct event;

/* Calls a function whenever a socket is readable; and not at once again where that has brought nothing, so
 * that a socket that fails for ever does not keep the loop busy. */
struct intake {
        struct event *readable;
        struct event *resume;
        unsigned fruitless; /* calls in a row that have brought nothing */
        int (*receive)(void *arg);
        void *arg;
};

/* `receive` returns how many datagrams it has taken, or -errno. 0 or -ENOMEM. */
int intake_open(struct intake *i, struct env *env, int fd, int (*receive)(void *arg), void *arg);

/* To be called before the socket is closed; also for a zeroed one. */
void intake_close(struct intake *i);

#endif
