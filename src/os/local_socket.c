/* local_socket.c - a socket in the file system: its folder, its file's mode, what an earlier process has left
 * there, and its end.
 * Knows nothing of what is said through it. */
#include "os/local_socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FOLDER_MODE 0755

/* Connections that the kernel keeps waiting. */
#define BACKLOG 128

struct local_socket {
        int fd;
        int type;
        struct sockaddr_un address;
        dev_t device; /* of the file that is ours */
        ino_t inode;
};

/* Notes what failed, and passes the error on. */
__attribute__((format(printf, 3, 4))) static int fail(char tried[LOCAL_SOCKET_TRIED_SIZE], int error,
                                                      const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(tried, LOCAL_SOCKET_TRIED_SIZE, format, args);
        va_end(args);
        return error;
}

int local_socket_folder(const char *folder, char ret_tried[LOCAL_SOCKET_TRIED_SIZE])
{
        /* The mode is that which was asked for, whatever the process was started with. */
        mode_t mask = umask(0);
        int r = mkdir(folder, FOLDER_MODE) < 0 ? -errno : 0;

        umask(mask);
        return r == 0 || r == -EEXIST ? 0 : fail(ret_tried, r, "make the folder %s", folder);
}

static int open_unnamed(const struct local_socket *s)
{
        int fd = socket(AF_UNIX, s->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        return fd;
}

static int bind_with_mode(const struct local_socket *s, mode_t mode)
{
        /* A mode that is set later would come too late for somebody quick. */
        mode_t mask = umask(~mode & 0777);
        int r = bind(s->fd, (const struct sockaddr *)&s->address, sizeof s->address) < 0 ? -errno : 0;

        umask(mask);
        return r;
}

/* Whether nobody listens any more at what lies there: 0; -EADDRINUSE: somebody does; or another -errno. */
static int probe(const struct local_socket *s)
{
        struct stat st;
        int fd, r;

        /* To connect to a plain file is refused in the same words. */
        if (lstat(s->address.sun_path, &st) < 0)
                return -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        fd = open_unnamed(s);
        if (fd < 0)
                return fd;
        r = connect(fd, (const struct sockaddr *)&s->address, sizeof s->address) < 0 ? -errno : 0;
        close(fd);
        if (r == -ECONNREFUSED)
                return 0;
        /* -EAGAIN: so many wait already that there is no room to wait. */
        return r == 0 || r == -EAGAIN ? -EADDRINUSE : r;
}

static int bind_anew(const struct local_socket *s, mode_t mode, char tried[LOCAL_SOCKET_TRIED_SIZE])
{
        const char *path = s->address.sun_path;
        int r = bind_with_mode(s, mode);

        if (r == -EADDRINUSE) {
                r = probe(s);
                if (r == -EADDRINUSE)
                        return fail(tried, r, "listen at %s, where another mcastd listens", path);
                if (r == -EEXIST)
                        return fail(tried, r, "listen at %s, which is no socket", path);
                if (r == 0 && unlink(path) < 0)
                        r = -errno;
                if (r == 0)
                        r = bind_with_mode(s, mode);
        }
        return r < 0 ? fail(tried, r, "make the socket %s", path) : 0;
}

static int name_socket(const char *folder, const char *name, struct sockaddr_un *ret,
                       char tried[LOCAL_SOCKET_TRIED_SIZE])
{
        int n = snprintf(ret->sun_path, sizeof ret->sun_path, "%s/%s", folder, name);

        ret->sun_family = AF_UNIX;
        if (n < 0 || (size_t)n >= sizeof ret->sun_path)
                return fail(tried, -ENAMETOOLONG, "make %s in %.100s, a path of more than %zu bytes", name,
                            folder, sizeof ret->sun_path - 1);
        return 0;
}

/* From a named one to one that listens, or that takes datagrams. */
static int open_socket(struct local_socket *s, mode_t mode, char tried[LOCAL_SOCKET_TRIED_SIZE])
{
        struct stat st = { 0 };
        int r;

        s->fd = open_unnamed(s);
        if (s->fd < 0)
                return fail(tried, s->fd, "open a socket for %s", s->address.sun_path);
        r = bind_anew(s, mode, tried);
        if (r < 0)
                return r;
        if (lstat(s->address.sun_path, &st) == 0) {
                s->device = st.st_dev;
                s->inode = st.st_ino;
        }
        if (s->type == SOCK_STREAM && listen(s->fd, BACKLOG) < 0)
                return fail(tried, -errno, "listen at %s", s->address.sun_path);
        return 0;
}

static int new_socket(int type, const char *folder, const char *name, mode_t mode, struct local_socket **ret,
                      char ret_tried[LOCAL_SOCKET_TRIED_SIZE])
{
        struct local_socket *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return fail(ret_tried, -ENOMEM, "open %s", name);
        s->fd = -1;
        s->type = type;
        r = name_socket(folder, name, &s->address, ret_tried);
        if (r == 0)
                r = open_socket(s, mode, ret_tried);
        if (r < 0) {
                local_socket_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

int local_socket_new(const char *folder, const char *name, mode_t mode, struct local_socket **ret,
                     char ret_tried[LOCAL_SOCKET_TRIED_SIZE])
{
        return new_socket(SOCK_STREAM, folder, name, mode, ret, ret_tried);
}

int local_socket_new_mailbox(const char *folder, const char *name, mode_t mode, struct local_socket **ret,
                             char ret_tried[LOCAL_SOCKET_TRIED_SIZE])
{
        return new_socket(SOCK_DGRAM, folder, name, mode, ret, ret_tried);
}

struct local_socket *local_socket_free(struct local_socket *s)
{
        struct stat st;

        if (!s)
                return NULL;
        if (s->inode != 0 && lstat(s->address.sun_path, &st) == 0 && st.st_dev == s->device &&
            st.st_ino == s->inode)
                (void)unlink(s->address.sun_path);
        if (s->fd >= 0)
                close(s->fd);
        free(s);
        return NULL;
}

int local_socket_fd(const struct local_socket *s)
{
        return s->fd;
}

int local_socket_accept(const struct local_socket *s)
{
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

void local_socket_refuse(int fd, const char *line, size_t length)
{
        (void)send(fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(fd);
}
