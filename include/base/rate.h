#ifndef MCASTD_BASE_RATE_H
#define MCASTD_BASE_RATE_H

#include <stdint.h>

/* How often something may happen: events per second. */
typedef uint32_t rate_per_s;

#define RATE_NONE      ((rate_per_s)0)
#define RATE_UNLIMITED UINT32_MAX

#endif
