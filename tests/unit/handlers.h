/* handlers.h - what the tests of handlers share: a handler, what it can write to, and questions to it. */
#ifndef MCASTD_TESTS_UNIT_HANDLERS_H
#define MCASTD_TESTS_UNIT_HANDLERS_H

#include "test.h"

#include "base/clock.h"
#include "handlers/handler.h"

#define START_NS   (3600 * NS_PER_S)
#define GROUP_PORT 5001
#define IFINDEX    7

static const struct address local = { AF_INET, { 10, 0, 0, 1 }, 0 };
static const struct endpoint somebody = { { AF_INET, { 10, 0, 0, 2 }, 0 }, 47036 };

static const struct handler_settings defaults = {
        .group = { { AF_INET, { 239, 1, 1, 1 }, 0 }, GROUP_PORT },
        .ack_text = MESSAGE_ACK_TEXT,
        .ack_rate = 10,
        .ack_total = 1000,
        .key = { "sixteen letters" },
};

/* A handler, and what it can write to. */
struct bench {
        struct handler_settings settings;
        const struct handler *handler;
        void *state;
        struct outbox out;
        struct records records;
        struct stats stats;
        bool record;
        bool own;     /* the datagrams come from this host, though not from where they are answered */
        bool flagged; /* they are flagged as acks by their trailers */
        const struct auth_trailer *verified;
        bool sign;
};

static inline struct bench *bench_new(const struct handler *handler, const struct handler_settings *settings)
{
        static struct bench b;

        memset(&b, 0, sizeof b);
        b.settings = *settings;
        b.handler = handler;
        b.record = true;
        if (handler->create)
                assert_int_equal(handler->create(&b.settings, &b.state), 0);
        return &b;
}

static inline void bench_free(struct bench *b)
{
        if (b->handler->destroy)
                b->handler->destroy(b->state);
}

static inline struct datagram datagram_of(const char *payload, const struct endpoint *source)
{
        return (struct datagram){
                .payload = (const uint8_t *)payload,
                .length = strlen(payload),
                .source = *source,
                .destination = defaults.group.address,
                .local = local,
                .ifindex = IFINDEX,
        };
}

/* Hands one datagram to the handler, as a receiver does. */
static inline void handle(struct bench *b, const struct datagram *d, int64_t now_ns)
{
        const struct handler_io io = { .now_ns = now_ns,
                                       .record = b->record,
                                       .own = b->own || address_equal(&d->source.address, &d->local),
                                       .verified = b->verified,
                                       .sign = b->sign,
                                       .out = &b->out,
                                       .records = &b->records,
                                       .stats = &b->stats };
        struct message m;

        message_parse(d->payload, d->length, b->settings.ack_text, &m);
        if (b->flagged)
                m.type = MESSAGE_ACK;
        b->handler->datagram(b->state, &io, d, &m);
}

/* One question that is not recorded. Returns whether it is answered; the outbox is emptied. */
static inline bool ask(struct bench *b, const struct endpoint *source, int64_t now_ns)
{
        const struct datagram d = datagram_of("ATU", source);
        bool answered;

        b->record = false;
        handle(b, &d, now_ns);
        answered = b->out.n > 0;
        if (answered)
                assert_true(endpoint_equal(&b->out.replies[0].to, source));
        outbox_clear(&b->out);
        return answered;
}

static inline uint64_t sum(const struct stats *s)
{
        uint64_t n = 0;

        for (enum stat i = 0; i < STAT_N; i++)
                n += s->count[i];
        return n;
}

#endif
