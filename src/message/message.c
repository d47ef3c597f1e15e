/* message.c - what the bytes of a datagram mean. Pure. */
#include "message/message.h"

#include <stdbool.h>
#include <string.h>

static bool says(const uint8_t *payload, size_t length, const char *text)
{
        return length == strlen(text) && memcmp(payload, text, length) == 0;
}

void message_parse(const uint8_t *payload, size_t length, const char *ack_text, struct message *ret)
{
        bool ack = says(payload, length, ack_text) || says(payload, length, MESSAGE_ACK_TEXT);

        ret->type = ack ? MESSAGE_ACK : MESSAGE_TEXT;
}
