#ifndef MCASTD_CONFIG_KEYS_H
#define MCASTD_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/diag.h"
#include "message/keyring.h"

/* The longest file of keys, in bytes. */
#define KEYS_FILE_MAX 16384

/* Where it is, unless somebody says otherwise. */
#define KEYS_FILE_DEFAULT "/etc/mcastd/keys"

/* Where keys are read from. */
struct keys_source {
        const char *path; /* also where `fd` is set: for messages */
        int fd;           /* -1: the path is opened; else this is read from its beginning, and stays open */
        bool credential;  /* the path is a copy that the service manager has made: its mode is the manager's
                             (a file of root's with an access list for us shows as 0440) */
};

/* Reads and checks a file of keys: lines `id hex`, 32 to 64 bytes each; empty lines and those that begin with
 * # do not count. It must be a regular file, no symbolic link, that belongs to root or to the caller, with no
 * access for group and others. A file without keys is a good one. 0; or -EINVAL where diag has errors (each
 * with the file and the line, never with what stands in it), -ENOMEM, or -ENOSYS where libsodium does not
 * work. The keyring belongs to the caller. */
int keys_load(const struct keys_source *source, struct diag *diag, struct keyring **ret);

/* The same of a text, which must lie in memory that the caller wipes. */
int keys_parse(const char *text, size_t length, const char *file, struct diag *diag, struct keyring **ret);

#endif
