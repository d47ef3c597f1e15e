#ifndef MCASTD_CTL_TOP_TEXT_H
#define MCASTD_CTL_TOP_TEXT_H

#include <stddef.h>

/* What a number that is not known looks like. */
#define TOP_UNKNOWN "-"

/* Room for any of them. */
#define TOP_NUMBER_SIZE 24

/* All write into the buffer and return it. */
const char *top_count(double number, char buffer[TOP_NUMBER_SIZE]); /* 12345, 1.2M */
const char *top_rate(double per_s, char buffer[TOP_NUMBER_SIZE]);   /* 12.3, 1234, 1.2M */
const char *top_seconds(double s, char buffer[TOP_NUMBER_SIZE]); /* 50ms, 0.41s, 59.9s, 3m05s, 2h30m, 4d02h */
const char *top_difference(double s, char buffer[TOP_NUMBER_SIZE]); /* +1.2ms, -0.4s, +2h30m */
#define TOP_COUNT(n)      top_count((n), (char[TOP_NUMBER_SIZE]){ 0 })
#define TOP_RATE(n)       top_rate((n), (char[TOP_NUMBER_SIZE]){ 0 })
#define TOP_SECONDS(s)    top_seconds((s), (char[TOP_NUMBER_SIZE]){ 0 })
#define TOP_DIFFERENCE(s) top_difference((s), (char[TOP_NUMBER_SIZE]){ 0 })

/* What a terminal must not be given becomes "?": all that is no printable ASCII. */
void top_text_clean(char *text);

#endif
