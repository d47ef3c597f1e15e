/* handler.c - the table of handlers. Pure. */
#include "handlers/handler.h"

#include <string.h>

#include "handlers/ack.h"
#include "handlers/log.h"

static const struct handler *const handlers[] = {
        &handler_ack,
        &handler_log,
};

const struct handler *handler_find(const char *name)
{
        for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
                if (strcmp(handlers[i]->name, name) == 0)
                        return handlers[i];
        return NULL;
}

void handler_record(const struct handler_io *io, const struct record *record)
{
        struct records *r = io->records;

        if (io->record && r->n < RECORDS_MAX)
                r->items[r->n++] = *record;
}
