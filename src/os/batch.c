/* batch.c - many datagrams with one system call: recvmmsg for what comes, sendmmsg for the replies. */
#include "os/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "os/family.h"

/* Room for what a receiver's socket tells with each datagram: packet info, the drop count and when
 * it came. */
#define CONTROL_SIZE                                                                                         \
        (CMSG_SPACE(FAMILY_VALUE_MAX) + CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(struct timespec)))

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

static int64_t read_time(const unsigned char *data)
{
        struct timespec ts;

        memcpy(&ts, data, sizeof ts);
        return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void read_control(struct msghdr *header, struct datagram *d)
{
        const struct family *family = family_of(d->source.address.family);

        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
                if (family && c->cmsg_level == family->level && c->cmsg_type == family->packet_info)
                        family->read_packet_info(CMSG_DATA(c), d);
                else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
                        memcpy(&d->kernel_drops, CMSG_DATA(c), sizeof d->kernel_drops);
                else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
                        d->wall_ns = read_time(CMSG_DATA(c));
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

struct datagram *batch_datagram(struct batch *b, size_t i)
{
        return &b->datagrams[i];
}

/* What sendmmsg needs for the replies of one outbox. */
struct sending {
        struct reply *replies[OUTBOX_MAX];
        struct mmsghdr messages[OUTBOX_MAX];
        struct iovec iov[OUTBOX_MAX][2]; /* the payload, and its signature */
        struct sockaddr_storage to[OUTBOX_MAX];
        union {
                char bytes[CMSG_SPACE(FAMILY_VALUE_MAX)];
                struct cmsghdr align;
        } control[OUTBOX_MAX];
};

/* By the interface and from the address that the question came to. */
static void put_packet_info(struct msghdr *header, const struct reply *r)
{
        const struct family *family = family_of(r->to.address.family);
        struct cmsghdr *c = header->msg_control;
        size_t size = family->put_packet_info(r, CMSG_DATA(c));

        c->cmsg_level = family->level;
        c->cmsg_type = family->packet_info;
        c->cmsg_len = CMSG_LEN(size);
        header->msg_controllen = CMSG_SPACE(size);
}

static void prepare(struct sending *s, size_t i, struct reply *r)
{
        struct msghdr *header = &s->messages[i].msg_hdr;

        s->replies[i] = r;
        s->iov[i][0] = (struct iovec){ (void *)r->payload, r->length };
        s->iov[i][1] = (struct iovec){ (void *)r->trailer, sizeof r->trailer };
        *header = (struct msghdr){
                .msg_name = &s->to[i],
                .msg_namelen = endpoint_to_sockaddr(&r->to, &s->to[i]),
                .msg_iov = s->iov[i],
                .msg_iovlen = r->key_id ? 2 : 1,
                .msg_control = &s->control[i],
                .msg_controllen = sizeof s->control[i],
        };
        put_packet_info(header, r);
}

size_t outbox_flush(struct outbox *out, int fd)
{
        struct sending s;
        size_t sent = 0, n_messages = 0;

        for (size_t i = 0; i < out->n; i++)
                if (out->replies[i].error == 0)
                        prepare(&s, n_messages++, &out->replies[i]);
        for (size_t at = 0; at < n_messages;) {
                int n = sendmmsg(fd, s.messages + at, (unsigned)(n_messages - at),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n > 0) {
                        sent += (size_t)n;
                        at += (size_t)n;
                        continue;
                }
                /* The kernel reports the error of the first; the others have their own chance. */
                s.replies[at++]->error = n < 0 ? errno : EAGAIN;
        }
        return sent;
}
