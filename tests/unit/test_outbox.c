/* test_outbox.c - message/outbox: room for a batch of replies, each one blank at first. */
#include "test.h"

#include "message/outbox.h"

static void test_holds_so_many(void **state)
{
        static struct outbox out;

        (void)state;
        for (size_t i = 0; i < OUTBOX_MAX; i++) {
                assert_ptr_equal(outbox_append(&out), &out.replies[i]);
                assert_int_equal(out.n, i + 1);
        }
        assert_null(outbox_append(&out));
        assert_null(outbox_append(&out));
        assert_int_equal(out.n, OUTBOX_MAX);
}

static void test_replies_are_blank_again(void **state)
{
        static const struct reply blank;
        static struct outbox out;

        (void)state;
        memset(&out, 0xff, sizeof out);
        outbox_clear(&out);
        assert_int_equal(out.n, 0);
        for (size_t i = 0; i < OUTBOX_MAX; i++) {
                const struct reply *r = outbox_append(&out);

                assert_null(r->payload);
                assert_int_equal(r->length, 0);
                assert_true(endpoint_equal(&r->to, &blank.to));
                assert_true(address_equal(&r->from, &blank.from));
                assert_int_equal(r->ifindex, 0);
                assert_false(r->record);
                assert_int_equal(r->key_id, 0);
                assert_int_equal(r->error, 0);
        }
}

static void test_clear_makes_room(void **state)
{
        static struct outbox out;

        (void)state;
        while (outbox_append(&out))
                ;
        outbox_clear(&out);
        assert_ptr_equal(outbox_append(&out), &out.replies[0]);
        assert_int_equal(out.n, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_holds_so_many),
                cmocka_unit_test(test_replies_are_blank_again),
                cmocka_unit_test(test_clear_makes_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
