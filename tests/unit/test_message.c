/* test_message.c - message/message: which payload is an ack, and what a text tells by its words and its time.
 */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
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

static struct message parse(const void *payload, size_t length)
{
        /* Where it is read too far a sanitizer tells. */
        uint8_t *copy = malloc(length ? length : 1);
        struct message m;

        assert_non_null(copy);
        if (length)
                memcpy(copy, payload, length);
        memset(&m, 'x', sizeof m);
        message_parse(copy, length, "ack", &m);
        free(copy);
        return m;
}

#define NONE 0, false
#define IS   , true

/* A number and whether there is one, of seq= and of boot=. */
static const struct {
        const char *name;
        const char *payload;
        size_t length;
        uint64_t sequence;
        bool has_sequence;
        uint64_t boot;
        bool has_boot;
} words[] = {
        { "empty", BYTES(""), NONE, NONE },
        { "a blank", BYTES(" "), NONE, NONE },
        { "no word", BYTES("ATU 2026-11-21 02:16:11.123456"), NONE, NONE },
        { "both", BYTES("ATU {time} seq=12 boot=0123456789abcdef"), 12 IS, UINT64_C(0x0123456789abcdef) IS },
        { "both, the other way round", BYTES("boot=1 seq=2"), 2 IS, 1 IS },
        { "nothing else", BYTES("seq=7"), 7 IS, NONE },
        { "first of several", BYTES("seq=7 and more"), 7 IS, NONE },
        { "blanks around", BYTES("  seq=7  boot=8  "), 7 IS, 8 IS },
        { "the first of two counts", BYTES("seq=1 seq=2 boot=3 boot=4"), 1 IS, 3 IS },
        { "the first good one counts", BYTES("seq=x seq=2 boot=x boot=4"), 2 IS, 4 IS },
        { "zero", BYTES("seq=0 boot=0"), 0 IS, 0 IS },
        { "leading zeros", BYTES("seq=007 boot=000000000000000000000007"), 7 IS, 7 IS },
        { "the largest", BYTES("seq=18446744073709551615 boot=ffffffffffffffff"), UINT64_MAX IS,
          UINT64_MAX IS },
        { "the largest with zeros", BYTES("seq=0018446744073709551615 boot=00ffffffffffffffff"),
          UINT64_MAX IS, UINT64_MAX IS },
        { "one too large", BYTES("seq=18446744073709551616 boot=10000000000000000"), NONE, NONE },
        { "ten times too large", BYTES("seq=184467440737095516150 boot=fffffffffffffffff"), NONE, NONE },
        { "a last digit too large", BYTES("seq=18446744073709551619"), NONE, NONE },
        { "no number", BYTES("seq= boot="), NONE, NONE },
        { "no number at the end", BYTES("boot= seq="), NONE, NONE },
        { "a sign", BYTES("seq=+1 boot=-1"), NONE, NONE },
        { "minus", BYTES("seq=-1 boot=+1"), NONE, NONE },
        { "a fraction", BYTES("seq=1.0"), NONE, NONE },
        { "hexadecimal is for boots", BYTES("seq=1a boot=1a"), NONE, 0x1a IS },
        { "a prefix", BYTES("seq=0x1 boot=0x1"), NONE, NONE },
        { "capitals in a number", BYTES("boot=1A"), NONE, NONE },
        { "the letter behind f", BYTES("boot=1g"), NONE, NONE },
        { "the characters around the digits", BYTES("seq=1: boot=1/"), NONE, NONE },
        { "the character before a", BYTES("boot=1`"), NONE, NONE },
        { "capitals in a name", BYTES("SEQ=1 Boot=1"), NONE, NONE },
        { "a longer name", BYTES("xseq=1 reboot=1"), NONE, NONE },
        { "another sign behind the name", BYTES("seq:1 boot 1"), NONE, NONE },
        { "a blank before the number", BYTES("seq= 1 boot= 1"), NONE, NONE },
        { "a cut name", BYTES("se"), NONE, NONE },
        { "punctuation behind the number", BYTES("seq=1, boot=1;"), NONE, NONE },
        { "a tab is no blank", BYTES("seq=1\tboot=1"), NONE, NONE },
        { "a newline behind the number", BYTES("boot=1 seq=1\n"), NONE, 1 IS },
        { "a NUL behind the number", BYTES("boot=1 seq=1\0"), NONE, 1 IS },
        { "a NUL before the word", BYTES("\0seq=1 boot=1"), NONE, 1 IS },
        { "behind a NUL", BYTES("\0 seq=1"), 1 IS, NONE },
        { "an ack has none", BYTES("ack"), NONE, NONE },
        { "behind an ack", BYTES("ack seq=1"), 1 IS, NONE },
};

static void check_words(size_t i)
{
        struct message m = parse(words[i].payload, words[i].length);

        CHECK_INT(words[i].name, m.has_sequence, words[i].has_sequence);
        CHECK_INT(words[i].name, m.has_boot, words[i].has_boot);
        if (m.has_sequence)
                CHECK(words[i].name, m.sequence == words[i].sequence);
        if (m.has_boot)
                CHECK(words[i].name, m.boot == words[i].boot);
}

static void test_words(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(words); i++)
                check_words(i);
}

/* Where a word begins, and whether it is looked at: never one that is cut off. */
static const struct {
        const char *name;
        size_t at;
        bool has_sequence;
} places[] = {
        { "ends at the longest payload that is sent", MESSAGE_MAX - 9, true },
        { "reaches beyond it", MESSAGE_MAX - 8, true },
        { "begins with its last byte", MESSAGE_MAX - 1, true },
        { "begins behind it", MESSAGE_MAX, false },
        { "far behind it", 9000, false },
};

static void test_only_the_beginning_is_looked_at(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(places); i++) {
                char payload[9216];
                struct message m;

                memset(payload, ' ', sizeof payload);
                memcpy(payload + places[i].at, "seq=12345", 9);
                m = parse(payload, sizeof payload);
                CHECK_INT(places[i].name, m.has_sequence, places[i].has_sequence);
                CHECK(places[i].name, !m.has_sequence || m.sequence == 12345);
                /* The same where the payload ends with it. */
                m = parse(payload, places[i].at + 9);
                CHECK_INT(places[i].name, m.has_sequence, places[i].has_sequence);
        }
}

#define AT(s, us) ((s)*NS_PER_S + (us)*NS_PER_US)

/* `s` is what `date -u -d … +%s` says. */
static const struct {
        const char *name;
        const char *payload;
        size_t length;
        enum message_clock clock;
        int64_t ns;
} times[] = {
        { "local", BYTES("ATU 2026-11-21 02:16:11.123456"), MESSAGE_CLOCK_LOCAL, AT(1795227371, 123456) },
        { "UTC", BYTES("ATU 2026-11-21T02:16:11.123456Z"), MESSAGE_CLOCK_UTC, AT(1795227371, 123456) },
        { "words behind it", BYTES("ATU 2026-11-21T02:16:11.123456Z seq=1"), MESSAGE_CLOCK_UTC,
          AT(1795227371, 123456) },
        { "a blank behind it", BYTES("ATU 2026-11-21 02:16:11.123456 "), MESSAGE_CLOCK_LOCAL,
          AT(1795227371, 123456) },
        { "the beginning", BYTES("ATU 1970-01-01T00:00:00.000000Z"), MESSAGE_CLOCK_UTC, 0 },
        { "before the beginning", BYTES("ATU 1969-12-31 23:59:59.999999"), MESSAGE_CLOCK_LOCAL, AT(0, -1) },
        { "the last moment of a day", BYTES("ATU 2026-12-31 23:59:59.999999"), MESSAGE_CLOCK_LOCAL,
          AT(1798761599, 999999) },
        { "a leap second", BYTES("ATU 2016-12-31T23:59:60.500000Z"), MESSAGE_CLOCK_UTC,
          AT(1483228800, 500000) },
        { "second 61", BYTES("ATU 2016-12-31T23:59:61.000000Z"), MESSAGE_CLOCK_NONE, 0 },
        { "a leap day", BYTES("ATU 2028-02-29 00:00:00.000000"), MESSAGE_CLOCK_LOCAL, AT(1835395200, 0) },
        { "none in 2026", BYTES("ATU 2026-02-29 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "the 31st of November", BYTES("ATU 2026-11-31 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "the 32nd", BYTES("ATU 2026-12-32 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "day 0", BYTES("ATU 2026-12-00 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "month 0", BYTES("ATU 2026-00-01 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "month 13", BYTES("ATU 2026-13-01 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "hour 24", BYTES("ATU 2026-11-21 24:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "minute 60", BYTES("ATU 2026-11-21 02:60:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "year 0", BYTES("ATU 0000-01-01 00:00:00.000000"), MESSAGE_CLOCK_NONE, 0 },
        { "year 9999", BYTES("ATU 9999-12-31T23:59:60.999999Z"), MESSAGE_CLOCK_NONE, 0 },
        { "the last one", BYTES("ATU 2262-04-11T23:47:16.854775Z"), MESSAGE_CLOCK_UTC, INT64_MAX - 807 },
        { "one more", BYTES("ATU 2262-04-11T23:47:16.854776Z"), MESSAGE_CLOCK_NONE, 0 },
        { "a second more", BYTES("ATU 2262-04-11T23:47:17.000000Z"), MESSAGE_CLOCK_NONE, 0 },
        { "the first one", BYTES("ATU 1677-09-21T00:12:44.000000Z"), MESSAGE_CLOCK_UTC,
          AT(INT64_C(-9223372036), 0) },
        { "a second less", BYTES("ATU 1677-09-21T00:12:43.000000Z"), MESSAGE_CLOCK_NONE, 0 },
        { "cut", BYTES("ATU 2026-11-21 02:16:11.12345"), MESSAGE_CLOCK_NONE, 0 },
        { "cut before the fraction", BYTES("ATU 2026-11-21 02:16:11"), MESSAGE_CLOCK_NONE, 0 },
        { "cut behind the date", BYTES("ATU 2026-11-21"), MESSAGE_CLOCK_NONE, 0 },
        { "just its name", BYTES("ATU "), MESSAGE_CLOCK_NONE, 0 },
        { "not even that", BYTES("ATU"), MESSAGE_CLOCK_NONE, 0 },
        { "seven decimals", BYTES("ATU 2026-11-21 02:16:11.1234567"), MESSAGE_CLOCK_NONE, 0 },
        { "a comma", BYTES("ATU 2026-11-21 02:16:11,123456"), MESSAGE_CLOCK_NONE, 0 },
        { "local with a Z", BYTES("ATU 2026-11-21 02:16:11.123456Z"), MESSAGE_CLOCK_NONE, 0 },
        { "UTC without", BYTES("ATU 2026-11-21T02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "an offset", BYTES("ATU 2026-11-21T02:16:11.123456+01:00"), MESSAGE_CLOCK_NONE, 0 },
        { "small letters", BYTES("ATU 2026-11-21t02:16:11.123456z"), MESSAGE_CLOCK_NONE, 0 },
        { "two blanks", BYTES("ATU  2026-11-21 02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "a blank in front", BYTES(" ATU 2026-11-21 02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "another name", BYTES("atu 2026-11-21 02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "a sign", BYTES("ATU +026-11-21 02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "a blank for a digit", BYTES("ATU 2026-11- 1 02:16:11.123456"), MESSAGE_CLOCK_NONE, 0 },
        { "a newline behind it", BYTES("ATU 2026-11-21 02:16:11.123456\n"), MESSAGE_CLOCK_NONE, 0 },
        { "a NUL behind it", BYTES("ATU 2026-11-21 02:16:11.123456\0"), MESSAGE_CLOCK_NONE, 0 },
        { "a NUL in it",
          BYTES("ATU 2026-11-21\0"
                "02:16:11.123456"),
          MESSAGE_CLOCK_NONE, 0 },
};

static void test_times(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(times); i++) {
                struct message m = parse(times[i].payload, times[i].length);

                CHECK_INT(times[i].name, m.clock, times[i].clock);
                if (m.clock != MESSAGE_CLOCK_NONE)
                        CHECK_INT(times[i].name, m.clock_ns, times[i].ns);
        }
}

/* As the C library counts the days: noon of this one, or none where there is no such day or no such time. */
static bool noon_of(int year, int month, int day, int64_t *ret)
{
        struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12 };
        int64_t s = timegm(&tm);

        return tm.tm_mday == day && !__builtin_mul_overflow(s, NS_PER_S, ret);
}

static void check_day(int year, int month, int day)
{
        char text[64];
        int64_t ns = 0;
        bool told = noon_of(year, month, day, &ns);
        struct message m;

        snprintf(text, sizeof text, "ATU %04d-%02d-%02d 12:00:00.000000", year, month, day);
        m = parse(text, strlen(text));
        CHECK_INT(text, m.clock, told ? MESSAGE_CLOCK_LOCAL : MESSAGE_CLOCK_NONE);
        if (told)
                CHECK_INT(text, m.clock_ns, ns);
}

/* Each day that 64 bits of nanoseconds can tell, and of the other years those about the ends of months. */
static void test_days(void **state)
{
        (void)state;
        for (int year = 0; year <= 9999; year++)
                for (int month = 1; month <= 12; month++)
                        for (int day = 1; day <= 31; day++)
                                if ((year > 1670 && year < 2270) || day == 1 || day >= 28)
                                        check_day(year, month, day);
}

/* However short it is cut. */
static void test_any_beginning_of_a_message_can_be_read(void **state)
{
        static const char whole[] = "ATU 2026-11-21T02:16:11.123456Z seq=12 boot=abc";

        (void)state;
        for (size_t n = 0; n <= strlen(whole); n++) {
                struct message m = parse(whole, n);

                assert_int_equal(m.type, MESSAGE_TEXT);
                assert_int_equal(m.clock, n >= 31 ? MESSAGE_CLOCK_UTC : MESSAGE_CLOCK_NONE);
                assert_int_equal(m.has_sequence, n > 36);
                assert_int_equal(m.has_boot, n > 44);
        }
}

/* As many bytes as `kept` says are there, of `length`. */
static const struct {
        const char *name, *payload;
        size_t missing; /* bytes that were not kept */
        const char *node;
} nodes[] = {
        { "none", "ATU 2026-11-21 02:16:11.123456", 0, "" },
        { "the first word", "node=a", 0, "a" },
        { "the last", "seq=1 node=rack4-7.example", 0, "rack4-7.example" },
        { "between others", "ATU node=b seq=1", 0, "b" },
        { "the first of two", "node=a node=b", 0, "a" },
        { "empty, and then another", "node= node=b", 0, "b" },
        { "part of a word", "xnode=a", 0, "" },
        { "cut behind it", "node=a seq=1", 9, "a" },
        { "perhaps cut", "node=a", 9, "" },
        { "not printable", "node=a\x1b[m", 0, "" },
        { "not ASCII", "node=\xc3\xa4", 0, "" },
        { "64 bytes", "node=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0,
          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
        { "65 bytes", "node=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg", 0, "" },
};

static void test_nodes(void **state)
{
        char node[NODE_NAME_MAX + 1];

        (void)state;
        for (size_t i = 0; i < N_OF(nodes); i++) {
                size_t kept = strlen(nodes[i].payload);

                CHECK_TEXT(
                        nodes[i].name,
                        message_node((const uint8_t *)nodes[i].payload, kept + nodes[i].missing, kept, node),
                        nodes[i].node);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_only_the_beginning_is_looked_at),
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_days),
                cmocka_unit_test(test_nodes),
                cmocka_unit_test(test_any_beginning_of_a_message_can_be_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
