/* fuzz_message.c - state/gate, message/auth, message/message, handlers: bytes as datagrams, some of which
 * were signed here. Nothing else is taken for signed, and that only once; and whoever asks gets one answer at
 * most, to where he is, and not too often. */
#include "fuzz.h"

#include <sodium.h>

#include "base/clock.h"
#include "handlers/ack.h"
#include "handlers/log.h"
#include "state/gate.h"

#define EVENTS_MAX  100
#define PAYLOAD_MAX 200
#define SIGNED_MAX  (PAYLOAD_MAX + AUTH_TRAILER_SIZE)
#define SENDERS     4
#define ACK_TEXT    "thanks"
#define ACK_RATE    2
#define PORT        5001

static struct keyring *keys;
static struct auth_key signing_keys[3]; /* of the ids 1 to 3; the last one is nobody's */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        MUST(sodium_init() >= 0 && keyring_new(&keys) == 0);
        for (uint16_t id = 1; id <= 3; id++) {
                uint8_t secret[AUTH_SECRET_MIN];

                memset(secret, id, sizeof secret);
                auth_key_init(&signing_keys[id - 1], secret, sizeof secret);
                MUST(id == 3 || keyring_add(keys, id, secret, sizeof secret) == 0);
        }
        return 0;
}

/* A datagram that was signed here as it should be. */
struct genuine {
        size_t length;
        uint8_t bytes[SIGNED_MAX];
        uint32_t time_s;
        bool taken;
};

struct world {
        struct endpoint group;
        struct gate gate;
        struct auth_binding binding;
        void *ack;
        int64_t now_ns;
        size_t n; /* genuine ones */
        struct genuine genuine[EVENTS_MAX];
        struct outbox out;
        struct records records;
        struct stats stats;
        size_t answered; /* the one source that asks all the time */
};

/* --- datagrams --- */

/* What is wrong with a datagram, but for its bytes. */
enum flaw {
        FLAW_NONE,
        FLAW_KEY,
        FLAW_GROUP,
        FLAW_PORT,
        FLAW_FAMILY,
        FLAW_TYPE,
        FLAWS,
};

/* Another one for each input: the fuzzer sees what is compared, and what was signed for one input would be a
 * forgery in the next. (The hash is FNV-1a.) */
static struct endpoint group_of(const uint8_t *bytes, size_t length)
{
        struct endpoint group = { { .family = AF_INET6, .bytes = { 0xff, 0x15 } }, PORT };
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < length; i++)
                hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
        memcpy(group.address.bytes + 8, &hash, sizeof hash);
        return group;
}

static struct auth_binding bind_to(const struct endpoint *group, enum flaw flaw)
{
        struct auth_binding binding = { .group = *group };

        if (flaw == FLAW_GROUP)
                binding.group.address.bytes[3]++;
        if (flaw == FLAW_PORT)
                binding.group.port++;
        if (flaw == FLAW_FAMILY)
                binding.group.address.family = AF_INET;
        if (flaw == FLAW_TYPE)
                binding.type = AUTH_ACK;
        return binding;
}

static uint32_t now_s(const struct world *w)
{
        return (uint32_t)(w->now_ns / NS_PER_S);
}

/* Signs a payload; what has no flaw is kept. Returns the length. */
static size_t sign(struct world *w, struct choices *c, uint8_t *to)
{
        enum flaw flaw = choose(c, 2) ? FLAW_NONE : (enum flaw)choose(c, FLAWS);
        const struct auth_binding binding = bind_to(&w->group, flaw);
        struct auth_stamp stamp = {
                .key_id = flaw == FLAW_KEY ? 3 : (uint16_t)(1 + choose(c, 2)),
                .sender = choose(c, SENDERS),
                .sequence = choose_bits(c, 2),
                .time_s = now_s(w) + choose(c, 70) - 35,
        };
        size_t length;
        const uint8_t *payload = choose_bytes(c, choose(c, PAYLOAD_MAX + 1), &length);

        memcpy(to, payload, length);
        auth_sign(&signing_keys[stamp.key_id - 1], &binding, &stamp, to, length, to + length);
        length += AUTH_TRAILER_SIZE;
        if (flaw == FLAW_NONE) {
                w->genuine[w->n] = (struct genuine){ .length = length, .time_s = stamp.time_s };
                memcpy(w->genuine[w->n++].bytes, to, length);
        }
        return length;
}

/* One that was signed, once more; with another byte, or cut short, or as it was. */
static size_t repeat(const struct world *w, struct choices *c, uint8_t *to)
{
        const struct genuine *g = &w->genuine[choose(c, (uint32_t)w->n)];
        uint32_t how = choose(c, 3);

        memcpy(to, g->bytes, g->length);
        if (how == 0)
                to[choose(c, 256) % g->length] ^= (uint8_t)choose(c, 256);
        return how == 1 ? choose(c, 256) % g->length : g->length;
}

static size_t make_bytes(struct world *w, struct choices *c, uint8_t *to)
{
        uint32_t what = choose(c, 4);
        const uint8_t *bytes;
        size_t length;

        if (what < 2)
                return sign(w, c, to);
        if (what == 2 && w->n > 0)
                return repeat(w, c, to);
        bytes = choose_bytes(c, choose(c, SIGNED_MAX + 1), &length);
        memcpy(to, bytes, length);
        return length;
}

/* --- verdicts --- */

static struct genuine *find_genuine(struct world *w, const uint8_t *bytes, size_t length)
{
        for (size_t i = 0; i < w->n; i++)
                if (w->genuine[i].length == length && memcmp(w->genuine[i].bytes, bytes, length) == 0)
                        return &w->genuine[i];
        return NULL;
}

static void check_verdict(struct world *w, const uint8_t *bytes, size_t length, const struct gate_result *g)
{
        struct genuine *genuine = find_genuine(w, bytes, length);
        int64_t ahead_s = genuine ? auth_ahead_s(genuine->time_s, now_s(w)) : 0;
        bool in_time = ahead_s >= -AUTH_STALE_S && ahead_s <= AUTH_STALE_S;

        MUST(g->length == (g->is_signed ? length - AUTH_TRAILER_SIZE : length));
        MUST(!g->is_signed || memcmp(bytes + g->length, "\0MCA\1", 5) == 0);
        MUST((g->verdict == GATE_UNCHECKED) == (w->gate.mode == AUTH_OFF));
        if (w->gate.mode == AUTH_OFF)
                return;
        if (g->verdict == GATE_OK) {
                MUST(genuine && !genuine->taken && in_time);
                genuine->taken = true;
        } else if (genuine) {
                MUST(g->verdict == (in_time ? GATE_REPLAY : GATE_STALE));
        } else {
                MUST(g->verdict != GATE_REPLAY && g->verdict != GATE_EARLY);
                MUST(g->verdict != GATE_PLAIN || w->gate.mode != AUTH_ENFORCE);
        }
}

/* --- answers --- */

static const struct endpoint sources[] = {
        { { .family = AF_INET, .bytes = { 10, 0, 0, 1 } }, 40000 }, /* it asks all the time */
        { { .family = AF_INET, .bytes = { 10, 0, 0, 2 } }, PORT },
        { { .family = AF_INET, .bytes = { 10, 0, 0, 3 } }, 0 },
        { { .family = AF_INET, .bytes = { 239, 1, 1, 1 } }, PORT },
        { { .family = AF_INET, .bytes = { 255, 255, 255, 255 } }, 40000 },
        { { .family = AF_INET }, 40000 },
        { { .family = AF_INET6, .bytes = { 0xff, 2, [15] = 1 } }, 40000 },
        { { .family = AF_INET6 }, 40000 },
        { { .family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = 1 }, .scope = 2 }, 40000 },
        { { .family = AF_INET, .bytes = { 10, 0, 1 } }, 40000 }, /* anybody: the last byte is a choice */
};
#define ASKER 0
#define N     (sizeof sources / sizeof sources[0])

static void check_reply(struct world *w, const struct handler_io *io, const struct datagram *d)
{
        const struct reply *reply = &w->out.replies[0];
        const struct address *to = &reply->to.address;

        MUST(w->out.n <= 1 && w->records.n <= 2);
        if (w->out.n == 0)
                return;
        MUST(endpoint_equal(&reply->to, &d->source) && address_equal(&reply->from, &d->local));
        MUST(reply->to.port != 0 && !(io->own && reply->to.port == PORT));
        MUST(!address_is_multicast(to) && !address_is_broadcast(to) && !address_is_unspecified(to));
        MUST(reply->length == strlen(ACK_TEXT) && memcmp(reply->payload, ACK_TEXT, reply->length) == 0);
        MUST(reply->key_id == (io->verified && io->sign ? io->verified->stamp.key_id : 0));
        if (reply->key_id)
                MUST(memcmp(reply->request_tag, io->verified->tag, AUTH_TAG_SIZE) == 0);
        w->answered += endpoint_equal(&reply->to, &sources[ASKER]);
}

/* As the loop does it. */
static void handle(struct world *w, const struct datagram *d, const struct gate_result *g)
{
        struct handler_io io = {
                .now_ns = w->now_ns,
                .record = true,
                .verified = g->verdict == GATE_OK ? &g->trailer : NULL,
                .sign = w->gate.mode >= AUTH_PERMISSIVE,
                .own = d->source.address.bytes[3] == 2,
                .out = &w->out,
                .records = &w->records,
                .stats = &w->stats,
        };
        struct message m;

        message_parse(d->payload, d->length, ACK_TEXT, &m);
        MUST((m.type == MESSAGE_ACK) == ((d->length == 3 && memcmp(d->payload, "ack", 3) == 0) ||
                                         (d->length == 6 && memcmp(d->payload, ACK_TEXT, 6) == 0)));
        if (g->is_signed && g->trailer.type == AUTH_ACK)
                m.type = MESSAGE_ACK;
        outbox_clear(&w->out);
        w->records.n = 0;
        handler_log.datagram(NULL, &io, d, &m);
        handler_ack.datagram(w->ack, &io, d, &m);
        MUST(m.type != MESSAGE_ACK || w->out.n == 0);
        check_reply(w, &io, d);
}

static void hear(struct world *w, struct choices *c)
{
        uint32_t from = choose(c, 16);
        uint8_t bytes[SIGNED_MAX], *exact;
        struct datagram d = {
                .source = sources[from < N ? from : ASKER],
                .local = { .family = AF_INET, .bytes = { 10, 0, 0, 2 } },
        };
        struct gate_result g;
        size_t length;

        if (from == N - 1)
                d.source.address.bytes[3] = (uint8_t)choose(c, 256);
        length = make_bytes(w, c, bytes);
        /* So that what reads behind the end is seen. */
        exact = malloc(length);
        MUST(exact || length == 0);
        memcpy(exact, bytes, length);
        gate_judge(&w->gate, exact, length, now_s(w), &g);
        check_verdict(w, exact, length, &g);
        d.payload = exact;
        d.length = g.length;
        if (g.verdict < GATE_REFUSED)
                handle(w, &d, &g);
        free(exact);
}

/* As many as two buckets and the leak let through: one for those who sign, one for the others. */
static void check_rate(const struct world *w, int64_t started_ns)
{
        size_t seconds = (size_t)((w->now_ns - started_ns) / NS_PER_S) + 1;

        MUST(w->answered <= 2 * ACK_RATE * (seconds + 2) + ACK_LEAK_RATE * seconds + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        static const struct hash_key key = { "sixteen letters" };
        static const int64_t started_ns = INT64_C(4294967200) * NS_PER_S; /* just before their time wraps */
        const struct handler_settings settings = {
                .group = group_of(bytes, length),
                .ack_text = ACK_TEXT,
                .ack_rate = ACK_RATE,
                .ack_total = 1000,
                .key = key,
        };
        static struct world w; /* too large for a stack */
        struct choices c = choices_of(bytes, length);

        memset(&w, 0, sizeof w);
        w.group = settings.group;
        w.binding = bind_to(&w.group, FLAW_NONE);
        w.gate = (struct gate){ .mode = (enum auth_mode)choose(&c, 4), .keys = keys, .binding = &w.binding };
        w.now_ns = started_ns;
        MUST(replay_new(2 * SENDERS, &key, 0, &w.gate.replay) == 0);
        MUST(handler_ack.create(&settings, &w.ack) == 0);
        for (int i = 0; i < EVENTS_MAX && choices_left(&c); i++) {
                w.now_ns += choose(&c, 128) * 20 * NS_PER_MS;
                hear(&w, &c);
        }
        check_rate(&w, started_ns);
        handler_ack.destroy(w.ack);
        replay_free(w.gate.replay);
        return 0;
}
