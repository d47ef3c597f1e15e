#ifndef MCASTD_LOOP_CONTROL_H
#define MCASTD_LOOP_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"
#include "message/keyring.h"
#include "state/snapshot.h"

struct env;
struct section_sent; /* see loop/section.h */

#define CONTROL_WHY_SIZE 1024

/* What came of a reload. */
struct control_reload {
        bool refused;
        char summary[CONTROL_WHY_SIZE]; /* as it was logged */
        size_t kept, retuned, reopened, added, dropped;
        size_t n_keys;
        uint16_t key_ids[KEYRING_MAX]; /* that count now, in rising order, refused or not */
};

/* What the daemon does at somebody's request. Those that return an int return 0 or -errno; after -errno `why`
 * says in words what was wrong. */
struct control_ops {
        int (*snapshot)(void *arg, const struct snapshot_query *query, struct snapshot **ret);
        void (*set_log_level)(void *arg, enum log_level level);

        /* Calls `say` for each line that is wrong with the file. */
        void (*reload)(void *arg, void (*say)(void *to, const char *line), void *to,
                       struct control_reload *ret);

        /* `text` NULL: what MESSAGE makes. */
        int (*send)(void *arg, const char *section, const char *text, struct section_sent *ret,
                    char why[CONTROL_WHY_SIZE]);

        /* `section` NULL: in all of them. The peer is an address, if need be with a %zone. */
        int (*forget)(void *arg, const char *section, const char *peer, size_t *ret_n,
                      char why[CONTROL_WHY_SIZE]);
};

/* The sockets control.sock and status.sock, and who is connected to them. */
struct control;

/* Opens both in `folder`, which is made if it is missing. 0 or -errno, and then it has been logged what is
 * wrong. `ops` and `arg` must live as long. */
int control_new(struct env *env, const char *folder, const struct control_ops *ops, void *arg,
                struct control **ret);

/* Says goodbye to all clients, and removes the sockets. Takes NULL. */
struct control *control_free(struct control *c);

void control_clients(const struct control *c, struct snapshot_clients *ret);

#endif
