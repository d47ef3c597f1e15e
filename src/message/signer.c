/* signer.c - numbers and signs what a process sends. Pure. */
#include "message/signer.h"

#include <errno.h>
#include <stdio.h>

void signer_init(struct signer *s, uint64_t sender, uint64_t started_us)
{
        s->sender = sender;
        s->sequence = started_us;
}

int signer_sign(struct signer *s, const struct signer_task *task, uint32_t time_s,
                uint8_t ret_trailer[AUTH_TRAILER_SIZE])
{
        const struct auth_key *key = keyring_find(s->keys, task->key_id);
        const struct auth_stamp stamp = {
                .key_id = task->key_id,
                .sender = s->sender,
                .sequence = s->sequence + 1,
                .time_s = time_s,
        };

        if (!key)
                return -ENOKEY;
        auth_sign(key, &task->binding, &stamp, task->payload, task->length, ret_trailer);
        s->sequence++;
        return 0;
}

const char *signer_text(uint16_t key_id, char buffer[SIGNER_TEXT_SIZE])
{
        buffer[0] = '\0';
        if (key_id)
                snprintf(buffer, SIGNER_TEXT_SIZE, ", signed by key %u", key_id);
        return buffer;
}
