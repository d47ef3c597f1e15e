#ifndef MCASTD_LOOP_REPORT_H
#define MCASTD_LOOP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/section.h"

struct env;
struct event;

/* What is told of a section every 10 s: armed only while there is something to tell. */
struct report {
        struct section *section;
        struct event *timer;
        bool (*look)(void *arg); /* says what has come together; true if there was anything */
        void *arg;
};

/* 0 or -ENOMEM. */
int report_init(struct report *r, struct env *env, struct section *section, bool (*look)(void *arg),
                void *arg);

/* Also for what is half made. */
void report_end(struct report *r);

/* `look` will be called within 10 s. */
void report_arm(struct report *r, int64_t now_ns);

/* A trouble happened `times` more. True if it begins with that: then it is to be said. */
bool report_trouble_begins(struct report *r, enum trouble which, uint64_t times, int64_t now_ns);

#endif
