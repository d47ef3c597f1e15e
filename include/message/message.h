#ifndef MCASTD_MESSAGE_MESSAGE_H
#define MCASTD_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/template.h"

/* What an ack says unless configured otherwise, and the longest text that it may say. Short, so that an
 * answer is hardly ever larger than its question. */
#define MESSAGE_ACK_TEXT     "ack"
#define MESSAGE_ACK_TEXT_MAX 64

/* The longest payload that is sent: one Ethernet frame over IPv4. */
#define MESSAGE_MAX 1472

enum message_type {
        MESSAGE_TEXT,
        MESSAGE_ACK,
};

enum message_clock {
        MESSAGE_CLOCK_NONE,
        MESSAGE_CLOCK_LOCAL, /* the sender's zone is not told */
        MESSAGE_CLOCK_UTC,
};

/* What the bytes of a datagram mean. */
struct message {
        enum message_type type;
        bool has_sequence, has_boot;
        uint64_t sequence; /* of the word `seq=N` */
        uint64_t boot;     /* of the word `boot=HEX` */
        enum message_clock clock;
        int64_t clock_ns; /* of `ATU 2026-11-21 02:16:11.123456`, or `ATU 2026-11-21T01:16:11.123456Z`: since
                             1970, as if it were UTC in either case */
};

/* Every payload is a message: what is not the text of an ack (`ack_text`, or the default one) is a text.
 * Words count that begin in the first MESSAGE_MAX bytes; what is not exactly as above is just text, and so is
 * the time of a year that 64-bit nanoseconds do not have. */
void message_parse(const uint8_t *payload, size_t length, const char *ack_text, struct message *ret);

/* The word `node=NAME` of a payload whose first `kept` bytes are there: NAME as it is, if it is printable
 * ASCII and all of it is there. Returns the buffer, "" where there is none. */
const char *message_node(const uint8_t *payload, size_t length, size_t kept, char buffer[NODE_NAME_MAX + 1]);

#endif
