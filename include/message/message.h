#ifndef MCASTD_MESSAGE_MESSAGE_H
#define MCASTD_MESSAGE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

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

/* What the bytes of a datagram mean. */
struct message {
        enum message_type type;
};

/* Every payload is a message: what is not the text of an ack (`ack_text`, or the default one) is a text. */
void message_parse(const uint8_t *payload, size_t length, const char *ack_text, struct message *ret);

#endif
