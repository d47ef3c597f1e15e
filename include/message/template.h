#ifndef MCASTD_MESSAGE_TEMPLATE_H
#define MCASTD_MESSAGE_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

/* The longest template, and the longest node name that goes into one. */
#define TEMPLATE_MAX  1000
#define NODE_NAME_MAX 64

/* What the placeholders stand for. */
struct template_values {
        int64_t wall_ns;   /* {time}: local, `2026-11-21 02:16:11.123456`; {utc}: RFC 3339,
                              `2026-11-21T01:16:11.123456Z` */
        const char *node;  /* {node} */
        uint64_t boot;     /* {boot}: 16 hexadecimal digits, drawn anew at each start of the daemon */
        uint64_t sequence; /* {seq} */
        int64_t uptime_ns; /* {uptime}: whole seconds since the daemon started */
};

/* Checks a template: 0, or -EINVAL (a brace that opens nothing known, or is not closed) with *ret_at the
 * offset of that brace, or -ERANGE (what it makes could be longer than MESSAGE_MAX) with *ret_at untouched.
 */
int template_check(const char *text, size_t *ret_at);

/* How long the message can be that a checked template makes: at most MESSAGE_MAX. */
size_t template_longest(const char *text);

/* Writes the message that a checked template makes, without a NUL; returns its length, at most MESSAGE_MAX.
 */
size_t template_render(const char *text, const struct template_values *values, char *buffer);

/* The known placeholders, for messages: "{time} {utc} …". */
const char *template_placeholders(void);

#endif
