#ifndef MCASTD_CONFIG_SIGNATURES_H
#define MCASTD_CONFIG_SIGNATURES_H

#include <stdbool.h>

#include "config/config.h"
#include "config/diag.h"
#include "config/ini.h"

/* Whether an emitter, whose section begins with `header`, could sign its messages as it wants to. If not,
 * diag says why. */
bool signatures_fit(const struct config_emitter *e, const struct ini *ini, const struct ini_entry *header,
                    struct diag *diag);

/* Reads the keys into c->keys, if any section needs some, and checks that each finds the one it needs. What
 * is wrong is added to diag. 0; or -errno where it is not the files' fault. */
int signatures_load_keys(struct config *c, const struct ini *ini, const struct keys_source *keys,
                         struct diag *diag);

#endif
