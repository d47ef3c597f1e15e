#ifndef MCASTD_LOOP_REQUESTS_H
#define MCASTD_LOOP_REQUESTS_H

#include "loop/control.h"
#include "loop/sections.h"
#include "state/snapshot.h"

/* What others may ask of the sections. Those that return an int return 0 or -errno; `why` then says in words
 * what was wrong. */

/* What the sections are at this moment; the rest of the snapshot is zero but for wall_ns. 0 or -ENOMEM;
 * -ENOENT where the query names a section that there is not. */
int requests_snapshot(struct env *env, const struct sections *sections, const struct snapshot_query *query,
                      struct snapshot **ret);

/* As struct control_ops has them. */
int requests_send(const struct sections *sections, const char *section, const char *text,
                  struct section_sent *ret, char why[CONTROL_WHY_SIZE]);
int requests_forget(struct env *env, const struct sections *sections, const char *section, const char *peer,
                    size_t *ret_n, char why[CONTROL_WHY_SIZE]);

#endif
