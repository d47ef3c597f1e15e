#ifndef MCASTD_LOOP_CONTROL_VERBS_H
#define MCASTD_LOOP_CONTROL_VERBS_H

#include "loop/control.h"
#include "loop/control_request.h"

/* Carries out a request, all but CONTROL_WATCH, and returns the answer; NULL without memory. */
struct json_t *control_verbs_answer(const struct control_request *request, const struct control_ops *ops,
                                    void *arg);

/* The answer of a client that watches from now on. */
struct json_t *control_verbs_watching(enum log_level level);

/* The answer that something was refused; and that to a request of more than CONTROL_REQUEST_MAX bytes. */
struct json_t *control_verbs_refusal(const char *why);
struct json_t *control_verbs_too_long(void);

#endif
