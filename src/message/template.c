/* template.c - the text of a status message, made from a template such as `ATU {time} seq={seq}`.
 * Pure: the time is an argument. (localtime_r reads the time zone, which is no clock.) */
#include "message/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "message/message.h"

/* The longest text that any placeholder makes: the years of 64-bit nanoseconds have four digits. */
#define VALUE_SIZE (NODE_NAME_MAX + 1)

static void split(int64_t wall_ns, time_t *ret_s, long *ret_us)
{
        int64_t s = wall_ns / NS_PER_S, ns = wall_ns % NS_PER_S;

        if (ns < 0) { /* before 1970 */
                ns += NS_PER_S;
                s--;
        }
        *ret_s = (time_t)s;
        *ret_us = (long)(ns / NS_PER_US);
}

/* So many digits, and the sign behind them. */
static char *put_digits(char *to, long value, int digits, char sign)
{
        for (int i = digits; i-- > 0; value /= 10)
                to[i] = (char)('0' + value % 10);
        to[digits] = sign;
        return to + digits + 1;
}

/* By hand: printf would take half of the time that a message takes us. */
static void format_time(char *to, int64_t wall_ns, struct tm *(*convert)(const time_t *, struct tm *),
                        char separator, char zone)
{
        time_t s;
        long us;
        struct tm tm = { 0 };

        split(wall_ns, &s, &us);
        convert(&s, &tm);
        to = put_digits(to, tm.tm_year + 1900, 4, '-');
        to = put_digits(to, tm.tm_mon + 1, 2, '-');
        to = put_digits(to, tm.tm_mday, 2, separator);
        to = put_digits(to, tm.tm_hour, 2, ':');
        to = put_digits(to, tm.tm_min, 2, ':');
        to = put_digits(to, tm.tm_sec, 2, '.');
        *put_digits(to, us, 6, zone) = '\0';
}

static void put_time(char *to, const struct template_values *v)
{
        format_time(to, v->wall_ns, localtime_r, ' ', '\0');
}

static void put_utc(char *to, const struct template_values *v)
{
        format_time(to, v->wall_ns, gmtime_r, 'T', 'Z');
}

static void put_node(char *to, const struct template_values *v)
{
        snprintf(to, VALUE_SIZE, "%s", v->node);
}

static void put_boot(char *to, const struct template_values *v)
{
        snprintf(to, VALUE_SIZE, "%016" PRIx64, v->boot);
}

static void put_sequence(char *to, const struct template_values *v)
{
        snprintf(to, VALUE_SIZE, "%" PRIu64, v->sequence);
}

static void put_uptime(char *to, const struct template_values *v)
{
        snprintf(to, VALUE_SIZE, "%" PRId64, v->uptime_ns / NS_PER_S);
}

static const struct placeholder {
        const char *name; /* with its braces */
        size_t longest;   /* that its value can be */
        void (*put)(char *to, const struct template_values *values);
} placeholders[] = {
        { "{time}", sizeof "2026-11-21 02:16:11.123456" - 1, put_time },
        { "{utc}", sizeof "2026-11-21T02:16:11.123456Z" - 1, put_utc },
        { "{node}", NODE_NAME_MAX, put_node },
        { "{boot}", sizeof "0123456789abcdef" - 1, put_boot },
        { "{seq}", sizeof "18446744073709551615" - 1, put_sequence },
        { "{uptime}", sizeof "9223372036" - 1, put_uptime },
};
#define N_PLACEHOLDERS (sizeof placeholders / sizeof placeholders[0])

static const struct placeholder *placeholder_at(const char *text)
{
        for (size_t i = 0; *text == '{' && i < N_PLACEHOLDERS; i++)
                if (strncmp(text, placeholders[i].name, strlen(placeholders[i].name)) == 0)
                        return &placeholders[i];
        return NULL;
}

/* The length of the longest message. 0; or -EINVAL and the offset of a brace that is not understood. */
static int measure(const char *text, size_t *ret_longest, size_t *ret_at)
{
        size_t longest = 0;

        for (const char *p = text; *p;) {
                const struct placeholder *known = placeholder_at(p);

                if (known) {
                        longest += known->longest;
                        p += strlen(known->name);
                        continue;
                }
                if (*p == '{' || *p == '}') {
                        if (p[1] != *p) {
                                *ret_at = (size_t)(p - text);
                                return -EINVAL;
                        }
                        p++;
                }
                longest++;
                p++;
        }
        *ret_longest = longest;
        return 0;
}

int template_check(const char *text, size_t *ret_at)
{
        size_t longest;
        int r = measure(text, &longest, ret_at);

        if (r < 0)
                return r;
        return longest <= MESSAGE_MAX ? 0 : -ERANGE;
}

size_t template_longest(const char *text)
{
        size_t longest = 0, at;

        (void)measure(text, &longest, &at);
        return longest;
}

size_t template_render(const char *text, const struct template_values *values, char *buffer)
{
        char value[VALUE_SIZE];
        size_t length = 0;

        for (const char *p = text; *p && length < MESSAGE_MAX;) {
                const struct placeholder *known = placeholder_at(p);
                size_t n = 1;

                if (known) {
                        known->put(value, values);
                        n = strlen(value);
                        if (n > MESSAGE_MAX - length)
                                n = MESSAGE_MAX - length;
                        memcpy(buffer + length, value, n);
                        p += strlen(known->name);
                } else {
                        buffer[length] = *p;
                        p += *p == '{' || *p == '}' ? 2 : 1;
                }
                length += n;
        }
        return length;
}

const char *template_placeholders(void)
{
        return "{time} {utc} {node} {boot} {seq} {uptime}, {{ and }}";
}
