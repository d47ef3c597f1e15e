#ifndef MCASTD_CTL_KEYS_FILE_H
#define MCASTD_CTL_KEYS_FILE_H

#include "message/keyring.h"

/* A file of keys, open, and what stands in it. */
struct keys_file {
        int fd;
        struct keyring *keys;
};

/* Opens, reads and checks it as the daemon does. 0; or the exit status plus one, after it was said to
 * standard error, in the name of the command, all that is wrong with it. */
int keys_file_open(const char *command, const char *path, struct keys_file *ret);
void keys_file_close(struct keys_file *f);

/* Opens it, and does not look what stands in it. The descriptor, which is the caller's; or -errno: -ENOTSUP
 * where it is a symbolic link or anything else that is no regular file. Nothing is said. */
int keys_file_open_unchecked(const char *path);

#endif
