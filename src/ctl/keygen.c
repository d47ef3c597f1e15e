/* keygen.c - the command `mcastctl keygen`: makes a key, as a line for a file of keys.
 * The secret is written past the buffers of stdio, which nobody wipes. */
#include "ctl/keygen.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/options.h"
#include "message/auth.h"

/* What a tag is made with is as long as what a key is: more bytes would make it no stronger. */
#define SECRET_SIZE AUTH_SECRET_MIN

/* "65535 ", the digits, the end of the line and a NUL. */
#define LINE_SIZE (6 + 2 * SECRET_SIZE + 2)

struct options {
        uint64_t id;
};

/* A secret that others could have read is none: better none is made. False after it was said. */
static bool output_is_private(void)
{
        struct stat st;

        if (fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & (S_IRWXG | S_IRWXO)))
                return true;
        fprintf(stderr,
                "mcastctl keygen: standard output is a file of mode %04o, and a key is for nobody but its owner:\n"
                "chmod 0600 the file; or umask 077, before it is made\n",
                st.st_mode & 07777);
        return false;
}

/* 0 or -errno. */
static int write_all(const char *text, size_t length)
{
        while (length > 0) {
                ssize_t n = write(STDOUT_FILENO, text, length);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        text += n;
                        length -= (size_t)n;
                }
        }
        return 0;
}

/* 0 or -errno. */
static int print_key(uint16_t id, uint8_t secret[SECRET_SIZE], char line[LINE_SIZE])
{
        size_t n = (size_t)snprintf(line, LINE_SIZE, "%" PRIu16 " ", id);

        randombytes_buf(secret, SECRET_SIZE);
        sodium_bin2hex(line + n, LINE_SIZE - n, secret, SECRET_SIZE);
        n += 2 * SECRET_SIZE;
        line[n++] = '\n';
        return write_all(line, n);
}

/* In memory that is left out of core dumps, and wiped. 0 or -errno. */
static int make_key(uint16_t id)
{
        uint8_t *secret;
        char *line;
        int r = -ENOMEM;

        if (sodium_init() < 0)
                return -ENOSYS;
        secret = sodium_malloc(SECRET_SIZE);
        line = sodium_malloc(LINE_SIZE);
        if (secret && line)
                r = print_key(id, secret, line);
        sodium_free(secret);
        sodium_free(line);
        return r;
}

static int run(int argc, char *argv[])
{
        struct options o = { .id = 1 };
        int r = options_parse(&command_keygen, argc, argv, &o);

        if (r)
                return r - 1;
        if (!output_is_private())
                return EXIT_FAILURE;
        r = make_key((uint16_t)o.id);
        if (r < 0)
                fprintf(stderr, "mcastctl keygen: cannot write the key: %s\n", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        { .kind = ARGUMENT_NUMBER,
          .word = "ID",
          .offset = offsetof(struct options, id),
          .least = 1,
          .most = UINT16_MAX,
          .optional = true },
        { 0 },
};

const struct command command_keygen = {
        .name = "keygen",
        .summary = "make a key to sign with",
        .about =
                "Makes a key, drawn at random, and prints it as a line for a file of keys. ID: 1 to 65535 (1).\n",
        .notes = "    mcastctl keygen 7 | sudo tee -a /etc/mcastd/keys >/dev/null\n"
                 "\n"
                 "Exit status: 0 it is printed, 1 it is not, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
