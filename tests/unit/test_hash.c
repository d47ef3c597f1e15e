/* test_hash.c - state/hash: SipHash-2-4, with a key of our own. */
#include "test.h"

#include "state/hash.h"

/* Key 00 01 … 0f, text 00 01 … 13: the address and, behind it, its scope. Made with an implementation that
 * yields the vectors of the reference (github.com/veorq/SipHash). */
static void test_vector(void **state)
{
        static const uint8_t expected[8] = { 0x98, 0xee, 0xa2, 0x1a, 0xf2, 0x5c, 0xd6, 0xbe };
        struct hash_key key;
        struct address a = { .family = AF_INET6 };
        uint64_t hash;

        (void)state;
        for (uint8_t i = 0; i < 16; i++)
                key.bytes[i] = a.bytes[i] = i;
        memcpy(&a.scope, (const uint8_t[]){ 16, 17, 18, 19 }, sizeof a.scope);
        hash = hash_address(&key, &a);
        assert_memory_equal(&hash, expected, sizeof expected);
}

static void test_key_address_and_scope_count(void **state)
{
        const struct hash_key zero = { { 0 } }, other = { { [15] = 1 } };
        const struct address a = nth_address(1), b = nth_address(2);
        const struct address on_link_1 = { AF_INET6, { 0xfe, 0x80 }, 1 };
        const struct address on_link_2 = { AF_INET6, { 0xfe, 0x80 }, 2 };

        (void)state;
        assert_true(hash_address(&zero, &a) == hash_address(&zero, &a));
        assert_true(hash_address(&zero, &a) != hash_address(&zero, &b));
        assert_true(hash_address(&zero, &a) != hash_address(&other, &a));
        assert_true(hash_address(&zero, &on_link_1) != hash_address(&zero, &on_link_2));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vector),
                cmocka_unit_test(test_key_address_and_scope_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
