#ifndef MCASTD_LOOP_EMITTER_H
#define MCASTD_LOOP_EMITTER_H

#include "loop/section.h"

/* [MCCLIENT...] sections: a socket and a timer that sends a message to one group, and counts who acknowledges
 * it. Once it is open the first message is sent after a random part of JITTER. The configuration is a struct
 * config_emitter. */
extern const struct section_ops emitter_ops;

#endif
