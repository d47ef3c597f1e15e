/* batch.c - many datagrams with one system call: recvmmsg for what comes, sendmmsg for the replies. And many
 * with one pass through the kernel: it joins what one source sends in a burst to a run (UDP_GRO), and takes
 * runs to be sent (UDP_SEGMENT). */
#include "os/batch.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/family.h"

/* Room for what a receiver's socket tells with each message: packet info, the drop count, when it came and
 * the length of a run's datagrams. */
#define CONTROL_SIZE                                                                                         \
        (CMSG_SPACE(FAMILY_VALUE_MAX) + CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(struct timespec)) + \
         CMSG_SPACE(sizeof(int)))

/* The longest message: a whole run, or one datagram of IPv6. */
#define MESSAGE_MAX_SIZE 65535

/* What most messages have room in, and runs of short ones. */
#define KEPT_SIZE 4096

/* What the kernel takes as one run (UDP_MAX_SEGMENTS before Linux 6.9), and as one datagram of IPv4. */
#define RUN_MAX      64
#define RUN_MAX_SIZE 65507

/* What was received at once: one datagram, or several. */
struct received {
        struct datagram first; /* with the length of the whole */
        size_t segment;        /* the length of each but the last */
};

/* Were their distance a multiple of 4096, the beginnings of all would compete for the same few places of the
 * processor's caches. */
struct room {
        uint8_t bytes[MESSAGE_MAX_SIZE + 1 + 64];
};

/* Replies that are handed over as one message. */
struct run {
        size_t first, n; /* of the replies to be sent */
        size_t start;    /* of its bytes */
        size_t size;     /* in bytes */
        bool ended;      /* by one that is shorter than the others */
};

/* What sendmmsg needs for the replies of one outbox. */
struct sending {
        size_t n_replies, n_runs;
        struct reply *replies[OUTBOX_MAX];
        struct run runs[OUTBOX_MAX];
        struct mmsghdr messages[OUTBOX_MAX];
        struct iovec iov[OUTBOX_MAX];
        struct sockaddr_storage to[OUTBOX_MAX];
        union {
                char bytes[CMSG_SPACE(FAMILY_VALUE_MAX) + CMSG_SPACE(sizeof(uint16_t))];
                struct cmsghdr align;
        } control[OUTBOX_MAX];
        /* What they say, with their signatures, one behind the other: the kernel takes one long piece in less
         * time than many short ones. */
        uint8_t bytes[OUTBOX_MAX * (REPLY_MAX + AUTH_TRAILER_SIZE)];
        size_t n_bytes;
};

struct batch {
        struct datagram datagrams[BATCH_MAX];
        struct received received[BATCH_MAX];
        size_t n_received;
        size_t asked;  /* for so many it was */
        bool spacious; /* a message was longer than KEPT_SIZE */
        size_t at;     /* the one that is split now … */
        size_t offset; /* … from here on */
        struct mmsghdr messages[BATCH_MAX];
        struct iovec iov[BATCH_MAX];
        struct sockaddr_storage sources[BATCH_MAX];
        union {
                char bytes[CONTROL_SIZE];
                struct cmsghdr align;
        } control[BATCH_MAX];
        struct room rooms[BATCH_MAX];
        struct sending sending;
};

static void make_room(struct batch *b, size_t i)
{
        b->messages[i].msg_hdr.msg_namelen = sizeof b->sources[i];
        b->messages[i].msg_hdr.msg_controllen = CONTROL_SIZE;
}

int batch_new(struct batch **ret)
{
        struct batch *b = calloc(1, sizeof *b);

        if (!b)
                return -ENOMEM;
        for (size_t i = 0; i < BATCH_MAX; i++) {
                b->iov[i] = (struct iovec){ b->rooms[i].bytes, MESSAGE_MAX_SIZE };
                b->messages[i].msg_hdr = (struct msghdr){
                        .msg_name = &b->sources[i],
                        .msg_iov = &b->iov[i],
                        .msg_iovlen = 1,
                        .msg_control = &b->control[i],
                };
                make_room(b, i);
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

static size_t read_segment(const unsigned char *data)
{
        int segment;

        memcpy(&segment, data, sizeof segment);
        return segment > 0 ? (size_t)segment : 0;
}

static void read_control(struct msghdr *header, struct received *r)
{
        struct datagram *d = &r->first;
        const struct family *family = family_of(d->source.address.family);

        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
                if (family && c->cmsg_level == family->level && c->cmsg_type == family->packet_info)
                        family->read_packet_info(CMSG_DATA(c), d);
                else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
                        memcpy(&d->kernel_drops, CMSG_DATA(c), sizeof d->kernel_drops);
                else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
                        d->wall_ns = read_time(CMSG_DATA(c));
                else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
                        r->segment = read_segment(CMSG_DATA(c));
        }
}

static void describe(struct batch *b, size_t i)
{
        struct received *r = &b->received[i];

        *r = (struct received){ .first = { .payload = b->rooms[i].bytes, .length = b->messages[i].msg_len } };
        /* Or what tells how long the datagrams of a run are. */
        r->first.truncated = b->messages[i].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
        endpoint_from_sockaddr((struct sockaddr *)&b->sources[i], &r->first.source);
        read_control(&b->messages[i].msg_hdr, r);
        if (r->segment == 0)
                r->segment = r->first.length;
        b->spacious |= r->first.length > KEPT_SIZE;
}

static size_t count(const struct received *r)
{
        return r->segment ? (r->first.length + r->segment - 1) / r->segment : 1;
}

/* As many messages as bring about BATCH_ENOUGH datagrams, if they are as those of this batch. */
static size_t next_most(const struct batch *b)
{
        size_t datagrams = 0, most;

        for (size_t i = 0; i < b->n_received; i++)
                datagrams += count(&b->received[i]);
        if (datagrams < BATCH_ENOUGH)
                return BATCH_MAX;
        most = b->n_received * BATCH_ENOUGH / datagrams + 1;
        return most < BATCH_MAX ? most : BATCH_MAX;
}

int batch_receive(struct batch *b, int fd, size_t *most)
{
        int n;

        /* Only of what it has received the kernel has written how long it was. */
        for (size_t i = 0; i < b->n_received; i++)
                make_room(b, i);
        b->n_received = b->at = b->offset = 0;
        b->asked = *most;
        n = recvmmsg(fd, b->messages, (unsigned)b->asked, MSG_DONTWAIT, NULL);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        for (int i = 0; i < n; i++)
                describe(b, (size_t)i);
        b->n_received = (size_t)n;
        *most = next_most(b);
        return n;
}

void batch_give_back(struct batch *b)
{
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
        uintptr_t from = ((uintptr_t)b->rooms + page - 1) / page * page;
        uintptr_t to = (uintptr_t)(b->rooms + BATCH_MAX) / page * page;

        /* It cannot fail for memory of our own, and if it did it would only be kept. */
        if (b->spacious)
                (void)madvise((void *)from, to - from, MADV_DONTNEED);
        b->spacious = false;
}

bool batch_is_full(const struct batch *b)
{
        return b->n_received == b->asked;
}

/* The next datagram of the message that is split, and past it. A datagram may be empty. */
static void split(struct batch *b, struct datagram *ret)
{
        const struct received *r = &b->received[b->at];
        size_t left = r->first.length - b->offset;
        size_t length = left < r->segment ? left : r->segment;

        *ret = r->first;
        ret->payload += b->offset;
        ret->truncated |= length > DATAGRAM_MAX;
        ret->length = length > DATAGRAM_MAX ? DATAGRAM_MAX : length;
        b->offset += length;
        if (b->offset == r->first.length) {
                b->at++;
                b->offset = 0;
        }
}

size_t batch_next(struct batch *b)
{
        size_t n = 0;

        while (n < BATCH_MAX && b->at < b->n_received)
                split(b, &b->datagrams[n++]);
        return n;
}

struct datagram *batch_datagram(struct batch *b, size_t i)
{
        return &b->datagrams[i];
}

static size_t reply_size(const struct reply *r)
{
        return r->length + (r->key_id ? sizeof r->trailer : 0);
}

/* By the interface and from the address that the question came to. Returns the size. */
static size_t put_packet_info(struct cmsghdr *c, const struct reply *r)
{
        const struct family *family = family_of(r->to.address.family);
        size_t size = family->put_packet_info(r, CMSG_DATA(c));

        c->cmsg_level = family->level;
        c->cmsg_type = family->packet_info;
        c->cmsg_len = CMSG_LEN(size);
        return CMSG_SPACE(size);
}

static size_t put_segment(struct cmsghdr *c, uint16_t segment)
{
        memcpy(CMSG_DATA(c), &segment, sizeof segment);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof segment);
        return CMSG_SPACE(sizeof segment);
}

/* The message of a run. `i` is its place among those that are sent together. */
static void prepare(struct sending *s, size_t i, const struct run *run)
{
        const struct reply *r = s->replies[run->first];
        struct msghdr *header = &s->messages[i].msg_hdr;

        s->iov[i] = (struct iovec){ s->bytes + run->start, run->size };
        *header = (struct msghdr){
                .msg_name = &s->to[i],
                .msg_namelen = endpoint_to_sockaddr(&r->to, &s->to[i]),
                .msg_iov = &s->iov[i],
                .msg_iovlen = 1,
                .msg_control = &s->control[i],
        };
        header->msg_controllen = put_packet_info(&s->control[i].align, r);
        if (run->n > 1)
                header->msg_controllen +=
                        put_segment((struct cmsghdr *)(s->control[i].bytes + header->msg_controllen),
                                    (uint16_t)reply_size(r));
}

static bool is_same_way(const struct reply *a, const struct reply *b)
{
        return endpoint_equal(&a->to, &b->to) && address_equal(&a->from, &b->from) &&
               a->ifindex == b->ifindex;
}

/* The kernel cuts the message into pieces of one length; only the last may be shorter, and none empty. */
static bool continues(const struct sending *s, const struct run *run, const struct reply *r)
{
        const struct reply *first = s->replies[run->first];
        size_t size = reply_size(r);

        return !run->ended && run->n < RUN_MAX && size > 0 && size <= reply_size(first) &&
               run->size + size <= RUN_MAX_SIZE && is_same_way(first, r);
}

static void put_bytes(struct sending *s, const void *bytes, size_t n)
{
        memcpy(s->bytes + s->n_bytes, bytes, n);
        s->n_bytes += n;
}

static void add(struct sending *s, struct reply *r, bool runs)
{
        struct run *run = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;

        if (!run || !runs || !continues(s, run, r)) {
                run = &s->runs[s->n_runs++];
                *run = (struct run){ .first = s->n_replies, .start = s->n_bytes };
        }
        s->replies[s->n_replies++] = r;
        put_bytes(s, r->payload, r->length);
        if (r->key_id)
                put_bytes(s, r->trailer, sizeof r->trailer);
        run->n++;
        run->size += reply_size(r);
        run->ended = reply_size(r) < reply_size(s->replies[run->first]);
}

/* Whether it may be the run that the kernel does not take: it would have to fragment the datagrams, or needs
 * a device that computes checksums. */
static bool refuses_runs(int error)
{
        return error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP;
}

/* A run that could not be sent: each by itself, with a fate of its own. Returns how many went out. */
static size_t send_refused(struct sending *s, size_t i, int fd, bool *runs)
{
        const struct run *run = &s->runs[i];
        struct run one = { .start = run->start };
        int error = errno;
        size_t sent = 0;

        for (size_t at = run->first; at < run->first + run->n; at++, one.start += one.size) {
                one = (struct run){ at, 1, one.start, reply_size(s->replies[at]), true };
                prepare(s, i, &one);
                if (sendmsg(fd, &s->messages[i].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                        s->replies[at]->error = errno;
                else
                        sent++;
        }
        if (sent > 0 && refuses_runs(error))
                *runs = false;
        return sent;
}

/* Sends the runs from `at` on. Returns how many replies went out, and moves `at`. */
static size_t send_runs(struct sending *s, size_t *at, int fd)
{
        int n = sendmmsg(fd, s->messages + *at, (unsigned)(s->n_runs - *at), MSG_DONTWAIT | MSG_NOSIGNAL);
        size_t sent = 0;

        for (; n > 0; n--)
                sent += s->runs[(*at)++].n;
        return sent;
}

size_t batch_send(struct batch *b, struct outbox *out, int fd, bool *runs)
{
        struct sending *s = &b->sending;
        size_t sent = 0;

        s->n_replies = s->n_runs = s->n_bytes = 0;
        for (size_t i = 0; i < out->n; i++)
                if (out->replies[i].length > REPLY_MAX)
                        out->replies[i].error = EMSGSIZE;
                else if (out->replies[i].error == 0)
                        add(s, &out->replies[i], *runs);
        for (size_t i = 0; i < s->n_runs; i++)
                prepare(s, i, &s->runs[i]);
        for (size_t at = 0; at < s->n_runs;) {
                size_t n = send_runs(s, &at, fd);

                sent += n;
                if (n > 0)
                        continue;
                /* The kernel reports the error of the first; the others have their own chance. */
                if (s->runs[at].n > 1)
                        sent += send_refused(s, at, fd, runs);
                else
                        s->replies[s->runs[at].first]->error = errno;
                at++;
        }
        return sent;
}
