#ifndef MCASTD_STATE_SEQUENCE_H
#define MCASTD_STATE_SEQUENCE_H

#include <stdbool.h>

#include "message/message.h"
#include "state/peer.h"

/* Further ahead than this is no loss, and further behind not late, but another beginning. */
#define SEQUENCE_JUMP_MAX 1000000

/* Takes over what a message tells by `seq=` and `boot=`: what was lost, came late or twice. True if its
 * sender was started anew: it has another boot; or, where it tells none, has begun to count anew. */
bool sequence_note(struct peer *peer, const struct message *m);

#endif
