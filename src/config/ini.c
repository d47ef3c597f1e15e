/* ini.c - a configuration file as a list of entries.
 * The file is read twice: by scan.c, which knows lines and refuses what is ambiguous, and by iniparser. Only
 * what both understand alike is accepted. Does one read; knows nothing of what the keys mean. */
#include "config/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <iniparser/iniparser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/scan.h"

/* iniparser tells of trouble through one process-wide callback that carries no pointer of ours. */
static unsigned library_complaints;

/* The texts of iniparser hold the offending line, which may hold a secret: they are counted, not kept. */
static int count_complaint(const char *format, ...)
{
        (void)format;
        library_complaints++;
        return 0;
}

static int refuse(struct diag *diag, const char *what)
{
        diag_add(diag, DIAG_ERROR, (struct diag_place){ 0 }, "%s", what);
        return -EINVAL;
}

/* An error that is no fault of the file, which is not to be blamed: it may be read well when it is tried
 * again. */
static bool passes(int error)
{
        return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* The errno in words of the file, and its negative back. */
static int cannot_read(struct diag *diag, int error)
{
        if (passes(error))
                return -error;
        diag_add(diag, DIAG_ERROR, (struct diag_place){ 0 }, "cannot be read: %s", strerror(error));
        return -error;
}

static int check_kind(const struct stat *st, struct diag *diag)
{
        if (!S_ISREG(st->st_mode))
                return refuse(diag,
                              S_ISDIR(st->st_mode) ? "is a directory, not a file" : "is not a regular file");
        if (st->st_mode & S_IWOTH)
                return refuse(diag, "everybody may write to it; take that right away with chmod o-w");
        if (st->st_size > INI_FILE_MAX) {
                diag_add(diag, DIAG_ERROR, (struct diag_place){ 0 }, "has %lld bytes; at most %u",
                         (long long)st->st_size, INI_FILE_MAX);
                return -EINVAL;
        }
        return 0;
}

/* The whole file with a NUL behind it, for the caller to free. */
static int read_file(int fd, struct diag *diag, char **ret, size_t *ret_length)
{
        struct stat st;
        size_t length = 0;
        char *text;
        int r;

        if (fstat(fd, &st) < 0)
                return cannot_read(diag, errno);
        r = check_kind(&st, diag);
        if (r < 0)
                return r;
        text = malloc((size_t)st.st_size + 1);
        if (!text)
                return -ENOMEM;
        while (length < (size_t)st.st_size) {
                ssize_t n = read(fd, text + length, (size_t)st.st_size - length);

                if (n == 0)
                        break;
                if (n < 0 && errno != EINTR) {
                        r = cannot_read(diag, errno);
                        free(text);
                        return r;
                }
                if (n > 0)
                        length += (size_t)n;
        }
        text[length] = '\0';
        *ret = text;
        *ret_length = length;
        return 0;
}

/* Whether an entry of iniparser's dictionary, `section` or `section:key`, is this one. */
static bool same_entry(const struct ini_entry *e, const char *name, const char *value)
{
        size_t n = strlen(e->section);

        if (strncmp(name, e->section, n) != 0)
                return false;
        if (!e->key)
                return name[n] == '\0' && !value;
        return name[n] == ':' && strcmp(name + n + 1, e->key) == 0 && value && strcmp(value, e->value) == 0;
}

/* The dictionary keeps the order of insertion, so both lists are walked side by side. */
static int compare(const struct ini *ini, const dictionary *dict, struct diag *diag)
{
        size_t at = 0;

        for (ssize_t i = 0; i < dict->size; i++) {
                if (!dict->key[i])
                        continue;
                if (at == ini->n)
                        return refuse(diag,
                                      "its last lines can be read in two ways; write them more plainly");
                if (!same_entry(&ini->entries[at], dict->key[i], dict->val[i])) {
                        const struct ini_entry *e = &ini->entries[at];

                        diag_add(diag, DIAG_ERROR, ini_place(e, e->key),
                                 "can be read in two ways; write it more plainly");
                        return -EINVAL;
                }
                at++;
        }
        if (at < ini->n) {
                const struct ini_entry *e = &ini->entries[at];

                diag_add(diag, DIAG_ERROR, ini_place(e, e->key),
                         "is not seen by every reader of this file; write it more plainly");
                return -EINVAL;
        }
        return 0;
}

/* More than a new dictionary of iniparser has. Less than what the C library would give back to the kernel. */
#define NEW_DICTIONARY_SIZE (16 << 10)

/* iniparser 4.1 does not look whether it was given the memory of a new dictionary, which it fills at once.
 * Where the heap had that much to spare, it has it still. (What it does not look at later makes entries
 * that are not those of the file, which is seen.) */
static bool has_room_for_dictionary(void)
{
        /* Volatile, or the compiler would see that it is good for nothing. */
        void *volatile room = malloc(NEW_DICTIONARY_SIZE);
        bool there = room != NULL;

        free(room);
        return there;
}

/* iniparser opens files by name only. This one is of the open file, which no other can have replaced
 * meanwhile. */
static dictionary *load_dictionary(int fd)
{
        char path[64];

        if (!has_room_for_dictionary())
                return NULL;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        iniparser_set_error_callback(count_complaint);
        library_complaints = 0;
        return iniparser_load(path);
}

static int confirm(int fd, const struct ini *ini, struct diag *diag)
{
        dictionary *dict;
        int r;

        errno = 0;
        dict = load_dictionary(fd);
        /* It does not tell an error of the system from one of the file, or goes on in spite of it. */
        if (passes(errno))
                r = -errno;
        else if (!dict || library_complaints > 0)
                r = refuse(diag, "iniparser cannot read it");
        else
                r = compare(ini, dict, diag);
        if (dict)
                iniparser_freedict(dict);
        return r;
}

static int load_open_file(int fd, struct diag *diag, struct ini *ini)
{
        size_t length = 0;
        int r = read_file(fd, diag, &ini->text, &length);

        if (r == 0)
                r = scan_text(ini->text, length, diag, ini);
        if (r == 0 && diag_errors(diag) == 0)
                r = confirm(fd, ini, diag);
        return r;
}

int ini_load(const char *path, struct diag *diag, struct ini **ret)
{
        /* Not blocking: the path may name a pipe. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
        struct ini *ini;

        if (fd < 0)
                return cannot_read(diag, errno);
        ini = calloc(1, sizeof *ini);
        r = ini ? load_open_file(fd, diag, ini) : -ENOMEM;
        close(fd);
        if (r < 0) {
                ini_free(ini);
                return r;
        }
        *ret = ini;
        return 0;
}

const struct ini_entry *ini_find(const struct ini *ini, const struct ini_entry *header, const char *key)
{
        const struct ini_entry *end = ini->entries + ini->n;

        for (const struct ini_entry *e = header + 1; e < end && e->key; e++)
                if (strcasecmp(e->key, key) == 0)
                        return e;
        return header;
}

struct diag_place ini_place(const struct ini_entry *e, const char *key)
{
        return (struct diag_place){ .line = e->line, .section = e->section, .key = key };
}

struct diag_place ini_place_of(const struct ini *ini, const struct ini_entry *header, const char *key)
{
        return ini_place(ini_find(ini, header, key), key);
}

struct ini *ini_free(struct ini *ini)
{
        if (!ini)
                return NULL;
        free(ini->entries);
        free(ini->text);
        free(ini);
        return NULL;
}
