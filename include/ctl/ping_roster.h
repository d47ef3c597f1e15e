#ifndef MCASTD_CTL_PING_ROSTER_H
#define MCASTD_CTL_PING_ROSTER_H

#include <jansson.h>
#include <stddef.h>

#include "ctl/ping_options.h"
#include "state/gate.h"

/* Whom the daemon knows in the group that is pinged, on the interface that it is pinged by: the peers of its
 * receivers, and who has acknowledged its emitters. This host itself is not among them. */
struct ping_roster;

/* Asks the daemon; the options know the interface. 0, or the exit status plus one, after it was said what is
 * wrong. */
int ping_roster_ask(const struct ping_options *o, struct ping_roster **ret);
struct ping_roster *ping_roster_free(struct ping_roster *r);

/* This node has answered, which is not this host; more often than once is the same. */
void ping_roster_note(struct ping_roster *r, const char *address);

/* What this node has answered was refused by this verdict. It is no answer, but a reason that none counts, of
 * which the first one is kept. Those that the daemon does not know are not kept at all. */
void ping_roster_note_refused(struct ping_roster *r, const char *address, enum gate_verdict verdict);

/* How many of the known have not answered, those included whose answers were refused. */
size_t ping_roster_missing(const struct ping_roster *r);

/* Who has answered, whose answers were refused, who is missing, who is new: to people; or as a part of the
 * JSON document. */
void ping_roster_print(const struct ping_roster *r);
json_t *ping_roster_json(const struct ping_roster *r);

#endif
