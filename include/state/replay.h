#ifndef MCASTD_STATE_REPLAY_H
#define MCASTD_STATE_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "message/auth.h"
#include "state/hash.h"

/* How far behind the highest one a sequence number may be that comes late. */
#define REPLAY_WINDOW 1024

enum replay_verdict {
        REPLAY_FRESH, /* and noted: a second time it is seen */
        REPLAY_SEEN,  /* or older than the window, and so perhaps seen */
        REPLAY_EARLY, /* not newer than what we may have forgotten, or than what was taken before us */
};

/* Which signed datagrams were taken already: for each sender and key a window of sequence numbers (RFC 6479).
 * Only datagrams whose tag was right may come here, so that no stranger can fill it. */
struct replay;

/* Room for `senders`, at least 1; it grows up to that. start_us: the wall clock's microseconds when we began
 * to listen; what was signed before may have been taken by who was here before us. 0: nobody was. 0 or
 * -ENOMEM. */
int replay_new(size_t senders, const struct hash_key *key, uint64_t start_us, struct replay **ret);

/* The same moment by the clock of now, which may have been set meanwhile. */
void replay_set_start(struct replay *r, uint64_t start_us);

/* One more owner, who frees it as well; the last one to do so really does. Returns its argument. */
struct replay *replay_share(struct replay *r);
struct replay *replay_free(struct replay *r);

/* What to think of a datagram; REPLAY_FRESH takes it. The first one of an unknown sender, and what comes late
 * from before that one, must be of a sender that started after us by a clock that was not set back since, or
 * be signed in a later second than we started in; and in a later second than any that was taken of senders
 * that were forgotten before to make room. The sender that was silent longest is forgotten first; a replay
 * breaks no silence. Without memory for another one the longest silence makes room as well. */
enum replay_verdict replay_note(struct replay *r, const struct auth_stamp *stamp);

size_t replay_count(const struct replay *r);

#endif
