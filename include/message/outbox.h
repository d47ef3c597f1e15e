#ifndef MCASTD_MESSAGE_OUTBOX_H
#define MCASTD_MESSAGE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "message/auth.h"

#define OUTBOX_MAX 64

/* The longest payload of a reply: what fits into one Ethernet frame. */
#define REPLY_MAX 1472

/* An answer that waits to be sent. The payload is not copied: it must live until the outbox has been flushed.
 */
struct reply {
        const void *payload;
        size_t length;
        struct endpoint to;
        struct address from;                /* one of this host's addresses */
        uint32_t ifindex;                   /* the interface to send by */
        bool record;                        /* whether it is to be spoken of, once it is sent */
        uint16_t key_id;                    /* of the key to sign with; 0: it is not signed */
        uint8_t request_tag[AUTH_TAG_SIZE]; /* what it answers, where it is signed */
        uint8_t trailer[AUTH_TRAILER_SIZE]; /* sent behind the payload, where it is signed */
        int error; /* after the flush: 0, or the errno because of which it was not sent */
};

/* The replies to one batch of datagrams. */
struct outbox {
        size_t n;
        struct reply replies[OUTBOX_MAX];
};

/* Room for one more reply, zeroed; NULL when the outbox is full. */
struct reply *outbox_append(struct outbox *out);
void outbox_clear(struct outbox *out);

#endif
