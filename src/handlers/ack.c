/* ack.c - the handler `ack`: answers a message, from the group's port, to where it came from.
 * Whoever answers datagrams of strangers can be used against others, so most of this file is about when not
 * to answer. Pure: the answer is put into the outbox. */
#include "handlers/ack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/limiter.h"

/* How often questions of one kind are answered: for each source, and in all. */
struct allowance {
        struct limiter *sources;
        struct bucket total;
};

struct ack {
        struct handler_settings settings;
        struct bucket_rule total_rule;
        struct allowance plain;
        struct allowance verified; /* of those with a good signature, which no flood of others can use up */
        struct bucket leak;
        uint64_t over; /* plain questions beyond their source's rate */
};

static void ack_destroy(void *state)
{
        struct ack *a = state;

        if (!a)
                return;
        limiter_free(a->plain.sources);
        limiter_free(a->verified.sources);
        free(a);
}

static void ack_retune(void *state, const struct handler_settings *settings)
{
        struct ack *a = state;

        a->settings = *settings;
        a->total_rule = bucket_rule(settings->ack_total);
        limiter_set_rule(a->plain.sources, bucket_rule(settings->ack_rate));
        limiter_set_rule(a->verified.sources, bucket_rule(settings->ack_rate));
}

static int ack_create(const struct handler_settings *settings, void **ret_state)
{
        const struct bucket_rule rule = bucket_rule(settings->ack_rate);
        struct ack *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        a->settings = *settings;
        a->total_rule = bucket_rule(settings->ack_total);
        if (limiter_new(rule, &settings->key, &a->plain.sources) < 0 ||
            limiter_new(rule, &settings->key, &a->verified.sources) < 0) {
                ack_destroy(a);
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

/* Each one is drawn by itself, with a key that nobody outside knows: who saw which of his own questions
 * leaked knows nothing about when the next one will, to let somebody else's fall in between. */
static bool is_drawn(struct ack *a)
{
        uint64_t number = a->over++;

        return hash_bytes(&a->settings.key, &number, sizeof number) % ACK_LEAK_ONE_IN == 0;
}

static bool take_leak(struct ack *a, int64_t now_ns)
{
        static const struct bucket_rule rule = { .rate = ACK_LEAK_RATE, .burst = 1 };

        return is_drawn(a) && bucket_take(&a->leak, &rule, now_ns);
}

/* What uses up somebody's rate, and so comes last. A signature cannot be had by asking in somebody's name:
 * who has one needs no leak. */
static enum stat judge_rate(struct ack *a, const struct handler_io *io, const struct datagram *d)
{
        struct allowance *allowance = io->verified ? &a->verified : &a->plain;
        enum stat verdict = STAT_ACKED;

        if (!limiter_take(allowance->sources, &d->source.address, io->now_ns)) {
                if (io->verified || a->settings.ack_rate == RATE_NONE || !take_leak(a, io->now_ns))
                        return STAT_ACKS_SUPPRESSED_RATE;
                verdict = STAT_ACKS_LEAKED;
        }
        if (!bucket_take(&allowance->total, &a->total_rule, io->now_ns))
                return STAT_ACKS_SUPPRESSED_TOTAL;
        return verdict;
}

/* STAT_ACKED or STAT_ACKS_LEAKED where the datagram is to be answered, else the counter of the reason why
 * not. The cheap questions come first. */
static enum stat judge(struct ack *a, const struct handler_io *io, const struct datagram *d,
                       const struct message *m)
{
        if (m->type == MESSAGE_ACK)
                return STAT_ACKS_SUPPRESSED_ACK;
        if (d->source.port == 0)
                return STAT_ACKS_SUPPRESSED_PORT;
        if (is_own(a, io, d))
                return STAT_ACKS_SUPPRESSED_SELF;
        if (!is_answerable(&d->source.address))
                return STAT_ACKS_SUPPRESSED_SOURCE;
        return judge_rate(a, io, d);
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
        if (io->sign && io->verified) {
                reply->key_id = io->verified->stamp.key_id;
                memcpy(reply->request_tag, io->verified->tag, sizeof reply->request_tag);
        }
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
