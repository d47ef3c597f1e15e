/* text.c - text for people: bytes from outside made printable, durations, nearest names. Pure. */
#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const char *text_escape(const void *bytes, size_t length, char buffer[TEXT_ESCAPED_SIZE])
{
        static const char hex[] = "0123456789abcdef";
        const uint8_t *in = bytes;
        bool cut = length > TEXT_SHOWN_MAX;
        size_t shown = cut ? TEXT_SHOWN_MAX : length;
        const char *end = cut ? "..." : "";
        char *out = buffer;

        for (size_t i = 0; i < shown; i++) {
                if (in[i] >= 0x20 && in[i] <= 0x7e && in[i] != '\\') {
                        *out++ = (char)in[i];
                        continue;
                }
                *out++ = '\\';
                *out++ = 'x';
                *out++ = hex[in[i] >> 4];
                *out++ = hex[in[i] & 15];
        }
        memcpy(out, end, strlen(end) + 1);
        return buffer;
}

char *text_number(uint64_t number, char *buffer)
{
        char digits[TEXT_NUMBER_SIZE], *end = digits + sizeof digits, *first = end;

        do {
                *--first = (char)('0' + number % 10);
                number /= 10;
        } while (number);
        memcpy(buffer, first, (size_t)(end - first));
        buffer += end - first;
        *buffer = '\0';
        return buffer;
}

const char *text_duration(int64_t ns, char buffer[TEXT_DURATION_SIZE])
{
        static const struct {
                int64_t ns;
                const char *name;
        } units[] = {
                { 3600 * NS_PER_S, "h" },
                { 60 * NS_PER_S, "m" },
                { NS_PER_S, "s" },
                { NS_PER_MS, "ms" },
        };

        size_t n;

        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
                if (ns != 0 && ns % units[i].ns == 0) {
                        snprintf(buffer, TEXT_DURATION_SIZE, "%" PRId64 "%s", ns / units[i].ns,
                                 units[i].name);
                        return buffer;
                }
        }
        n = (size_t)snprintf(buffer, TEXT_DURATION_SIZE, "%" PRId64 ".%09" PRId64, ns / NS_PER_S,
                             ns % NS_PER_S);
        while (buffer[n - 1] == '0')
                n--;
        memcpy(buffer + n - (buffer[n - 1] == '.'), "s", sizeof "s");
        return buffer;
}

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static int same_letter(char a, char b)
{
        return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment: the rows of the classic table, of which the last three are kept. */
size_t text_distance(const char *a, const char *b)
{
        size_t rows[3][TEXT_DISTANCE_MAX + 1];
        size_t a_len = strlen(a), b_len = strlen(b);

        if (a_len > TEXT_DISTANCE_MAX || b_len > TEXT_DISTANCE_MAX)
                return SIZE_MAX;
        for (size_t j = 0; j <= b_len; j++)
                rows[0][j] = j;
        for (size_t i = 1; i <= a_len; i++) {
                size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= b_len; j++) {
                        size_t change = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;

                        row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + change);
                        if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                            same_letter(a[i - 2], b[j - 1]))
                                row[j] = least(row[j], above_that[j - 2] + 1);
                }
        }
        return rows[a_len % 3][b_len];
}
