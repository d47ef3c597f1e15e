/* keys_file.c - reads a file of keys for a command, and says what is wrong with it. */
#include "ctl/keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/keys.h"
#include "ctl/output.h"

/* Not blocking: the path may name a pipe. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static void say(void *arg, enum diag_severity severity, const char *message)
{
        (void)severity;
        fprintf(stderr, "mcastctl %s: ", (const char *)arg);
        output_text(stderr, message);
        putc('\n', stderr);
}

/* Opened here and not by keys_load(), so that what was checked is what is handed on. Where it cannot be
 * opened, that is tried again there, and said in the words that the daemon has for it. */
static int load(const char *path, struct diag *diag, struct keys_file *ret)
{
        int fd = open(path, FLAGS), r;
        struct keys_source source = { .path = path, .fd = fd };

        *ret = (struct keys_file){ .fd = fd };
        r = keys_load(&source, diag, &ret->keys);
        if (r < 0)
                keys_file_close(ret);
        return r;
}

int keys_file_open(const char *command, const char *path, struct keys_file *ret)
{
        struct diag *diag = NULL;
        int r = diag_new(path, &diag);
        size_t errors = 0;

        if (r == 0) {
                r = load(path, diag, ret);
                errors = diag_errors(diag);
                diag_each(diag, say, (void *)command);
        }
        if (r < 0 && errors == 0)
                fprintf(stderr, "mcastctl %s: %s\n", command, strerror(-r));
        diag_free(diag);
        return r == 0 ? 0 : (errors > 0 ? EX_CONFIG : EXIT_FAILURE) + 1;
}

int keys_file_open_unchecked(const char *path)
{
        int fd = open(path, FLAGS);
        struct stat st;

        if (fd < 0)
                return errno == ELOOP ? -ENOTSUP : -errno;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
                return fd;
        close(fd);
        return -ENOTSUP;
}

void keys_file_close(struct keys_file *f)
{
        f->keys = keyring_free(f->keys);
        if (f->fd >= 0)
                close(f->fd);
        f->fd = -1;
}
