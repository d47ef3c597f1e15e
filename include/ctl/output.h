#ifndef MCASTD_CTL_OUTPUT_H
#define MCASTD_CTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a piece of text stands out, where there are colours. */
enum tone {
        TONE_PLAIN,
        TONE_TITLE,
        TONE_GOOD,
        TONE_FAIR, /* not as it should be, but no trouble yet */
        TONE_BAD,
};

/* Of a state of a section or a peer, a level of the log: by its name. */
enum tone output_tone(const char *state);

/* Whether people see colours there: on a terminal, unless NO_COLOR is set. */
bool output_has_colours(FILE *to);

/* How many columns a line has on the terminal; SIZE_MAX where it is none. */
size_t output_width(FILE *to);

/* Text that the daemon has told: a byte that is no printable ASCII becomes '?', whatever was promised. */
void output_text(FILE *to, const char *text);

/* The same in a tone. */
void output_toned(FILE *to, bool colours, enum tone tone, const char *text);

/* A document to standard output, over several lines; or all in one, written at once. */
void output_json(const json_t *document);
void output_json_line(const json_t *document);

#endif
