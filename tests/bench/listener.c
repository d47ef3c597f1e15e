/* listener.c - listener GROUPS PORT COUNT: joins groups and notes when the kernel has taken each datagram.
 * Says "joined" when it hears them all. After COUNT datagrams it prints the port of the sender, by which an
 * emitter is known, and the time in nanoseconds, a line for each. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common.h"

struct heard {
        unsigned port;
        int64_t ns;
};

static int open_listener(unsigned groups, unsigned port)
{
        const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, buffer = 4 << 20;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) < 0 ||
            bind(fd, (const struct sockaddr *)&any, sizeof any) < 0)
                err(71, "no socket to listen");
        for (unsigned i = 0; i < groups; i++) {
                const struct ip_mreqn request = {
                        .imr_multiaddr = nth_group(i, port).sin_addr,
                        .imr_address.s_addr = htonl(INADDR_LOOPBACK),
                };

                if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) < 0)
                        err(71, "cannot join");
        }
        return fd;
}

static int64_t time_of(struct msghdr *msg)
{
        struct timespec stamp = { 0 };

        for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
                        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
}

static struct heard hear(int fd)
{
        _Alignas(struct cmsghdr) char control[128];
        struct sockaddr_in from;
        char text[2048];
        struct iovec iov = { text, sizeof text };
        struct msghdr msg = {
                .msg_name = &from,
                .msg_namelen = sizeof from,
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = control,
                .msg_controllen = sizeof control,
        };

        if (recvmsg(fd, &msg, 0) < 0)
                err(71, "cannot receive");
        return (struct heard){ ntohs(from.sin_port), time_of(&msg) };
}

int main(int argc, char **argv)
{
        struct heard *heard;
        unsigned count;
        int fd;

        if (argc != 4)
                errx(64, "usage: listener GROUPS PORT COUNT");
        fd = open_listener(number(argv[1]), number(argv[2]));
        count = number(argv[3]);
        heard = calloc(count, sizeof *heard);
        if (!heard)
                err(71, "no memory");
        if (puts("joined") < 0 || fflush(stdout) < 0)
                err(71, "cannot begin");
        for (unsigned i = 0; i < count; i++)
                heard[i] = hear(fd);
        for (unsigned i = 0; i < count; i++)
                printf("%u %lld\n", heard[i].port, (long long)heard[i].ns);
        free(heard);
        return EXIT_SUCCESS;
}
