/* test_control_request.c - loop/control_request: which lines are requests, and what is said of those that are
 * none. */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "loop/control_request.h"

/* --- good --- */

#define TEXT_16 "0123456789abcdef"
#define NAME_64 TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define LOOKING false
#define MAY_ALL true

static const struct {
        const char *line;
        bool may_change;
        struct control_request expected; /* without the document */
} good[] = {
        { "{\"verb\":\"status\"}", LOOKING, { .verb = CONTROL_STATUS } },
        { "{\"verb\":\"status\"}", MAY_ALL, { .verb = CONTROL_STATUS } },
        { " {\t\"verb\" : \"status\" }\r", LOOKING, { .verb = CONTROL_STATUS } },
        { "{\"verb\":\"status\",\"version\":1}", LOOKING, { .verb = CONTROL_STATUS } },
        { "{\"version\":1,\"after\":\"256\",\"verb\":\"status\"}",
          LOOKING,
          { .verb = CONTROL_STATUS, .after.section = 256 } },
        { "{\"verb\":\"\\u0073tatus\"}", LOOKING, { .verb = CONTROL_STATUS } },
        { "{\"verb\":\"peers\"}", LOOKING, { .verb = CONTROL_PEERS } },
        { "{\"verb\":\"peers\",\"section\":\"mcserver.b\"}",
          LOOKING,
          { .verb = CONTROL_PEERS, .section = "mcserver.b" } },
        { "{\"verb\":\"peers\",\"section\":\"MCSERVER.B\"}",
          LOOKING,
          { .verb = CONTROL_PEERS, .section = "mcserver.b" } },
        { "{\"verb\":\"peers\",\"section\":\"" NAME_64 "\"}",
          LOOKING,
          { .verb = CONTROL_PEERS, .section = NAME_64 } },
        { "{\"verb\":\"peers\",\"after\":\"3:1000\"}",
          LOOKING,
          { .verb = CONTROL_PEERS, .after = { .section = 3, .slot = 1000 } } },
        { "{\"verb\":\"watch\"}", LOOKING, { .verb = CONTROL_WATCH } },
        { "{\"verb\":\"watch\",\"level\":\"debug\"}",
          LOOKING,
          { .verb = CONTROL_WATCH, .level = LOG_LEVEL_DEBUG } },
        { "{\"verb\":\"watch\",\"level\":\"error\"}",
          LOOKING,
          { .verb = CONTROL_WATCH, .level = LOG_LEVEL_ERROR } },
        { "{\"verb\":\"log-level\",\"level\":\"Info\"}",
          MAY_ALL,
          { .verb = CONTROL_LOG_LEVEL, .level = LOG_LEVEL_INFO } },
        { "{\"verb\":\"reload\"}", MAY_ALL, { .verb = CONTROL_RELOAD } },
        { "{\"verb\":\"send\",\"section\":\"mcclient\"}",
          MAY_ALL,
          { .verb = CONTROL_SEND, .section = "mcclient" } },
        { "{\"verb\":\"send\",\"section\":\"mcclient\",\"text\":\"fans \\u00fc off\"}",
          MAY_ALL,
          { .verb = CONTROL_SEND, .section = "mcclient", .text = "fans \xc3\xbc off" } },
        { "{\"verb\":\"send\",\"section\":\"mcclient\",\"text\":\"\"}",
          MAY_ALL,
          { .verb = CONTROL_SEND, .section = "mcclient", .text = "" } },
        { "{\"verb\":\"forget\",\"peer\":\"10.0.0.7\"}",
          MAY_ALL,
          { .verb = CONTROL_FORGET, .peer = "10.0.0.7" } },
        { "{\"verb\":\"forget\",\"peer\":\"fe80::1%eth0\",\"section\":\"mcserver\"}",
          MAY_ALL,
          { .verb = CONTROL_FORGET, .peer = "fe80::1%eth0", .section = "mcserver" } },
};

static void check_text(const char *row, const char *actual, const char *expected)
{
        CHECK(row, !actual == !expected);
        if (expected)
                CHECK_TEXT(row, actual, expected);
}

static void test_good(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(good); i++) {
                const char *row = good[i].line;
                const struct control_request *expected = &good[i].expected;
                enum log_level level = expected->level ? expected->level : LOG_LEVEL_NOTICE;
                char wrong[CONTROL_WRONG_SIZE] = "";
                struct control_request r;

                CHECK_INT(row, control_request_parse(row, strlen(row), good[i].may_change, &r, wrong), 0);
                CHECK_INT(row, r.verb, expected->verb);
                CHECK_TEXT(row, r.section, expected->section);
                check_text(row, r.text, expected->text);
                check_text(row, r.peer, expected->peer);
                CHECK_INT(row, r.level, level);
                CHECK_INT(row, r.after.section, expected->after.section);
                CHECK_INT(row, r.after.slot, expected->after.slot);
                CHECK_TEXT(row, wrong, "");
                control_request_clear(&r);
        }
}

static void test_a_text_as_long_as_a_message(void **state)
{
        char line[MESSAGE_MAX + 128], text[MESSAGE_MAX + 2], wrong[CONTROL_WRONG_SIZE];
        struct control_request r;

        (void)state;
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (int longer = 0; longer <= 1; longer++) {
                int n = snprintf(line, sizeof line, "{\"verb\":\"send\",\"section\":\"a\",\"text\":\"%s\"}",
                                 text + 1 - longer);
                int result = control_request_parse(line, (size_t)n, true, &r, wrong);

                assert_int_equal(result, longer ? -EINVAL : 0);
                if (longer)
                        assert_string_equal(wrong, "\"text\" must have at most 1472 bytes");
                else
                        control_request_clear(&r);
        }
}

/* --- bad --- */

#define VERBS              "status, peers, watch, log-level, reload, send, forget"
#define LEVELS             "error, warning, notice, info or debug"
#define ONLY_CONTROL(verb) "\"" verb "\" changes something: use control.sock, see mcastctl(1)"

#define LINE(literal) literal, sizeof(literal) - 1

static const struct {
        const char *line;
        size_t length;
        bool may_change;
        const char *wrong; /* or, where it is JSON that is wrong, its beginning */
} bad[] = {
        { LINE(""), MAY_ALL, "this is no JSON: " },
        { LINE(" "), MAY_ALL, "this is no JSON: " },
        { LINE("status"), MAY_ALL, "this is no JSON: " },
        { LINE("{"), MAY_ALL, "this is no JSON: " },
        { LINE("{\"verb\":\"status\""), MAY_ALL, "this is no JSON: " },
        { LINE("{\"verb\":\"status\"} {\"verb\":\"status\"}"), MAY_ALL,
          "this is no JSON: end of file expected" },
        { LINE("{\"verb\":\"status\"}x"), MAY_ALL, "this is no JSON: end of file expected" },
        { LINE("{\"verb\":\"status\",\"verb\":\"reload\"}"), MAY_ALL,
          "this is no JSON: duplicate object key" },
        { LINE("{\"verb\":\"stat\xfcs\"}"), MAY_ALL, "this is no JSON: unable to decode byte 0xfc" },
        { LINE("{\"verb\":\"stat\xc3\"}"), MAY_ALL, "this is no JSON: unable to decode byte 0xc3" },
        { LINE("{\"verb\":\"status\\u0000\"}"), MAY_ALL, "this is no JSON: \\x5cu0000 is not allowed" },
        { LINE("{\"verb\":\"sta\0us\"}"), MAY_ALL, "this is no JSON: control character 0x0" },
        { LINE("{\"verb\":\"status\"}\0"), MAY_ALL, "this is no JSON: " },
        { LINE("{\"verb\":\"sta\ttus\"}"), MAY_ALL, "this is no JSON: control character 0x9" },
        { LINE("null"), MAY_ALL, "a request is a JSON object" },
        { LINE("\"status\""), MAY_ALL, "a request is a JSON object" },
        { LINE("12"), MAY_ALL, "a request is a JSON object" },
        { LINE("[\"status\"]"), MAY_ALL, "a request is a JSON object" },
        { LINE("{}"), MAY_ALL, "there is no \"verb\"" },
        { LINE("{\"Verb\":\"status\"}"), MAY_ALL, "there is no \"verb\"" },
        { LINE("{\"verb\":1}"), MAY_ALL, "\"verb\" must be a string" },
        { LINE("{\"verb\":null}"), MAY_ALL, "\"verb\" must be a string" },
        { LINE("{\"verb\":\"\"}"), MAY_ALL, "\"verb\" is \"\", and must be one of " VERBS },
        { LINE("{\"verb\":\"stop\"}"), MAY_ALL, "\"verb\" is \"stop\", and must be one of " VERBS },
        { LINE("{\"verb\":\"Status\"}"), MAY_ALL, "\"verb\" is \"Status\", and must be one of " VERBS },
        { LINE("{\"verb\":\"\\u001b[31m\xe2\x80\xae\"}"), MAY_ALL,
          "\"verb\" is \"\\x1b[31m\\xe2\\x80\\xae\", and must be one of " VERBS },
        { LINE("{\"verb\":\"status\",\"version\":2}"), MAY_ALL, "\"version\" must be 1" },
        { LINE("{\"verb\":\"stop\",\"version\":2}"), MAY_ALL, "\"version\" must be 1" },
        { LINE("{\"verb\":\"status\",\"version\":\"1\"}"), MAY_ALL, "\"version\" must be 1" },
        { LINE("{\"verb\":\"status\",\"version\":1.0}"), MAY_ALL, "\"version\" must be 1" },
        { LINE("{\"verb\":\"status\",\"section\":\"mcserver\"}"), MAY_ALL,
          "\"status\" takes no \"section\"" },
        { LINE("{\"verb\":\"status\",\"\":1}"), MAY_ALL, "\"status\" takes no \"\"" },
        { LINE("{\"verb\":\"reload\",\"a\\nb\":1}"), MAY_ALL, "\"reload\" takes no \"a\\x0ab\"" },
        { LINE("{\"verb\":\"status\",\"after\":256}"), MAY_ALL, "\"after\" must be a string" },
        { LINE("{\"verb\":\"status\",\"after\":null}"), MAY_ALL, "\"after\" must be a string" },
        { LINE("{\"verb\":\"status\",\"after\":\"0:1\"}"), MAY_ALL,
          "\"after\" is \"0:1\", which is no \"next\" of an answer" },
        { LINE("{\"verb\":\"peers\",\"after\":\"256\"}"), MAY_ALL,
          "\"after\" is \"256\", which is no \"next\" of an answer" },
        { LINE("{\"verb\":\"peers\",\"section\":\"\"}"), MAY_ALL, "\"section\" must have 1 to 64 bytes" },
        { LINE("{\"verb\":\"peers\",\"section\":\"" NAME_64 "x\"}"), MAY_ALL,
          "\"section\" must have 1 to 64 bytes" },
        { LINE("{\"verb\":\"peers\",\"section\":[]}"), MAY_ALL, "\"section\" must be a string" },
        { LINE("{\"verb\":\"watch\",\"level\":\"all\"}"), MAY_ALL,
          "\"level\" is \"all\", and must be " LEVELS },
        { LINE("{\"verb\":\"watch\",\"level\":7}"), MAY_ALL, "\"level\" must be a string" },
        { LINE("{\"verb\":\"log-level\"}"), MAY_ALL, "\"log-level\" needs \"level\"" },
        { LINE("{\"verb\":\"send\",\"text\":\"x\"}"), MAY_ALL, "\"send\" needs \"section\"" },
        { LINE("{\"verb\":\"send\",\"section\":\"a\",\"text\":{}}"), MAY_ALL, "\"text\" must be a string" },
        { LINE("{\"verb\":\"forget\"}"), MAY_ALL, "\"forget\" needs \"peer\"" },
        { LINE("{\"verb\":\"forget\",\"peer\":true}"), MAY_ALL, "\"peer\" must be a string" },
        { LINE("{\"verb\":\"log-level\",\"level\":\"debug\"}"), LOOKING, ONLY_CONTROL("log-level") },
        { LINE("{\"verb\":\"reload\"}"), LOOKING, ONLY_CONTROL("reload") },
        { LINE("{\"verb\":\"send\",\"section\":\"mcclient\"}"), LOOKING, ONLY_CONTROL("send") },
        { LINE("{\"verb\":\"send\"}"), LOOKING, ONLY_CONTROL("send") },
        { LINE("{\"verb\":\"forget\",\"peer\":\"10.0.0.7\"}"), LOOKING, ONLY_CONTROL("forget") },
};

/* Refused with these words, which anybody can print, and the output is as it was. */
static void check_bad(const char *row, const char *line, size_t length, bool may_change, const char *expected)
{
        struct control_request r, before;
        char wrong[CONTROL_WRONG_SIZE] = "";
        bool json = strncmp(expected, "this is no JSON: ", 17) == 0;

        memset(&r, 0x5a, sizeof r);
        before = r;
        CHECK_INT(row, control_request_parse(line, length, may_change, &r, wrong), -EINVAL);
        CHECK(row, memcmp(&r, &before, sizeof r) == 0);
        if (json && strncmp(wrong, expected, strlen(expected)) != 0)
                fail_msg("%s: \"%s\" does not begin with \"%s\"", row, wrong, expected);
        if (!json)
                CHECK_TEXT(row, wrong, expected);
        for (const char *p = wrong; *p; p++)
                CHECK(row, *p >= 0x20 && *p <= 0x7e);
}

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(bad); i++)
                check_bad(bad[i].line, bad[i].line, bad[i].length, bad[i].may_change, bad[i].wrong);
}

/* As deep, as long or as many as a request can have. */
static void test_bombs(void **state)
{
        static const struct {
                const char *name, *begin, *middle, *wrong;
        } bombs[] = {
                { "arrays", "{\"verb\":\"status\",\"after\":", "[",
                  "this is no JSON: maximum parsing depth reached" },
                { "objects", "", "{\"a\":", "this is no JSON: " },
                { "an array of arrays", "[", "[],", "this is no JSON: " },
                { "a number", "", "9", "this is no JSON: too big integer" },
                { "a negative number", "-", "9", "this is no JSON: too big negative integer" },
                { "an exponent", "1e", "9", "this is no JSON: real number overflow" },
                { "a verb without an end", "{\"verb\":\"", "x", "this is no JSON: " },
        };
        char line[CONTROL_REQUEST_MAX];

        (void)state;
        for (size_t i = 0; i < N_OF(bombs); i++) {
                size_t n = strlen(bombs[i].begin), step = strlen(bombs[i].middle);

                memcpy(line, bombs[i].begin, n);
                for (; n + step <= sizeof line; n += step)
                        memcpy(line + n, bombs[i].middle, step);
                check_bad(bombs[i].name, line, n, true, bombs[i].wrong);
        }
}

static void test_a_long_verb_is_shown_in_part(void **state)
{
        char line[CONTROL_REQUEST_MAX];
        int n = snprintf(line, sizeof line, "{\"verb\":\"%01000d\"}", 0);
        char expected[CONTROL_WRONG_SIZE];

        (void)state;
        snprintf(expected, sizeof expected, "\"verb\" is \"%0256d...\", and must be one of " VERBS, 0);
        check_bad("a long verb", line, (size_t)n, true, expected);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_a_text_as_long_as_a_message),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_bombs),
                cmocka_unit_test(test_a_long_verb_is_shown_in_part),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
