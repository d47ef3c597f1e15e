/* output.c - what mcastctl prints to: colours, the terminal's width, text and JSON without control
 * characters. Does not know what is printed. */
#include "ctl/output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Enough for what the daemon tells; a double as it is written in decimals needs no more. */
#define REAL_DIGITS 15

enum tone output_tone(const char *state)
{
        static const struct {
                const char *state;
                enum tone tone;
        } tones[] = {
                { "active", TONE_GOOD }, { "waiting", TONE_FAIR }, { "silent", TONE_BAD },
                { "failed", TONE_BAD },  { "up", TONE_GOOD },      { "new", TONE_FAIR },
                { "down", TONE_BAD },    { "error", TONE_BAD },    { "warning", TONE_FAIR },
        };

        for (size_t i = 0; i < sizeof tones / sizeof tones[0]; i++)
                if (strcmp(tones[i].state, state) == 0)
                        return tones[i].tone;
        return TONE_PLAIN;
}

bool output_has_colours(FILE *to)
{
        const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

        /* An empty one counts as none: see no-color.org. */
        return !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(to));
}

size_t output_width(FILE *to)
{
        struct winsize size;

        return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

void output_text(FILE *to, const char *text)
{
        for (; *text; text++)
                putc(*text >= 0x20 && *text <= 0x7e ? *text : '?', to);
}

void output_toned(FILE *to, bool colours, enum tone tone, const char *text)
{
        static const char *const codes[] = {
                [TONE_TITLE] = "\033[1m",
                [TONE_GOOD] = "\033[32m",
                [TONE_FAIR] = "\033[33m",
                [TONE_BAD] = "\033[31m",
        };

        colours = colours && tone != TONE_PLAIN && *text;
        fputs(colours ? codes[tone] : "", to);
        output_text(to, text);
        fputs(colours ? "\033[0m" : "", to);
}

/* jansson escapes all that is no printable ASCII, but for DEL. */
static int put_json(const char *text, size_t length, void *arg)
{
        FILE *to = arg;

        for (size_t i = 0; i < length; i++)
                if ((text[i] == 0x7f ? fputs("\\u007f", to) : putc(text[i], to)) == EOF)
                        return -1;
        return 0;
}

void output_json(const json_t *document)
{
        json_dump_callback(document, put_json, stdout,
                           JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS));
        putchar('\n');
}

void output_json_line(const json_t *document)
{
        json_dump_callback(document, put_json, stdout,
                           JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS));
        putchar('\n');
        fflush(stdout);
}
