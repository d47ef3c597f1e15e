/* floor.c - the bare loop that mcastd is measured against: recvmmsg of 64, and an "ack" to each by sendmmsg.
 * It blocks, asks the kernel for nothing beside the payload, and looks at nothing that it hears. With -e it
 * waits in epoll_wait instead, as a program has to that has more than one thing to wait for. With -t it is
 * told what a program has to know that answers strangers, and lives for years: where each datagram was sent
 * to, when it came, and what was dropped; and it answers from the address that was asked. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH          64
#define DATAGRAM_MAX   9216
#define RECEIVE_BUFFER (4 << 20)
#define CONTROL_SIZE                                                                                         \
        (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) +                       \
         CMSG_SPACE(sizeof(uint32_t)))

static char ack[] = "ack";

struct batch {
        struct mmsghdr in[BATCH], out[BATCH];
        struct iovec iov[BATCH];
        struct sockaddr_storage sources[BATCH];
        char payloads[BATCH][DATAGRAM_MAX];
        bool told;
        union {
                char bytes[CONTROL_SIZE];
                struct cmsghdr align;
        } control[BATCH], from[BATCH];
};

static struct batch batch;
static sigjmp_buf over;
static volatile uint64_t received;

static void on_term(int number)
{
        siglongjmp(over, number);
}

static int open_receiver(const char *group, const char *port)
{
        struct sockaddr_in local = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
        struct ip_mreq membership = { .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = RECEIVE_BUFFER;

        if (inet_pton(AF_INET, group, &local.sin_addr) != 1)
                errx(64, "%s is no IPv4 group", group);
        membership.imr_multiaddr = local.sin_addr;
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0 ||
            bind(fd, (struct sockaddr *)&local, sizeof local) < 0 ||
            setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
                err(71, "cannot hear %s:%s", group, port);
        return fd;
}

static void be_told(struct batch *b, int fd)
{
        const int on = 1;

        b->told = true;
        if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) < 0)
                err(71, "cannot be told");
}

/* From the address that was asked, by the interface that it came in by. */
static void answer_from(struct batch *b, int i)
{
        struct msghdr *in = &b->in[i].msg_hdr, *out = &b->out[i].msg_hdr;

        for (struct cmsghdr *c = CMSG_FIRSTHDR(in); c; c = CMSG_NXTHDR(in, c)) {
                if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
                        continue;
                memcpy(&b->from[i], c, c->cmsg_len);
                out->msg_control = &b->from[i];
                out->msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
        }
}

static void prepare(struct batch *b)
{
        static struct iovec answer = { ack, sizeof ack - 1 };

        for (int i = 0; i < BATCH; i++) {
                b->iov[i] = (struct iovec){ b->payloads[i], DATAGRAM_MAX };
                b->in[i].msg_hdr =
                        (struct msghdr){ .msg_name = &b->sources[i], .msg_iov = &b->iov[i], .msg_iovlen = 1 };
                b->out[i].msg_hdr =
                        (struct msghdr){ .msg_name = &b->sources[i], .msg_iov = &answer, .msg_iovlen = 1 };
        }
}

static int receive(struct batch *b, int fd)
{
        for (int i = 0; i < BATCH; i++) {
                b->in[i].msg_hdr.msg_namelen = sizeof b->sources[i];
                b->in[i].msg_hdr.msg_control = b->told ? &b->control[i] : NULL;
                b->in[i].msg_hdr.msg_controllen = b->told ? CONTROL_SIZE : 0;
        }
        return recvmmsg(fd, b->in, BATCH, MSG_WAITFORONE, NULL);
}

static void acknowledge(struct batch *b, int fd, int n)
{
        for (int i = 0; i < n; i++) {
                b->out[i].msg_hdr.msg_namelen = b->in[i].msg_hdr.msg_namelen;
                if (b->told)
                        answer_from(b, i);
        }
        for (int at = 0; at < n;) {
                int sent = sendmmsg(fd, b->out + at, (unsigned)(n - at), 0);

                if (sent < 0)
                        err(71, "cannot acknowledge");
                at += sent;
        }
}

static int open_epoll(int fd)
{
        struct epoll_event readable = { .events = EPOLLIN };
        int epoll = epoll_create1(EPOLL_CLOEXEC);

        if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &readable) < 0)
                err(71, "cannot wait");
        return epoll;
}

static void await(int epoll)
{
        struct epoll_event event;

        /* Whoever is stopped and goes on is interrupted. */
        if (epoll >= 0 && epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR)
                err(71, "cannot wait");
}

static _Noreturn void serve(int fd, int epoll, bool acks)
{
        for (;;) {
                int n;

                await(epoll);
                n = receive(&batch, fd);
                if (n < 0)
                        err(71, "cannot receive");
                received += (uint64_t)n;
                if (acks)
                        acknowledge(&batch, fd, n);
        }
}

/* Until SIGTERM, which is sent when there is nothing more to be heard. */
int main(int argc, char *argv[])
{
        static bool acks, waits, told;
        int option, fd;

        while ((option = getopt(argc, argv, "aet")) != -1) {
                acks |= option == 'a';
                waits |= option == 'e';
                told |= option == 't';
        }
        if (argc != optind + 2)
                errx(64,
                     "usage: floor [-a] [-e] [-t] GROUP PORT; -a: acknowledge; -e: wait by epoll; -t: be told");
        fd = open_receiver(argv[optind], argv[optind + 1]);
        prepare(&batch);
        if (told)
                be_told(&batch, fd);
        if (sigsetjmp(over, 1) != 0) {
                printf("received %ju\n", (uintmax_t)received);
                return 0;
        }
        if (signal(SIGTERM, on_term) == SIG_ERR || puts("ready") < 0 || fflush(stdout) < 0)
                err(71, "cannot begin");
        serve(fd, waits ? open_epoll(fd) : -1, acks);
}
