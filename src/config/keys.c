/* keys.c - the file of keys: which secrets there are, and their ids.
 * Does one read, into memory that is locked, left out of core dumps and wiped. What stands in the file is
 * told to nobody: its messages say where something is wrong, and what would be right. */
#include "config/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/core.h>
#include <sodium/utils.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message/auth.h"

#define KEY_ID_MAX      65535
#define HEX_MIN         (2 * AUTH_SECRET_MIN)
#define HEX_MAX         (2 * AUTH_SECRET_MAX)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Where in which file something is wrong. */
struct spot {
        struct diag *diag;
        const char *file;
        unsigned line; /* from 1; 0: the file as a whole */
};

/* Returns what stands for a file that is refused. */
__attribute__((format(printf, 2, 3))) static int complain(const struct spot *at, const char *format, ...)
{
        struct diag_place place = { .line = at->line, .file = at->file };
        char what[160];
        va_list args;

        va_start(args, format);
        vsnprintf(what, sizeof what, format, args);
        va_end(args);
        diag_add(at->diag, DIAG_ERROR, place, "%s", what);
        return -EINVAL;
}

/* --- the text --- */

/* Where a key was given first. */
struct seen {
        uint16_t id;
        unsigned line;
};

struct parser {
        struct spot at;
        struct keyring *keys;
        size_t n;
        struct seen seen[KEYRING_MAX]; /* also those whose secret is wrong */
};

/* A part of the text, which no NUL ends. */
struct span {
        const char *at;
        size_t length;
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
        for (; s.length > 0 && is_blank(s.at[0]); s.at++)
                s.length--;
        while (s.length > 0 && is_blank(s.at[s.length - 1]))
                s.length--;
        return s;
}

/* Takes the first word off the text, and the blanks behind it. */
static struct span take_word(struct span *text)
{
        struct span word = { text->at, 0 };

        while (word.length < text->length && !is_blank(word.at[word.length]))
                word.length++;
        *text = trim((struct span){ text->at + word.length, text->length - word.length });
        return word;
}

/* 0, -EINVAL where it is no number, or -ERANGE. */
static int parse_id(struct span word, uint16_t *ret)
{
        uint32_t id = 0;

        if (word.length == 0 || (word.length > 1 && word.at[0] == '0'))
                return -EINVAL;
        for (size_t i = 0; i < word.length; i++) {
                if (word.at[i] < '0' || word.at[i] > '9')
                        return -EINVAL;
                if (id <= KEY_ID_MAX)
                        id = id * 10 + (uint32_t)(word.at[i] - '0');
        }
        if (id < 1 || id > KEY_ID_MAX)
                return -ERANGE;
        *ret = (uint16_t)id;
        return 0;
}

static bool is_hex_digit(char c)
{
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Whether it can be turned into a secret; `line` is where it stands. */
static bool check_hex(const struct spot *at, struct span line, struct span hex)
{
        size_t good = 0;

        while (good < hex.length && is_hex_digit(hex.at[good]))
                good++;
        if (good < hex.length)
                complain(at, "the secret is not hexadecimal throughout: see byte %zu of the line",
                         (size_t)(hex.at - line.at) + good + 1);
        else if (hex.length % 2 != 0)
                complain(at, "the secret has %zu hexadecimal digits, an odd number; two make a byte",
                         hex.length);
        else if (hex.length < HEX_MIN || hex.length > HEX_MAX)
                complain(at, "the secret has %zu byte%s; right are %d to %d, of two hexadecimal digits each",
                         hex.length / 2, hex.length == 2 ? "" : "s", AUTH_SECRET_MIN, AUTH_SECRET_MAX);
        else
                return true;
        return false;
}

static bool all_equal(const uint8_t *bytes, size_t length)
{
        uint8_t difference = 0;

        for (size_t i = 1; i < length; i++)
                difference |= bytes[i] ^ bytes[0];
        return difference == 0;
}

static int add_key(struct parser *p, uint16_t id, struct span hex)
{
        uint8_t secret[AUTH_SECRET_MAX];
        size_t length = 0;
        int r = 0;

        (void)sodium_hex2bin(secret, sizeof secret, hex.at, hex.length, NULL, &length, NULL);
        if (all_equal(secret, length))
                complain(&p->at, "%zu times the same byte is no secret", length);
        else
                r = keyring_add(p->keys, id, secret, length);
        sodium_memzero(secret, sizeof secret);
        return r;
}

/* 0; or -EEXIST or -ENOSPC, and it was said. */
static int note_id(struct parser *p, uint16_t id)
{
        for (size_t i = 0; i < p->n; i++) {
                if (p->seen[i].id == id) {
                        complain(&p->at, "has the id of the key on line %u", p->seen[i].line);
                        return -EEXIST;
                }
        }
        if (p->n == KEYRING_MAX) {
                complain(&p->at, "one key too many: at most %d", KEYRING_MAX);
                return -ENOSPC;
        }
        p->seen[p->n++] = (struct seen){ id, p->at.line };
        return 0;
}

/* What follows the id. 0 or -errno. */
static int parse_secret(struct parser *p, uint16_t id, struct span line, struct span rest)
{
        struct span hex = take_word(&rest);

        if (hex.length == 0)
                complain(&p->at, "the secret is missing: %d to %d hexadecimal digits behind the id", HEX_MIN,
                         HEX_MAX);
        else if (rest.length > 0)
                complain(
                        &p->at,
                        "something follows the secret, which is one word; not even a comment may (is a line break missing?)");
        else if (check_hex(&p->at, line, hex))
                return add_key(p, id, hex);
        return 0;
}

/* One line, without its end. 0; or -errno where there is nothing to go on with. */
static int parse_line(struct parser *p, struct span line)
{
        struct span rest = trim(line);
        uint16_t id;
        int r;

        if (rest.length == 0 || rest.at[0] == '#')
                return 0;
        r = parse_id(take_word(&rest), &id);
        if (r == -EINVAL)
                complain(&p->at,
                         "does not begin with the id of a key: a number from 1 to 65535, no leading zero, "
                         "and a blank behind it");
        else if (r < 0)
                complain(&p->at, "the id of the key is out of range: 1 to 65535");
        if (r < 0)
                return 0;
        r = note_id(p, id);
        if (r < 0)
                return r == -ENOSPC ? -EINVAL : 0;
        return parse_secret(p, id, line, rest);
}

static int parse_lines(struct parser *p, struct span text)
{
        int r = 0;

        while (r == 0 && text.length > 0) {
                const char *newline = memchr(text.at, '\n', text.length);
                struct span line = { text.at, newline ? (size_t)(newline - text.at) : text.length };
                size_t taken = line.length + (newline != NULL);

                if (line.length > 0 && line.at[line.length - 1] == '\r')
                        line.length--;
                r = parse_line(p, line);
                p->at.line++;
                text = (struct span){ text.at + taken, text.length - taken };
        }
        return r;
}

/* The line that `at` stands in. */
static unsigned line_of(const char *text, const char *at)
{
        unsigned line = 1;

        for (; text < at; text++)
                line += *text == '\n';
        return line;
}

/* Whether it looks like text at all. If not, there is nothing more to be said of it. */
static bool is_text(struct parser *p, const char *text, size_t length)
{
        const char *nul = memchr(text, '\0', length);
        size_t mark = sizeof BYTE_ORDER_MARK - 1;

        if (nul) {
                p->at.line = line_of(text, nul);
                complain(&p->at, "a NUL byte; this is no text file");
                return false;
        }
        if (length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
                complain(&p->at, "starts with a byte order mark; save the file as UTF-8 without one");
                return false;
        }
        return true;
}

int keys_parse(const char *text, size_t length, const char *file, struct diag *diag, struct keyring **ret)
{
        struct parser p = { .at = { diag, file, 1 } };
        size_t errors = diag_errors(diag);
        int r;

        if (sodium_init() < 0)
                return -ENOSYS;
        r = keyring_new(&p.keys);
        if (r == 0 && is_text(&p, text, length))
                r = parse_lines(&p, (struct span){ text, length });
        if (r == 0 && diag_errors(diag) > errors)
                r = -EINVAL;
        if (r < 0) {
                keyring_free(p.keys);
                return r;
        }
        *ret = p.keys;
        return 0;
}

/* --- the file --- */

static int cannot_read(const struct spot *at, int error)
{
        if (error == ELOOP)
                return complain(at, "is a symbolic link; name the file itself");
        return complain(at, "cannot be read: %s%s", strerror(error),
                        error == ENOENT ? "; KEY, and AUTH other than off, need a file of keys" : "");
}

static int check_owner(const struct spot *at, uid_t owner)
{
        uid_t us = geteuid();

        if (owner == 0 || owner == us)
                return 0;
        if (us == 0)
                return complain(at, "belongs to uid %u; it must be root's", owner);
        return complain(at, "belongs to uid %u; it must be root's, or of uid %u, which reads it", owner, us);
}

static int check_file(const struct spot *at, const struct stat *st, bool credential)
{
        mode_t too_much = credential ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
        int r;

        if (S_ISDIR(st->st_mode))
                return complain(at, "is a directory, not a file");
        if (!S_ISREG(st->st_mode))
                return complain(at, "is not a regular file");
        r = check_owner(at, st->st_uid);
        if (r < 0)
                return r;
        if (st->st_mode & too_much)
                return complain(at, "has mode %04o; only its owner may use it: chmod 0400",
                                st->st_mode & 07777);
        if (st->st_size > KEYS_FILE_MAX)
                return complain(at, "has %lld bytes; at most %d", (long long)st->st_size, KEYS_FILE_MAX);
        return 0;
}

/* From its beginning, wherever others who share the open file stand in it. */
static int read_file(const struct spot *at, int fd, char *text, size_t size, size_t *ret_length)
{
        size_t length = 0;

        while (length < size) {
                ssize_t n = pread(fd, text + length, size - length, (off_t)length);

                if (n == 0)
                        break;
                if (n < 0 && errno != EINTR)
                        return cannot_read(at, errno);
                if (n > 0)
                        length += (size_t)n;
        }
        *ret_length = length;
        return 0;
}

static int load_open_file(const struct spot *at, int fd, bool credential, struct keyring **ret)
{
        struct stat st;
        size_t length = 0;
        char *text;
        int r;

        if (fstat(fd, &st) < 0)
                return cannot_read(at, errno);
        r = check_file(at, &st, credential);
        if (r < 0)
                return r;
        text = sodium_malloc((size_t)st.st_size + 1);
        if (!text)
                return -ENOMEM;
        r = read_file(at, fd, text, (size_t)st.st_size, &length);
        if (r == 0)
                r = keys_parse(text, length, at->file, at->diag, ret);
        sodium_free(text); /* wipes it */
        return r;
}

int keys_load(const struct keys_source *source, struct diag *diag, struct keyring **ret)
{
        struct spot at = { diag, source->path, 0 };
        int fd, r;

        if (sodium_init() < 0)
                return -ENOSYS;
        if (source->fd >= 0)
                return load_open_file(&at, source->fd, source->credential, ret);
        /* Not blocking: the path may name a pipe. */
        fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return cannot_read(&at, errno);
        r = load_open_file(&at, fd, source->credential, ret);
        close(fd);
        return r;
}
