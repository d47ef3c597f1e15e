/* stats.c - the counters of a section, and their names. Pure. */
#include "state/stats.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[STAT_N] = {
        [STAT_RECEIVED] = "received",
        [STAT_RECEIVED_BYTES] = "received_bytes",
        [STAT_RECORDED] = "recorded",
        [STAT_UNRECORDED] = "unrecorded",
        [STAT_DROPPED_KERNEL] = "dropped_kernel",
        [STAT_DROPPED_TRUNCATED] = "dropped_truncated",
        [STAT_DROPPED_MISDIRECTED] = "dropped_misdirected",
        [STAT_DROPPED_FOREIGN] = "dropped_foreign",
        [STAT_DROPPED_SOURCE] = "dropped_source",
        [STAT_AUTH_OK] = "auth_ok",
        [STAT_AUTH_PLAIN] = "auth_plain",
        [STAT_DROPPED_PLAIN] = "dropped_plain",
        [STAT_DROPPED_MALFORMED] = "dropped_malformed",
        [STAT_DROPPED_UNKNOWN_KEY] = "dropped_unknown_key",
        [STAT_DROPPED_STALE] = "dropped_stale",
        [STAT_DROPPED_BAD_MAC] = "dropped_bad_mac",
        [STAT_DROPPED_REPLAY] = "dropped_replay",
        [STAT_DROPPED_EARLY] = "dropped_early",
        [STAT_PEERS_UNTOLD] = "peers_untold",
        [STAT_PEERS_DISPLACED] = "peers_displaced",
        [STAT_PEERS_REFUSED] = "peers_refused",
        [STAT_RECEIVE_ERRORS] = "receive_errors",
        [STAT_REJOINS] = "rejoins",
        [STAT_ACKED] = "acked",
        [STAT_ACKS_LEAKED] = "acks_leaked",
        [STAT_ACKS_FAILED] = "acks_failed",
        [STAT_ACKS_SUPPRESSED_ACK] = "acks_suppressed_ack",
        [STAT_ACKS_SUPPRESSED_SELF] = "acks_suppressed_self",
        [STAT_ACKS_SUPPRESSED_SOURCE] = "acks_suppressed_source",
        [STAT_ACKS_SUPPRESSED_PORT] = "acks_suppressed_port",
        [STAT_ACKS_SUPPRESSED_RATE] = "acks_suppressed_rate",
        [STAT_ACKS_SUPPRESSED_TOTAL] = "acks_suppressed_total",
        [STAT_ACKS_SUPPRESSED_SPREAD] = "acks_suppressed_spread",
        [STAT_SENT] = "sent",
        [STAT_SENT_BYTES] = "sent_bytes",
        [STAT_SEND_ERRORS] = "send_errors",
        [STAT_BEATS_MISSED] = "beats_missed",
        [STAT_ACKS_RECEIVED] = "acks_received",
        [STAT_ACKS_DUPLICATE] = "acks_duplicate",
        [STAT_ACKS_OVERFLOW] = "acks_overflow",
        [STAT_ACKS_STRAY] = "acks_stray",
        [STAT_ACKS_MISSED] = "acks_missed",
        [STAT_MESSAGES_SHORT] = "messages_short",
};

const char *stats_name(enum stat stat)
{
        return names[stat];
}

/* The table begins with what only receivers count, and ends with what only emitters do; but what both hear
 * may be signed, and may find no room. */
bool stats_of_receiver(enum stat stat)
{
        return stat < STAT_SENT;
}

bool stats_of_emitter(enum stat stat)
{
        bool of_signatures = stat >= STAT_AUTH_OK && stat <= STAT_DROPPED_EARLY;

        return stat >= STAT_SENT || stat == STAT_RECEIVE_ERRORS || stat == STAT_DROPPED_KERNEL ||
               of_signatures;
}

const char *stats_text(const struct stats *s, char buffer[STATS_TEXT_SIZE])
{
        size_t n = 0;

        for (enum stat i = 0; i < STAT_N; i++) {
                if (s->count[i] == 0)
                        continue;
                n += (size_t)snprintf(buffer + n, STATS_TEXT_SIZE - n, "%s%s=%" PRIu64, n ? " " : "",
                                      names[i], s->count[i]);
        }
        if (n == 0)
                snprintf(buffer, STATS_TEXT_SIZE, "nothing yet");
        return buffer;
}
