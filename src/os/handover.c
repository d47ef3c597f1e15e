/* handover.c - a file is handed to the daemon by somebody who may open it (unix(7), SCM_RIGHTS).
 * Does not know what stands in the file. */
#include "os/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MODE 0600

/* Taken at a time, so that nobody can keep the daemon busy. The kernel lets no more than some 500 wait. */
#define MESSAGES_MAX 1000

/* Of a message with more the kernel closes the rest, and says so. */
#define DESCRIPTORS_MAX 2

/* What may not become a program: since Linux 6.3, and there the host can insist on it (vm.memfd_noexec). */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* Room for descriptors beside a message, aligned as the kernel wants it. */
union passed {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

struct handover {
        struct local_socket *socket;
        int fd; /* what was taken last; -1: nothing yet */
};

int handover_new(const char *folder, struct handover **ret, char ret_tried[LOCAL_SOCKET_TRIED_SIZE])
{
        struct handover *h = calloc(1, sizeof *h);
        int r;

        if (!h) {
                snprintf(ret_tried, LOCAL_SOCKET_TRIED_SIZE, "open " HANDOVER_SOCKET);
                return -ENOMEM;
        }
        h->fd = -1;
        r = local_socket_new_mailbox(folder, HANDOVER_SOCKET, MODE, &h->socket, ret_tried);
        if (r < 0) {
                handover_free(h);
                return r;
        }
        *ret = h;
        return 0;
}

static void keep(struct handover *h, int fd)
{
        if (h->fd >= 0)
                close(h->fd);
        h->fd = fd;
}

struct handover *handover_free(struct handover *h)
{
        if (!h)
                return NULL;
        keep(h, -1);
        local_socket_free(h->socket);
        free(h);
        return NULL;
}

/* A pipe would keep the reader waiting; a file that its giver can write through was not meant to be given. */
static bool is_wanted(int fd)
{
        int flags = fcntl(fd, F_GETFL);
        struct stat st;

        return flags >= 0 && (flags & (O_ACCMODE | O_PATH)) == O_RDONLY && fstat(fd, &st) == 0 &&
               S_ISREG(st.st_mode);
}

/* The descriptors of one part of what came beside a message. Returns how many there are. */
static size_t unpack(struct cmsghdr *part, int fds[DESCRIPTORS_MAX])
{
        size_t n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
                return 0;
        memcpy(fds, CMSG_DATA(part), n * sizeof(int));
        return n;
}

/* The next message. 0, and its descriptor, or -1 where it has none that is wanted; or -errno. */
static int receive(int socket, int *ret)
{
        union passed passed;
        char unused;
        struct iovec bytes = { &unused, sizeof unused };
        struct msghdr message = {
                .msg_iov = &bytes,
                .msg_iovlen = 1,
                .msg_control = &passed,
                .msg_controllen = sizeof passed,
        };
        struct cmsghdr *part;
        int fds[DESCRIPTORS_MAX];
        size_t n;

        *ret = -1;
        if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
                return -errno;
        part = CMSG_FIRSTHDR(&message);
        n = part ? unpack(part, fds) : 0;
        if (n == 1 && !(message.msg_flags & MSG_CTRUNC) && is_wanted(fds[0])) {
                *ret = fds[0];
                return 0;
        }
        for (size_t i = 0; i < n; i++)
                close(fds[i]);
        return 0;
}

int handover_take(struct handover *h)
{
        int fd, r = 0;

        if (!h)
                return -1;
        for (size_t i = 0; i < MESSAGES_MAX && (r == 0 || r == -EINTR); i++) {
                r = receive(local_socket_fd(h->socket), &fd);
                if (r == 0 && fd >= 0)
                        keep(h, fd);
        }
        return h->fd;
}

/* One byte, because a message of none is an end to some kinds of sockets, and the descriptor beside it. */
static int send_descriptor(int socket, const struct sockaddr_un *to, int fd)
{
        union passed passed = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
        char unused = 0;
        struct iovec bytes = { &unused, sizeof unused };
        struct msghdr message = {
                .msg_name = (void *)to,
                .msg_namelen = sizeof *to,
                .msg_iov = &bytes,
                .msg_iovlen = 1,
                .msg_control = &passed,
                .msg_controllen = CMSG_SPACE(sizeof fd),
        };

        passed.header.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&passed.header), &fd, sizeof fd);
        return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int handover_give(const char *folder, int fd)
{
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/" HANDOVER_SOCKET, folder), socket_fd, r;

        if (n < 0 || (size_t)n >= sizeof to.sun_path)
                return -ENAMETOOLONG;
        socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket_fd < 0)
                return -errno;
        r = send_descriptor(socket_fd, &to, fd);
        close(socket_fd);
        return r;
}

int handover_open_empty(void)
{
        int writer = memfd_create("empty", MFD_CLOEXEC | MFD_NOEXEC_SEAL), fd;
        char path[32];

        if (writer < 0 && errno == EINVAL)
                writer = memfd_create("empty", MFD_CLOEXEC);
        if (writer < 0)
                return -errno;
        /* Who could write by what he is given could do so later as well. */
        snprintf(path, sizeof path, "/proc/self/fd/%d", writer);
        fd = fchmod(writer, S_IRUSR) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                fd = -errno;
        close(writer);
        return fd;
}
