#ifndef MCASTD_CTL_ANSWER_H
#define MCASTD_CTL_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Members of what the daemon answers, each with a value that does no harm where it is missing or of another
 * type: "", 0, false. */
const char *answer_text(const json_t *object, const char *name);
json_int_t answer_count(const json_t *object, const char *name);
double answer_real(const json_t *object, const char *name);
bool answer_is(const json_t *object, const char *name);

/* Whether it is there, and not null. */
bool answer_has(const json_t *object, const char *name);

/* "2026-11-21T01:16:11.123Z" in milliseconds since 1970: 0, or -EINVAL. */
int answer_time(const char *utc, int64_t *ret_ms);

/* The same as the local time, "2026-11-21 02:16:11.123", without the milliseconds if so wanted; "-" where it
 * is none. */
#define ANSWER_TIME_SIZE 48
const char *answer_local_time(const char *utc, bool with_ms, char buffer[ANSWER_TIME_SIZE]);

/* How long that is, in its largest unit: "0.4 s", "45 s", "12 min", "5 h", "3 days". */
#define ANSWER_SPAN_SIZE 32
const char *answer_span(double seconds, char buffer[ANSWER_SPAN_SIZE]);
#define ANSWER_SPAN(seconds) answer_span((seconds), (char[ANSWER_SPAN_SIZE]){ 0 })

#endif
