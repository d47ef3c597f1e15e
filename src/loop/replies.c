/* replies.c - sends the replies of a receiver, at once or after a random time. What they say, and whether
 * there are any, is decided in handlers/. */
#include "loop/replies.h"

#include <errno.h>
#include <inttypes.h>
#include <event2/event.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "loop/env.h"
#include "loop/timer.h"
#include "os/batch.h"

void replies_say(const struct replies *r, const struct reply *reply)
{
        struct log_field fields[SECTION_FIELDS + 2];
        char peer[ENDPOINT_TEXT_SIZE], key[sizeof "65535"], signature[SIGNER_TEXT_SIZE];

        section_fields(r->section, fields);
        snprintf(key, sizeof key, "%" PRIu16, reply->key_id);
        fields[SECTION_FIELDS] =
                (struct log_field){ "MCASTD_PEER", endpoint_text(&reply->to, r->link->name, peer) };
        fields[SECTION_FIELDS + 1] = (struct log_field){ "MCASTD_KEY", key };
        log_event(EVENT_ACKNOWLEDGED, fields, SECTION_FIELDS + (reply->key_id ? 2 : 1), "acknowledged %s%s",
                  peer, signer_text(reply->key_id, signature));
}

static void not_acknowledged(struct replies *r, const struct reply *reply, int64_t now_ns)
{
        r->section->stats.count[STAT_ACKS_FAILED]++;
        if (report_trouble_begins(r->report, TROUBLE_ACK_SEND, 1, now_ns))
                section_say_trouble(r->section, TROUBLE_ACK_SEND, "first one to %s: %s",
                                    ENDPOINT_TEXT_ON(&reply->to, r->link->name), strerror(reply->error));
}

/* Only now, so that the time in them is right. A key may have gone since the question came. */
static void sign_all(struct replies *r, struct outbox *out)
{
        uint32_t now_s = (uint32_t)(clock_wall_ns() / NS_PER_S);

        for (size_t i = 0; i < out->n; i++) {
                struct reply *reply = &out->replies[i];
                struct signer_task task = {
                        .key_id = reply->key_id,
                        .binding = { .type = AUTH_ACK, .group = r->section->group },
                        .payload = reply->payload,
                        .length = reply->length,
                };

                if (!reply->key_id)
                        continue;
                memcpy(task.binding.request_tag, reply->request_tag, AUTH_TAG_SIZE);
                reply->error = -signer_sign(&r->env->signer, &task, now_s, reply->trailer);
        }
}

static void send_now(struct replies *r, struct outbox *out, int64_t now_ns)
{
        size_t sent;

        if (out->n == 0)
                return;
        sign_all(r, out);
        sent = batch_send(r->env->batch, out, r->fd, &r->runs);
        r->section->stats.count[STAT_ACKED] += sent;
        if (sent == out->n)
                return;
        for (size_t i = 0; i < out->n; i++)
                if (out->replies[i].error)
                        not_acknowledged(r, &out->replies[i], now_ns);
}

static void arm_send(struct replies *r)
{
        int64_t due_ns = delay_due(r->delay);

        /* Without memory for the timer they go out with the next ones. */
        if (due_ns != INT64_MAX)
                (void)timer_arm(r->timer, due_ns);
}

/* Each at a time of its own, up to ACK_SPREAD from now: as even as a remainder of 2^64 is. */
static void send_later(struct replies *r, const struct outbox *out, int64_t now_ns)
{
        if (out->n == 0)
                return;
        for (size_t i = 0; i < out->n; i++) {
                const struct reply *reply = &out->replies[i];
                uint64_t random;

                randombytes_buf(&random, sizeof random);
                random %= (uint64_t)r->cfg->ack_spread_ns + 1;
                if (delay_put(r->delay, reply, now_ns + (int64_t)random))
                        continue;
                r->section->stats.count[STAT_ACKS_SUPPRESSED_SPREAD]++;
                if (report_trouble_begins(r->report, TROUBLE_ACK_SPREAD, 1, now_ns))
                        section_say_trouble(r->section, TROUBLE_ACK_SPREAD, "more than %d; first one to %s",
                                            DELAY_MAX, ENDPOINT_TEXT_ON(&reply->to, r->link->name));
        }
        arm_send(r);
}

/* Sends what waits and is due at due_ns. */
static void send_due(struct replies *r, int64_t due_ns)
{
        struct outbox *out = &r->env->out;
        int64_t now_ns = clock_monotonic_ns();
        struct reply reply;

        do {
                outbox_clear(out);
                while (out->n < OUTBOX_MAX && delay_take(r->delay, due_ns, &reply)) {
                        /* The text may be another one by now. */
                        reply.payload = r->cfg->ack_text;
                        reply.length = strlen(r->cfg->ack_text);
                        *outbox_append(out) = reply;
                }
                send_now(r, out, now_ns);
                for (size_t i = 0; i < out->n; i++)
                        if (out->replies[i].record && !out->replies[i].error)
                                replies_say(r, &out->replies[i]);
        } while (out->n == OUTBOX_MAX);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct replies *r = arg;

        (void)fd;
        (void)what;
        send_due(r, clock_monotonic_ns());
        arm_send(r);
}

void replies_begin(struct replies *r, int fd)
{
        r->fd = fd;
        r->runs = socket_takes_runs(fd);
}

void replies_send(struct replies *r, struct outbox *out, int64_t now_ns)
{
        if (r->cfg->ack_spread_ns)
                send_later(r, out, now_ns);
        else
                send_now(r, out, now_ns);
}

void replies_drain(struct replies *r)
{
        if (r->delay)
                send_due(r, INT64_MAX);
}

int replies_prepare(struct replies *r, const struct config_receiver *next)
{
        return next->ack_spread_ns && !r->delay ? delay_new(&r->delay) : 0;
}

int replies_init(struct replies *r, struct env *env, struct section *section,
                 const struct config_receiver *cfg, const struct attachment *link, struct report *report)
{
        *r = (struct replies){
                .env = env, .section = section, .cfg = cfg, .link = link, .report = report, .fd = -1
        };
        r->timer = evtimer_new(env->base, on_timer, r);
        return r->timer && event_priority_set(r->timer, LOOP_PRIORITY_DATA) == 0 ? 0 : -ENOMEM;
}

void replies_end(struct replies *r)
{
        if (r->timer)
                event_free(r->timer);
        delay_free(r->delay);
}
