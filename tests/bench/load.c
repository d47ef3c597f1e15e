/* load.c - sends status messages to a group, as fast as they are received and no faster, so that none is
 * lost. Waits for the acks, or, where none come, looks how much waits at the receiver's socket. Prints how
 * many were sent and answered, and fails if an ack is missing. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE        32  /* of a message */
#define TRUE_SIZE   768 /* that a message takes of the receiver's buffer, by the kernel's count */
#define BURST_MAX   64  /* as many as the kernel makes of one send with UDP_SEGMENT */
#define WINDOW      512 /* that may be unanswered, or unread as far as is known; -w: another number */
#define WINDOW_MAX  4096
#define SOCKETS_MAX 1000
#define SOURCES_MAX (1 << 20)
#define ACKS_BUFFER 65536
#define BUFFER      (4 << 20) /* of a socket, so that the acks of a window find room */
#define PAUSE_NS    20000
#define PATIENCE_NS INT64_C(10000000000)
#define NS_PER_S    INT64_C(1000000000)

struct load {
        bool acks, segments;
        unsigned long count, sockets, burst, window, sources; /* sources: 0: the sockets' own address */
        pid_t receiver;                                       /* 0: it is left alone */
        struct sockaddr_in to;
        unsigned lo; /* the interface */
        int diag;    /* a netlink socket */
        int fds[SOCKETS_MAX];
        uint32_t *order; /* of the sources */
        unsigned long sent, answered;
        char text[BURST_MAX * SIZE];
        struct mmsghdr out[BURST_MAX];
        struct iovec iov[BURST_MAX];
        union {
                char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
                struct cmsghdr align;
        } control[BURST_MAX];
};

static struct load load;

static int64_t now_ns(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* --- waiting --- */

/* Sleeps by the clock. Who waits for a datagram is woken by the one who sends it, which is to cost him
 * nothing here. */
static void pause_until(int64_t deadline_ns, const char *what)
{
        const struct timespec pause = { .tv_nsec = PAUSE_NS };

        if (now_ns() > deadline_ns)
                errx(1, "%lu sent, %lu answered: waited in vain for %s", load.sent, load.answered, what);
        nanosleep(&pause, NULL);
}

/* How many acks a message of the kernel is made of, which may have put some together. */
static unsigned long acks_in(struct msghdr *header, size_t length)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
                int size;

                if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
                        continue;
                memcpy(&size, CMSG_DATA(c), sizeof size);
                return (length + (size_t)size - 1) / (size_t)size;
        }
        return 1;
}

/* What is there of a socket's acks. */
static unsigned long read_acks(int fd)
{
        static char buffers[BURST_MAX][ACKS_BUFFER];
        static char control[BURST_MAX][CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
        struct mmsghdr in[BURST_MAX];
        struct iovec iov[BURST_MAX];
        unsigned long acks = 0;
        int n;

        for (int i = 0; i < BURST_MAX; i++) {
                iov[i] = (struct iovec){ buffers[i], ACKS_BUFFER };
                in[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = control[i],
                                                 .msg_controllen = sizeof control[i] };
        }
        n = recvmmsg(fd, in, BURST_MAX, MSG_DONTWAIT, NULL);
        if (n < 0 && errno != EAGAIN)
                err(71, "cannot read acks");
        for (int i = 0; i < n; i++)
                acks += acks_in(&in[i].msg_hdr, in[i].msg_len);
        return acks;
}

/* Until no more than so many are unanswered. They are answered in the order in which they were sent. */
static void wait_for_acks(struct load *l, unsigned long unanswered)
{
        int64_t deadline_ns = now_ns() + PATIENCE_NS;

        while (l->sent - l->answered > unanswered) {
                unsigned long acks = read_acks(l->fds[l->answered / l->burst % l->sockets]);

                l->answered += acks;
                if (acks)
                        deadline_ns = now_ns() + PATIENCE_NS;
                else
                        pause_until(deadline_ns, "an ack");
        }
}

/* What waits at the receiver's socket, in bytes of the kernel's. Asked for that socket alone: to list a
 * thousand would take so long that the receiver would do nothing but wait. */
static unsigned long unread(const struct load *l)
{
        struct {
                struct nlmsghdr head;
                struct inet_diag_req_v2 body;
        } ask = {
                .head = { .nlmsg_len = sizeof ask,
                          .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                          .nlmsg_flags = NLM_F_REQUEST },
                .body = { .sdiag_family = AF_INET,
                          .sdiag_protocol = IPPROTO_UDP,
                          .idiag_states = UINT32_MAX },
        };
        struct {
                struct nlmsghdr head;
                struct inet_diag_msg body;
                char more[1024];
        } told;

        /* For UDP the kernel takes them the other way round. */
        ask.body.id.idiag_dst[0] = l->to.sin_addr.s_addr;
        ask.body.id.idiag_dport = l->to.sin_port;
        ask.body.id.idiag_if = l->lo;
        memset(ask.body.id.idiag_cookie, 0xff, sizeof ask.body.id.idiag_cookie);
        if (send(l->diag, &ask, sizeof ask, 0) < 0 || recv(l->diag, &told, sizeof told, 0) < 0)
                err(71, "cannot ask for the receiver's socket");
        if (told.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
                errx(71, "the kernel knows no receiver, or does not tell (udp_diag)");
        return told.body.idiag_rqueue;
}

static void wait_for_reader(const struct load *l, unsigned long bytes)
{
        int64_t deadline_ns = now_ns() + PATIENCE_NS;

        while (unread(l) > bytes)
                pause_until(deadline_ns, "the receiver to read");
}

/* --- sending --- */

/* One behind the other, to be cut by the kernel. */
static void send_segments(struct load *l, int fd, size_t n)
{
        struct iovec iov = { l->text, n * SIZE };
        union {
                char bytes[CMSG_SPACE(sizeof(uint16_t))];
                struct cmsghdr align;
        } control = { 0 };
        struct msghdr header = { .msg_name = &l->to,
                                 .msg_namelen = sizeof l->to,
                                 .msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof control };
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        const uint16_t size = SIZE;

        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(c), &size, sizeof size);
        if (sendmsg(fd, &header, 0) < 0)
                err(71, "cannot send");
}

static void send_plain(struct load *l, int fd, size_t n)
{
        for (size_t at = 0; at < n;) {
                int sent = sendmmsg(fd, l->out + at, (unsigned)(n - at), 0);

                if (sent < 0)
                        err(71, "cannot send");
                at += (size_t)sent;
        }
}

/* The next addresses of 127.0.0.0/8 in the shuffled order. */
static void choose_sources(struct load *l, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                struct in_pktinfo from = { .ipi_spec_dst.s_addr = l->order[(l->sent + i) % l->sources] };

                memcpy(CMSG_DATA((struct cmsghdr *)&l->control[i]), &from, sizeof from);
        }
}

static void send_burst(struct load *l)
{
        size_t n = l->count - l->sent < l->burst ? l->count - l->sent : l->burst;
        int fd = l->fds[l->sent / l->burst % l->sockets];

        if (l->sources)
                choose_sources(l, n);
        if (l->segments)
                send_segments(l, fd, n);
        else
                send_plain(l, fd, n);
        l->sent += n;
}

/* The receiver sleeps meanwhile, so that it is behind from then on, however slow the load is. */
static void send_to_a_sleeper(struct load *l, unsigned long until)
{
        if (kill(l->receiver, SIGSTOP) < 0)
                err(71, "cannot stop the receiver");
        while (l->sent < until)
                send_burst(l);
        kill(l->receiver, SIGCONT);
        if (l->acks)
                wait_for_acks(l, 0);
        else
                wait_for_reader(l, 0);
}

/* Half a window at once, while it deals with the other half. */
static void send_ahead(struct load *l, unsigned long until)
{
        while (l->sent < until)
                send_burst(l);
        if (l->acks)
                wait_for_acks(l, l->window / 2);
        else
                wait_for_reader(l, l->window / 2 * TRUE_SIZE);
}

static void run(struct load *l)
{
        unsigned long step = l->receiver ? l->window : l->window / 2;

        while (l->sent < l->count) {
                unsigned long until = l->count - l->sent < step ? l->count : l->sent + step;

                if (l->receiver)
                        send_to_a_sleeper(l, until);
                else
                        send_ahead(l, until);
        }
        if (l->acks)
                wait_for_acks(l, 0);
        else
                wait_for_reader(l, 0);
}

/* --- what it begins with --- */

static void open_sockets(struct load *l)
{
        const int on = 1, buffer = BUFFER;

        l->lo = if_nametoindex("lo");
        l->diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (l->diag < 0)
                err(71, "cannot open a netlink socket");
        for (unsigned long i = 0; i < l->sockets; i++) {
                int fd = l->fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

                if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) < 0 ||
                    (l->segments && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0))
                        err(71, "cannot open a socket");
        }
}

static void prepare_messages(struct load *l)
{
        char text[SIZE + 1];
        time_t now = time(NULL);
        size_t length = strftime(text, sizeof text, "ATU %Y-%m-%d %H:%M:%S.000000", localtime(&now));

        memset(text + length, ' ', SIZE - length);
        for (int i = 0; i < BURST_MAX; i++) {
                struct cmsghdr *c = (struct cmsghdr *)&l->control[i];

                memcpy(l->text + (size_t)i * SIZE, text, SIZE);
                l->iov[i] = (struct iovec){ l->text + (size_t)i * SIZE, SIZE };
                l->out[i].msg_hdr = (struct msghdr){ .msg_name = &l->to,
                                                     .msg_namelen = sizeof l->to,
                                                     .msg_iov = &l->iov[i],
                                                     .msg_iovlen = 1 };
                if (!l->sources)
                        continue;
                *c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
                                       .cmsg_type = IP_PKTINFO,
                                       .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)) };
                l->out[i].msg_hdr.msg_control = c;
                l->out[i].msg_hdr.msg_controllen = sizeof l->control[i];
        }
}

/* From 127.1.0.0 on, shuffled (Fisher and Yates), in the same way at each start. */
static void shuffle_sources(struct load *l)
{
        l->order = calloc(l->sources + 1, sizeof *l->order);
        if (!l->order)
                err(71, "no memory");
        for (unsigned long i = 0; i < l->sources; i++) {
                unsigned long j = (unsigned long)random() % (i + 1);

                l->order[i] = l->order[j];
                l->order[j] = htonl((uint32_t)(0x7f010000 + i));
        }
}

static unsigned long number(const char *text, unsigned long most)
{
        char *end;
        unsigned long value = strtoul(text, &end, 10);

        if (*end || value == 0 || value > most)
                errx(64, "%s: not from 1 to %lu", text, most);
        return value;
}

static void read_options(struct load *l, int argc, char *argv[])
{
        int option;

        *l = (struct load){
                .count = 1, .sockets = 1, .burst = 1, .window = WINDOW, .to.sin_family = AF_INET
        };
        while ((option = getopt(argc, argv, "agn:s:b:w:p:r:")) != -1)
                switch (option) {
                case 'a':
                        l->acks = true;
                        break;
                case 'g':
                        l->segments = true;
                        break;
                case 'n':
                        l->count = number(optarg, UINT32_MAX);
                        break;
                case 's':
                        l->sockets = number(optarg, SOCKETS_MAX);
                        break;
                case 'b':
                        l->burst = number(optarg, BURST_MAX);
                        break;
                case 'w':
                        l->window = number(optarg, WINDOW_MAX);
                        break;
                case 'r':
                        l->receiver = (pid_t)number(optarg, INT32_MAX);
                        break;
                case 'p':
                        l->sources = number(optarg, SOURCES_MAX);
                        break;
                default:
                        argc = 0;
                }
        if (argc != optind + 2 || inet_pton(AF_INET, argv[optind], &l->to.sin_addr) != 1)
                errx(64,
                     "usage: load [-a] [-g] [-n COUNT] [-s SOCKETS] [-b BURST] [-w WINDOW] [-p SOURCES] [-r RECEIVER] GROUP PORT\n"
                     "-a: it is acknowledged; -g: bursts are sent with UDP_SEGMENT; -r: a process to be stopped meanwhile");
        l->to.sin_port = htons((uint16_t)number(argv[optind + 1], 65535));
}

int main(int argc, char *argv[])
{
        read_options(&load, argc, argv);
        shuffle_sources(&load);
        prepare_messages(&load);
        open_sockets(&load);
        run(&load);
        printf("sent %lu answered %lu\n", load.sent, load.answered);
        return 0;
}
