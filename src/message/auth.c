/* auth.c - signs datagrams, reads the trailers of signed ones, and says whether a tag is right.
 * Pure: knows no clock and no key but what it is given. What is made of a key on the way is wiped. */
#include "message/auth.h"

#include <sodium/utils.h>
#include <string.h>
#include <sys/socket.h>

#define ALGORITHM 1
#define FLAG_ACK  0x01

/* Where the fields of a trailer begin. */
enum {
        AT_MAGIC = 0,
        AT_ALGORITHM = 4,
        AT_FLAGS = 5,
        AT_KEY_ID = 6,
        AT_SENDER = 8,
        AT_SEQUENCE = 16,
        AT_TIME = 24,
        AT_TAG = 28,
};

_Static_assert(AT_TAG + AUTH_TAG_SIZE == AUTH_TRAILER_SIZE, "the tag is the last field");
_Static_assert(AUTH_TAG_SIZE <= crypto_auth_hmacsha256_BYTES, "the tag is a part of the code");

static const uint8_t magic[] = { 0, 'M', 'C', 'A' };
static const uint8_t protocol[] = { 'm', 'c', 'a', 's', 't', 'd', '/', '1' };
static const uint8_t purpose[] = { 'm', 'c', 'a', 's', 't', 'd', '/', '1', ' ', 'm', 'a', 'c' };

/* P of auth.h: the protocol, family, type, port, and 16 bytes for what the datagram is bound to. */
#define PREFIX_SIZE (sizeof protocol + 1 + 1 + 2 + 16)

const char *auth_mode_name(enum auth_mode mode)
{
        static const char *const names[] = {
                [AUTH_OFF] = "off",
                [AUTH_RECEIVE_ONLY] = "receive-only",
                [AUTH_PERMISSIVE] = "permissive",
                [AUTH_ENFORCE] = "enforce",
        };

        return names[mode];
}

/* Big-endian integers of `size` bytes. */
static void put(uint8_t *at, uint64_t value, size_t size)
{
        for (; size > 0; size--, value >>= 8)
                at[size - 1] = (uint8_t)value;
}

static uint64_t get(const uint8_t *at, size_t size)
{
        uint64_t value = 0;

        for (size_t i = 0; i < size; i++)
                value = value << 8 | at[i];
        return value;
}

void auth_key_init(struct auth_key *key, const uint8_t *secret, size_t length)
{
        crypto_auth_hmacsha256_state state;
        uint8_t derived[crypto_auth_hmacsha256_BYTES];

        crypto_auth_hmacsha256_init(&state, secret, length);
        crypto_auth_hmacsha256_update(&state, purpose, sizeof purpose);
        crypto_auth_hmacsha256_final(&state, derived);
        crypto_auth_hmacsha256_init(&key->state, derived, sizeof derived);
        sodium_memzero(&state, sizeof state);
        sodium_memzero(derived, sizeof derived);
}

enum auth_shape auth_read(const uint8_t *bytes, size_t length, struct auth_trailer *ret)
{
        struct auth_trailer t = { 0 };
        const uint8_t *at;

        if (length < AUTH_TRAILER_SIZE)
                return AUTH_PLAIN;
        at = bytes + length - AUTH_TRAILER_SIZE;
        if (memcmp(at + AT_MAGIC, magic, sizeof magic) != 0)
                return AUTH_PLAIN;
        t.stamp.key_id = (uint16_t)get(at + AT_KEY_ID, 2);
        if (at[AT_ALGORITHM] != ALGORITHM || (at[AT_FLAGS] & ~FLAG_ACK) || t.stamp.key_id == 0)
                return AUTH_MALFORMED;
        t.type = at[AT_FLAGS] & FLAG_ACK ? AUTH_ACK : AUTH_DATA;
        t.stamp.sender = get(at + AT_SENDER, 8);
        t.stamp.sequence = get(at + AT_SEQUENCE, 8);
        t.stamp.time_s = (uint32_t)get(at + AT_TIME, 4);
        memcpy(t.tag, at + AT_TAG, sizeof t.tag);
        *ret = t;
        return AUTH_SIGNED;
}

static void write_prefix(const struct auth_binding *binding, uint8_t prefix[PREFIX_SIZE])
{
        bool ack = binding->type == AUTH_ACK;
        uint8_t *at = prefix;

        memcpy(at, protocol, sizeof protocol);
        at += sizeof protocol;
        *at++ = binding->group.address.family == AF_INET6 ? 6 : 4;
        *at++ = ack ? 1 : 0;
        put(at, binding->group.port, 2);
        at += 2;
        /* Of an IPv4 address the bytes behind it are zero. */
        memcpy(at, ack ? binding->request_tag : binding->group.address.bytes, 16);
}

/* The tag of a payload and of what stands before the tag in its trailer. */
static void make_tag(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *payload,
                     size_t length, const uint8_t *trailer, uint8_t ret_tag[AUTH_TAG_SIZE])
{
        crypto_auth_hmacsha256_state state = key->state;
        uint8_t prefix[PREFIX_SIZE], code[crypto_auth_hmacsha256_BYTES];

        write_prefix(binding, prefix);
        crypto_auth_hmacsha256_update(&state, prefix, sizeof prefix);
        crypto_auth_hmacsha256_update(&state, payload, length);
        crypto_auth_hmacsha256_update(&state, trailer, AT_TAG);
        crypto_auth_hmacsha256_final(&state, code);
        memcpy(ret_tag, code, AUTH_TAG_SIZE);
        sodium_memzero(&state, sizeof state);
        sodium_memzero(code, sizeof code);
}

void auth_sign(const struct auth_key *key, const struct auth_binding *binding, const struct auth_stamp *stamp,
               const uint8_t *payload, size_t length, uint8_t ret_trailer[AUTH_TRAILER_SIZE])
{
        memcpy(ret_trailer + AT_MAGIC, magic, sizeof magic);
        ret_trailer[AT_ALGORITHM] = ALGORITHM;
        ret_trailer[AT_FLAGS] = binding->type == AUTH_ACK ? FLAG_ACK : 0;
        put(ret_trailer + AT_KEY_ID, stamp->key_id, 2);
        put(ret_trailer + AT_SENDER, stamp->sender, 8);
        put(ret_trailer + AT_SEQUENCE, stamp->sequence, 8);
        put(ret_trailer + AT_TIME, stamp->time_s, 4);
        make_tag(key, binding, payload, length, ret_trailer, ret_trailer + AT_TAG);
}

bool auth_verify(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *bytes,
                 size_t length)
{
        size_t payload = length - AUTH_TRAILER_SIZE;
        const uint8_t *trailer = bytes + payload;
        uint8_t tag[AUTH_TAG_SIZE];
        bool right;

        make_tag(key, binding, bytes, payload, trailer, tag);
        right = sodium_memcmp(tag, trailer + AT_TAG, sizeof tag) == 0;
        /* Who could read the right tag could send it. */
        sodium_memzero(tag, sizeof tag);
        return right;
}

int64_t auth_ahead_s(uint32_t time_s, uint32_t now_s)
{
        return (int32_t)(time_s - now_s);
}
