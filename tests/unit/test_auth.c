/* test_auth.c - message/auth: the vectors of the format, what can be read, and that nothing that was changed
 * on its way is taken for right. */
#include "test.h"

#include "message/auth.h"
#include "message/message.h"

/* --- vectors: secret 00 01 … 1f --- */

#define VECTOR_KEY_ID 1
#define VECTOR_TIME_S 1790856000
#define TEXT          "ATU 2026-10-01T12:00:00Z"

static const struct auth_binding data_binding = {
        .type = AUTH_DATA,
        .group = { { AF_INET, { 239, 255, 71, 29 }, 0 }, 10000 },
};
static const struct auth_stamp data_stamp = {
        .key_id = VECTOR_KEY_ID,
        .sender = 0x1122334455667788,
        .sequence = 0x00063f4d2a1b4000,
        .time_s = VECTOR_TIME_S,
};
static const uint8_t data_trailer[AUTH_TRAILER_SIZE] = {
        0x00, 0x4d, 0x43, 0x41, 0x01, 0x00, 0x00, 0x01, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
        0x88, 0x00, 0x06, 0x3f, 0x4d, 0x2a, 0x1b, 0x40, 0x00, 0x6a, 0xbe, 0x4b, 0x40, 0x6c, 0xdc,
        0xa3, 0xc8, 0xc5, 0xdc, 0x03, 0x05, 0x2a, 0x95, 0xf4, 0xe0, 0xfb, 0x63, 0xbf, 0x60,
};

static const struct auth_binding ack_binding = {
        .type = AUTH_ACK,
        .group = { { AF_INET, { 239, 255, 71, 29 }, 0 }, 10000 },
        .request_tag = { 0x6c, 0xdc, 0xa3, 0xc8, 0xc5, 0xdc, 0x03, 0x05, 0x2a, 0x95, 0xf4, 0xe0, 0xfb, 0x63,
                         0xbf, 0x60 },
};
static const struct auth_stamp ack_stamp = {
        .key_id = VECTOR_KEY_ID,
        .sender = 0x99aabbccddeeff00,
        .sequence = 0x00063f4d2a1b5000,
        .time_s = VECTOR_TIME_S,
};
/* With the text before it. */
static const uint8_t signed_ack[3 + AUTH_TRAILER_SIZE] = {
        0x61, 0x63, 0x6b, 0x00, 0x4d, 0x43, 0x41, 0x01, 0x01, 0x00, 0x01, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
        0xee, 0xff, 0x00, 0x00, 0x06, 0x3f, 0x4d, 0x2a, 0x1b, 0x50, 0x00, 0x6a, 0xbe, 0x4b, 0x40, 0xdf,
        0xb8, 0xc5, 0xb3, 0xa3, 0xca, 0x17, 0x05, 0xa9, 0x59, 0x67, 0x0b, 0xac, 0x27, 0xe3, 0x62,
};

/* What the secret is turned into, and what goes into a tag before the payload. */
static const uint8_t vector_k[32] = {
        0xb5, 0xc7, 0xf6, 0x05, 0xa5, 0x6c, 0x25, 0x47, 0x21, 0x9b, 0xfd, 0x13, 0x20, 0xb8, 0x08, 0xe3,
        0x5f, 0x22, 0x86, 0x25, 0x5b, 0x80, 0x10, 0x60, 0xcf, 0x1e, 0x86, 0x88, 0xf4, 0x33, 0xcc, 0x10,
};
static const uint8_t vector_p[28] = {
        0x6d, 0x63, 0x61, 0x73, 0x74, 0x64, 0x2f, 0x31, 0x04, 0x00, 0x27, 0x10, 0xef, 0xff, 0x47, 0x1d,
};

static struct auth_key key_of(uint8_t first, size_t length)
{
        uint8_t secret[AUTH_SECRET_MAX];
        struct auth_key key;

        for (size_t i = 0; i < length; i++)
                secret[i] = (uint8_t)(first + i);
        auth_key_init(&key, secret, length);
        return key;
}

static struct auth_key vector_key(void)
{
        return key_of(0, AUTH_SECRET_MIN);
}

static void test_the_vector_of_a_message(void **state)
{
        const struct auth_key key = vector_key();
        uint8_t trailer[AUTH_TRAILER_SIZE];

        (void)state;
        auth_sign(&key, &data_binding, &data_stamp, (const uint8_t *)TEXT, strlen(TEXT), trailer);
        assert_memory_equal(trailer, data_trailer, sizeof trailer);
}

static void test_the_vector_of_an_ack(void **state)
{
        const struct auth_key key = vector_key();
        uint8_t trailer[AUTH_TRAILER_SIZE];

        (void)state;
        auth_sign(&key, &ack_binding, &ack_stamp, (const uint8_t *)"ack", 3, trailer);
        assert_memory_equal(trailer, signed_ack + 3, sizeof trailer);
        assert_true(auth_verify(&key, &ack_binding, signed_ack, sizeof signed_ack));
}

/* The same tags, step by step, from K and P as they are written down. */
static void test_the_vectors_of_k_and_p(void **state)
{
        const struct auth_key key = vector_key();
        crypto_auth_hmacsha256_state from_k;
        uint8_t code[crypto_auth_hmacsha256_BYTES];

        (void)state;
        crypto_auth_hmacsha256_init(&from_k, vector_k, sizeof vector_k);
        assert_memory_equal(&key.state, &from_k, sizeof from_k);
        crypto_auth_hmacsha256_update(&from_k, vector_p, sizeof vector_p);
        crypto_auth_hmacsha256_update(&from_k, (const uint8_t *)TEXT, strlen(TEXT));
        crypto_auth_hmacsha256_update(&from_k, data_trailer, 28);
        crypto_auth_hmacsha256_final(&from_k, code);
        assert_memory_equal(code, data_trailer + 28, AUTH_TAG_SIZE);
}

/* P of IPv6, and of an ack: made here, byte by byte. */
static const struct {
        const char *name;
        struct auth_binding binding;
        uint8_t p[28];
} prefixes[] = {
        { "IPv6",
          { AUTH_DATA, { { AF_INET6, { 0xff, 0x15, [15] = 0x99 }, 0 }, 5001 }, { 1, 2, 3 } },
          { 'm', 'c', 'a', 's', 't', 'd', '/', '1', 6, 0, 0x13, 0x89, 0xff, 0x15, [27] = 0x99 } },
        { "IPv6 of one link: the link is not told",
          { AUTH_DATA, { { AF_INET6, { 0xff, 0x12, [15] = 0x99 }, 7 }, 5001 }, { 1, 2, 3 } },
          { 'm', 'c', 'a', 's', 't', 'd', '/', '1', 6, 0, 0x13, 0x89, 0xff, 0x12, [27] = 0x99 } },
        { "an ack by IPv6: the address is not told",
          { AUTH_ACK, { { AF_INET6, { 0xff, 0x15, [15] = 0x99 }, 0 }, 5001 }, { 1, 2, 3, [15] = 4 } },
          { 'm', 'c', 'a', 's', 't', 'd', '/', '1', 6, 1, 0x13, 0x89, 1, 2, 3, [27] = 4 } },
        { "highest port",
          { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 65535 }, { 0 } },
          { 'm', 'c', 'a', 's', 't', 'd', '/', '1', 4, 0, 0xff, 0xff, 239, 1, 1, 1 } },
};

static void test_what_a_tag_is_bound_to(void **state)
{
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t i = 0; i < N_OF(prefixes); i++) {
                crypto_auth_hmacsha256_state from_k = key.state;
                uint8_t trailer[AUTH_TRAILER_SIZE], code[crypto_auth_hmacsha256_BYTES];

                auth_sign(&key, &prefixes[i].binding, &data_stamp, (const uint8_t *)"x", 1, trailer);
                crypto_auth_hmacsha256_update(&from_k, prefixes[i].p, sizeof prefixes[i].p);
                crypto_auth_hmacsha256_update(&from_k, (const uint8_t *)"x", 1);
                crypto_auth_hmacsha256_update(&from_k, trailer, 28);
                crypto_auth_hmacsha256_final(&from_k, code);
                CHECK(prefixes[i].name, memcmp(code, trailer + 28, AUTH_TAG_SIZE) == 0);
        }
}

/* --- what is right, and what is not --- */

/* A payload of any length, with its trailer behind it. */
struct signed_datagram {
        size_t length;
        uint8_t bytes[MESSAGE_MAX + AUTH_TRAILER_SIZE];
};

static void sign(const struct auth_key *key, const struct auth_binding *binding, size_t length,
                 struct signed_datagram *ret)
{
        ret->length = length + AUTH_TRAILER_SIZE;
        for (size_t i = 0; i < length; i++)
                ret->bytes[i] = (uint8_t)(i * 31 + length);
        auth_sign(key, binding, &data_stamp, ret->bytes, length, ret->bytes + length);
}

static bool is_right(const struct auth_key *key, const struct auth_binding *binding,
                     const struct signed_datagram *d)
{
        return auth_verify(key, binding, d->bytes, d->length);
}

static const struct auth_binding bindings[] = {
        { AUTH_DATA, { { AF_INET, { 239, 255, 71, 29 }, 0 }, 10000 }, { 0 } },
        { AUTH_ACK, { { AF_INET, { 239, 255, 71, 29 }, 0 }, 10000 }, { 1, 2, 3, [15] = 4 } },
        { AUTH_DATA, { { AF_INET6, { 0xff, 0x15, [15] = 0x99 }, 0 }, 5001 }, { 0 } },
        { AUTH_ACK, { { AF_INET6, { 0xff, 0x15, [15] = 0x99 }, 0 }, 5001 }, { 1, 2, 3, [15] = 4 } },
};

static void test_every_length_goes_there_and_back(void **state)
{
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t b = 0; b < N_OF(bindings); b++) {
                for (size_t length = 0; length <= MESSAGE_MAX; length++) {
                        struct signed_datagram d;
                        struct auth_trailer t;

                        sign(&key, &bindings[b], length, &d);
                        assert_int_equal(auth_read(d.bytes, d.length, &t), AUTH_SIGNED);
                        assert_int_equal(t.type, bindings[b].type);
                        assert_int_equal(t.stamp.key_id, data_stamp.key_id);
                        assert_true(t.stamp.sender == data_stamp.sender);
                        assert_true(t.stamp.sequence == data_stamp.sequence);
                        assert_int_equal(t.stamp.time_s, data_stamp.time_s);
                        assert_memory_equal(t.tag, d.bytes + d.length - AUTH_TAG_SIZE, AUTH_TAG_SIZE);
                        assert_true(is_right(&key, &bindings[b], &d));
                }
        }
}

/* A byte more or less of a payload, and a trailer that was cut off and put behind something else. */
static void test_another_length_is_wrong(void **state)
{
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t length = 0; length < MESSAGE_MAX; length++) {
                struct signed_datagram d, longer;

                sign(&key, &data_binding, length, &d);
                longer.length = d.length + 1;
                longer.bytes[0] = 0;
                memcpy(longer.bytes + 1, d.bytes, d.length);
                assert_false(is_right(&key, &data_binding, &longer));
                if (length)
                        assert_false(auth_verify(&key, &data_binding, d.bytes + 1, d.length - 1));
                memcpy(longer.bytes, d.bytes, length);
                longer.bytes[length] = 0;
                memcpy(longer.bytes + length + 1, d.bytes + length, AUTH_TRAILER_SIZE);
                assert_false(is_right(&key, &data_binding, &longer));
        }
}

static void test_every_bit_of_a_datagram_counts(void **state)
{
        static const size_t lengths[] = { 0, 1, 24, 63, 64, 65, MESSAGE_MAX };
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t i = 0; i < N_OF(lengths); i++) {
                struct signed_datagram d;

                sign(&key, &data_binding, lengths[i], &d);
                for (size_t bit = 0; bit < 8 * d.length; bit++) {
                        d.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        assert_false(is_right(&key, &data_binding, &d));
                        d.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                assert_true(is_right(&key, &data_binding, &d));
        }
}

static void test_every_bit_of_the_group_and_its_port_counts(void **state)
{
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t b = 0; b < N_OF(bindings); b++) {
                struct auth_binding other = bindings[b];
                bool data = other.type == AUTH_DATA, ipv6 = other.group.address.family == AF_INET6;
                uint8_t *bytes = data ? other.group.address.bytes : other.request_tag;
                struct signed_datagram d;

                sign(&key, &bindings[b], 24, &d);
                for (unsigned bit = 0; bit < (data && !ipv6 ? 32 : 128); bit++) {
                        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        assert_false(is_right(&key, &other, &d));
                        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
                for (unsigned bit = 0; bit < 16; bit++) {
                        other.group.port ^= (in_port_t)(1u << bit);
                        assert_false(is_right(&key, &other, &d));
                        other.group.port ^= (in_port_t)(1u << bit);
                }
                assert_true(is_right(&key, &other, &d));
        }
}

/* One group of each family whose 16 bytes are the same; and an ack of something whose tag is just a group. */
static void test_family_and_type_count(void **state)
{
        const struct auth_key key = vector_key();
        struct auth_binding ipv4_data = bindings[0], ipv6_data = bindings[0], ack = bindings[0];
        struct signed_datagram d;

        (void)state;
        ipv6_data.group.address.family = AF_INET6;
        ack.type = AUTH_ACK;
        memcpy(ack.request_tag, ack.group.address.bytes, AUTH_TAG_SIZE);
        sign(&key, &ipv4_data, 24, &d);
        assert_true(is_right(&key, &ipv4_data, &d));
        assert_false(is_right(&key, &ipv6_data, &d));
        assert_false(is_right(&key, &ack, &d));
        sign(&key, &ack, 24, &d);
        assert_false(is_right(&key, &ipv4_data, &d));
}

/* Every length that a secret may have; one more byte, or another one, makes another key. */
static void test_every_byte_of_a_secret_counts(void **state)
{
        (void)state;
        for (size_t length = AUTH_SECRET_MIN; length <= AUTH_SECRET_MAX; length++) {
                const struct auth_key key = key_of(0, length);
                uint8_t secret[AUTH_SECRET_MAX];
                struct signed_datagram d;

                sign(&key, &data_binding, 24, &d);
                assert_true(is_right(&key, &data_binding, &d));
                for (size_t i = 0; i < length; i++)
                        secret[i] = (uint8_t)i;
                for (size_t i = 0; i < length; i++) {
                        struct auth_key other;

                        secret[i] ^= 1;
                        auth_key_init(&other, secret, length);
                        assert_false(is_right(&other, &data_binding, &d));
                        secret[i] ^= 1;
                }
                if (length < AUTH_SECRET_MAX) {
                        const struct auth_key longer = key_of(0, length + 1);

                        assert_false(is_right(&longer, &data_binding, &d));
                }
        }
}

/* --- reading --- */

static const struct {
        const char *name;
        size_t length; /* how many bytes from the end there are */
        size_t at;     /* what of the trailer is another byte … */
        uint8_t byte;  /* … this one */
        enum auth_shape shape;
} shapes[] = {
        { "nothing", 0, 0, 0, AUTH_PLAIN },
        { "one byte", 1, 0, 0, AUTH_PLAIN },
        { "a byte too few", 43, 0, 0, AUTH_PLAIN },
        { "nothing but a trailer", 44, 0, 0, AUTH_SIGNED },
        { "a payload of one byte", 45, 0, 0, AUTH_SIGNED },
        { "first byte of the magic: one bit", 44, 0, 0x80, AUTH_PLAIN },
        { "first byte of the magic", 44, 0, 0xff, AUTH_PLAIN },
        { "second byte of the magic", 44, 1, 'm', AUTH_PLAIN },
        { "third byte of the magic", 44, 2, 'c', AUTH_PLAIN },
        { "fourth byte of the magic", 44, 3, 'a', AUTH_PLAIN },
        { "algorithm 0", 44, 4, 0, AUTH_MALFORMED },
        { "algorithm 2", 44, 4, 2, AUTH_MALFORMED },
        { "algorithm 255", 44, 4, 255, AUTH_MALFORMED },
        { "flag ack", 44, 5, 0x01, AUTH_SIGNED },
        { "flag 1", 44, 5, 0x02, AUTH_MALFORMED },
        { "flag 2", 44, 5, 0x04, AUTH_MALFORMED },
        { "flag 3", 44, 5, 0x08, AUTH_MALFORMED },
        { "flag 4", 44, 5, 0x10, AUTH_MALFORMED },
        { "flag 5", 44, 5, 0x20, AUTH_MALFORMED },
        { "flag 6", 44, 5, 0x40, AUTH_MALFORMED },
        { "flag 7", 44, 5, 0x80, AUTH_MALFORMED },
        { "flag 1 of an ack", 44, 5, 0x03, AUTH_MALFORMED },
        { "key 257", 44, 6, 1, AUTH_SIGNED },
        { "key 0", 44, 7, 0, AUTH_MALFORMED },
        { "key 255", 44, 7, 255, AUTH_SIGNED },
        { "another sender", 44, 8, 0, AUTH_SIGNED },
        { "another tag", 44, 43, 0, AUTH_SIGNED },
};

static void test_what_can_be_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(shapes); i++) {
                uint8_t bytes[1 + AUTH_TRAILER_SIZE] = { 'x' };
                struct auth_trailer t, untouched;

                memset(&t, 0x55, sizeof t);
                untouched = t;
                memcpy(bytes + 1, data_trailer, AUTH_TRAILER_SIZE);
                if (shapes[i].at || shapes[i].byte)
                        bytes[1 + shapes[i].at] = shapes[i].byte;
                CHECK_INT(shapes[i].name,
                          auth_read(bytes + sizeof bytes - shapes[i].length, shapes[i].length, &t),
                          shapes[i].shape);
                if (shapes[i].shape == AUTH_SIGNED) {
                        CHECK_INT(shapes[i].name, t.type, bytes[1 + 5] ? AUTH_ACK : AUTH_DATA);
                        CHECK_INT(shapes[i].name, t.stamp.key_id, bytes[1 + 6] << 8 | bytes[1 + 7]);
                } else {
                        CHECK(shapes[i].name, memcmp(&t, &untouched, sizeof t) == 0);
                }
        }
}

static void test_the_fields_of_a_trailer(void **state)
{
        struct auth_trailer t;

        (void)state;
        assert_int_equal(auth_read(data_trailer, sizeof data_trailer, &t), AUTH_SIGNED);
        assert_int_equal(t.type, AUTH_DATA);
        assert_int_equal(t.stamp.key_id, VECTOR_KEY_ID);
        assert_true(t.stamp.sender == data_stamp.sender);
        assert_true(t.stamp.sequence == data_stamp.sequence);
        assert_int_equal(t.stamp.time_s, VECTOR_TIME_S);
        assert_memory_equal(t.tag, data_trailer + 28, AUTH_TAG_SIZE);
}

/* Each field full of ones, and each full of zeroes amid ones. */
static void test_fields_do_not_run_into_each_other(void **state)
{
        static const struct auth_stamp stamps[] = {
                { UINT16_MAX, 0, 0, 0 },
                { 1, UINT64_MAX, 0, 0 },
                { 1, 0, UINT64_MAX, 0 },
                { 1, 0, 0, UINT32_MAX },
                { UINT16_MAX, UINT64_MAX, UINT64_MAX, UINT32_MAX },
                { 0x0102, 0x0304050607080910, 0x1112131415161718, 0x19202122 },
        };
        const struct auth_key key = vector_key();

        (void)state;
        for (size_t i = 0; i < N_OF(stamps); i++) {
                uint8_t trailer[AUTH_TRAILER_SIZE];
                struct auth_trailer t;

                auth_sign(&key, &data_binding, &stamps[i], NULL, 0, trailer);
                assert_int_equal(auth_read(trailer, sizeof trailer, &t), AUTH_SIGNED);
                assert_int_equal(t.stamp.key_id, stamps[i].key_id);
                assert_true(t.stamp.sender == stamps[i].sender);
                assert_true(t.stamp.sequence == stamps[i].sequence);
                assert_int_equal(t.stamp.time_s, stamps[i].time_s);
        }
}

/* --- times and names --- */

static const struct {
        const char *name;
        uint32_t time_s, now_s;
        int64_t ahead_s;
} times[] = {
        { "now", 1790856000, 1790856000, 0 },
        { "a second ago", 1790855999, 1790856000, -1 },
        { "a second ahead", 1790856001, 1790856000, 1 },
        { "1970", 0, 0, 0 },
        { "over the end of 31 bits (2038)", 0x80000000, 0x7fffffff, 1 },
        { "back over it", 0x7fffffff, 0x80000000, -1 },
        { "over the end of 32 bits (2106)", 0, 0xffffffff, 1 },
        { "back over it", 0xffffffff, 0, -1 },
        { "half a minute over it", 14, 0xfffffff0, 30 },
        { "just short of half of all", 0x7fffffff, 0, INT32_MAX },
        { "half of all", 0x80000000, 0, INT32_MIN },
        { "half of all, from there", 0, 0x80000000, INT32_MIN },
        { "and more", 0x80000001, 0, -INT32_MAX },
};

static void test_times_are_compared_around_the_wrap(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(times); i++)
                CHECK_INT(times[i].name, auth_ahead_s(times[i].time_s, times[i].now_s), times[i].ahead_s);
}

static void test_mode_names(void **state)
{
        (void)state;
        assert_string_equal(auth_mode_name(AUTH_OFF), "off");
        assert_string_equal(auth_mode_name(AUTH_RECEIVE_ONLY), "receive-only");
        assert_string_equal(auth_mode_name(AUTH_PERMISSIVE), "permissive");
        assert_string_equal(auth_mode_name(AUTH_ENFORCE), "enforce");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_vector_of_a_message),
                cmocka_unit_test(test_the_vector_of_an_ack),
                cmocka_unit_test(test_the_vectors_of_k_and_p),
                cmocka_unit_test(test_what_a_tag_is_bound_to),
                cmocka_unit_test(test_every_length_goes_there_and_back),
                cmocka_unit_test(test_another_length_is_wrong),
                cmocka_unit_test(test_every_bit_of_a_datagram_counts),
                cmocka_unit_test(test_every_bit_of_the_group_and_its_port_counts),
                cmocka_unit_test(test_family_and_type_count),
                cmocka_unit_test(test_every_byte_of_a_secret_counts),
                cmocka_unit_test(test_what_can_be_read),
                cmocka_unit_test(test_the_fields_of_a_trailer),
                cmocka_unit_test(test_fields_do_not_run_into_each_other),
                cmocka_unit_test(test_times_are_compared_around_the_wrap),
                cmocka_unit_test(test_mode_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
