/* message.c - what the bytes of a datagram mean. Pure. */
#include "message/message.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

/* A part of a payload that is being read. */
struct cursor {
        const uint8_t *at, *end;
};

static bool says(const uint8_t *payload, size_t length, const char *text)
{
        return length == strlen(text) && memcmp(payload, text, length) == 0;
}

/* Moves behind `text` if that comes next. */
static bool take(struct cursor *c, const char *text)
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

/* Whether there is such a day; timegm() would make the 3rd of March of the 31st of February. */
static bool is_date(const struct tm *tm)
{
        struct tm day = { .tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday };

        (void)timegm(&day);
        return day.tm_mon == tm->tm_mon && day.tm_mday == tm->tm_mday;
}

/* A minute may have a leap second. */
static bool is_valid(const struct tm *tm)
{
        return is_date(tm) && tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

/* False for years that no clock tells: 64 bits of nanoseconds end in 1677 and in 2262. */
static bool to_ns(struct tm *tm, int microseconds, int64_t *ret)
{
        int64_t ns;

        if (__builtin_mul_overflow((int64_t)timegm(tm), NS_PER_S, &ns) ||
            __builtin_add_overflow(ns, microseconds * NS_PER_US, &ns))
                return false;
        *ret = ns;
        return true;
}

/* The time of a status message, in one of the two forms that template.c writes. */
static void parse_clock(struct cursor c, struct message *m)
{
        struct tm tm = { 0 };
        int microseconds;
        bool utc;

        if (!take(&c, "ATU ") || !take_digits(&c, 4, &tm.tm_year) || !take(&c, "-") ||
            !take_digits(&c, 2, &tm.tm_mon) || !take(&c, "-") || !take_digits(&c, 2, &tm.tm_mday))
                return;
        utc = take(&c, "T");
        if ((!utc && !take(&c, " ")) || !take_digits(&c, 2, &tm.tm_hour) || !take(&c, ":") ||
            !take_digits(&c, 2, &tm.tm_min) || !take(&c, ":") || !take_digits(&c, 2, &tm.tm_sec) ||
            !take(&c, ".") || !take_digits(&c, 6, &microseconds) || (utc && !take(&c, "Z")))
                return;
        tm.tm_year -= 1900;
        tm.tm_mon--;
        if ((c.at < c.end && *c.at != ' ') || !is_valid(&tm) || !to_ns(&tm, microseconds, &m->clock_ns))
                return;
        m->clock = utc ? MESSAGE_CLOCK_UTC : MESSAGE_CLOCK_LOCAL;
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

void message_parse(const uint8_t *payload, size_t length, const char *ack_text, struct message *ret)
{
        const struct cursor c = { payload, payload + length };

        *ret = (struct message){ .type = MESSAGE_TEXT };
        if (says(payload, length, ack_text) || says(payload, length, MESSAGE_ACK_TEXT)) {
                ret->type = MESSAGE_ACK;
                return;
        }
        parse_clock(c, ret);
        parse_words(c, payload + (length < MESSAGE_MAX ? length : MESSAGE_MAX), ret);
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
