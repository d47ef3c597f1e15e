#ifndef MCASTD_MESSAGE_SIGNER_H
#define MCASTD_MESSAGE_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "message/auth.h"
#include "message/keyring.h"

/* Signs what a process sends. All its datagrams are of one sender, and counted by one counter. */
struct signer {
        const struct keyring *keys; /* set by the owner; NULL: none */
        uint64_t sender;
        uint64_t sequence; /* of the last signed datagram */
};

/* sender: drawn at random; started_us: microseconds of the wall clock. Leaves the keys alone. */
void signer_init(struct signer *s, uint64_t sender, uint64_t started_us);

/* What is to be signed, and with which key. */
struct signer_task {
        uint16_t key_id;
        struct auth_binding binding;
        const void *payload;
        size_t length;
};

/* Writes the trailer; time_s: seconds of the wall clock. 0; or -ENOKEY where there is no key of this id. */
int signer_sign(struct signer *s, const struct signer_task *task, uint32_t time_s,
                uint8_t ret_trailer[AUTH_TRAILER_SIZE]);

/* ", signed by key 7", or "" for key 0. Returns the buffer. */
#define SIGNER_TEXT_SIZE sizeof ", signed by key 65535"
const char *signer_text(uint16_t key_id, char buffer[SIGNER_TEXT_SIZE]);

#endif
