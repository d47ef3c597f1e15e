#ifndef MCASTD_CTL_BLEMISH_H
#define MCASTD_CTL_BLEMISH_H

#include <jansson.h>
#include <stdbool.h>

/* What is to be said of a daemon whose sections are all well, in words: a receiver refuses all that it hears,
 * a peer is down, ...; the first such thing. False: nothing, and the text is "". `daemon` is that of the
 * answer to "status". */
#define BLEMISH_SIZE 96
bool blemish_find(const json_t *daemon, char ret[BLEMISH_SIZE]);

#endif
