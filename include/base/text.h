#ifndef MCASTD_BASE_TEXT_H
#define MCASTD_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes of a stranger's text are shown, and the room that their escaped form needs. */
#define TEXT_SHOWN_MAX    256
#define TEXT_ESCAPED_SIZE (TEXT_SHOWN_MAX * 4 + sizeof "...")

/* Writes bytes from outside as printable ASCII: 0x20 to 0x7e as they are, the backslash and everything else
 * as \xNN, so that the result is one line and can be turned back. Shows TEXT_SHOWN_MAX bytes; "..." says that
 * there were more. Returns the buffer. */
const char *text_escape(const void *bytes, size_t length, char buffer[TEXT_ESCAPED_SIZE]);
#define TEXT_ESCAPE(bytes, length) text_escape((bytes), (length), (char[TEXT_ESCAPED_SIZE]){ 0 })

/* Writes a number in decimal digits at a fraction of the cost of snprintf. Returns where its NUL is. */
#define TEXT_NUMBER_SIZE sizeof "18446744073709551615"
char *text_number(uint64_t number, char *buffer);

/* A duration in the form that the configuration takes: 250ms, 90s, 2m, 1h. */
#define TEXT_DURATION_SIZE 32
const char *text_duration(int64_t ns, char buffer[TEXT_DURATION_SIZE]);
#define TEXT_DURATION(ns) text_duration((ns), (char[TEXT_DURATION_SIZE]){ 0 })

/* How many single-letter changes (insert, delete, replace, swap of neighbours) make `a` into `b`; case does
 * not count. For "did you mean": texts longer than TEXT_DISTANCE_MAX are infinitely far from everything
 * (SIZE_MAX). */
#define TEXT_DISTANCE_MAX 64
size_t text_distance(const char *a, const char *b);

#endif
