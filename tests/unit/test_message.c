/* test_message.c - message/message: which payload is an ack. */
#include "test.h"

#include "message/message.h"

#define LONGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
_Static_assert(sizeof LONGEST - 1 == MESSAGE_ACK_TEXT_MAX, "the longest text of an ack");

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
        const char *name;
        const char *payload;
        size_t length;
        const char *ack_text;
        enum message_type type;
} cases[] = {
        { "empty", BYTES(""), "ack", MESSAGE_TEXT },
        { "a NUL", BYTES("\0"), "ack", MESSAGE_TEXT },
        { "one byte", BYTES("a"), "ack", MESSAGE_TEXT },
        { "one byte less", BYTES("ac"), "ack", MESSAGE_TEXT },
        { "an ack", BYTES("ack"), "ack", MESSAGE_ACK },
        { "one byte more", BYTES("acks"), "ack", MESSAGE_TEXT },
        { "an ack with its NUL", BYTES("ack\0"), "ack", MESSAGE_TEXT },
        { "an ack with a newline", BYTES("ack\n"), "ack", MESSAGE_TEXT },
        { "another case", BYTES("ACK"), "ack", MESSAGE_TEXT },
        { "a blank in front", BYTES(" ack"), "ack", MESSAGE_TEXT },
        { "configured", BYTES("pong"), "pong", MESSAGE_ACK },
        { "the default where another is configured", BYTES("ack"), "pong", MESSAGE_ACK },
        { "starts with what is configured", BYTES("pong!"), "pong", MESSAGE_TEXT },
        { "configured where it is not", BYTES("pong"), "ack", MESSAGE_TEXT },
        { "configured of one letter", BYTES("x"), "x", MESSAGE_ACK },
        { "longest", BYTES(LONGEST), LONGEST, MESSAGE_ACK },
        { "longest and a byte", BYTES(LONGEST "0"), LONGEST, MESSAGE_TEXT },
        { "a status message", BYTES("ATU 2026-11-21 02:16:11.123456"), "ack", MESSAGE_TEXT },
};

static void test_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                const uint8_t *payload = (const uint8_t *)cases[i].payload;
                struct message m;

                message_parse(payload, cases[i].length, cases[i].ack_text, &m);
                CHECK_INT(cases[i].name, m.type, cases[i].type);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
