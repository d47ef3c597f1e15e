/* notify.c - tells the service manager what state the daemon is in.
 * The protocol of sd_notify(3), which is stable, without the library: that one's send blocks while the
 * service manager stands still, and loads six more libraries for this one datagram. */
#include "os/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/socket.h"

#define STATE_SIZE  1024
#define SEND_BUFFER (64 << 10)

struct notify {
        int fd; /* -1: nobody wants to know */
        struct sockaddr_un address;
        socklen_t length;
};

/* An absolute path, or a name in the abstract namespace that is written with an @ in front. */
static int parse_name(const char *name, struct notify *n)
{
        size_t length = strlen(name);

        if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof n->address.sun_path)
                return -EINVAL;
        n->address.sun_family = AF_UNIX;
        memcpy(n->address.sun_path, name, length);
        if (name[0] == '@')
                n->address.sun_path[0] = '\0';
        n->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        return 0;
}

int notify_new(struct notify **ret)
{
        const char *name = getenv("NOTIFY_SOCKET");
        struct notify *n = calloc(1, sizeof *n);
        int r;

        if (!n)
                return -ENOMEM;
        n->fd = -1;
        if (name && *name) {
                r = parse_name(name, n);
                if (r == 0)
                        r = n->fd = socket_open_local(SEND_BUFFER);
                if (r < 0) {
                        free(n);
                        return r;
                }
        }
        *ret = n;
        return 0;
}

struct notify *notify_free(struct notify *n)
{
        if (n) {
                if (n->fd >= 0)
                        close(n->fd);
                free(n);
        }
        return NULL;
}

int notify_send(struct notify *n, const char *format, ...)
{
        char state[STATE_SIZE];
        va_list args;
        int length;

        if (n->fd < 0)
                return 0;
        va_start(args, format);
        length = vsnprintf(state, sizeof state, format, args);
        va_end(args);
        if (length < 0 || (size_t)length >= sizeof state)
                return -EMSGSIZE;
        if (sendto(n->fd, state, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&n->address,
                   n->length) < 0)
                return -errno;
        return 0;
}

int64_t notify_watchdog_ns(void)
{
        const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
        char *end;
        uintmax_t value;

        if (!usec || (pid && strtoumax(pid, NULL, 10) != (uintmax_t)getpid()))
                return 0;
        value = strtoumax(usec, &end, 10);
        if (*end || value == 0 || value > (uintmax_t)(INT64_MAX / NS_PER_US))
                return 0;
        return (int64_t)value * NS_PER_US;
}
