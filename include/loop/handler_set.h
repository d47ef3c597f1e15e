#ifndef MCASTD_LOOP_HANDLER_SET_H
#define MCASTD_LOOP_HANDLER_SET_H

#include <stddef.h>

#include "config/config.h"
#include "handlers/handler.h"

struct handler_set {
        size_t n;
        struct {
                const struct handler *handler;
                void *state;
        } items[CONFIG_HANDLERS_MAX];
};

/* Those of these names, in their order: those that are in `old` as they are, the others new. 0; or -ENOMEM,
 * and there is nothing to be destroyed. */
int handler_set_make(const struct config_handlers *names, const struct handler_settings *settings,
                     const struct handler_set *old, struct handler_set *ret);

/* Destroys the handlers of a set that the other has not. */
void handler_set_destroy(struct handler_set *set, const struct handler_set *but);

#endif
