#ifndef MCASTD_LOOP_CONTROL_REQUEST_H
#define MCASTD_LOOP_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/event.h"
#include "base/text.h"
#include "message/message.h"
#include "state/snapshot.h"

/* The longest request, without the end of its line. */
#define CONTROL_REQUEST_MAX 4096

enum control_verb {
        CONTROL_STATUS,
        CONTROL_PEERS,
        CONTROL_WATCH,
        CONTROL_LOG_LEVEL,
        CONTROL_RELOAD,
        CONTROL_SEND,
        CONTROL_FORGET,
        CONTROL_VERBS,
};

/* What a client asks for. What it has not given is NULL, or as said here. */
struct control_request {
        enum control_verb verb;
        char section[SNAPSHOT_NAME_SIZE]; /* lower case; "": not given */
        const char *text;
        const char *peer;
        enum log_level level;         /* of watch also where it is not given */
        struct snapshot_cursor after; /* of status its `section` alone; not given: the beginning */
        struct json_t *document;      /* what the texts belong to */
};

/* What is wrong with a request, in words: printable ASCII. */
#define CONTROL_WRONG_SIZE (TEXT_ESCAPED_SIZE + 256)

/* One line, without its end. Where the client may only look, what changes something is refused. 0, and the
 * request is to be cleared; or -EINVAL, and `ret_wrong` says why. */
int control_request_parse(const char *line, size_t length, bool may_change, struct control_request *ret,
                          char ret_wrong[CONTROL_WRONG_SIZE]);
void control_request_clear(struct control_request *r);

#endif
