#ifndef MCASTD_LOOP_CONTROL_CLIENTS_H
#define MCASTD_LOOP_CONTROL_CLIENTS_H

#include <stdbool.h>

#include "loop/control_client.h"
#include "state/snapshot.h"

struct env;

/* Clients of both sockets, and how many of them those who may only look can be. */
#define CONTROL_CLIENTS_MAX     16
#define CONTROL_CLIENTS_LOOKING 12

/* Who is connected to the control sockets. */
struct control_clients;

/* `wake`: control_clients_reap() and _next() have something to do. 0 or -ENOMEM. */
int control_clients_new(struct env *env, control_client_wake wake, void *arg, struct control_clients **ret);

/* Says goodbye to all. Takes NULL. */
struct control_clients *control_clients_free(struct control_clients *cs);

/* Takes in another one, of whom it owns the descriptor; or tells him that there are too many. */
void control_clients_admit(struct control_clients *cs, int fd, bool may_change);

/* Whose turn it is to be served, of those who have a request: one who may only look when nobody else has one.
 * NULL: nobody has. */
struct control_client *control_clients_next(struct control_clients *cs);

/* Whether anybody has a request. */
bool control_clients_any(const struct control_clients *cs);

/* One of them hears from now on of what is logged. */
void control_clients_watch(struct control_clients *cs, struct control_client *client, enum log_level level);

/* Frees those who are gone. */
void control_clients_reap(struct control_clients *cs);

void control_clients_count(const struct control_clients *cs, struct snapshot_clients *ret);

#endif
