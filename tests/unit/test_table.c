/* test_table.c - state/table: an address is found where it was put, as long as it was not removed. */
#include "test.h"

#include <stdlib.h>

#include "state/table.h"

#define SIZE 5

/* As of somebody who keeps more than the address. */
struct element {
        struct address address;
        char more[3];
};

static const struct hash_key key = { "sixteen letters" };

static struct table *make(struct element *array, size_t size)
{
        struct table *t = NULL;

        assert_int_equal(table_new(array, size, sizeof array[0], &key, &t), 0);
        return t;
}

static uint32_t find(const struct table *t, uint32_t n)
{
        struct address a = nth_address(n);

        return table_find(t, &a);
}

static uint32_t add(struct table *t, uint32_t n)
{
        struct address a = nth_address(n);

        return table_add(t, &a);
}

enum act {
        ADD,
        FIND,
        REMOVE
};

/* Each row acts on what those above it have left. To remove is by slot. */
static const struct {
        const char *name;
        enum act act;
        uint32_t n;
        uint32_t slot;
        size_t count; /* afterwards */
} acts[] = {
        { "none is known", FIND, 10, TABLE_NONE, 0 },
        { "the first gets the lowest slot", ADD, 10, 0, 1 },
        { "… and is found there", FIND, 10, 0, 1 },
        { "another is not", FIND, 11, TABLE_NONE, 1 },
        { "the second", ADD, 11, 1, 2 },
        { "the third", ADD, 12, 2, 3 },
        { "removed from the middle", REMOVE, 11, 1, 2 },
        { "… it is gone", FIND, 11, TABLE_NONE, 2 },
        { "… the one before it is not", FIND, 10, 0, 2 },
        { "… nor the one behind it", FIND, 12, 2, 2 },
        { "a second one removed", REMOVE, 10, 0, 1 },
        { "its slot is taken first", ADD, 13, 0, 2 },
        { "… then the one before", ADD, 14, 1, 3 },
        { "… then one that was never used", ADD, 15, 3, 4 },
        { "the removed one is another one now", FIND, 10, TABLE_NONE, 4 },
        { "it may come back", ADD, 10, 4, 5 },
        { "no more fit", ADD, 16, TABLE_NONE, 5 },
        { "… and it is not there", FIND, 16, TABLE_NONE, 5 },
        { "the last one is", FIND, 10, 4, 5 },
        { "the last one removed", REMOVE, 10, 4, 4 },
        { "there is room again", ADD, 16, 4, 5 },
        { "… which is found", FIND, 16, 4, 5 },
};

static uint32_t act(struct table *t, size_t i)
{
        switch (acts[i].act) {
        case ADD:
                return add(t, acts[i].n);
        case REMOVE:
                table_remove(t, acts[i].slot);
                return acts[i].slot;
        default:
                return find(t, acts[i].n);
        }
}

static void test_acts(void **state)
{
        struct element array[SIZE] = { 0 };
        struct table *t = make(array, SIZE);

        (void)state;
        for (size_t i = 0; i < N_OF(acts); i++) {
                CHECK_INT(acts[i].name, act(t, i), acts[i].slot);
                CHECK_INT(acts[i].name, table_count(t), acts[i].count);
        }
        assert_null(table_free(t));
        assert_null(table_free(NULL));
}

/* The array is its owner's: what stands behind an address stays as it is. */
static void test_the_address_is_written_to_the_element(void **state)
{
        struct element array[SIZE];
        struct table *t;
        struct address a = nth_address(4711);

        (void)state;
        memset(array, 'x', sizeof array);
        t = make(array, SIZE);
        assert_int_equal(table_add(t, &a), 0);
        assert_true(address_equal(&array[0].address, &a));
        assert_memory_equal(array[0].more, "xxx", 3);
        assert_memory_equal(&array[1].address, "xxxx", 4);
        table_free(t);
}

static void test_one_place(void **state)
{
        struct element array[1] = { 0 };
        struct table *t = make(array, 1);

        (void)state;
        for (uint32_t n = 0; n < 100; n++) {
                assert_int_equal(add(t, n), 0);
                assert_int_equal(add(t, n + 1), TABLE_NONE);
                assert_int_equal(find(t, n), 0);
                table_remove(t, 0);
                assert_int_equal(find(t, n), TABLE_NONE);
        }
        table_free(t);
}

static void test_links_are_told_apart(void **state)
{
        struct element array[SIZE] = { 0 };
        struct table *t = make(array, SIZE);

        (void)state;
        for (uint32_t scope = 0; scope < SIZE; scope++) {
                const struct address a = { AF_INET6, { 0xfe, 0x80, [15] = 7 }, scope };

                assert_int_equal(table_find(t, &a), TABLE_NONE);
                assert_int_equal(table_add(t, &a), scope);
                assert_int_equal(table_find(t, &a), scope);
        }
        table_free(t);
}

#define MANY 1000

/* Chains that are longer than one, and full ones, and all in another order. */
static void test_many(void **state)
{
        struct element *array = calloc(MANY, sizeof array[0]);
        struct table *t;

        (void)state;
        assert_non_null(array);
        t = make(array, MANY);
        for (uint32_t n = 0; n < MANY; n++)
                assert_int_equal(add(t, n), n);
        assert_int_equal(add(t, MANY), TABLE_NONE);
        for (uint32_t n = 0; n < MANY; n += 3)
                table_remove(t, n);
        for (uint32_t n = 0; n < MANY; n++)
                assert_int_equal(find(t, n), n % 3 == 0 ? TABLE_NONE : n);
        assert_int_equal(table_count(t), MANY - (MANY + 2) / 3);
        for (uint32_t n = 0; n < MANY; n += 3)
                assert_int_not_equal(add(t, MANY + n), TABLE_NONE);
        assert_int_equal(add(t, 0), TABLE_NONE);
        for (uint32_t n = 0; n < MANY; n += 3)
                assert_true(address_equal(&array[find(t, MANY + n)].address,
                                          &(struct address[]){ nth_address(MANY + n) }[0]));
        table_free(t);
        free(array);
}

/* To an array that is elsewhere, and has twice the room: everybody keeps the slot. */
static void test_grow(void **state)
{
        struct element *array = calloc(MANY / 2, sizeof array[0]), *larger = calloc(MANY, sizeof larger[0]);
        struct table *t;

        (void)state;
        assert_non_null(array);
        assert_non_null(larger);
        t = make(array, MANY / 2);
        for (uint32_t n = 0; n < MANY / 2; n++)
                add(t, n);
        table_remove(t, 7);
        memcpy(larger, array, MANY / 2 * sizeof array[0]);
        free(array);
        assert_int_equal(table_grow(t, larger, MANY), 0);
        assert_int_equal(table_count(t), MANY / 2 - 1);
        for (uint32_t n = 0; n < MANY / 2; n++)
                assert_int_equal(find(t, n), n == 7 ? TABLE_NONE : n);
        assert_int_equal(add(t, 5000), 7);
        for (uint32_t n = MANY / 2; n < MANY; n++)
                assert_int_equal(add(t, n), n);
        assert_int_equal(add(t, MANY), TABLE_NONE);
        for (uint32_t n = 0; n < MANY; n++)
                assert_int_equal(find(t, n), n == 7 ? TABLE_NONE : n);
        assert_int_equal(find(t, 5000), 7);
        table_free(t);
        free(larger);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_acts),
                cmocka_unit_test(test_the_address_is_written_to_the_element),
                cmocka_unit_test(test_one_place),
                cmocka_unit_test(test_links_are_told_apart),
                cmocka_unit_test(test_many),
                cmocka_unit_test(test_grow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
