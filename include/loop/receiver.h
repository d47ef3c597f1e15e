#ifndef MCASTD_LOOP_RECEIVER_H
#define MCASTD_LOOP_RECEIVER_H

#include "loop/section.h"

/* [MCSERVER...] sections: a socket joined to one group, and what is done with what it hears. The
 * configuration is a struct config_receiver. */
extern const struct section_ops receiver_ops;

#endif
