/* test_template.c - message/template: what is a template, and what message it makes at which time and place.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "message/message.h"
#include "message/template.h"

#define CENTRAL_EUROPE "CET-1CEST,M3.5.0,M10.5.0/3"

/* 64 letters, as long as a node's name may be. */
#define LONGEST_NODE "a23456789b123456789c123456789d123456789e123456789f123456789g1234"
_Static_assert(sizeof LONGEST_NODE - 1 == NODE_NAME_MAX, "the longest name of a node");

static void set_zone(const char *tz)
{
        assert_int_equal(setenv("TZ", tz, 1), 0);
        tzset();
}

/* The message as a string. Renders into a buffer of just the size that is promised to do. */
static const char *render(const char *template, const struct template_values *values)
{
        static char text[MESSAGE_MAX + 1];
        char *buffer = malloc(MESSAGE_MAX);
        size_t length;

        assert_non_null(buffer);
        length = template_render(template, values, buffer);
        assert_true(length <= MESSAGE_MAX);
        memcpy(text, buffer, length);
        text[length] = '\0';
        free(buffer);
        return text;
}

/* `count` copies of a placeholder, and `more` letters. */
static const char *repeat(const char *placeholder, size_t count, size_t more)
{
        static char text[4 * MESSAGE_MAX];
        char *p = text;

        assert_true(count * strlen(placeholder) + more < sizeof text);
        for (size_t i = 0; i < count; i++)
                p = stpcpy(p, placeholder);
        memset(p, 'x', more);
        p[more] = '\0';
        return text;
}

static const struct {
        const char *text;
        int result;
        size_t at;
} checks[] = {
        { "", 0, 0 },
        { "a", 0, 0 },
        { "{time}", 0, 0 },
        { "ATU {time}", 0, 0 },
        { "{time}{utc}{node}{boot}{seq}{uptime}", 0, 0 },
        { "{{", 0, 0 },
        { "}}", 0, 0 },
        { "{{}}", 0, 0 },
        { "{{time}}", 0, 0 },
        { "{{{time}}}", 0, 0 },
        { "%s%n", 0, 0 },
        { "{", -EINVAL, 0 },
        { "}", -EINVAL, 0 },
        { "a{", -EINVAL, 1 },
        { "a}", -EINVAL, 1 },
        { "{}", -EINVAL, 0 },
        { "}{", -EINVAL, 0 },
        { "{{{", -EINVAL, 2 },
        { "}}}", -EINVAL, 2 },
        { "{{time}", -EINVAL, 6 },
        { "{time}}", -EINVAL, 6 },
        { "ATU {tim}", -EINVAL, 4 },
        { "ATU {times}", -EINVAL, 4 },
        { "ATU {TIME}", -EINVAL, 4 },
        { "ATU { time}", -EINVAL, 4 },
        { "ATU {time }", -EINVAL, 4 },
        { "ATU {time", -EINVAL, 4 },
        { "ATU {time:x}", -EINVAL, 4 },
        { "ATU {0}", -EINVAL, 4 },
        { "{time} {seq} {what}", -EINVAL, 13 },
        { "{a} {b}", -EINVAL, 0 },
};

static void test_check(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(checks); i++) {
                size_t at = 4711;

                CHECK_INT(checks[i].text, template_check(checks[i].text, &at), checks[i].result);
                CHECK_INT(checks[i].text, at, checks[i].result ? checks[i].at : 4711);
        }
}

static const struct {
        const char *text;
        size_t longest;
} lengths[] = {
        { "", 0 },          { "a", 1 },          { "{{}}", 2 },        { "ATU {time}", 30 },
        { "{utc}", 27 },    { "{node}x", 65 },   { "{boot}", 16 },     { "{seq}", 20 },
        { "{uptime}", 10 }, { "{{{seq}}}", 22 }, { "{seq}{seq}", 40 },
};

static void test_longest(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(lengths); i++)
                CHECK_INT(lengths[i].text, template_longest(lengths[i].text), lengths[i].longest);
}

static const struct {
        const char *name, *placeholder;
        size_t count, more;
        int result;
} sizes[] = {
        { "letters alone", "", 0, MESSAGE_MAX, 0 },
        { "one letter too many", "", 0, MESSAGE_MAX + 1, -ERANGE },
        { "{node} fits", "{node}", MESSAGE_MAX / NODE_NAME_MAX, 0, 0 },
        { "{node} and a letter", "{node}", MESSAGE_MAX / NODE_NAME_MAX, 1, -ERANGE },
        { "{time} fits", "{time}", 56, 16, 0 },
        { "{time} and a letter too many", "{time}", 56, 17, -ERANGE },
        { "a brace counts once", "{{", MESSAGE_MAX, 0, 0 },
        { "a brace too many", "{{", MESSAGE_MAX + 1, 0, -ERANGE },
};

static void test_check_of_the_longest(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(sizes); i++) {
                size_t at = 4711;
                const char *text = repeat(sizes[i].placeholder, sizes[i].count, sizes[i].more);

                CHECK_INT(sizes[i].name, template_check(text, &at), sizes[i].result);
                CHECK_INT(sizes[i].name, at, 4711);
        }
}

static const struct template_values some = {
        .wall_ns = INT64_C(1795223771123456789),
        .node = "ups-7",
        .boot = 0x1f,
        .sequence = 42,
        .uptime_ns = 3 * NS_PER_S + 999999999,
};
static const struct template_values least = { .node = "" };
static const struct template_values most = {
        .wall_ns = INT64_MAX,
        .node = LONGEST_NODE,
        .boot = UINT64_MAX,
        .sequence = UINT64_MAX,
        .uptime_ns = INT64_MAX,
};

static const struct {
        const char *template;
        const struct template_values *values;
        const char *message;
} messages[] = {
        { "", &some, "" },
        { "a", &some, "a" },
        { "ATU {time}", &some, "ATU 2026-11-21 02:16:11.123456" },
        { "{time}", &least, "1970-01-01 01:00:00.000000" },
        { "{time}", &most, "2262-04-12 01:47:16.854775" },
        { "{utc}", &some, "2026-11-21T01:16:11.123456Z" },
        { "{utc}", &least, "1970-01-01T00:00:00.000000Z" },
        { "{utc}", &most, "2262-04-11T23:47:16.854775Z" },
        { "{node}", &some, "ups-7" },
        { "{node}", &least, "" },
        { "{node}", &most, LONGEST_NODE },
        { "{boot}", &some, "000000000000001f" },
        { "{boot}", &least, "0000000000000000" },
        { "{boot}", &most, "ffffffffffffffff" },
        { "{seq}", &some, "42" },
        { "{seq}", &least, "0" },
        { "{seq}", &most, "18446744073709551615" },
        { "{uptime}", &some, "3" },
        { "{uptime}", &least, "0" },
        { "{uptime}", &most, "9223372036" },
        { "{seq}{seq} {seq}", &some, "4242 42" },
        { "{{", &some, "{" },
        { "}}", &some, "}" },
        { "{{}}", &some, "{}" },
        { "{{seq}}", &some, "{seq}" },
        { "{{{seq}}}", &some, "{42}" },
        { "{{{{seq}}}}", &some, "{{seq}}" },
        { "%s%n {seq}", &some, "%s%n 42" },
        { "ATU {time} node={node} seq={seq}", &some, "ATU 2026-11-21 02:16:11.123456 node=ups-7 seq=42" },
};

static void test_render(void **state)
{
        (void)state;
        set_zone(CENTRAL_EUROPE);
        for (size_t i = 0; i < N_OF(messages); i++) {
                size_t at;

                CHECK_INT(messages[i].template, template_check(messages[i].template, &at), 0);
                CHECK_TEXT(messages[i].template, render(messages[i].template, messages[i].values),
                           messages[i].message);
        }
}

/* A value that looks like a placeholder stays what it is. */
static void test_values_are_no_templates(void **state)
{
        const struct template_values values = { .node = "{seq}%s" };

        (void)state;
        assert_string_equal(render("{node}", &values), "{seq}%s");
}

/* The right column was printed by Python 3.11, with TZ as on the left:
 * f"ATU {datetime.fromtimestamp(wall_ns // 10**9).replace(microsecond=wall_ns // 1000 % 10**6)}" */
static const struct {
        const char *tz;
        int64_t wall_ns;
        const char *python;
} like_python[] = {
        { "UTC0", INT64_C(1000), "ATU 1970-01-01 00:00:00.000001" },
        { "UTC0", INT64_C(999999999), "ATU 1970-01-01 00:00:00.999999" },
        { "UTC0", INT64_C(951782400000001000), "ATU 2000-02-29 00:00:00.000001" },
        { "UTC0", INT64_C(4102444799999999000), "ATU 2099-12-31 23:59:59.999999" },
        { CENTRAL_EUROPE, INT64_C(1795223771123456789), "ATU 2026-11-21 02:16:11.123456" },
        { CENTRAL_EUROPE, INT64_C(1774745999999999000), "ATU 2026-03-29 01:59:59.999999" },
        { CENTRAL_EUROPE, INT64_C(1774746000000001000), "ATU 2026-03-29 03:00:00.000001" },
        { CENTRAL_EUROPE, INT64_C(1792889999999999000), "ATU 2026-10-25 02:59:59.999999" },
        { CENTRAL_EUROPE, INT64_C(1792890000000001000), "ATU 2026-10-25 02:00:00.000001" },
        { CENTRAL_EUROPE, INT64_C(4102444799999999000), "ATU 2100-01-01 00:59:59.999999" },
        { "IST-5:30", INT64_C(1795223771123456789), "ATU 2026-11-21 06:46:11.123456" },
        { "NPT-5:45", INT64_C(4102444799999999000), "ATU 2100-01-01 05:44:59.999999" },
        { "<-1130>11:30", INT64_C(1000), "ATU 1969-12-31 12:30:00.000001" },
        { "<-1130>11:30", INT64_C(1795223771123456789), "ATU 2026-11-20 13:46:11.123456" },
};

static void test_as_the_seed_prints_it(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(like_python); i++) {
                struct template_values values = { .wall_ns = like_python[i].wall_ns, .node = "" };

                set_zone(like_python[i].tz);
                CHECK_TEXT(like_python[i].python, render("ATU {time}", &values), like_python[i].python);
        }
}

/* Python leaves out a fraction of zero; a message here has one length. */
static const struct {
        int64_t wall_ns;
        const char *time;
} fractions[] = {
        { 0, "1970-01-01 00:00:00.000000" },
        { 999, "1970-01-01 00:00:00.000000" },
        { 1000, "1970-01-01 00:00:00.000001" },
        { 100000000, "1970-01-01 00:00:00.100000" },
        { NS_PER_S - 1, "1970-01-01 00:00:00.999999" },
        { NS_PER_S, "1970-01-01 00:00:01.000000" },
        { -1, "1969-12-31 23:59:59.999999" },
        { -NS_PER_S, "1969-12-31 23:59:59.000000" },
        { -NS_PER_S - 1, "1969-12-31 23:59:58.999999" },
        { INT64_C(1795223771000000000), "2026-11-21 01:16:11.000000" },
        { INT64_MIN + NS_PER_S, "1677-09-21 00:12:44.145224" },
};

static void test_six_decimals_always(void **state)
{
        (void)state;
        set_zone("UTC0");
        for (size_t i = 0; i < N_OF(fractions); i++) {
                struct template_values values = { .wall_ns = fractions[i].wall_ns, .node = "" };

                CHECK_TEXT(fractions[i].time, render("{time}", &values), fractions[i].time);
        }
}

static const char *const placeholders[] = { "{time}", "{utc}", "{node}", "{boot}", "{seq}", "{uptime}" };

/* What the check lets through is never cut, whatever the values. */
static void test_what_is_checked_is_sent_whole(void **state)
{
        (void)state;
        set_zone(CENTRAL_EUROPE);
        for (size_t i = 0; i < N_OF(placeholders); i++) {
                const char *p = placeholders[i];
                size_t one = strlen(render(p, &most)), n = MESSAGE_MAX / one, at;

                CHECK_INT(p, template_check(repeat(p, n, MESSAGE_MAX - n * one), &at), 0);
                CHECK_INT(p, strlen(render(repeat(p, n, MESSAGE_MAX - n * one), &most)), MESSAGE_MAX);
                CHECK_INT(p, template_check(repeat(p, n, MESSAGE_MAX - n * one + 1), &at), -ERANGE);
        }
}

/* Nor does an unchecked one write beyond its buffer. */
static void test_never_more_than_the_longest_message(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(placeholders); i++)
                CHECK_INT(placeholders[i], strlen(render(repeat(placeholders[i], 200, 0), &most)),
                          200 * strlen(render(placeholders[i], &most)) < MESSAGE_MAX
                                  ? 200 * strlen(render(placeholders[i], &most))
                                  : MESSAGE_MAX);
}

static void test_all_placeholders_are_named(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(placeholders); i++)
                CHECK(placeholders[i], strstr(template_placeholders(), placeholders[i]) != NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_longest),
                cmocka_unit_test(test_check),
                cmocka_unit_test(test_check_of_the_longest),
                cmocka_unit_test(test_render),
                cmocka_unit_test(test_values_are_no_templates),
                cmocka_unit_test(test_as_the_seed_prints_it),
                cmocka_unit_test(test_six_decimals_always),
                cmocka_unit_test(test_what_is_checked_is_sent_whole),
                cmocka_unit_test(test_never_more_than_the_longest_message),
                cmocka_unit_test(test_all_placeholders_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
