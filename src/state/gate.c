/* gate.c - whether a datagram is let in: is it signed, by whom, and for the first time.
 * Pure; the caller passes the time and counts the verdicts. */
#include "state/gate.h"

const char *gate_refusal_name(enum gate_verdict verdict)
{
        static const char *const names[GATE_VERDICTS] = {
                [GATE_REFUSED] = "plain", [GATE_MALFORMED] = "malformed", [GATE_UNKNOWN_KEY] = "unknown_key",
                [GATE_STALE] = "stale",   [GATE_BAD_MAC] = "bad_mac",     [GATE_REPLAY] = "replay",
                [GATE_EARLY] = "early",
        };

        return names[verdict];
}

/* What is dear, and what leaves a trace, comes last: a stranger gets as far as the tag, and no further. */
static enum gate_verdict judge_signed(const struct gate *g, const uint8_t *bytes, size_t length,
                                      uint32_t now_s, const struct auth_trailer *t)
{
        const struct auth_key *key;
        int64_t ahead_s = auth_ahead_s(t->stamp.time_s, now_s);

        if (t->type != g->binding->type)
                return GATE_MALFORMED;
        key = keyring_find(g->keys, t->stamp.key_id);
        if (!key)
                return GATE_UNKNOWN_KEY;
        if (ahead_s > AUTH_STALE_S || ahead_s < -AUTH_STALE_S)
                return GATE_STALE;
        if (!auth_verify(key, g->binding, bytes, length))
                return GATE_BAD_MAC;
        switch (replay_note(g->replay, &t->stamp)) {
        case REPLAY_SEEN:
                return GATE_REPLAY;
        case REPLAY_EARLY:
                return GATE_EARLY;
        case REPLAY_FRESH:
                break;
        }
        return GATE_OK;
}

void gate_judge(const struct gate *g, const uint8_t *bytes, size_t length, uint32_t now_s,
                struct gate_result *ret)
{
        enum auth_shape shape;

        *ret = (struct gate_result){ .length = length };
        shape = auth_read(bytes, length, &ret->trailer);
        ret->is_signed = shape == AUTH_SIGNED;
        if (ret->is_signed)
                ret->length -= AUTH_TRAILER_SIZE;
        if (g->mode == AUTH_OFF)
                ret->verdict = GATE_UNCHECKED;
        else if (shape == AUTH_PLAIN)
                ret->verdict = g->mode == AUTH_ENFORCE ? GATE_REFUSED : GATE_PLAIN;
        else if (shape == AUTH_MALFORMED)
                ret->verdict = GATE_MALFORMED;
        else
                ret->verdict = judge_signed(g, bytes, length, now_s, &ret->trailer);
}
