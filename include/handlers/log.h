#ifndef MCASTD_HANDLERS_LOG_H
#define MCASTD_HANDLERS_LOG_H

#include "handlers/handler.h"

/* Records every datagram. */
extern const struct handler handler_log;

#endif
