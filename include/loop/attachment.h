#ifndef MCASTD_LOOP_ATTACHMENT_H
#define MCASTD_LOOP_ATTACHMENT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "loop/env.h"
#include "loop/links_watch.h"
#include "loop/section.h"
#include "os/links.h"

/* What may be wrong with an interface that can be used. */
enum attachment_warning {
        ATTACHMENT_WELL,
        ATTACHMENT_NO_MULTICAST,
        ATTACHMENT_IS_PORT,   /* of a bridge or bond, which takes what arrives */
        ATTACHMENT_AMBIGUOUS, /* the route has chosen it among several */
};

/* The interface that a section belongs to at present. */
struct attachment {
        struct env *env;
        struct section *section;
        const struct config_group *at;
        bool needs_address;  /* of the group's family */
        uint32_t index;      /* 0: none */
        char name[IFNAMSIZ]; /* as it was last called */
        bool loopback;
        bool carrier;
        uint32_t ups;                    /* how often it had got its carrier */
        uint32_t warned_of;              /* the interface about which was last said … */
        enum attachment_warning warning; /* … that it may not be what is meant */
};

enum attachment_change {
        ATTACHMENT_SAME,
        ATTACHMENT_NEW,          /* there is one now */
        ATTACHMENT_OTHER,        /* it is another one, or was made anew: what was joined is gone */
        ATTACHMENT_LOST,         /* there is none any more; the section waits */
        ATTACHMENT_CARRIER_BACK, /* it had none, and the section waited */
};

/* Whether the route to the group decides which interface is meant. */
bool attachment_is_by_route(const struct config_group *at);

/* `section` and `at` must live as long. With `needs_address` an interface is of use only once it has an
 * address to send from. */
void attachment_init(struct attachment *a, struct env *env, struct section *section,
                     const struct config_group *at, bool needs_address);

/* Looks which interface is meant by now. `news` may be NULL: none. Where there is none to be used, or it has
 * lost its carrier, the section waits, and it was said why. */
enum attachment_change attachment_look(struct attachment *a, const struct link_news *news);

/* Why a section waits that is open: "eth0 has no carrier". Returns the buffer. */
const char *attachment_without_carrier(const struct attachment *a, char buffer[LINK_WHY_SIZE]);

/* Nothing could be opened on it: the next look tries again. */
void attachment_forget(struct attachment *a);

/* The address to send from, or NULL: the kernel chooses. */
const struct address *attachment_source(const struct attachment *a);

#endif
