/* console.c - log lines without a journal, for whoever reads standard error.
 * A reader that stands still must not hold the daemon up, and a flag for that would hold for everybody who
 * shares the terminal or the pipe. So it is opened once more, for us alone. */
#include "os/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct console {
        int fd;
        bool own;    /* opened by us, non-blocking */
        bool socket; /* it can be told with each send not to block */
};

int console_new(int fd, struct console **ret)
{
        struct console *c = calloc(1, sizeof *c);
        char path[64];
        struct stat st = { 0 };
        int own = -1;

        if (!c)
                return -ENOMEM;
        c->fd = fd;
        (void)fstat(fd, &st);
        c->socket = S_ISSOCK(st.st_mode);
        /* A file needs nothing of that, and has a position that is to be shared. */
        if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
                snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
                own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        }
        if (own >= 0) {
                c->fd = own;
                c->own = true;
        }
        *ret = c;
        return 0;
}

struct console *console_free(struct console *c)
{
        if (c && c->own)
                close(c->fd);
        free(c);
        return NULL;
}

int console_write(void *console, const struct log_record *record)
{
        const struct console *c = console;
        struct pollfd ready = { .fd = c->fd, .events = POLLOUT };
        char line[LOG_LINE_SIZE + 1];
        ssize_t length = snprintf(line, sizeof line, "%s\n", record->message), n;

        if (c->socket) {
                n = send(c->fd, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
                if (!c->own && (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)))
                        return -EAGAIN;
                n = write(c->fd, line, (size_t)length);
        }
        if (n < 0)
                return -errno;
        return n == length ? 0 : -EIO;
}
