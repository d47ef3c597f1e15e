#ifndef MCASTD_LOOP_SERVICE_H
#define MCASTD_LOOP_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "loop/env.h"

/* The conversation with the service manager: ready, reloading, the watchdog, one line of status. */
struct service;

/* Asked for the state whenever the line is due: a new snapshot, or NULL without memory. */
typedef struct snapshot *(*service_snapshot)(void *arg);

/* 0 or -errno. From then on the watchdog is fed, where the service manager asks for it. */
int service_new(struct env *env, service_snapshot snapshot, void *arg, struct service **ret);
struct service *service_free(struct service *s);

/* Says it until the service manager has taken it. */
void service_ready(struct service *s);

/* The state has changed: the line of status is sent soon, not at its next time. */
void service_touch(struct service *s);
void service_reloading(struct service *s);
void service_stopping(struct service *s);

#endif
