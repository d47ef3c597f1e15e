/* outgoing.c - one message of an emitter: made, signed, sent, and spoken of. When that is, and what comes of
 * it, is up to the emitter. */
#include "loop/outgoing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/env.h"
#include "message/template.h"
#include "os/socket.h"

void outgoing_make(struct outgoing *m, const struct config_emitter *cfg, const struct env *env,
                   uint64_t sequence, int64_t now_ns)
{
        const struct template_values values = {
                .wall_ns = clock_wall_ns(),
                .node = env->node,
                .boot = env->boot,
                .sequence = sequence,
                .uptime_ns = now_ns - env->started_ns,
        };

        m->key_id = (uint16_t)cfg->key;
        m->length = template_render(cfg->message, &values, m->text);
}

int outgoing_set_text(struct outgoing *m, const char *text)
{
        size_t length = strlen(text);

        if (length > MESSAGE_MAX - (m->key_id ? AUTH_TRAILER_SIZE : 0))
                return -E2BIG;
        memcpy(m->text, text, length);
        m->length = length;
        return 0;
}

size_t outgoing_size(const struct outgoing *m)
{
        return m->length + (m->key_id ? AUTH_TRAILER_SIZE : 0);
}

const uint8_t *outgoing_tag(const struct outgoing *m)
{
        static const uint8_t none[AUTH_TAG_SIZE];

        return m->key_id ? (const uint8_t *)m->text + outgoing_size(m) - AUTH_TAG_SIZE : none;
}

static int sign(struct outgoing *m, const struct section *section)
{
        const struct signer_task task = {
                .key_id = m->key_id,
                .binding = { .type = AUTH_DATA, .group = section->group },
                .payload = m->text,
                .length = m->length,
        };

        return signer_sign(&section->env->signer, &task, (uint32_t)(clock_wall_ns() / NS_PER_S),
                           (uint8_t *)m->text + m->length);
}

int outgoing_send(struct outgoing *m, const struct section *section, int fd)
{
        int r = m->key_id ? sign(m, section) : 0;

        return r < 0 ? r : socket_send(fd, &section->group, m->text, outgoing_size(m));
}

void outgoing_say(const struct outgoing *m, const struct section *section)
{
        struct log_field fields[SECTION_FIELDS + 1];
        char key[sizeof "65535"], signature[SIGNER_TEXT_SIZE];

        if (!log_enabled(EVENT_SENT))
                return;
        section_fields(section, fields);
        snprintf(key, sizeof key, "%" PRIu16, m->key_id);
        fields[SECTION_FIELDS] = (struct log_field){ "MCASTD_KEY", key };
        log_event(EVENT_SENT, fields, SECTION_FIELDS + (m->key_id ? 1 : 0), "sent \"%s\" to %s%s",
                  TEXT_ESCAPE(m->text, m->length), ENDPOINT_TEXT(&section->group),
                  signer_text(m->key_id, signature));
}
