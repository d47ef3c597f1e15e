/* batch.c - many datagrams with one system call: recvmmsg for what comes, sendmmsg for the replies. */
#include "os/batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for what a receiver's socket tells with each datagram: packet info and the drop count. */
#define CONTROL_SIZE (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))

struct batch {
        struct datagram datagrams[BATCH_MAX];
        struct mmsghdr messages[BATCH_MAX];
        struct iovec iov[BATCH_MAX];
        struct sockaddr_storage sources[BATCH_MAX];
        union {
                char bytes[CONTROL_SIZE];
                struct cmsghdr align;
        } control[BATCH_MAX];
        uint8_t payloads[BATCH_MAX][DATAGRAM_MAX];
};

int batch_new(struct batch **ret)
{
        struct batch *b = calloc(1, sizeof *b);

        if (!b)
                return -ENOMEM;
        for (size_t i = 0; i < BATCH_MAX; i++) {
                b->iov[i] = (struct iovec){ b->payloads[i], DATAGRAM_MAX };
                b->messages[i].msg_hdr = (struct msghdr){
                        .msg_name = &b->sources[i],
                        .msg_iov = &b->iov[i],
                        .msg_iovlen = 1,
                        .msg_control = &b->control[i],
                };
        }
        *ret = b;
        return 0;
}

struct batch *batch_free(struct batch *b)
{
        free(b);
        return NULL;
}

static void read_packet_info(const struct in_pktinfo *info, struct datagram *d)
{
        d->destination.family = d->local.family = AF_INET;
        memcpy(d->destination.bytes, &info->ipi_addr, sizeof info->ipi_addr);
        memcpy(d->local.bytes, &info->ipi_spec_dst, sizeof info->ipi_spec_dst);
        d->ifindex = (uint32_t)info->ipi_ifindex;
}

static void read_control(struct msghdr *header, struct datagram *d)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                        struct in_pktinfo info;

                        memcpy(&info, CMSG_DATA(c), sizeof info);
                        read_packet_info(&info, d);
                } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
                        memcpy(&d->kernel_drops, CMSG_DATA(c), sizeof d->kernel_drops);
                }
        }
}

static void describe(struct batch *b, size_t i)
{
        struct msghdr *header = &b->messages[i].msg_hdr;
        struct datagram *d = &b->datagrams[i];

        *d = (struct datagram){
                .payload = b->payloads[i],
                .length = b->messages[i].msg_len,
                .truncated = header->msg_flags & MSG_TRUNC,
        };
        endpoint_from_sockaddr((struct sockaddr *)&b->sources[i], &d->source);
        read_control(header, d);
}

int batch_receive(struct batch *b, int fd)
{
        int n;

        for (size_t i = 0; i < BATCH_MAX; i++) {
                b->messages[i].msg_hdr.msg_namelen = sizeof b->sources[i];
                b->messages[i].msg_hdr.msg_controllen = CONTROL_SIZE;
        }
        n = recvmmsg(fd, b->messages, BATCH_MAX, MSG_DONTWAIT, NULL);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        for (int i = 0; i < n; i++)
                describe(b, (size_t)i);
        return n;
}

const struct datagram *batch_datagram(const struct batch *b, size_t i)
{
        return &b->datagrams[i];
}

/* What sendmmsg needs for the replies of one outbox. */
struct sending {
        struct mmsghdr messages[OUTBOX_MAX];
        struct iovec iov[OUTBOX_MAX];
        struct sockaddr_storage to[OUTBOX_MAX];
        union {
                char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
                struct cmsghdr align;
        } control[OUTBOX_MAX];
};

/* By the interface and from the address that the question came to. */
static void put_packet_info(struct msghdr *header, const struct reply *r)
{
        struct in_pktinfo info = { .ipi_ifindex = (int)r->ifindex };
        struct cmsghdr *c = CMSG_FIRSTHDR(header);

        memcpy(&info.ipi_spec_dst, r->from.bytes, sizeof info.ipi_spec_dst);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
}

static void prepare(struct sending *s, size_t i, const struct reply *r)
{
        struct msghdr *header = &s->messages[i].msg_hdr;

        s->iov[i] = (struct iovec){ (void *)r->payload, r->length };
        *header = (struct msghdr){
                .msg_name = &s->to[i],
                .msg_namelen = endpoint_to_sockaddr(&r->to, &s->to[i]),
                .msg_iov = &s->iov[i],
                .msg_iovlen = 1,
                .msg_control = &s->control[i],
                .msg_controllen = sizeof s->control[i],
        };
        put_packet_info(header, r);
}

size_t outbox_flush(struct outbox *out, int fd)
{
        struct sending s;
        size_t sent = 0;

        for (size_t i = 0; i < out->n; i++)
                prepare(&s, i, &out->replies[i]);
        for (size_t at = 0; at < out->n;) {
                int n = sendmmsg(fd, s.messages + at, (unsigned)(out->n - at), MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n > 0) {
                        sent += (size_t)n;
                        at += (size_t)n;
                        continue;
                }
                /* The kernel reports the error of the first; the others have their own chance. */
                out->replies[at++].error = n < 0 ? errno : EAGAIN;
        }
        return sent;
}
