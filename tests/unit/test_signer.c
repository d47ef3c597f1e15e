/* test_signer.c - message/signer: one sender, one counter, whatever the key. */
#include "test.h"

#include <errno.h>
#include <sodium/core.h>

#include "message/signer.h"

static const uint8_t secret[AUTH_SECRET_MIN] = { 1 };

static struct keyring *two_keys(void)
{
        struct keyring *k;

        assert_true(sodium_init() >= 0);
        assert_int_equal(keyring_new(&k), 0);
        assert_int_equal(keyring_add(k, 7, secret, sizeof secret), 0);
        assert_int_equal(keyring_add(k, 65535, secret, sizeof secret), 0);
        return k;
}

static void test_what_is_signed_is_counted_by_one_counter_and_is_right(void **state)
{
        static const struct {
                const char *payload;
                uint16_t key_id;
                int error;
                uint64_t sequence;
        } rows[] = {
                { "", 7, 0, 1001 },       { "ATU", 65535, 0, 1002 }, { "ATU", 0, -ENOKEY, 0 },
                { "ATU", 8, -ENOKEY, 0 }, { "ATU", 7, 0, 1003 },
        };
        const struct auth_binding binding = { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 0 } };
        struct keyring *keys = two_keys();
        struct signer s = { .keys = keys };

        (void)state;
        signer_init(&s, 42, 1000);
        for (size_t i = 0; i < N_OF(rows); i++) {
                size_t length = strlen(rows[i].payload);
                const struct signer_task task = { rows[i].key_id, binding, rows[i].payload, length };
                uint8_t bytes[8 + AUTH_TRAILER_SIZE];
                struct auth_trailer read;

                memcpy(bytes, rows[i].payload, length);
                assert_int_equal(signer_sign(&s, &task, 99, bytes + length), rows[i].error);
                if (rows[i].error)
                        continue;
                length += AUTH_TRAILER_SIZE;
                assert_int_equal(auth_read(bytes, length, &read), AUTH_SIGNED);
                assert_true(auth_verify(keyring_find(keys, rows[i].key_id), &binding, bytes, length));
                assert_int_equal(read.stamp.key_id, rows[i].key_id);
                assert_int_equal(read.stamp.sender, 42);
                assert_int_equal(read.stamp.sequence, rows[i].sequence);
                assert_int_equal(read.stamp.time_s, 99);
        }
        keyring_free(keys);
}

static void test_without_keys_nothing_is_signed(void **state)
{
        const struct signer_task task = { .key_id = 7, .payload = "" };
        struct signer s = { .keys = NULL };
        uint8_t trailer[AUTH_TRAILER_SIZE];

        (void)state;
        signer_init(&s, 42, 1000);
        assert_int_equal(signer_sign(&s, &task, 99, trailer), -ENOKEY);
}

static void test_who_signed_as_it_is_told(void **state)
{
        char buffer[SIGNER_TEXT_SIZE];

        (void)state;
        assert_string_equal(signer_text(0, buffer), "");
        assert_string_equal(signer_text(7, buffer), ", signed by key 7");
        assert_string_equal(signer_text(65535, buffer), ", signed by key 65535");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_signed_is_counted_by_one_counter_and_is_right),
                cmocka_unit_test(test_without_keys_nothing_is_signed),
                cmocka_unit_test(test_who_signed_as_it_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
