/* ack.c - the handler `ack`: answers a message, from the group's port, to where it came from.
 * Whoever answers datagrams of strangers can be used against others, so most of this file is about when not
 * to answer. Pure: the answer is put into the outbox. */
#include "handlers/ack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/limiter.h"

struct ack {
        struct handler_settings settings;
        struct limiter *sources;
        struct bucket_rule total_rule;
        struct bucket total;
        struct bucket leak;
        unsigned over; /* questions beyond their source's rate, to find every fourth */
};

static void ack_destroy(void *state)
{
        struct ack *a = state;

        if (a)
                limiter_free(a->sources);
        free(a);
}

static void ack_retune(void *state, const struct handler_settings *settings)
{
        struct ack *a = state;

        a->settings = *settings;
        a->total_rule = bucket_rule(settings->ack_total);
        limiter_set_rule(a->sources, bucket_rule(settings->ack_rate));
}

static int ack_create(const struct handler_settings *settings, void **ret_state)
{
        struct ack *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        a->settings = *settings;
        a->total_rule = bucket_rule(settings->ack_total);
        if (limiter_new(bucket_rule(settings->ack_rate), &settings->key, &a->sources) < 0) {
                free(a);
                return -ENOMEM;
        }
        *ret_state = a;
        return 0;
}

/* Sent by a receiver of this group on this host: from one of our addresses and the group's port. */
static bool is_own(const struct ack *a, const struct handler_io *io, const struct datagram *d)
{
        return io->own && d->source.port == a->settings.group.port;
}

static bool is_answerable(const struct address *source)
{
        return !address_is_multicast(source) && !address_is_broadcast(source) &&
               !address_is_unspecified(source);
}

static bool take_leak(struct ack *a, int64_t now_ns)
{
        static const struct bucket_rule rule = { .rate = ACK_LEAK_RATE, .burst = 1 };

        return ++a->over % ACK_LEAK_ONE_IN == 0 && bucket_take(&a->leak, &rule, now_ns);
}

/* STAT_ACKED or STAT_ACKS_LEAKED where the datagram is to be answered, else the counter of the reason why
 * not. The cheap questions come first, and what uses up somebody's rate comes last. */
static enum stat judge(struct ack *a, const struct handler_io *io, const struct datagram *d,
                       const struct message *m)
{
        enum stat verdict = STAT_ACKED;

        if (m->type == MESSAGE_ACK)
                return STAT_ACKS_SUPPRESSED_ACK;
        if (d->source.port == 0)
                return STAT_ACKS_SUPPRESSED_PORT;
        if (is_own(a, io, d))
                return STAT_ACKS_SUPPRESSED_SELF;
        if (!is_answerable(&d->source.address))
                return STAT_ACKS_SUPPRESSED_SOURCE;
        if (!limiter_take(a->sources, &d->source.address, io->now_ns)) {
                if (a->settings.ack_rate == RATE_NONE || !take_leak(a, io->now_ns))
                        return STAT_ACKS_SUPPRESSED_RATE;
                verdict = STAT_ACKS_LEAKED;
        }
        if (!bucket_take(&a->total, &a->total_rule, io->now_ns))
                return STAT_ACKS_SUPPRESSED_TOTAL;
        return verdict;
}

static void answer(const struct ack *a, const struct handler_io *io, const struct datagram *d)
{
        struct reply *reply = outbox_append(io->out);

        if (!reply) {
                io->stats->count[STAT_ACKS_FAILED]++;
                return;
        }
        reply->payload = a->settings.ack_text;
        reply->length = strlen(a->settings.ack_text);
        reply->to = d->source;
        reply->from = d->local;
        reply->ifindex = d->ifindex;
        reply->record = io->record;
        handler_record(io, &(struct record){ .event = EVENT_ACKNOWLEDGED, .datagram = d, .reply = reply });
}

static void ack_datagram(void *state, const struct handler_io *io, const struct datagram *d,
                         const struct message *m)
{
        struct ack *a = state;
        enum stat verdict = judge(a, io, d, m);

        /* STAT_ACKED is counted once the reply was really sent. */
        if (verdict != STAT_ACKED)
                io->stats->count[verdict]++;
        if (verdict == STAT_ACKED || verdict == STAT_ACKS_LEAKED)
                answer(a, io, d);
        else
                handler_record(io, &(struct record){ .event = EVENT_NOT_ACKNOWLEDGED,
                                                     .datagram = d,
                                                     .reason = stats_name(verdict) });
}

const struct handler handler_ack = {
        .name = "ack",
        .create = ack_create,
        .destroy = ack_destroy,
        .retune = ack_retune,
        .datagram = ack_datagram,
};
