/* signatures.c - what the sections want of signatures, and whether the keys for it are there.
 * Pure but for the read in keys.c. */
#include "config/signatures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "config/keys.h"

bool signatures_fit(const struct config_emitter *e, const struct ini *ini, const struct ini_entry *header,
                    struct diag *diag)
{
        size_t errors = diag_errors(diag), longest = template_longest(e->message);

        if (e->auth != AUTH_OFF && e->key == 0)
                diag_add(diag, DIAG_ERROR, ini_place_of(ini, header, "AUTH"),
                         "%s needs KEY: only the acks of signed messages are signed",
                         auth_mode_name(e->auth));
        if (e->key != 0 && longest > MESSAGE_MAX - AUTH_TRAILER_SIZE)
                diag_add(diag, DIAG_ERROR, ini_place_of(ini, header, "MESSAGE"),
                         "can become %zu bytes long; with KEY at most %d, as the signature takes %d", longest,
                         MESSAGE_MAX - AUTH_TRAILER_SIZE, AUTH_TRAILER_SIZE);
        return diag_errors(diag) == errors;
}

/* --- the keys --- */

/* The keys that were read, and who is to have them. */
struct supply {
        const struct ini *ini;
        const struct keyring *keys;
        const char *file;
        struct diag *diag;
};

/* The header of a section: there is one on its line. */
static const struct ini_entry *header_of(const struct supply *s, const struct config_group *at)
{
        const struct ini_entry *e = s->ini->entries;

        while (e->line != at->line)
                e++;
        return e;
}

static void check_emitter(const struct supply *s, const struct config_emitter *e)
{
        struct diag_place place = ini_place_of(s->ini, header_of(s, &e->at), "KEY");
        char ids[KEYRING_TEXT_SIZE];

        if (e->key == 0 || keyring_find(s->keys, (uint16_t)e->key))
                return;
        diag_add(s->diag, DIAG_ERROR, place, "%s has no key %" PRIu64 "; it has %s", s->file, e->key,
                 keyring_text(s->keys, ids));
}

static void check_receiver(const struct supply *s, const struct config_receiver *r)
{
        if (r->auth != AUTH_OFF && keyring_count(s->keys) == 0)
                diag_add(s->diag, DIAG_ERROR, ini_place_of(s->ini, header_of(s, &r->at), "AUTH"),
                         "%s needs a key, and %s has none", auth_mode_name(r->auth), s->file);
}

static bool needs_keys(const struct config *c)
{
        for (size_t i = 0; i < c->n_receivers; i++)
                if (c->receivers[i].auth != AUTH_OFF)
                        return true;
        for (size_t i = 0; i < c->n_emitters; i++)
                if (c->emitters[i].key != 0)
                        return true;
        return false;
}

int signatures_load_keys(struct config *c, const struct ini *ini, const struct keys_source *keys,
                         struct diag *diag)
{
        struct keys_source named = { .path = c->daemon.keys, .fd = -1 };
        const struct keys_source *source = c->daemon.keys[0] ? &named : keys;
        struct supply s = { .ini = ini, .file = source->path, .diag = diag };
        int r;

        if (!needs_keys(c))
                return 0;
        r = keys_load(source, diag, &c->keys);
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        s.keys = c->keys;
        snprintf(c->keys_path, sizeof c->keys_path, "%s", source->path);
        for (size_t i = 0; i < c->n_receivers; i++)
                check_receiver(&s, &c->receivers[i]);
        for (size_t i = 0; i < c->n_emitters; i++)
                check_emitter(&s, &c->emitters[i]);
        return 0;
}
