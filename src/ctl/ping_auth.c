/* ping_auth.c - signs the messages of a ping, and judges by whom its acks are. */
#include "ctl/ping_auth.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "ctl/ask.h"
#include "ctl/keys_file.h"
#include "ctl/output.h"
#include "message/signer.h"
#include "state/acks.h"

struct ping_auth {
        struct keyring *keys; /* all of the file, so that it can be told who else has signed */
        struct signer signer;
        struct signer_task task;
        struct auth_binding ack; /* to the last message */
        struct replay *replay;
};

static uint32_t now_s(void)
{
        return (uint32_t)(clock_wall_ns() / NS_PER_S);
}

static int find_key(const struct ping_options *o, const struct ping_auth *a)
{
        if (keyring_find(a->keys, (uint16_t)o->key_id))
                return 0;
        fputs("mcastctl ping: ", stderr);
        output_text(stderr, o->key_file);
        fprintf(stderr, ": there is no key %" PRIu64 "\n", o->key_id);
        return EX_CONFIG + 1;
}

static int read_key(const struct ping_options *o, struct ping_auth *a)
{
        struct keys_file file;
        int r = keys_file_open("ping", o->key_file, &file);

        if (r)
                return r;
        a->keys = file.keys;
        file.keys = NULL;
        keys_file_close(&file);
        return find_key(o, a);
}

/* Only acks to this ping's own messages get as far as the replays: no other listener was there before. */
static int open_replay(struct ping_auth *a)
{
        struct hash_key key;

        randombytes_buf(&key, sizeof key);
        return replay_new(ACKS_SOURCES_MAX, &key, 0, &a->replay);
}

static void open_signer(struct ping_auth *a, const struct ping_options *o)
{
        uint64_t sender;

        randombytes_buf(&sender, sizeof sender);
        signer_init(&a->signer, sender, (uint64_t)(clock_wall_ns() / NS_PER_US));
        a->signer.keys = a->keys;
        a->task = (struct signer_task){ .key_id = (uint16_t)o->key_id,
                                        .binding = { .type = AUTH_DATA, .group = o->target.group } };
        a->ack = (struct auth_binding){ .type = AUTH_ACK, .group = o->target.group };
}

int ping_auth_new(const struct ping_options *o, struct ping_auth **ret)
{
        struct ping_auth *a;
        int r;

        if (o->key_id == 0)
                return 0;
        a = calloc(1, sizeof *a);
        if (!a)
                return ask_failed("ping", -ENOMEM) + 1;
        r = open_replay(a);
        r = r < 0 ? ask_failed("ping", r) + 1 : read_key(o, a);
        if (r) {
                ping_auth_free(a);
                return r;
        }
        open_signer(a, o);
        *ret = a;
        return 0;
}

struct ping_auth *ping_auth_free(struct ping_auth *a)
{
        if (a) {
                replay_free(a->replay);
                keyring_free(a->keys);
        }
        free(a);
        return NULL;
}

size_t ping_auth_sign(struct ping_auth *a, const char *text, uint8_t ret_bytes[MESSAGE_MAX])
{
        size_t length = strlen(text);
        uint8_t *trailer = ret_bytes + length;

        memcpy(ret_bytes, text, length);
        if (!a)
                return length;
        a->task.payload = ret_bytes;
        a->task.length = length;
        /* The key is there: it was looked for at the start. */
        signer_sign(&a->signer, &a->task, now_s(), trailer);
        memcpy(a->ack.request_tag, trailer + AUTH_TRAILER_SIZE - AUTH_TAG_SIZE, AUTH_TAG_SIZE);
        return length + AUTH_TRAILER_SIZE;
}

void ping_auth_judge(struct ping_auth *a, const struct datagram *d, struct gate_result *ret)
{
        *ret = (struct gate_result){ .verdict = GATE_UNCHECKED, .length = d->length };
        if (!a)
                return;
        gate_judge(
                &(struct gate){
                        .mode = AUTH_ENFORCE, .keys = a->keys, .binding = &a->ack, .replay = a->replay },
                d->payload, d->length, now_s(), ret);
        /* What is asked by one key is answered by the same. */
        if (ret->verdict == GATE_OK && ret->trailer.stamp.key_id != a->task.key_id)
                ret->verdict = GATE_UNKNOWN_KEY;
}

const char *ping_auth_refusal(enum gate_verdict verdict)
{
        static const char *const refusals[GATE_VERDICTS] = {
                [GATE_REFUSED] = "it is not signed",
                [GATE_MALFORMED] = "it has a signature that no ack has",
                [GATE_UNKNOWN_KEY] = "it is signed by another key",
                [GATE_STALE] = "its time is too far from this host's",
                [GATE_BAD_MAC] = "its signature is wrong",
                [GATE_REPLAY] = "it has come before",
                [GATE_EARLY] = "so many have answered that it may have come before",
        };

        return refusals[verdict];
}
