/* test_table_flood.c - state/table: whoever chooses addresses so that they would share a chain gains nothing
 * by it, since he does not know the key. Counted in comparisons of addresses. */
#include "test.h"

#include <stdlib.h>

#include "state/table.h"

#define SIZE 1024

/* One that addresses of 10.0.0.0/8 can come to by each of the hashes below. */
#define CHAIN 266

static uint64_t comparisons;

/* The linker puts this before the real one. */
bool __real_address_equal(const struct address *a, const struct address *b);
bool __wrap_address_equal(const struct address *a, const struct address *b);

bool __wrap_address_equal(const struct address *a, const struct address *b)
{
        comparisons++;
        return __real_address_equal(a, b);
}

/* Any numbers, the same in each run. */
static uint32_t next_random(uint64_t *state)
{
        *state = *state * 6364136223846793005 + 1442695040888963407;
        return (uint32_t)(*state >> 32);
}

static struct hash_key random_key(uint64_t *seed)
{
        struct hash_key key;

        for (size_t i = 0; i < sizeof key.bytes; i++)
                key.bytes[i] = (uint8_t)next_random(seed);
        return key;
}

/* --- what an attacker may reckon with: hashes that everybody can calculate --- */

static uint32_t number_of(const struct address *a)
{
        return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 | (uint32_t)a->bytes[2] << 8 |
               a->bytes[3];
}

static uint64_t by_number(const struct address *a)
{
        return number_of(a);
}

static uint64_t by_number_of_this_machine(const struct address *a)
{
        return __builtin_bswap32(number_of(a));
}

static uint64_t by_sum(const struct address *a)
{
        return (uint64_t)a->bytes[0] + a->bytes[1] + a->bytes[2] + a->bytes[3];
}

static uint64_t by_fnv(const struct address *a)
{
        uint64_t hash = 0xcbf29ce484222325;

        for (int i = 0; i < 4; i++)
                hash = (hash ^ a->bytes[i]) * 0x100000001b3;
        return hash;
}

static uint64_t by_multiplication(const struct address *a)
{
        return (number_of(a) * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
}

/* Ours, for whoever takes the key for zero. */
static uint64_t without_a_key(const struct address *a)
{
        static const struct hash_key zero;

        return hash_address(&zero, a);
}

static const struct {
        const char *name;
        uint64_t (*hash)(const struct address *a);
} guesses[] = {
        { "the number", by_number },
        { "its bytes the other way round", by_number_of_this_machine },
        { "the sum of the bytes", by_sum },
        { "FNV-1a", by_fnv },
        { "a multiplication", by_multiplication },
        { "ours without a key", without_a_key },
};

/* So many addresses that this hash puts into one chain; without a hash, any. */
static void choose(struct address *to, uint64_t (*hash)(const struct address *a), uint64_t seed)
{
        uint32_t n = 0;

        for (size_t found = 0; found < SIZE;) {
                to[found] = hash ? nth_address(n++) : nth_address(next_random(&seed) & 0xffffff);
                found += !hash || hash(&to[found]) % SIZE == CHAIN;
        }
}

/* --- what it gains --- */

/* How many comparisons it takes to find each of them once. */
static uint64_t cost(const struct address *addresses, const struct hash_key *key)
{
        struct address array[SIZE];
        struct table *t = NULL;

        assert_int_equal(table_new(array, SIZE, sizeof array[0], key, &t), 0);
        for (size_t i = 0; i < SIZE; i++)
                if (table_find(t, &addresses[i]) == TABLE_NONE)
                        assert_int_not_equal(table_add(t, &addresses[i]), TABLE_NONE);
        comparisons = 0;
        for (size_t i = 0; i < SIZE; i++)
                assert_int_not_equal(table_find(t, &addresses[i]), TABLE_NONE);
        table_free(t);
        return comparisons;
}

static void test_whoever_guesses_the_hash_gains_nothing(void **state)
{
        struct address any[SIZE], chosen[SIZE];
        uint64_t seed = 1;

        (void)state;
        choose(any, NULL, 2);
        for (size_t i = 0; i < N_OF(guesses); i++) {
                choose(chosen, guesses[i].hash, 0);
                for (int n = 0; n < 100; n++) {
                        struct hash_key key = random_key(&seed);
                        uint64_t of_any = cost(any, &key), of_chosen = cost(chosen, &key);

                        CHECK(guesses[i].name, of_chosen <= 2 * of_any);
                }
        }
}

/* What it would be if the key were known, so that the other test shows something. */
static void test_whoever_knows_the_key_gains_much(void **state)
{
        static const struct hash_key zero;
        struct address any[SIZE], chosen[SIZE];

        (void)state;
        choose(any, NULL, 2);
        choose(chosen, without_a_key, 0);
        assert_true(cost(chosen, &zero) > 100 * cost(any, &zero));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_whoever_guesses_the_hash_gains_nothing),
                cmocka_unit_test(test_whoever_knows_the_key_gains_much),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
