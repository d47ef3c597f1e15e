/* log.c - the handler `log`: a line for each datagram. Pure. */
#include "handlers/log.h"

static void log_datagram(void *state, const struct handler_io *io, const struct datagram *d,
                         const struct message *m)
{
        (void)state;
        (void)m;
        if (io->record)
                io->stats->count[STAT_RECORDED]++;
        handler_record(io, &(struct record){ .event = EVENT_RECEIVED, .datagram = d });
}

const struct handler handler_log = {
        .name = "log",
        .datagram = log_datagram,
};
