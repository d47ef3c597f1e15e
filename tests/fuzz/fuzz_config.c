/* fuzz_config.c - config/config: text as a configuration file. What is wrong with it is said with file and
 * line; what is good is the same each time it is read. Of an input in two parts, with the line %% between
 * them, the second is what a reload finds. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/plan.h"

#define KEYS_TEXT                                                                                            \
        "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"                               \
        "65535 101112131415161718191a1b1c1d1e1f101112131415161718191a1b1c1d1e1f\n"

/* From so many on they may be a secret. */
#define HEX_DIGITS     "0123456789abcdefABCDEF"
#define HEX_DIGITS_MAX 32

/* Two files without a name, and by what they can be opened. */
struct file {
        int fd;
        char path[32];
};

static struct file config_file, keys_file;

static void write_file(const struct file *f, const void *bytes, size_t length)
{
        MUST(ftruncate(f->fd, 0) == 0);
        MUST(pwrite(f->fd, bytes, length, 0) == (ssize_t)length);
}

static void make_file(struct file *f)
{
        f->fd = memfd_create("fuzz", MFD_CLOEXEC);
        MUST(f->fd >= 0 && fchmod(f->fd, 0600) == 0);
        snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        MUST(sodium_init() >= 0);
        make_file(&config_file);
        make_file(&keys_file);
        write_file(&keys_file, KEYS_TEXT, strlen(KEYS_TEXT));
        return 0;
}

/* --- what is said --- */

struct said {
        size_t lines; /* of the file */
        size_t errors;
};

/* What is said last, behind all names that the message has. */
static const char *last_words(const char *message)
{
        const char *words = message;

        for (const char *p; (p = strstr(words, ": ")); words = p + 2)
                ;
        return words;
}

/* FILE:LINE: or, of the file as a whole, FILE: and words behind it. Without what may be a secret. */
static void check_message(void *arg, enum diag_severity severity, const char *message)
{
        struct said *said = arg;
        size_t n = strlen(config_file.path);
        const char *behind = strstr(message, ": ");
        /* The others are about the file of keys, whose name is as it was given. */
        bool own = strncmp(message, config_file.path, n) == 0 && message[n] == ':';
        unsigned line;

        said->errors += severity == DIAG_ERROR;
        MUST(behind && behind[2]);
        for (const char *p = own ? message : last_words(message); *p; p += strcspn(p, HEX_DIGITS)) {
                MUST(strspn(p, HEX_DIGITS) < HEX_DIGITS_MAX);
                p += strspn(p, HEX_DIGITS);
        }
        if (!own)
                return;
        MUST(is_printable(message));
        if (message + n < behind) {
                MUST(sscanf(message + n, ":%u", &line) == 1);
                MUST(line >= 1 && line <= said->lines);
        }
}

static size_t count_lines(const uint8_t *bytes, size_t length)
{
        size_t n = 1;

        for (size_t i = 0; i < length; i++)
                n += bytes[i] == '\n';
        return n;
}

/* --- what is taken --- */

static void check_group(const struct config_group *at)
{
        MUST(at->section[0] && is_printable(at->section) && at->line > 0);
        MUST(address_is_multicast(&at->group) && at->port > 0);
        MUST(!at->ip_address.family || at->ip_address.family == at->group.family);
        MUST(!at->ip_address.family || !at->interface[0]);
}

static void check_emitter(const struct config *c, const struct config_emitter *e)
{
        size_t most = e->key ? MESSAGE_MAX - AUTH_TRAILER_SIZE : MESSAGE_MAX, at;
        const struct template_values values = {
                .wall_ns = 0,
                .node = c->daemon.node,
                .boot = UINT64_MAX,
                .sequence = UINT64_MAX,
                .uptime_ns = INT64_MAX,
        };
        char message[MESSAGE_MAX];

        check_group(&e->at);
        MUST(e->interval_ns > 0 && e->jitter_ns <= e->interval_ns);
        MUST(template_check(e->message, &at) == 0);
        MUST(template_render(e->message, &values, message) <= most);
        MUST(e->key ? keyring_find(c->keys, (uint16_t)e->key) != NULL : e->auth == AUTH_OFF);
}

static void check_good(const struct config *c)
{
        MUST(c->n_receivers + c->n_emitters > 0);
        for (size_t i = 0; i < c->n_receivers; i++) {
                check_group(&c->receivers[i].at);
                MUST(c->receivers[i].handlers.n > 0 && c->receivers[i].peers > 0);
                MUST(c->receivers[i].auth == AUTH_OFF || c->keys);
        }
        for (size_t i = 0; i < c->n_emitters; i++)
                check_emitter(c, &c->emitters[i]);
}

/* NULL: it is not good, which was said. */
static struct config *load(const uint8_t *bytes, size_t length)
{
        const struct keys_source keys = { .path = "/keys", .fd = keys_file.fd };
        struct said said = { .lines = count_lines(bytes, length) };
        struct config *c = NULL;
        struct diag *diag;
        int r;

        write_file(&config_file, bytes, length);
        MUST(diag_new(config_file.path, &diag) == 0);
        r = config_load(config_file.path, &keys, diag, &c);
        MUST(r == 0 || r == -EINVAL);
        MUST((r == 0) == (c != NULL) && (r < 0) == (diag_errors(diag) > 0));
        diag_each(diag, check_message, &said);
        MUST((said.errors > 0) == (r < 0));
        diag_free(diag);
        if (c)
                check_good(c);
        return c;
}

/* --- what a reload would do --- */

static struct plan *plan(const struct config *running, const struct config *next)
{
        struct plan *p;
        char *text;
        size_t length;
        FILE *to = open_memstream(&text, &length);

        MUST(to && plan_new(running, next, &p) == 0);
        MUST(p->kept + p->retuned + p->reopened + p->added == next->n_receivers + next->n_emitters);
        MUST(p->kept + p->retuned + p->reopened + p->dropped == running->n_receivers + running->n_emitters);
        plan_print(p, running, next, to);
        fclose(to);
        for (const char *at = text; *at; at++)
                MUST(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
        free(text);
        return p;
}

static void check_same(const struct config *c, const struct config *again)
{
        struct plan *p = plan(c, again);

        MUST(p->kept == c->n_receivers + c->n_emitters && p->dropped == 0 && p->daemon_changed == 0);
        plan_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        const uint8_t *cut = memmem(bytes, length, "\n%%\n", 4), *second = cut ? cut + 4 : bytes;
        size_t first_length = cut ? (size_t)(cut - bytes) + 1 : length;
        struct config *running = load(bytes, first_length), *next;

        if (!running && !cut)
                return 0;
        next = load(second, length - (size_t)(second - bytes));
        if (running && next && !cut)
                check_same(running, next);
        else if (running && next)
                plan_free(plan(running, next));
        config_free(running);
        config_free(next);
        return 0;
}
