#ifndef MCASTD_OS_NOTIFY_H
#define MCASTD_OS_NOTIFY_H

#include <stdint.h>

/* The way to the service manager, see sd_notify(3). */
struct notify;

/* Takes the socket's name from NOTIFY_SOCKET; without it every notification does nothing. 0 or -errno. */
int notify_new(struct notify **ret);
struct notify *notify_free(struct notify *n);

/* Sends one notification, such as "READY=1\nSTATUS=…", without blocking. 0 or -errno: a service manager that
 * stands still has not got it, and the caller knows whether that matters. */
int notify_send(struct notify *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often the service manager wants to hear from us, in nanoseconds; 0: not at all. From WATCHDOG_USEC. */
int64_t notify_watchdog_ns(void);

#endif
