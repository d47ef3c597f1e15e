/* test_hash.c - state/hash: SipHash-2-4, with a key of our own. */
#include "test.h"

#include "state/hash.h"

/* Key and text 00 01 … 0f, from the vectors of the reference implementation (github.com/veorq/SipHash). */
static void test_vector(void **state)
{
        static const uint8_t expected[8] = { 0xdb, 0x9b, 0xc2, 0x57, 0x7f, 0xcc, 0x2a, 0x3f };
        struct hash_key key;
        struct address a = { .family = AF_INET6 };
        uint64_t hash;

        (void)state;
        for (uint8_t i = 0; i < 16; i++)
                key.bytes[i] = a.bytes[i] = i;
        hash = hash_address(&key, &a);
        assert_memory_equal(&hash, expected, sizeof expected);
}

static void test_key_and_address_both_count(void **state)
{
        const struct hash_key zero = { { 0 } }, other = { { [15] = 1 } };
        const struct address a = nth_address(1), b = nth_address(2);

        (void)state;
        assert_true(hash_address(&zero, &a) == hash_address(&zero, &a));
        assert_true(hash_address(&zero, &a) != hash_address(&zero, &b));
        assert_true(hash_address(&zero, &a) != hash_address(&other, &a));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vector),
                cmocka_unit_test(test_key_and_address_both_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
