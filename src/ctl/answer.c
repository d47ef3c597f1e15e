/* answer.c - reads the members of the daemon's answers, its times among them. Pure.
 * Does not take their form for granted: what is not there reads as nothing. */
#include "ctl/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Longer than anything lasts. */
#define SECONDS_MAX 1e12

const char *answer_text(const json_t *object, const char *name)
{
        const char *text = json_string_value(json_object_get(object, name));

        return text ? text : "";
}

json_int_t answer_count(const json_t *object, const char *name)
{
        return json_integer_value(json_object_get(object, name));
}

double answer_real(const json_t *object, const char *name)
{
        return json_number_value(json_object_get(object, name));
}

bool answer_is(const json_t *object, const char *name)
{
        return json_is_true(json_object_get(object, name));
}

bool answer_has(const json_t *object, const char *name)
{
        const json_t *value = json_object_get(object, name);

        return value && !json_is_null(value);
}

int answer_time(const char *utc, int64_t *ret_ms)
{
        struct tm tm = { 0 };
        const char *end = strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm);
        char *z = NULL;
        double fraction;

        if (!end)
                return -EINVAL;
        fraction = *end == '.' ? strtod(end, &z) : 0;
        if (strcmp(z ? z : end, "Z") != 0)
                return -EINVAL;
        *ret_ms = (int64_t)timegm(&tm) * 1000 + (int64_t)(fraction * 1000 + 0.5);
        return 0;
}

const char *answer_local_time(const char *utc, bool with_ms, char buffer[ANSWER_TIME_SIZE])
{
        int64_t ms;
        time_t seconds;
        struct tm tm;
        size_t n = 0;

        if (answer_time(utc, &ms) == 0) {
                seconds = (time_t)(ms / 1000);
                if (localtime_r(&seconds, &tm))
                        n = strftime(buffer, ANSWER_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
        }
        if (n == 0)
                snprintf(buffer, ANSWER_TIME_SIZE, "-");
        else if (with_ms)
                snprintf(buffer + n, ANSWER_TIME_SIZE - n, ".%03d", (int)(ms % 1000));
        return buffer;
}

const char *answer_span(double seconds, char buffer[ANSWER_SPAN_SIZE])
{
        static const struct {
                double from, unit; /* in seconds */
                const char *name;
        } units[] = {
                { 2 * 86400, 86400, "days" },
                { 2 * 3600, 3600, "h" },
                { 120, 60, "min" },
                { 10, 1, "s" },
        };

        if (seconds > SECONDS_MAX)
                seconds = SECONDS_MAX;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
                if (seconds >= units[i].from) {
                        snprintf(buffer, ANSWER_SPAN_SIZE, "%" PRId64 " %s",
                                 (int64_t)(seconds / units[i].unit), units[i].name);
                        return buffer;
                }
        }
        snprintf(buffer, ANSWER_SPAN_SIZE, "%.1f s", seconds > 0 ? seconds : 0);
        return buffer;
}
