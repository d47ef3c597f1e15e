/* doctor_talk.c - one question to the group, and who is heard for a second.
 * Up to three sockets listen: the one that asked gets the answers; a member of the group hears what any
 * receiver would hear; and, where we may, a watch on the interface sees what came before any firewall. */
#include "ctl/doctor_talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/batch.h"
#include "os/packets.h"

#define QUESTION "mcastctl doctor"

/* Longer than mcastd's default INTERVAL, so that each emitter is heard once. */
#define LISTEN_NS (1200 * NS_PER_MS)

enum ear {
        EAR_ASKER,  /* asks, and gets the answers */
        EAR_MEMBER, /* hears the group, if the port can be had */
        EAR_TAP,    /* hears the group where somebody else has the port */
        EAR_WATCH,  /* sees what reaches the interface */
        N_EARS,
};

struct talk {
        struct doctor_facts *facts;
        struct doctor_talk *t; /* of the facts */
        const struct links *links;
        struct batch *batch;
        int fds[N_EARS]; /* -1: not open */
        in_port_t port;  /* of the asker */
};

/* --- opening --- */

static void open_member(struct talk *k, struct socket_failure *failure)
{
        struct doctor_facts *f = k->facts;
        struct socket_receiver spec = {
                .group = f->group,
                .link = f->link.index,
                .link_name = f->link.name,
                .receive_buffer = 1 << 16,
        };
        uint64_t granted;
        int fd = socket_open_receiver(&spec, &granted, failure);

        k->t->port_taken = fd == -EADDRINUSE;
        if (k->t->port_taken) {
                spec.share_any = true;
                fd = socket_open_receiver(&spec, &granted, failure);
                k->t->port_shared = fd >= 0;
        }
        k->fds[EAR_MEMBER] = fd;
        /* Who has the port is a matter of its own; all else is a failure to listen. */
        if (fd == -EADDRINUSE) {
                k->fds[EAR_TAP] = socket_open_tap(&spec, failure);
        } else if (fd < 0) {
                k->t->error = fd;
        }
        k->t->listened = k->fds[EAR_MEMBER] >= 0 || k->fds[EAR_TAP] >= 0;
}

static void open_asker(struct talk *k, const struct address *from, struct socket_failure *failure)
{
        const struct doctor_facts *f = k->facts;
        const struct socket_emitter spec = {
                .group = f->group,
                .link = f->link.index,
                .link_name = f->link.name,
                .from = from,
                .source_port = f->source_port,
                .ttl = 1,
                .loop = true,
        };
        int fd = socket_open_emitter(&spec, failure);

        k->fds[EAR_ASKER] = fd;
        if (fd < 0)
                k->t->error = fd;
}

static void ask(struct talk *k)
{
        struct doctor_talk *t = k->t;
        int fd = k->fds[EAR_ASKER];

        t->error = socket_send(fd, &k->facts->group, QUESTION, strlen(QUESTION));
        if (t->error == 0)
                t->error = socket_port(fd, &k->port);
        if (t->error < 0)
                snprintf(t->tried, sizeof t->tried, "send to %s on %s", ENDPOINT_TEXT(&k->facts->group),
                         k->facts->link.name);
}

/* --- listening --- */

static bool is_ours(const struct talk *k, const struct address *a)
{
        return links_by_address(k->links, a) != NULL;
}

/* Who has no address yet sends from 0.0.0.0, which the kernel lets no member hear. */
static bool is_other(const struct talk *k, const struct address *a)
{
        return !is_ours(k, a) && !address_is_unspecified(a);
}

static void note_first(struct address *first, const struct address *a)
{
        if (!first->family)
                *first = *a;
}

static void note_source(struct doctor_talk *t, const struct address *source)
{
        for (size_t i = 0; i < t->n_sources; i++)
                if (address_equal(&t->sources[i], source))
                        return;
        if (t->n_sources < DOCTOR_SOURCES_MAX)
                t->sources[t->n_sources++] = *source;
}

/* A datagram of the group, as a member of it gets it. */
static void note_heard(struct talk *k, const struct endpoint *source)
{
        struct doctor_talk *t = k->t;

        if (is_ours(k, &source->address)) {
                t->heard_self |= source->port == k->port;
                return;
        }
        if (!is_other(k, &source->address))
                return;
        note_first(&t->from, &source->address);
        note_source(t, &source->address);
        t->heard++;
}

static void note_ack(struct talk *k, const struct endpoint *source)
{
        struct doctor_talk *t = k->t;

        if (!is_other(k, &source->address))
                return;
        note_first(&t->ack_from, &source->address);
        t->acks++;
}

static void note_packet(struct talk *k, const struct packet *p)
{
        struct doctor_talk *t = k->t;

        if (!is_other(k, &p->source.address))
                return;
        if (endpoint_equal(&p->destination, &k->facts->group)) {
                note_first(&t->wire_from, &p->source.address);
                note_source(t, &p->source.address);
                t->wire_heard++;
        } else if (p->source.port == k->facts->group.port && p->destination.port == k->port &&
                   is_ours(k, &p->destination.address)) {
                note_first(&t->wire_ack_from, &p->source.address);
                t->wire_acks++;
        }
}

static void read_datagrams(struct talk *k, int fd,
                           void (*note)(struct talk *k, const struct endpoint *source))
{
        size_t most = BATCH_MAX;

        if (batch_receive(k->batch, fd, &most) < 0)
                return;
        for (size_t n; (n = batch_next(k->batch)) > 0;)
                for (size_t i = 0; i < n; i++)
                        note(k, &batch_datagram(k->batch, i)->source);
}

static void read_ear(struct talk *k, enum ear ear)
{
        int fd = k->fds[ear];
        struct packet p;

        switch (ear) {
        case EAR_ASKER:
                read_datagrams(k, fd, note_ack);
                break;
        case EAR_MEMBER:
                read_datagrams(k, fd, note_heard);
                break;
        case EAR_TAP:
                /* Raw sockets know no port. */
                for (int i = 0; i < BATCH_MAX && packets_next(fd, &p) > 0; i++)
                        if (p.destination.port == k->facts->group.port)
                                note_heard(k, &p.source);
                break;
        default:
                for (int i = 0; i < BATCH_MAX && packets_next(fd, &p) > 0; i++)
                        note_packet(k, &p);
                break;
        }
}

/* Whether waiting longer would tell nothing new. What the reverse-path filter drops takes its time to come.
 */
static bool knows_enough(const struct talk *k)
{
        const struct doctor_facts *f = k->facts;

        return k->t->heard_self && (k->t->acks || (f->link.flags & IFF_LOOPBACK)) && f->rp_filter != 1 &&
               f->rp_filter_all != 1;
}

static void listen_to_all(struct talk *k)
{
        int64_t deadline_ns = clock_monotonic_ns() + LISTEN_NS, left_ns;
        struct pollfd fds[N_EARS];

        for (int i = 0; i < N_EARS; i++)
                fds[i] = (struct pollfd){ k->fds[i], POLLIN, 0 };
        while (!knows_enough(k) && (left_ns = deadline_ns - clock_monotonic_ns()) > 0) {
                struct timespec left = { left_ns / NS_PER_S, left_ns % NS_PER_S };

                if (ppoll(fds, N_EARS, &left, NULL) <= 0)
                        continue;
                for (int i = 0; i < N_EARS; i++)
                        if (fds[i].revents)
                                read_ear(k, (enum ear)i);
        }
}

void doctor_talk_hold(struct doctor_facts *facts, const struct links *links, const struct address *from)
{
        struct talk k = { .facts = facts, .t = &facts->talk, .links = links, .fds = { -1, -1, -1, -1 } };
        struct socket_failure failure = { 0 };

        *k.t = (struct doctor_talk){ .error = batch_new(&k.batch), .tried = "listen" };
        if (k.t->error == 0)
                open_member(&k, &failure);
        if (k.t->error == 0)
                open_asker(&k, from, &failure);
        if (k.t->error < 0 && failure.tried[0])
                snprintf(k.t->tried, sizeof k.t->tried, "%s", failure.tried);
        if (k.t->error == 0) {
                /* Before the question, so that no answer escapes it. */
                k.fds[EAR_WATCH] = packets_open(facts->group.address.family, facts->link.index);
                k.t->watched = k.fds[EAR_WATCH] >= 0;
                ask(&k);
        }
        if (k.t->error == 0)
                listen_to_all(&k);
        for (int i = 0; i < N_EARS; i++)
                if (k.fds[i] >= 0)
                        close(k.fds[i]);
        batch_free(k.batch);
}
