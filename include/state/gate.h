#ifndef MCASTD_STATE_GATE_H
#define MCASTD_STATE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/auth.h"
#include "message/keyring.h"
#include "state/replay.h"

/* In the order in which they are found out: the cheap ones first, and nothing is kept of what is not OK. */
enum gate_verdict {
        GATE_UNCHECKED, /* AUTH_OFF */
        GATE_PLAIN,     /* not signed, and taken */
        GATE_OK,
        GATE_REFUSED, /* this and all that follow are refused; this one: not signed */
        GATE_MALFORMED,
        GATE_UNKNOWN_KEY,
        GATE_STALE,
        GATE_BAD_MAC,
        GATE_REPLAY,
        GATE_EARLY,
        GATE_VERDICTS,
};

/* Of what is refused, as in the names of the counters dropped_…: "plain", "malformed", ... NULL: it is let
 * in. */
const char *gate_refusal_name(enum gate_verdict verdict);

/* What a gate knows. */
struct gate {
        enum auth_mode mode;
        const struct keyring *keys;         /* NULL: none */
        const struct auth_binding *binding; /* what a datagram must be bound to, and its type */
        struct replay *replay;              /* NULL only with AUTH_OFF */
};

struct gate_result {
        enum gate_verdict verdict;
        size_t length;               /* of the payload, without the trailer */
        bool is_signed;              /* there is a trailer that could be read: */
        struct auth_trailer trailer; /* not to be trusted but for GATE_OK */
};

/* Judges the bytes of a datagram; now_s: the wall clock's seconds. Of AUTH_OFF nothing but a trailer that can
 * be read is cut off. */
void gate_judge(const struct gate *g, const uint8_t *bytes, size_t length, uint32_t now_s,
                struct gate_result *ret);

#endif
