#ifndef MCASTD_LOOP_OUTGOING_H
#define MCASTD_LOOP_OUTGOING_H

#include "config/config.h"
#include "loop/section.h"

/* A message of an emitter on its way, with room for its signature behind it. */
struct outgoing {
        uint16_t key_id; /* of the key that it is signed with; 0: it is not */
        size_t length;   /* without the signature */
        char text[MESSAGE_MAX + AUTH_TRAILER_SIZE];
};

/* What MESSAGE makes at now_ns (monotonic), with this number. */
void outgoing_make(struct outgoing *m, const struct config_emitter *cfg, const struct env *env,
                   uint64_t sequence, int64_t now_ns);

/* Somebody else's text in place of that. 0; or -E2BIG where it is too long, and nothing has changed. */
int outgoing_set_text(struct outgoing *m, const char *text);

/* Signs it, and sends it by the socket. 0 or -errno: -ENOKEY where its key is not there. */
int outgoing_send(struct outgoing *m, const struct section *section, int fd);

/* Says that it was sent. */
void outgoing_say(const struct outgoing *m, const struct section *section);

/* With its signature. */
size_t outgoing_size(const struct outgoing *m);

/* What acks of it must be bound to; zeroes if it is not signed. */
const uint8_t *outgoing_tag(const struct outgoing *m);

#endif
