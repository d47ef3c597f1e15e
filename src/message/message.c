/* message.c - what the bytes of a datagram mean. Pure. */
#include "message/message.h"

#include <string.h>

#include "base/clock.h"

/* A part of a payload that is being read. */
struct cursor {
        const uint8_t *at, *end;
};

static bool says(const uint8_t *payload, size_t length, const char *text)
{
        return length == strlen(text) && memcmp(payload, text, length) == 0;
}

/* Moves behind `text` if that comes next. Inline, so that its length is known when it is compiled. */
static inline __attribute__((always_inline)) bool take(struct cursor *c, const char *text)
{
        size_t n = strlen(text);

        if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0)
                return false;
        c->at += n;
        return true;
}

/* Moves behind exactly so many decimal digits. */
static bool take_digits(struct cursor *c, int n, int *ret)
{
        int value = 0;

        if (c->end - c->at < n)
                return false;
        for (int i = 0; i < n; i++) {
                if (c->at[i] < '0' || c->at[i] > '9')
                        return false;
                value = 10 * value + (c->at[i] - '0');
        }
        c->at += n;
        *ret = value;
        return true;
}

/* A time as it is written, the month and the day from 1 on. */
struct civil {
        int year, month, day, hour, minute, second, microsecond;
};

static int days_of_month(int year, int month)
{
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        return days[month - 1] + (month == 2 && leap);
}

/* A minute may have a leap second. */
static bool is_valid(const struct civil *c)
{
        return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= days_of_month(c->year, c->month) &&
               c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

/* Since 1970. A year that begins with March has its leap day at its end, and its months 30.6 days. timegm()
 * would do the same in thirty times the time, for each datagram. */
static int days_of(const struct civil *c)
{
        int year = c->month > 2 ? c->year : c->year - 1;
        int months = c->month > 2 ? c->month - 3 : c->month + 9;
        /* Of the year -400, so that none is negative; 719,468 days lie between March of the year 0 and 1970.
         */
        int years = year + 400;

        return years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + c->day - 1 -
               719468 - 146097;
}

/* False for years that no clock tells: 64 bits of nanoseconds end in 1677 and in 2262. */
static bool to_ns(const struct civil *c, int64_t *ret)
{
        int64_t seconds = (((int64_t)days_of(c) * 24 + c->hour) * 60 + c->minute) * 60 + c->second, ns;

        if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
            __builtin_add_overflow(ns, c->microsecond * NS_PER_US, &ns))
                return false;
        *ret = ns;
        return true;
}

/* The time of a status message, in one of the two forms that template.c writes. Returns what follows. */
static struct cursor parse_clock(const struct cursor all, struct message *m)
{
        struct cursor c = all;
        struct civil t;
        bool utc;

        if (!take(&c, "ATU ") || !take_digits(&c, 4, &t.year) || !take(&c, "-") ||
            !take_digits(&c, 2, &t.month) || !take(&c, "-") || !take_digits(&c, 2, &t.day))
                return all;
        utc = take(&c, "T");
        if ((!utc && !take(&c, " ")) || !take_digits(&c, 2, &t.hour) || !take(&c, ":") ||
            !take_digits(&c, 2, &t.minute) || !take(&c, ":") || !take_digits(&c, 2, &t.second) ||
            !take(&c, ".") || !take_digits(&c, 6, &t.microsecond) || (utc && !take(&c, "Z")))
                return all;
        if ((c.at < c.end && *c.at != ' ') || !is_valid(&t) || !to_ns(&t, &m->clock_ns))
                return all;
        m->clock = utc ? MESSAGE_CLOCK_UTC : MESSAGE_CLOCK_LOCAL;
        return c;
}

static int digit(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* The whole rest as a number without sign. False where it is none, or has more than 64 bits. */
static bool parse_number(struct cursor c, unsigned base, uint64_t *ret)
{
        uint64_t value = 0;

        if (c.at == c.end)
                return false;
        for (; c.at < c.end; c.at++) {
                unsigned d = (unsigned)digit(*c.at);

                if (d >= base || __builtin_mul_overflow(value, base, &value) ||
                    __builtin_add_overflow(value, d, &value))
                        return false;
        }
        *ret = value;
        return true;
}

static void parse_word(struct cursor word, struct message *m)
{
        if (!m->has_sequence && take(&word, "seq="))
                m->has_sequence = parse_number(word, 10, &m->sequence);
        else if (!m->has_boot && take(&word, "boot="))
                m->has_boot = parse_number(word, 16, &m->boot);
}

/* What stands before the next blank, or the end; moves behind it. */
static struct cursor take_word(struct cursor *c)
{
        const uint8_t *blank = memchr(c->at, ' ', (size_t)(c->end - c->at));
        struct cursor word = { c->at, blank ? blank : c->end };

        c->at = blank ? blank + 1 : c->end;
        return word;
}

/* Those that begin before `last`: none of them is cut off. */
static void parse_words(struct cursor c, const uint8_t *last, struct message *m)
{
        while (c.at < last)
                parse_word(take_word(&c), m);
}

/* To the compiler so many conditions look as if nobody ever got to their end; but each datagram does. */
__attribute__((hot)) void message_parse(const uint8_t *payload, size_t length, const char *ack_text,
                                        struct message *ret)
{
        const struct cursor c = { payload, payload + length };

        *ret = (struct message){ .type = MESSAGE_TEXT };
        if (says(payload, length, ack_text) || says(payload, length, MESSAGE_ACK_TEXT)) {
                ret->type = MESSAGE_ACK;
                return;
        }
        parse_words(parse_clock(c, ret), payload + (length < MESSAGE_MAX ? length : MESSAGE_MAX), ret);
}

static bool is_name(struct cursor word)
{
        size_t n = (size_t)(word.end - word.at);

        for (size_t i = 0; i < n; i++)
                if (word.at[i] <= 0x20 || word.at[i] > 0x7e)
                        return false;
        return n > 0 && n <= NODE_NAME_MAX;
}

const char *message_node(const uint8_t *payload, size_t length, size_t kept, char buffer[NODE_NAME_MAX + 1])
{
        struct cursor c = { payload, payload + kept };

        buffer[0] = '\0';
        while (c.at < c.end) {
                struct cursor word = take_word(&c);
                bool cut = word.end == c.end && kept < length;

                if (cut || !take(&word, "node=") || !is_name(word))
                        continue;
                memcpy(buffer, word.at, (size_t)(word.end - word.at));
                buffer[word.end - word.at] = '\0';
                break;
        }
        return buffer;
}
