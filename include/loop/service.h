#ifndef MCASTD_LOOP_SERVICE_H
#define MCASTD_LOOP_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "loop/env.h"

/* The conversation with the service manager: ready, reloading, the watchdog, one line of status. */
struct service;

/* What the line of status says. */
struct service_status {
        size_t joined;     /* receivers with which all is well */
        size_t emitting;   /* emitters, the same */
        size_t waiting;    /* sections whose interface is not there */
        size_t silent;     /* receivers that hear less than EXPECT_EVERY */
        size_t failed;     /* sections */
        uint64_t received; /* datagrams so far */
        char worst[640];   /* one of those that are not well, and why; "" where all is well */
};

/* Asked for the state whenever the line is due. */
typedef void (*service_state)(void *arg, struct service_status *ret);

/* 0 or -errno. From then on the watchdog is fed, where the service manager asks for it. */
int service_new(struct env *env, service_state state, void *arg, struct service **ret);
struct service *service_free(struct service *s);

/* Says it until the service manager has taken it. The remark, a constant, stands at the end of the status
 * from now on. */
void service_ready(struct service *s, const char *remark);

/* The state has changed: the line of status is sent soon, not at its next time. */
void service_touch(struct service *s);
void service_reloading(struct service *s);
void service_stopping(struct service *s);

#endif
