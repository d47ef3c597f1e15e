/* keys.c - the command `mcastctl keys`: checks a file of keys, and hands it to the daemon, which may not open
 * it. */
#include "ctl/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/keys.h"
#include "ctl/answer.h"
#include "ctl/client.h"
#include "ctl/folder.h"
#include "ctl/keys_file.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "os/handover.h"

struct options {
        struct client_options daemon;
        bool check;
        bool unchecked;
        const char *file; /* NULL: the default */
};

/* What the daemon is handed. */
struct gift {
        const char *path; /* NULL: an empty file, because there is no default one */
        int fd;
        const struct keyring *keys; /* NULL: nobody has looked */
};

/* "FILE: good; keys: 2 (1, 7)", without the end of the line. */
static void print_found(const char *path, const struct keyring *keys)
{
        char ids[KEYRING_TEXT_SIZE];

        output_text(stdout, path);
        printf(": good; keys: %zu", keyring_count(keys));
        if (keyring_count(keys) > 0)
                printf(" (%s)", keyring_text(keys, ids));
}

/* Why keys_file_open_unchecked() has not opened it, and what comes of that. */
static void say_unusable(const char *command, const char *path, int error, const char *end)
{
        fprintf(stderr, "mcastctl %s: ", command);
        output_text(stderr, path);
        fprintf(stderr, ": %s%s\n", error == -ENOTSUP ? "is not a regular file" : strerror(-error), end);
}

static void print_gift(const struct gift *gift)
{
        if (!gift->path) {
                fputs(KEYS_FILE_DEFAULT ": not there; keys: 0", stdout);
        } else if (!gift->keys) {
                output_text(stdout, gift->path);
                fputs(": not checked", stdout);
        } else {
                print_found(gift->path, gift->keys);
        }
}

/* --- the handing over --- */

bool keys_is_nobody_there(int error)
{
        return error == -ENOENT || error == -ECONNREFUSED;
}

static bool is_forbidden(int error)
{
        return error == -EACCES || error == -EPERM;
}

int keys_not_taken(const char *command, const char *folder, int error)
{
        fprintf(stderr, "mcastctl %s: ", command);
        if (keys_is_nobody_there(error))
                fputs("no mcastd takes keys at ", stderr);
        else if (is_forbidden(error))
                fputs("no permission, which root has, for ", stderr);
        else if (error == -EAGAIN)
                fputs("mcastd must first take the files that wait at ", stderr);
        else
                fputs("cannot hand the file over at ", stderr);
        output_text(stderr, folder);
        fprintf(stderr, "/" HANDOVER_SOCKET ": %s\n", strerror(-error));
        if (keys_is_nobody_there(error))
                fputs("Is the service running? systemctl status mcastd tells.\n", stderr);
        else if (error == -EAGAIN)
                fputs("It does when it is told to: systemctl kill --signal=HUP mcastd\n", stderr);
        return error == -ENAMETOOLONG ? EX_USAGE : EXIT_FAILURE;
}

/* The default file; or an empty one, after it was said why unless it is just missing. 0; or -errno, and
 * nothing was said: -EACCES where the caller may not open it. */
static int open_default(const char *command, struct gift *ret)
{
        int fd = keys_file_open_unchecked(KEYS_FILE_DEFAULT);

        *ret = (struct gift){ KEYS_FILE_DEFAULT, fd, NULL };
        if (fd < 0 && !is_forbidden(fd)) {
                if (fd != -ENOENT)
                        say_unusable(command, KEYS_FILE_DEFAULT, fd, "; an empty file takes its place");
                *ret = (struct gift){ NULL, handover_open_empty(), NULL };
        }
        return ret->fd < 0 ? ret->fd : 0;
}

/* Who has no keys needs nobody to take them: so a reload does not fail for want of that. Otherwise it would
 * go on with old keys. */
static bool needs_nobody(const char *command, const struct gift *gift)
{
        struct keys_file file;
        bool needs;

        if (!gift->path || gift->keys)
                return keyring_count(gift->keys) == 0;
        if (keys_file_open(command, gift->path, &file))
                return false;
        needs = keyring_count(file.keys) > 0;
        keys_file_close(&file);
        return !needs;
}

/* 1: it is handed over; 0: nobody takes it, and nobody need; or -errno of handover_give(). */
static int give(const char *command, const char *folder, const struct gift *gift)
{
        int r = handover_give(folder, gift->fd);

        if (r == 0)
                return 1;
        return keys_is_nobody_there(r) && needs_nobody(command, gift) ? 0 : r;
}

int keys_before_reload(void)
{
        struct gift gift;
        int r = open_default("reload", &gift);

        if (r == 0) {
                r = give("reload", FOLDER_DEFAULT, &gift);
                close(gift.fd);
        }
        return r > 0 || is_forbidden(r) ? 0 : r;
}

/* --- the command --- */

/* The file that the running configuration names for the keys, and that mcastd reads itself; "" where it names
 * none, or cannot be asked. */
static void ask_for_named(const char *folder, char ret[PATH_MAX])
{
        char why[CLIENT_WHY_SIZE];
        struct client *c = NULL;
        json_t *status = NULL;

        ret[0] = '\0';
        if (client_connect(folder, true, &c, why) < 0)
                return;
        if (client_ask(c, json_pack("{s:s}", "verb", "status"), &status) == 0)
                snprintf(ret, PATH_MAX, "%s", answer_text(json_object_get(status, "daemon"), "keys_file"));
        json_decref(status);
        client_close(c);
}

static bool is_file(int fd, const char *path)
{
        struct stat opened, named;

        return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
               opened.st_ino == named.st_ino;
}

/* What comes of what was handed over, behind what it is. */
static void print_use(const struct gift *gift, const char *named)
{
        if (!*named) {
                fputs("; handed to mcastd, for its next reload", stdout);
        } else if (is_file(gift->fd, named)) {
                fputs("; mcastd reads it itself, at each reload", stdout);
        } else {
                fputs("; handed to mcastd, which does not use it as long as its configuration has KEYS = ",
                      stdout);
                output_text(stdout, named);
        }
}

/* The exit status. */
static int hand_over(const struct options *o, const struct gift *gift)
{
        const char *folder = folder_of_sockets(o->daemon.folder);
        char named[PATH_MAX] = "";
        int r;

        if (!o->unchecked)
                ask_for_named(folder, named);
        r = give("keys", folder, gift);
        if (r < 0)
                return keys_not_taken("keys", folder, r);
        print_gift(gift);
        if (r > 0)
                print_use(gift, named);
        putchar('\n');
        return EXIT_SUCCESS;
}

/* The exit status. */
static int run_unchecked(const struct options *o)
{
        struct gift gift = { .path = o->file };
        int status, r;

        if (o->file)
                r = gift.fd = keys_file_open_unchecked(o->file);
        else
                r = open_default("keys", &gift);
        if (r < 0) {
                say_unusable("keys", o->file ? o->file : KEYS_FILE_DEFAULT, r, "");
                return EX_CONFIG;
        }
        status = hand_over(o, &gift);
        close(gift.fd);
        return status;
}

/* The exit status. */
static int run_checked(const struct options *o)
{
        const char *path = o->file ? o->file : KEYS_FILE_DEFAULT;
        struct keys_file file;
        int status = EXIT_SUCCESS, r = keys_file_open("keys", path, &file);

        if (r)
                return r - 1;
        if (o->check) {
                print_found(path, file.keys);
                putchar('\n');
        } else {
                status = hand_over(o, &(struct gift){ path, file.fd, file.keys });
        }
        keys_file_close(&file);
        return status;
}

static bool is_missing(const char *path)
{
        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static int run(int argc, char *argv[])
{
        struct options o = { 0 };
        int r = options_parse(&command_keys, argc, argv, &o);

        if (r == 0 && o.check && o.unchecked)
                r = options_refuse(&command_keys, "--check or --unchecked, not both");
        if (r)
                return r - 1;
        if (o.file || !is_missing(KEYS_FILE_DEFAULT))
                return o.unchecked ? run_unchecked(&o) : run_checked(&o);
        if (!o.check)
                return run_unchecked(&o);
        puts("there is no " KEYS_FILE_DEFAULT ", and so no key");
        return EXIT_SUCCESS;
}

static const struct parameter parameters[] = {
        { "check", 'n', ARGUMENT_NONE, .help = "only check the file",
          .offset = offsetof(struct options, check) },
        { "unchecked", 'u', ARGUMENT_NONE, .help = "only hand it over: the daemon checks it at its reload",
          .offset = offsetof(struct options, unchecked) },
        OPTION_SOCKET(struct options),
        { .kind = ARGUMENT_FILE, .word = "FILE", .offset = offsetof(struct options, file), .optional = true },
        { 0 },
};

const struct command command_keys = {
        .name = "keys",
        .summary = "check the file of keys, and hand it to the daemon",
        .about = "Checks a file of keys, " KEYS_FILE_DEFAULT
                 " by default, and hands it to the daemon, which uses\n"
                 "it from its next reload on.\n",
        .notes =
                "Exit status: 0 it is good, and the daemon has it, 1 it could not be handed over, 64 wrong usage,\n"
                "78 it is not good. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
