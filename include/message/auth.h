#ifndef MCASTD_MESSAGE_AUTH_H
#define MCASTD_MESSAGE_AUTH_H

#include <sodium/crypto_auth_hmacsha256.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* A signed datagram is its payload, readable as ever, and a trailer behind it; integers are big-endian:
 *
 *     off len
 *      0   4  00 'M' 'C' 'A'   the NUL first: who prints strings still sees just the text
 *      4   1  algorithm        1: HMAC-SHA-256 (RFC 2104, FIPS 180-4), its first 128 bits
 *      5   1  flags            bit 0: an ack; the others are 0
 *      6   2  key id           1 to 65535
 *      8   8  sender           drawn at random at each start of it
 *     16   8  sequence         microseconds since 1970 when it started, and one more for each datagram
 *     24   4  time             seconds since 1970, modulo 2^32; compared as RFC 1982 does
 *     28  16  tag
 *
 *     tag = first 16 bytes of HMAC-SHA-256(K, P || payload || trailer[0..27])
 *     K   = HMAC-SHA-256(secret, "mcastd/1 mac")
 *     P   = "mcastd/1" || family (04, 06) || type (00 data, 01 ack) || port of the group (2)
 *           || data: the group's address, zeroes behind it to 16 bytes; ack: the tag of what is acknowledged
 *
 * So a message of one group is none in another, and an ack is one of one message alone. */
#define AUTH_TRAILER_SIZE 44
#define AUTH_TAG_SIZE     16

/* How long a secret may be, in bytes. */
#define AUTH_SECRET_MIN 32
#define AUTH_SECRET_MAX 64

/* A datagram whose time differs more from ours is stale. */
#define AUTH_STALE_S 30

/* How much is asked of signatures. Each is one step from the one before, so that a roll-out loses nothing. */
enum auth_mode {
        AUTH_OFF,          /* trailers are cut off, and not looked at */
        AUTH_RECEIVE_ONLY, /* they are checked, and what is wrong is refused; we sign no acks */
        AUTH_PERMISSIVE,   /* acks of signed requests are signed */
        AUTH_ENFORCE,      /* what is not signed is refused */
};

/* "off", "receive-only", "permissive", "enforce". */
const char *auth_mode_name(enum auth_mode mode);

enum auth_type {
        AUTH_DATA,
        AUTH_ACK,
};

/* What is told of a signed datagram besides its payload. */
struct auth_stamp {
        uint16_t key_id;
        uint64_t sender;
        uint64_t sequence;
        uint32_t time_s;
};

struct auth_trailer {
        enum auth_type type;
        struct auth_stamp stamp;
        uint8_t tag[AUTH_TAG_SIZE];
};

/* What a tag binds a datagram to. */
struct auth_binding {
        enum auth_type type;
        struct endpoint group;
        uint8_t request_tag[AUTH_TAG_SIZE]; /* of an ack: what it acknowledges */
};

/* A secret, made ready for use. Wiped by its owner, see message/keyring.h. */
struct auth_key {
        crypto_auth_hmacsha256_state state; /* keyed with K */
};

/* `length` is from AUTH_SECRET_MIN to AUTH_SECRET_MAX. */
void auth_key_init(struct auth_key *key, const uint8_t *secret, size_t length);

enum auth_shape {
        AUTH_PLAIN,     /* there is no trailer */
        AUTH_MALFORMED, /* there is one, which no sender writes */
        AUTH_SIGNED,
};

/* Whether the bytes of a datagram end in a trailer. Sets *ret only where that can be read. */
enum auth_shape auth_read(const uint8_t *bytes, size_t length, struct auth_trailer *ret);

/* Writes the trailer for a payload. */
void auth_sign(const struct auth_key *key, const struct auth_binding *binding, const struct auth_stamp *stamp,
               const uint8_t *payload, size_t length, uint8_t ret_trailer[AUTH_TRAILER_SIZE]);

/* Whether the tag at the end of these bytes, for which auth_read() said AUTH_SIGNED, is right. In constant
 * time. */
bool auth_verify(const struct auth_key *key, const struct auth_binding *binding, const uint8_t *bytes,
                 size_t length);

/* How far the time of a datagram is ahead of now_s, in seconds (RFC 1982: at most 2^31 either way). */
int64_t auth_ahead_s(uint32_t time_s, uint32_t now_s);

#endif
