/* outbox.c - replies that are gathered while a batch is handled, and sent together. Pure: os/batch.c sends
 * them. */
#include "message/outbox.h"

struct reply *outbox_append(struct outbox *out)
{
        if (out->n == OUTBOX_MAX)
                return NULL;
        out->replies[out->n] = (struct reply){ 0 };
        return &out->replies[out->n++];
}

void outbox_clear(struct outbox *out)
{
        out->n = 0;
}
