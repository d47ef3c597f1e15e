/* handler_set.c - the handlers of a receiver. At a reload those that stay keep what they know. */
#include "loop/handler_set.h"

static size_t find_handler(const struct handler_set *set, const struct handler *h)
{
        size_t i = 0;

        while (i < set->n && set->items[i].handler != h)
                i++;
        return i;
}

void handler_set_destroy(struct handler_set *set, const struct handler_set *but)
{
        for (size_t i = 0; i < set->n; i++) {
                const struct handler *h = set->items[i].handler;

                if (h->destroy && find_handler(but, h) == but->n)
                        h->destroy(set->items[i].state);
        }
}

int handler_set_make(const struct config_handlers *names, const struct handler_settings *settings,
                     const struct handler_set *old, struct handler_set *ret)
{
        *ret = (struct handler_set){ 0 };
        for (size_t i = 0; i < names->n; i++) {
                const struct handler *h = handler_find(names->names[i]);
                size_t at = find_handler(old, h);
                void *state = at < old->n ? old->items[at].state : NULL;
                int r = 0;

                if (at == old->n && h->create)
                        r = h->create(settings, &state);
                if (r < 0) {
                        handler_set_destroy(ret, old);
                        return r;
                }
                ret->items[ret->n].handler = h;
                ret->items[ret->n++].state = state;
        }
        return 0;
}
