#ifndef MCASTD_HANDLERS_ACK_H
#define MCASTD_HANDLERS_ACK_H

#include "handlers/handler.h"

/* A source that asks more often than ACK_RATE is still answered once in so many times, drawn by lot, and no
 * more often than this in all: so that a stranger who asks in somebody's name cannot silence that somebody
 * altogether. Rightly signed questions have an ACK_RATE and an ACK_TOTAL of their own. */
#define ACK_LEAK_ONE_IN 4
#define ACK_LEAK_RATE   10 /* per second, for all sources together */

/* Answers every message with the text of an ack, unless that could be abused. */
extern const struct handler handler_ack;

#endif
