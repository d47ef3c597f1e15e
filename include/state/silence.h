#ifndef MCASTD_STATE_SILENCE_H
#define MCASTD_STATE_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

/* When a group has been silent for too long, and how often something is done about it. Monotonic
 * nanoseconds. */
struct silence {
        int64_t expect_ns; /* 0: silence is no news */
        int64_t heard_ns;  /* when something was last heard, or hearing began */
        int64_t due_ns;    /* when something is to be done next */
        int64_t step_ns;   /* how long after that the next time comes */
        bool silent;
};

/* The time between two tries grows up to this, or stays at EXPECT_EVERY where that is longer. */
#define SILENCE_STEP_MAX_NS INT64_C(300000000000)

/* Hearing begins, or is expected at another rate. A silence that is on goes on. */
void silence_expect(struct silence *s, int64_t expect_ns, int64_t now_ns);

/* Nothing could be heard until now. */
void silence_restart(struct silence *s, int64_t now_ns);

/* Something was heard. True if that ends a silence, of *ret_ns. */
bool silence_heard(struct silence *s, int64_t now_ns, int64_t *ret_ns);

/* Whether something is to be done now; if so the next time is set. */
bool silence_due(struct silence *s, int64_t now_ns);

#endif
