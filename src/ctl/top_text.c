/* top_text.c - mcastctl top: numbers as short text, and text that a terminal can be given. Pure. */
#include "ctl/top_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* 1.2M, 123M: never more than four characters. */
static const char *scaled(double number, char buffer[TOP_NUMBER_SIZE])
{
        static const char units[] = "kMGTPE";
        size_t i = 0;

        number /= 1000;
        /* What would be rounded to 1000 has the next unit. */
        while (number >= 999.5 && i + 2 < sizeof units) {
                number /= 1000;
                i++;
        }
        snprintf(buffer, TOP_NUMBER_SIZE, "%.*f%c", number < 9.95 ? 1 : 0, number, units[i]);
        return buffer;
}

static const char *unknown(char buffer[TOP_NUMBER_SIZE])
{
        return memcpy(buffer, TOP_UNKNOWN, sizeof TOP_UNKNOWN);
}

const char *top_count(double number, char buffer[TOP_NUMBER_SIZE])
{
        if (isnan(number))
                return unknown(buffer);
        if (number >= 99999.5)
                return scaled(number, buffer);
        snprintf(buffer, TOP_NUMBER_SIZE, "%.0f", number);
        return buffer;
}

const char *top_rate(double per_s, char buffer[TOP_NUMBER_SIZE])
{
        if (isnan(per_s))
                return unknown(buffer);
        if (per_s >= 99999.5)
                return scaled(per_s, buffer);
        snprintf(buffer, TOP_NUMBER_SIZE, "%.*f", per_s < 999.95 ? 1 : 0, per_s);
        return buffer;
}

/* From a minute on: the two largest units. */
static void write_long(double s, char buffer[TOP_NUMBER_SIZE])
{
        unsigned long long whole = s < 1e15 ? (unsigned long long)s : 1000000000000000;

        if (whole < 3600)
                snprintf(buffer, TOP_NUMBER_SIZE, "%llum%02llus", whole / 60, whole % 60);
        else if (whole < 86400)
                snprintf(buffer, TOP_NUMBER_SIZE, "%lluh%02llum", whole / 3600, whole / 60 % 60);
        else if (whole < 100 * 86400)
                snprintf(buffer, TOP_NUMBER_SIZE, "%llud%02lluh", whole / 86400, whole / 3600 % 24);
        else
                snprintf(buffer, TOP_NUMBER_SIZE, "%llud", whole / 86400);
}

const char *top_seconds(double s, char buffer[TOP_NUMBER_SIZE])
{
        if (isnan(s))
                return unknown(buffer);
        if (s > 0 && s < 0.0995)
                snprintf(buffer, TOP_NUMBER_SIZE, "%.*fms", s < 0.00995 ? 1 : 0, s * 1000);
        else if (s < 59.95)
                snprintf(buffer, TOP_NUMBER_SIZE, "%.*fs", s < 9.995 ? 2 : 1, s > 0 ? s : 0);
        else
                write_long(s < 60 ? 60 : s, buffer);
        return buffer;
}

const char *top_difference(double s, char buffer[TOP_NUMBER_SIZE])
{
        const char *sign = s < 0 ? "-" : "+";
        char size[TOP_NUMBER_SIZE];

        if (isnan(s))
                return unknown(buffer);
        s = fabs(s);
        /* So little has no direction. */
        if (s < 0.00005)
                sign = "";
        if (s < 0.9995)
                snprintf(buffer, TOP_NUMBER_SIZE, "%s%.*fms", sign, s < 0.00995 ? 1 : 0, s * 1000);
        else
                snprintf(buffer, TOP_NUMBER_SIZE, "%s%.*s", sign, TOP_NUMBER_SIZE - 2, top_seconds(s, size));
        return buffer;
}

void top_text_clean(char *text)
{
        for (; *text; text++)
                if (*text < 0x20 || *text > 0x7e)
                        *text = '?';
}
