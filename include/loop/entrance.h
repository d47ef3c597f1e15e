#ifndef MCASTD_LOOP_ENTRANCE_H
#define MCASTD_LOOP_ENTRANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "loop/section.h"
#include "message/datagram.h"
#include "message/signer.h"
#include "state/gate.h"

/* Senders that a section keeps apart, each since its last start. Only who has a key is kept. */
#define ENTRANCE_SENDERS 65536

/* Sources of what is refused that are told of, from the beginning of a trouble on. */
#define ENTRANCE_TOLD_MAX 8

/* Who may come in to a section: what its AUTH asks of signatures, and which datagrams were taken already. */
struct entrance {
        struct section *section;
        enum auth_mode mode;
        struct auth_binding binding; /* what datagrams must be bound to */
        struct replay *replay;       /* made once AUTH is not off; acks and data have one each */
        size_t n_told;               /* sources of what was refused, which were told of */
        struct address told[ENTRANCE_TOLD_MAX];
        int64_t since_ns; /* monotonic: what was signed before may have been taken by somebody else */
};

/* `type` of what is let in. The section must live as long. */
void entrance_init(struct entrance *e, struct section *section, enum auth_type type);
void entrance_end(struct entrance *e);

/* Makes what this mode needs: 0; or -ENOMEM, and ENTRANCE_TRIED says what it was about. Then settle goes over
 * to it, or stays with the mode of before. What was taken while AUTH was off nobody remembers: from then on
 * that counts as from before us. */
#define ENTRANCE_TRIED "make the table of signed senders"
int entrance_prepare(struct entrance *e, enum auth_mode mode);
void entrance_settle(struct entrance *e, enum auth_mode mode);

/* Goes on with what another entrance remembers, which keeps it as well until it is ended. */
void entrance_inherit(struct entrance *e, struct entrance *from);

/* Judges a datagram, and notes in it what was found. The moment: of now, or of the batch that it came in. */
void entrance_judge(struct entrance *e, struct datagram *d, const struct moment *moment,
                    struct gate_result *ret);

/* Counts what was let in or refused. True: let in. */
bool entrance_count(struct entrance *e, const struct gate_result *g);

/* Of what was refused: the trouble that it is, and what there is to say of the first one besides where it is
 * from: ", key 7", ", key 7, its clock is 95 s behind", or "". */
#define ENTRANCE_DETAIL_SIZE 64
enum trouble entrance_trouble(enum gate_verdict verdict);
const char *entrance_detail(const struct gate_result *g, const struct datagram *d, int64_t wall_ns,
                            char buffer[ENTRANCE_DETAIL_SIZE]);

/* Whether it is to be told that something from this source was refused: where a trouble begins with it, and
 * for each other source once, as long as there are not too many. */
bool entrance_is_news(struct entrance *e, const struct address *source, bool begins);

/* ", signed by key 7", ", signed, not checked" or "": in the buffer, or a constant. */
const char *signature_text(const struct datagram *d, char buffer[SIGNER_TEXT_SIZE]);

#endif
