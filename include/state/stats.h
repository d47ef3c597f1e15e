#ifndef MCASTD_STATE_STATS_H
#define MCASTD_STATE_STATS_H

#include <stdbool.h>
#include <stdint.h>

/* What is counted for a section, since it was opened. Names and order as in the table of stats.c and in
 * mcastd(8). */
enum stat {
        STAT_RECEIVED,
        STAT_RECEIVED_BYTES,
        STAT_RECORDED,
        STAT_UNRECORDED,
        STAT_DROPPED_KERNEL,
        STAT_DROPPED_TRUNCATED,
        STAT_DROPPED_MISDIRECTED,
        STAT_DROPPED_FOREIGN,
        STAT_DROPPED_SOURCE,
        STAT_AUTH_OK,
        STAT_AUTH_PLAIN,
        STAT_DROPPED_PLAIN,
        STAT_DROPPED_MALFORMED,
        STAT_DROPPED_UNKNOWN_KEY,
        STAT_DROPPED_STALE,
        STAT_DROPPED_BAD_MAC,
        STAT_DROPPED_REPLAY,
        STAT_DROPPED_EARLY,
        STAT_PEERS_UNTOLD,
        STAT_PEERS_DISPLACED,
        STAT_PEERS_REFUSED,
        STAT_RECEIVE_ERRORS,
        STAT_REJOINS,
        STAT_ACKED,
        STAT_ACKS_LEAKED,
        STAT_ACKS_FAILED,
        STAT_ACKS_SUPPRESSED_ACK,
        STAT_ACKS_SUPPRESSED_SELF,
        STAT_ACKS_SUPPRESSED_SOURCE,
        STAT_ACKS_SUPPRESSED_PORT,
        STAT_ACKS_SUPPRESSED_RATE,
        STAT_ACKS_SUPPRESSED_TOTAL,
        STAT_ACKS_SUPPRESSED_SPREAD,
        STAT_SENT,
        STAT_SENT_BYTES,
        STAT_SEND_ERRORS,
        STAT_BEATS_MISSED,
        STAT_ACKS_RECEIVED,
        STAT_ACKS_DUPLICATE,
        STAT_ACKS_OVERFLOW,
        STAT_ACKS_STRAY,
        STAT_ACKS_MISSED,
        STAT_MESSAGES_SHORT,
        STAT_N,
};

struct stats {
        uint64_t count[STAT_N];
};

const char *stats_name(enum stat stat);

/* Whether it is one of a receiver's, or of an emitter's. */
bool stats_of_receiver(enum stat stat);
bool stats_of_emitter(enum stat stat);

/* The counters that are not zero, as `received=12 received_bytes=372`, or "nothing yet". */
#define STATS_TEXT_SIZE 2304
const char *stats_text(const struct stats *s, char buffer[STATS_TEXT_SIZE]);

#endif
