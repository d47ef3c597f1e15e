#ifndef MCASTD_CTL_PING_AUTH_H
#define MCASTD_CTL_PING_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/ping_options.h"
#include "message/datagram.h"
#include "message/message.h"
#include "state/gate.h"

/* The key that messages are signed with and acks are checked by. All below take NULL, where nothing is
 * signed and every ack is taken as it is. */
struct ping_auth;

/* Reads the key that the options name; sodium_init() must have been called. 0, and *ret NULL where they name
 * none; or the exit status plus one, after it was said what is wrong. */
int ping_auth_new(const struct ping_options *o, struct ping_auth **ret);
struct ping_auth *ping_auth_free(struct ping_auth *a);

/* The bytes of a message with this text, of at most MESSAGE_MAX with what is added to it. Acks are from here
 * on those to this message. Returns how many bytes there are. */
size_t ping_auth_sign(struct ping_auth *a, const char *text, uint8_t ret_bytes[MESSAGE_MAX]);

/* Whether to believe an ack: GATE_OK, or GATE_UNCHECKED without a key. */
void ping_auth_judge(struct ping_auth *a, const struct datagram *d, struct gate_result *ret);

/* Why an answer is refused, in words for people; gate_refusal_name() has it in one. NULL: it is not. */
const char *ping_auth_refusal(enum gate_verdict verdict);

#endif
