/* values.c - strict converters for the values of the configuration and of the command line.
 * Pure, and silent: the caller knows what to tell. */
#include "config/values.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

/* Reads digits and moves *text behind them. UINT64_MAX stands for every number from there on: what is wrong
 * with the form behind the digits is to be found all the same. */
static int read_digits(const char **text, uint64_t *ret)
{
        uint64_t value = 0;
        bool overflow = false;
        const char *p = *text;

        if (*p < '0' || *p > '9')
                return -EINVAL;
        for (; *p >= '0' && *p <= '9'; p++) {
                overflow |= __builtin_mul_overflow(value, 10, &value);
                overflow |= __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value);
        }
        *text = p;
        *ret = overflow ? UINT64_MAX : value;
        return 0;
}

/* Digits that are no octal number: 0 stands alone. */
static int read_number(const char **text, uint64_t *ret)
{
        if (**text == '0' && (*text)[1] >= '0' && (*text)[1] <= '9')
                return -EINVAL;
        return read_digits(text, ret);
}

int value_number(const char *text, uint64_t *ret)
{
        uint64_t value;
        int r = read_number(&text, &value);

        if (r < 0)
                return r;
        if (*text)
                return -EINVAL;
        if (value == UINT64_MAX)
                return -ERANGE;
        *ret = value;
        return 0;
}

struct unit {
        const char *name;
        int64_t factor;
};

/* The factor of the unit with exactly this name; 0 where there is none. */
static int64_t unit_factor(const struct unit *units, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(units[i].name, name) == 0)
                        return units[i].factor;
        return 0;
}

/* The digits behind a decimal point, as nanounits: at most nine. */
static int read_fraction(const char **text, uint64_t *ret_nano)
{
        const char *start = *text;
        int r = read_digits(text, ret_nano);

        if (r < 0)
                return r;
        if (*text - start > 9)
                return -EINVAL;
        for (ptrdiff_t n = *text - start; n < 9; n++)
                *ret_nano *= 10;
        return 0;
}

int value_duration(const char *text, int64_t *ret_ns)
{
        static const struct unit units[] = {
                { "", NS_PER_S },       { "ms", NS_PER_MS },      { "s", NS_PER_S },
                { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
        };
        uint64_t whole, nano = 0;
        int64_t factor, ns, rest;
        int r = read_number(&text, &whole);

        if (r < 0)
                return r;
        if (*text == '.') {
                text++;
                r = read_fraction(&text, &nano);
                if (r < 0)
                        return r;
        }
        factor = unit_factor(units, sizeof units / sizeof units[0], text);
        if (factor == 0)
                return -EINVAL;
        /* nano is below 10^9 and factor a multiple of 10^6: neither overflow nor loss before the division. */
        rest = (int64_t)nano * (factor / NS_PER_MS) / (NS_PER_S / NS_PER_MS);
        if (__builtin_mul_overflow(whole, factor, &ns) || __builtin_add_overflow(ns, rest, &ns))
                return -ERANGE;
        *ret_ns = ns;
        return 0;
}

int value_size(const char *text, uint64_t *ret_bytes)
{
        static const struct unit units[] = {
                { "", 1 },
                { "K", 1 << 10 },
                { "M", 1 << 20 },
                { "G", 1 << 30 },
        };
        uint64_t whole, bytes;
        int64_t factor;
        int r = read_number(&text, &whole);

        if (r < 0)
                return r;
        factor = unit_factor(units, sizeof units / sizeof units[0], text);
        if (factor == 0)
                return -EINVAL;
        if (whole == UINT64_MAX || __builtin_mul_overflow(whole, factor, &bytes))
                return -ERANGE;
        *ret_bytes = bytes;
        return 0;
}

int value_rate(const char *text, rate_per_s *ret)
{
        uint64_t rate;
        int r;

        if (strcasecmp(text, "none") == 0) {
                *ret = RATE_NONE;
                return 0;
        }
        if (strcasecmp(text, "unlimited") == 0) {
                *ret = RATE_UNLIMITED;
                return 0;
        }
        r = read_number(&text, &rate);
        if (r < 0)
                return r;
        if (strcmp(text, "/s") != 0)
                return -EINVAL;
        if (rate >= RATE_UNLIMITED)
                return -ERANGE;
        *ret = (rate_per_s)rate;
        return 0;
}

int value_boolean(const char *text, bool *ret)
{
        static const struct {
                const char *text;
                bool value;
        } words[] = {
                { "yes", true }, { "true", true },   { "on", true },   { "1", true },
                { "no", false }, { "false", false }, { "off", false }, { "0", false },
        };

        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                if (strcasecmp(text, words[i].text) == 0) {
                        *ret = words[i].value;
                        return 0;
                }
        }
        return -EINVAL;
}
