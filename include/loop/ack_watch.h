#ifndef MCASTD_LOOP_ACK_WATCH_H
#define MCASTD_LOOP_ACK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/attachment.h"
#include "loop/entrance.h"
#include "loop/section.h"
#include "state/acks.h"
#include "state/roster.h"

/* Who acknowledges the messages of an emitter: counts the acks of the last one, and keeps the roster. */
struct ack_watch {
        struct section *section;
        const struct attachment *link;
        int fd;                /* by which acks come; -1: no socket */
        uint32_t kernel_drops; /* as the kernel last told of this socket */
        struct entrance entrance;
        uint8_t tag_before[AUTH_TAG_SIZE]; /* of the message before the last one */
        struct acks *acks;
        struct roster *roster;
        uint64_t number; /* of the last message */
        int64_t sent_ns;
        bool waiting;       /* it was sent: its acks count */
        bool off_beat;      /* it has less time for its acks than INTERVAL, and is not judged */
        uint32_t last_acks; /* what the last message that was summed up has drawn */
        struct episode too_few;
};

/* The pointers must live as long. 0 or -ENOMEM, and then ack_watch_end() cleans up. */
int ack_watch_init(struct ack_watch *w, struct section *section, const struct attachment *link);

/* The last word is said, and everything freed. Takes what is half made. */
void ack_watch_end(struct ack_watch *w);

/* Acks come by this socket from now on. */
void ack_watch_open(struct ack_watch *w, int fd);

/* Takes one batch of acks; returns how many there were, or -errno. `arg` is the struct ack_watch. */
int ack_watch_receive(void *arg);

/* A message was sent at now_ns: what comes from now on is counted for it. tag: its own, to which signed acks
 * must be bound; zeroes if it has none. */
void ack_watch_begin(struct ack_watch *w, uint64_t number, const uint8_t tag[AUTH_TAG_SIZE], int64_t now_ns);

/* Before the next message is sent: what came of the last one. late: acks may wait that the loop has not
 * brought yet. */
void ack_watch_conclude(struct ack_watch *w, const struct config_emitter *cfg, bool late, int64_t now_ns);

/* The same, where the last message has not had its time, and is not judged. */
void ack_watch_abandon(struct ack_watch *w);

#endif
