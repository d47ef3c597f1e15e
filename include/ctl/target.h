#ifndef MCASTD_CTL_TARGET_H
#define MCASTD_CTL_TARGET_H

#include "base/address.h"
#include "os/links.h"

/* What a command is about, as its command line says it: a group, and by which interface. */
struct target {
        struct endpoint group;
        char zone[IFNAMSIZ];       /* as given with the group; later the name of the interface that is used */
        const char *interface;     /* NULL: not by name */
        struct address ip_address; /* family 0: not by address */
};

/* These return 0; or the exit status plus one, after it was said to standard error what is wrong, in the name
 * of the command. */
int target_refuse(const char *command, const char *what, const char *text, const char *right);
int target_parse_group(const char *command, const char *text, struct target *t);
int target_parse_interface(const char *command, const char *text, struct target *t);

/* When all is parsed: whether the parts agree. From here on t may point into itself, and must stay where it
 * is. */
int target_settle(const char *command, struct target *t);

/* Its choice of an interface; points into t. */
struct link_choice target_choice(const struct target *t);

#endif
