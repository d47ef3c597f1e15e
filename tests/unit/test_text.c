/* test_text.c - base/text: foreign bytes made printable, durations, and how far two names are apart. */
#include "test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/values.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        const char *shown;
} escapes[] = {
        { "nothing", BYTES(""), "" },
        { "NUL", BYTES("\0"), "\\x00" },
        { "text behind a NUL", BYTES("a\0b"), "a\\x00b" },
        { "last control character", BYTES("\x1f"), "\\x1f" },
        { "blank", BYTES(" "), " " },
        { "last printable", BYTES("~"), "~" },
        { "DEL", BYTES("\x7f"), "\\x7f" },
        { "first beyond ASCII", BYTES("\x80"), "\\x80" },
        { "last byte", BYTES("\xff"), "\\xff" },
        { "newline", BYTES("a\nMCASTD_PEER=1.2.3.4"), "a\\x0aMCASTD_PEER=1.2.3.4" },
        { "terminal escape", BYTES("\x1b[31mred"), "\\x1b[31mred" },
        { "a backslash", BYTES("\\x0a"), "\\x5cx0a" },
        { "right to left", BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae" },
        { "the seed's message", BYTES("ATU 2026-11-21 02:16:11.123456"), "ATU 2026-11-21 02:16:11.123456" },
};

static void test_escape(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(escapes); i++)
                CHECK_TEXT(escapes[i].name, TEXT_ESCAPE(escapes[i].bytes, escapes[i].length),
                           escapes[i].shown);
}

static void test_escape_of_no_bytes_at_all(void **state)
{
        (void)state;
        assert_string_equal(TEXT_ESCAPE(NULL, 0), "");
}

/* Back to bytes, as a reader of the journal would. */
static size_t unescape(const char *text, uint8_t *bytes)
{
        size_t n = 0;

        while (*text) {
                char digits[3] = { 0 };

                if (*text != '\\') {
                        bytes[n++] = (uint8_t)*text++;
                        continue;
                }
                assert_int_equal(text[1], 'x');
                memcpy(digits, text + 2, 2);
                bytes[n++] = (uint8_t)strtoul(digits, NULL, 16);
                text += 4;
        }
        return n;
}

static void test_escape_can_be_turned_back(void **state)
{
        uint8_t all[256], back[256];
        char text[TEXT_ESCAPED_SIZE];

        (void)state;
        for (unsigned i = 0; i < 256; i++)
                all[i] = (uint8_t)i;
        assert_ptr_equal(text_escape(all, sizeof all, text), text);
        for (const char *p = text; *p; p++)
                assert_in_range(*p, 0x20, 0x7e);
        assert_int_equal(unescape(text, back), sizeof all);
        assert_memory_equal(back, all, sizeof all);
}

static const struct {
        const char *name;
        uint8_t byte;
        size_t length, shown;
        bool more;
} cuts[] = {
        { "one less than is shown", 'a', TEXT_SHOWN_MAX - 1, TEXT_SHOWN_MAX - 1, false },
        { "just what is shown", 'a', TEXT_SHOWN_MAX, TEXT_SHOWN_MAX, false },
        { "one more", 'a', TEXT_SHOWN_MAX + 1, TEXT_SHOWN_MAX, true },
        { "the longest datagram", 'a', 65507, TEXT_SHOWN_MAX, true },
        { "all escaped", 0, TEXT_SHOWN_MAX, 4 * TEXT_SHOWN_MAX, false },
        { "the longest text", 0, 65507, 4 * TEXT_SHOWN_MAX, true },
};

static void test_escape_is_cut(void **state)
{
        static uint8_t bytes[65507];
        char text[TEXT_ESCAPED_SIZE];

        (void)state;
        for (size_t i = 0; i < N_OF(cuts); i++) {
                memset(bytes, cuts[i].byte, sizeof bytes);
                text_escape(bytes, cuts[i].length, text);
                CHECK_INT(cuts[i].name, strlen(text), cuts[i].shown + (cuts[i].more ? 3 : 0));
                CHECK_TEXT(cuts[i].name, text + cuts[i].shown, cuts[i].more ? "..." : "");
        }
}

static const struct {
        int64_t ns;
        const char *text;
} durations[] = {
        { 0, "0s" },
        { 1, "0.000000001s" },
        { NS_PER_MS, "1ms" },
        { 250 * NS_PER_MS, "250ms" },
        { 999 * NS_PER_MS, "999ms" },
        { NS_PER_S, "1s" },
        { 1500 * NS_PER_MS, "1500ms" },
        { NS_PER_S + 600 * NS_PER_US, "1.0006s" },
        { 59 * NS_PER_S, "59s" },
        { 60 * NS_PER_S, "1m" },
        { 90 * NS_PER_S, "90s" },
        { 3600 * NS_PER_S, "1h" },
        { 5400 * NS_PER_S, "90m" },
        { 24 * 3600 * NS_PER_S, "24h" },
        { INT64_MAX, "9223372036.854775807s" },
};

static void test_duration(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(durations); i++)
                CHECK_TEXT(durations[i].text, TEXT_DURATION(durations[i].ns), durations[i].text);
}

/* Whole milliseconds come out as the configuration would take them back. */
static void test_duration_is_read_again(void **state)
{
        static const int64_t some_ms[] = {
                0, 1, 10, 999, 1000, 1001, 59999, 60000, 61000, 3600000, 86400000
        };

        (void)state;
        for (size_t i = 0; i < N_OF(some_ms); i++) {
                const char *text = TEXT_DURATION(some_ms[i] * NS_PER_MS);
                int64_t ns = -1;

                CHECK_INT(text, value_duration(text, &ns), 0);
                CHECK_INT(text, ns, some_ms[i] * NS_PER_MS);
        }
}

static const struct {
        const char *name, *a, *b;
        size_t distance;
} distances[] = {
        { "both empty", "", "", 0 },
        { "one empty", "", "port", 4 },
        { "same", "PORT", "PORT", 0 },
        { "case", "PORT", "port", 0 },
        { "insert", "PORT", "POORT", 1 },
        { "insert in front", "PORT", "XPORT", 1 },
        { "insert behind", "PORT", "PORTS", 1 },
        { "delete", "PORT", "PRT", 1 },
        { "replace", "PORT", "PART", 1 },
        { "swap at the start", "PORT", "OPRT", 1 },
        { "swap in the middle", "PORT", "PROT", 1 },
        { "swap at the end", "PORT", "POTR", 1 },
        { "swap and case", "PORT", "pROt", 1 },
        { "two swaps", "INTERVAL", "NITERVLA", 2 },
        { "nothing in common", "abc", "xyz", 3 },
        { "classic", "kitten", "sitting", 3 },
        { "a swap is not edited again", "CA", "ABC", 3 },
};

static void test_distance(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(distances); i++) {
                CHECK_INT(distances[i].name, text_distance(distances[i].a, distances[i].b),
                          distances[i].distance);
                CHECK_INT(distances[i].name, text_distance(distances[i].b, distances[i].a),
                          distances[i].distance);
        }
}

static void test_distance_of_long_texts(void **state)
{
        char longest[TEXT_DISTANCE_MAX + 1] = { 0 }, too_long[TEXT_DISTANCE_MAX + 2] = { 0 };

        (void)state;
        memset(longest, 'a', TEXT_DISTANCE_MAX);
        memset(too_long, 'a', TEXT_DISTANCE_MAX + 1);
        assert_true(text_distance(longest, longest) == 0);
        assert_true(text_distance(longest, "") == TEXT_DISTANCE_MAX);
        assert_true(text_distance(longest, too_long) == SIZE_MAX);
        assert_true(text_distance(too_long, "") == SIZE_MAX);
        assert_true(text_distance(too_long, too_long) == SIZE_MAX);
}

static const struct {
        uint64_t number;
        const char *text;
} numbers[] = {
        { 0, "0" },
        { 9, "9" },
        { 10, "10" },
        { 1099, "1099" },
        { UINT32_MAX, "4294967295" },
        { UINT64_MAX, "18446744073709551615" },
};

static void test_number(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(numbers); i++) {
                char buffer[TEXT_NUMBER_SIZE + 1];
                char *end;

                memset(buffer, 'x', sizeof buffer);
                end = text_number(numbers[i].number, buffer);
                CHECK_TEXT(numbers[i].text, buffer, numbers[i].text);
                CHECK_INT(numbers[i].text, end - buffer, strlen(numbers[i].text));
                CHECK_INT(numbers[i].text, end[1], 'x');
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_escape),
                cmocka_unit_test(test_escape_of_no_bytes_at_all),
                cmocka_unit_test(test_escape_can_be_turned_back),
                cmocka_unit_test(test_escape_is_cut),
                cmocka_unit_test(test_duration),
                cmocka_unit_test(test_duration_is_read_again),
                cmocka_unit_test(test_number),
                cmocka_unit_test(test_distance),
                cmocka_unit_test(test_distance_of_long_texts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
