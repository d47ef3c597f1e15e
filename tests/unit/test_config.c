/* test_config.c - configuration files, good and bad: what they set, and what is said of them. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/diag.h"
#include "config/ini.h"
#include "config/options.h"

#define DATA    MCASTD_TEST_DATA "/"
#define MINIMAL "[MCSERVER]\nMCAST_GROUP = 239.1.1.1\nPORT = 5001\n"
#define NOBODY  65534

/* What came of a file. */
struct outcome {
        int r;
        struct config *config; /* NULL where r < 0 */
        size_t errors;         /* as diag counts them */
        size_t lines, error_lines;
        char *messages; /* a line each */
        FILE *to;       /* messages, while they are being collected */
};

static void collect(void *arg, enum diag_severity severity, const char *message)
{
        struct outcome *o = arg;

        fprintf(o->to, "%s\n", message);
        o->lines++;
        o->error_lines += severity == DIAG_ERROR;
}

static void load(const char *path, struct outcome *ret)
{
        struct keys_source keys = { .path = "keys", .fd = -1 };
        struct diag *diag;
        size_t size;

        *ret = (struct outcome){ 0 };
        ret->to = open_memstream(&ret->messages, &size);
        assert_non_null(ret->to);
        assert_int_equal(diag_new(basename(path), &diag), 0);
        ret->r = config_load(path, &keys, diag, &ret->config);
        diag_each(diag, collect, ret);
        ret->errors = diag_errors(diag);
        diag_free(diag);
        fclose(ret->to);
}

static void forget(struct outcome *o)
{
        config_free(o->config);
        free(o->messages);
}

/* The path of a file of tests/data, for the caller to free. */
static char *path_of(const char *folder, const char *name, const char *ending)
{
        char *path;

        assert_true(asprintf(&path, DATA "%s/%s%s", folder, name, ending) > 0);
        return path;
}

/* The file's bytes, for the caller to free; NULL where there is none. */
static char *read_bytes(const char *path, size_t *ret_size)
{
        char *bytes = NULL;
        FILE *f = fopen(path, "r"), *to;
        int c;

        if (!f)
                return NULL;
        to = open_memstream(&bytes, ret_size);
        assert_non_null(to);
        while ((c = getc(f)) != EOF)
                putc(c, to);
        assert_int_equal(fclose(to), 0);
        fclose(f);
        return bytes;
}

/* Makes NAME.keys of tests/data the file `keys` of the folder that the test runs in, with the mode that it
 * must have; where there is none, there is no file. A NAME.conf that has to say where its keys are says
 * /proc/self/cwd/keys. */
static void lay_out_keys(const char *folder, const char *name)
{
        char *path = path_of(folder, name, ".keys"), *bytes;
        size_t size;
        int fd;

        assert_true(unlink("keys") == 0 || errno == ENOENT);
        bytes = read_bytes(path, &size);
        if (bytes) {
                fd = open("keys", O_WRONLY | O_CREAT | O_EXCL, 0400);
                assert_true(fd >= 0);
                assert_int_equal(write(fd, bytes, size), size);
                close(fd);
        }
        free(bytes);
        free(path);
}

static struct config *load_good(const char *name)
{
        char *path = path_of("good", name, ".conf");
        struct outcome o;

        lay_out_keys("good", name);
        load(path, &o);
        free(path);
        assert_string_equal(o.messages, "");
        assert_int_equal(o.r, 0);
        free(o.messages);
        return o.config;
}

/* --- the files of tests/data --- */

struct folder {
        const char *name;
        int r;
        bool speaks; /* each NAME.conf has a NAME.expect, the exact messages */
};

static struct folder good = { "good", 0, false };
static struct folder warn = { "warn", 0, true };
static struct folder bad = { "bad", -EINVAL, true };

static bool ends_in(const char *name, const char *end)
{
        size_t n = strlen(name), m = strlen(end);

        return n > m && strcmp(name + n - m, end) == 0;
}

static int is_file(const struct dirent *d)
{
        return ends_in(d->d_name, ".conf") || ends_in(d->d_name, ".expect") || ends_in(d->d_name, ".keys");
}

/* The file's text, for the caller to free; "" where there is none. */
static char *read_text(const char *path)
{
        char *text = NULL;
        size_t size = 0;
        FILE *f = fopen(path, "r");

        if (!f || getdelim(&text, &size, '\0', f) < 0) {
                free(text);
                text = strdup("");
        }
        if (f)
                fclose(f);
        assert_non_null(text);
        return text;
}

/* Whether NAME.conf comes to what its folder and NAME.expect say. */
static bool is_as_expected(const struct folder *folder, const char *name)
{
        char *path = path_of(folder->name, name, ".conf");
        char *expect_path = path_of(folder->name, name, ".expect");
        char *expected = read_text(expect_path);
        struct outcome o;
        bool as_expected;

        lay_out_keys(folder->name, name);
        load(path, &o);
        as_expected = o.r == folder->r && strcmp(o.messages, expected) == 0 &&
                      (*expected != '\0') == folder->speaks;
        as_expected = as_expected && (o.errors > 0) == (o.r < 0) && (o.config != NULL) == (o.r == 0);
        if (!as_expected)
                print_error("%s: returned %d, wanted %d; said:\n%swanted:\n%s", path, o.r, folder->r,
                            o.messages, expected);
        forget(&o);
        free(expected);
        free(expect_path);
        free(path);
        return as_expected;
}

/* Files of all endings lead here, so that none is without its .conf. */
static void test_folder(void **state)
{
        const struct folder *folder = *state;
        char *path = path_of(folder->name, "", "");
        struct dirent **files;
        int n = scandir(path, &files, is_file, alphasort), failed = 0;

        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
                *strrchr(files[i]->d_name, '.') = '\0';
                if (i == 0 || strcmp(files[i]->d_name, files[i - 1]->d_name) != 0)
                        failed += !is_as_expected(folder, files[i]->d_name);
        }
        for (int i = 0; i < n; i++)
                free(files[i]);
        free(files);
        free(path);
        assert_int_equal(failed, 0);
}

/* --- values --- */

/* Every field as text, so that a test reads like the file. */
__attribute__((format(printf, 2, 3))) static void check_text(const char *expected, const char *format, ...)
{
        va_list args;
        char *text;

        va_start(args, format);
        assert_true(vasprintf(&text, format, args) > 0);
        va_end(args);
        assert_string_equal(text, expected);
        free(text);
}

static void check_group(const struct config_group *at, const char *expected)
{
        check_text(expected, "[%s] line %u, %s port %u, address %s, interface \"%s\"", at->section, at->line,
                   ADDRESS_TEXT(&at->group), at->port, ADDRESS_TEXT(&at->ip_address), at->interface);
}

static void check_receiver(const struct config_receiver *r, const char *expected)
{
        const struct network *last = &r->allow.networks[r->allow.n ? r->allow.n - 1 : 0];

        check_text(expected,
                   "handlers %s %s; %zu sources, first %s; %zu networks, last %s/%u; ack \"%s\" %" PRIu32
                   "/s, in all %" PRIu32 "/s, spread %" PRId64 " ns; log %" PRIu32
                   "/s; expects every %" PRId64 " ns; %" PRIu64 " peers, dead after %" PRId64
                   " ns, clock %" PRId64 " ns; buffer %" PRIu64 "; share %d; auth %s",
                   r->handlers.names[0], r->handlers.n == 2 ? r->handlers.names[1] : "-", r->sources.n,
                   ADDRESS_TEXT(&r->sources.addresses[0]), r->allow.n, ADDRESS_TEXT(&last->address),
                   last->length, r->ack_text, r->ack_rate, r->ack_total, r->ack_spread_ns, r->log_rate,
                   r->expect_every_ns, r->peers, r->dead_after_ns, r->clock_skew_ns, r->receive_buffer,
                   r->share_any, auth_mode_name(r->auth));
}

static void check_emitter(const struct config_emitter *e, const char *expected)
{
        check_text(expected,
                   "every %" PRId64 " ns, jitter %" PRId64 "; \"%s\"; ttl %" PRIu64 ", loop %d, dscp %" PRIu64
                   "; expects %" PRIu64 "; key %" PRIu64 ", auth %s",
                   e->interval_ns, e->jitter_ns, e->message, e->ttl, e->loop, e->dscp, e->expect_acks, e->key,
                   auth_mode_name(e->auth));
}

static void test_values_are_as_given(void **state)
{
        struct config *c = load_good("all-options");

        (void)state;
        assert_int_equal(c->n_receivers, 1);
        assert_int_equal(c->n_emitters, 1);
        check_group(&c->receivers[0].at,
                    "[mcserver.all] line 10, 239.1.2.3 port 5002, address 192.0.2.1, interface \"\"");
        check_receiver(
                &c->receivers[0],
                "handlers ack log; 2 sources, first 198.51.100.7; 3 networks, last 198.51.100.7/32; "
                "ack \"got it\" 5/s, in all 4294967295/s, spread 20000000 ns; log 0/s; "
                "expects every 120000000000 ns; 4096 peers, dead after 10000000000 ns, clock 500000000 ns; "
                "buffer 65536; share 1; auth permissive");
        check_group(&c->emitters[0].at,
                    "[mcclient.all] line 30, 239.1.2.4 port 5003, address -, interface \"eth0.7\"");
        check_emitter(&c->emitters[0],
                      "every 1500000000 ns, jitter 250000000; \"ATU {utc} node={node}\"; ttl 8, loop 0, "
                      "dscp 46; expects 3; key 7, auth enforce");
        assert_int_equal(c->daemon.log_level, LOG_LEVEL_DEBUG);
        assert_string_equal(c->daemon.node, "rack-7.example");
        assert_string_equal(c->daemon.runtime_dir, "/run/mcastd-b");
        assert_string_equal(ENDPOINT_TEXT(&c->daemon.http), "[::1]:9464");
        assert_true(c->daemon.http_peers);
        assert_string_equal(c->daemon.keys, "/proc/self/cwd/keys");
        assert_int_equal(keyring_count(c->keys), 1);
        assert_int_equal(keyring_id(c->keys, 0), 7);
        config_free(c);
}

static void test_defaults_are_those_of_the_manual(void **state)
{
        struct config *c = load_good("defaults");

        (void)state;
        assert_int_equal(c->n_receivers, 1);
        assert_int_equal(c->n_emitters, 1);
        check_group(&c->receivers[0].at, "[mcserver] line 2, 239.1.1.1 port 5001, address -, interface \"\"");
        check_receiver(
                &c->receivers[0],
                "handlers log -; 0 sources, first -; 0 networks, last -/0; ack \"ack\" 10/s, in all 1000/s, "
                "spread 0 ns; log 100/s; expects every 0 ns; 1024 peers, dead after 0 ns, "
                "clock 2000000000 ns; buffer 4194304; share 0; auth off");
        check_group(&c->emitters[0].at, "[mcclient] line 6, 239.1.1.1 port 5001, address -, interface \"\"");
        check_emitter(&c->emitters[0],
                      "every 1000000000 ns, jitter 0; \"ATU {time}\"; ttl 1, loop 1, dscp 0; expects 0; "
                      "key 0, auth off");
        assert_int_equal(c->daemon.log_level, LOG_LEVEL_INFO);
        assert_string_equal(c->daemon.node, "");
        assert_string_equal(c->daemon.runtime_dir, "");
        assert_int_equal(c->daemon.http.address.family, 0);
        assert_false(c->daemon.http_peers);
        assert_string_equal(c->daemon.keys, "");
        assert_null(c->keys);
        config_free(c);
}

/* Whether the option has another value in `a` than in `b`, in any kind of section that knows it. */
static bool differs(const struct config_option *o, const struct config *a, const struct config *b)
{
        return ((o->sections & SECTION_RECEIVER) && !option_equal(o, a->receivers, b->receivers)) ||
               ((o->sections & SECTION_EMITTER) && !option_equal(o, a->emitters, b->emitters)) ||
               ((o->sections & SECTION_DAEMON) && !option_equal(o, &a->daemon, &b->daemon));
}

/* Who adds an option finds out here that all-options.conf lacks it. */
static void test_all_options_means_all(void **state)
{
        struct config *defaults = load_good("defaults"), *all = load_good("all-options");
        size_t missing = 0;

        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                if (!differs(option_at(i), all, defaults)) {
                        print_error("all-options.conf does not change %s\n", option_at(i)->key);
                        missing++;
                }
        }
        config_free(all);
        config_free(defaults);
        assert_int_equal(missing, 0);
}

static void test_sections_keep_their_order(void **state)
{
        struct config *c = load_good("design-example");
        struct endpoint echo = config_endpoint(&c->receivers[1].at);

        (void)state;
        assert_int_equal(c->n_receivers, 2);
        assert_int_equal(c->n_emitters, 1);
        check_group(&c->receivers[0].at,
                    "[mcserver] line 2, 239.1.1.1 port 5001, address 127.0.0.1, interface \"\"");
        check_group(&c->receivers[1].at,
                    "[mcserver.echo] line 13, 224.3.29.71 port 10000, address -, interface \"eth0\"");
        check_group(&c->emitters[0].at,
                    "[mcclient] line 7, 239.1.1.1 port 5001, address 127.0.0.1, interface \"\"");
        assert_string_equal(ENDPOINT_TEXT(&echo), "224.3.29.71:10000");
        config_free(c);
}

static void test_message_stands_between_quotes(void **state)
{
        static const char *const messages[] = { "it's {time}; not # cut", "say \"{time}\"", "  kept  ",
                                                "it's a \"quote\" inside" };
        struct config *c = load_good("quotes");

        (void)state;
        assert_int_equal(c->n_emitters, N_OF(messages));
        for (size_t i = 0; i < c->n_emitters; i++)
                assert_string_equal(c->emitters[i].message, messages[i]);
        config_free(c);
        c = load_good("utf8-message");
        assert_string_equal(c->emitters[0].message, "Zustand: Lüfter aus, 電源 ok {time}");
        config_free(c);
}

static void test_value_ends_where_a_comment_begins(void **state)
{
        struct config *c = load_good("comments");

        (void)state;
        check_group(&c->receivers[0].at, "[mcserver] line 7, 239.1.1.1 port 5001, address -, interface \"\"");
        assert_string_equal(c->receivers[0].ack_text, "a");
        config_free(c);
}

static void test_signatures_are_asked_for_in_each_mode(void **state)
{
        static const enum auth_mode modes[] = { AUTH_OFF, AUTH_RECEIVE_ONLY, AUTH_PERMISSIVE, AUTH_ENFORCE };
        struct config *c = load_good("signatures");

        (void)state;
        assert_int_equal(c->n_receivers, N_OF(modes));
        for (size_t i = 0; i < N_OF(modes); i++)
                assert_int_equal(c->receivers[i].auth, modes[i]);
        assert_int_equal(c->n_emitters, 2);
        assert_int_equal(c->emitters[0].key, 65535);
        assert_int_equal(c->emitters[0].auth, AUTH_RECEIVE_ONLY);
        assert_int_equal(c->emitters[1].key, 0);
        assert_int_equal(c->emitters[1].auth, AUTH_OFF);
        assert_int_equal(keyring_count(c->keys), 2);
        assert_non_null(keyring_find(c->keys, 1));
        assert_non_null(keyring_find(c->keys, 65535));
        assert_null(keyring_find(c->keys, 2));
        config_free(c);
}

/* --- files that are made here --- */

/* The test's own folder, and the path of "test.conf" in it. */
struct workshop {
        char folder[64];
        char path[80];
};

static int make_workshop(void **state)
{
        static struct workshop w;

        strcpy(w.folder, "/tmp/test_config.XXXXXX");
        if (!mkdtemp(w.folder) || chmod(w.folder, 0755) < 0)
                return -1;
        snprintf(w.path, sizeof w.path, "%s/test.conf", w.folder);
        *state = &w;
        return 0;
}

static int remove_workshop(void **state)
{
        const struct workshop *w = *state;

        if (remove(w->path) < 0 && errno != ENOENT)
                return -1;
        return rmdir(w->folder);
}

/* MINIMAL, and behind it `n` times what `print` writes for the number. */
static void write_repeated(const struct workshop *w, void (*print)(FILE *to, size_t i), size_t n)
{
        FILE *f = fopen(w->path, "w");

        assert_non_null(f);
        fputs(MINIMAL, f);
        for (size_t i = 0; i < n; i++)
                print(f, i);
        assert_int_equal(fchmod(fileno(f), 0644), 0);
        assert_int_equal(fclose(f), 0);
}

static void check(const struct workshop *w, int r, const char *messages)
{
        struct outcome o;

        load(w->path, &o);
        assert_string_equal(o.messages, messages);
        assert_int_equal(o.r, r);
        forget(&o);
}

static void test_of_what_cannot_be_read_nothing_is_there(void **state)
{
        struct diag *diag;
        struct ini *ini = NULL;

        (void)state;
        assert_int_equal(diag_new("/nonexistent/mcastd.conf", &diag), 0);
        assert_int_equal(ini_load("/nonexistent/mcastd.conf", diag, &ini), -ENOENT);
        assert_null(ini);
        assert_int_equal(diag_errors(diag), 1);
        assert_null(ini_free(ini));
        diag_free(diag);
}

static void test_missing_file(void **state)
{
        check(*state, -EINVAL, "test.conf: cannot be read: No such file or directory\n");
}

static void test_directory(void **state)
{
        const struct workshop *w = *state;

        assert_int_equal(mkdir(w->path, 0755), 0);
        check(w, -EINVAL, "test.conf: is a directory, not a file\n");
}

static void test_pipe_is_refused_at_once(void **state)
{
        const struct workshop *w = *state;

        assert_int_equal(mkfifo(w->path, 0644), 0);
        check(w, -EINVAL, "test.conf: is not a regular file\n");
}

static void test_world_writable_file(void **state)
{
        const struct workshop *w = *state;

        write_repeated(w, NULL, 0);
        assert_int_equal(chmod(w->path, 0666), 0);
        check(w, -EINVAL, "test.conf: everybody may write to it; take that right away with chmod o-w\n");
        assert_int_equal(chmod(w->path, 0664), 0);
        check(w, 0, "");
}

static void test_unreadable_file(void **state)
{
        const struct workshop *w = *state;
        bool root = geteuid() == 0;
        struct outcome o;

        write_repeated(w, NULL, 0);
        assert_int_equal(chmod(w->path, 0), 0);
        if (root && seteuid(NOBODY) < 0)
                skip(); /* a user namespace with nobody but root in it */
        load(w->path, &o);
        if (root)
                assert_int_equal(seteuid(0), 0);
        assert_string_equal(o.messages, "test.conf: cannot be read: Permission denied\n");
        assert_int_equal(o.r, -EINVAL);
        forget(&o);
}

static void test_link_is_followed(void **state)
{
        const struct workshop *w = *state;

        assert_int_equal(symlink(DATA "good/defaults.conf", w->path), 0);
        check(w, 0, "");
}

static void print_comment(FILE *to, size_t i)
{
        putc(i % 1000 ? '#' : '\n', to);
}

static void test_greatest_size(void **state)
{
        size_t room = INI_FILE_MAX - strlen(MINIMAL);

        write_repeated(*state, print_comment, room);
        check(*state, 0, "");
        write_repeated(*state, print_comment, room + 1);
        check(*state, -EINVAL, "test.conf: has 1048577 bytes; at most 1048576\n");
}

static void print_unknown_option(FILE *to, size_t i)
{
        fprintf(to, "WRONG_%zu = x\n", i);
}

static void test_errors_beyond_the_limit_are_counted(void **state)
{
        const struct workshop *w = *state;
        struct outcome o;

        write_repeated(w, print_unknown_option, DIAG_MAX + 3);
        load(w->path, &o);
        assert_int_equal(o.r, -EINVAL);
        assert_int_equal(o.errors, DIAG_MAX + 3);
        assert_int_equal(o.lines, DIAG_MAX + 1);
        assert_non_null(strstr(o.messages, "test.conf:103: [mcserver] WRONG_99: "));
        assert_true(ends_in(o.messages, "\ntest.conf: and 3 more\n"));
        forget(&o);
}

static void print_section(FILE *to, size_t i)
{
        fprintf(to, "[MCCLIENT.%zu]\nMCAST_GROUP = 239.1.1.1\nPORT = 5001\nMESSAGE = %zu\n", i, i);
}

static void test_greatest_number_of_entries(void **state)
{
        size_t sections = (INI_ENTRIES_MAX - 3) / 4; /* MINIMAL has three entries */

        write_repeated(*state, print_section, sections);
        check(*state, 0, "");
        write_repeated(*state, print_section, sections + 1);
        check(*state, -EINVAL, "test.conf:20001: one too many: at most 20000 sections and options\n");
}

static void print_doubtful_emitter(FILE *to, size_t i)
{
        fprintf(to, "[MCCLIENT.%zu]\nMCAST_GROUP = 224.0.0.1\nPORT = 5001\nTTL = 2\nMESSAGE = %zu\n", i, i);
}

static void test_many_warnings_are_no_error(void **state)
{
        const struct workshop *w = *state;
        struct outcome o;

        write_repeated(w, print_doubtful_emitter, DIAG_MAX + 1);
        load(w->path, &o);
        assert_int_equal(o.r, 0);
        assert_int_equal(o.errors, 0);
        assert_int_equal(o.error_lines, 0);
        assert_int_equal(o.config->n_emitters, DIAG_MAX + 1);
        assert_true(ends_in(o.messages, "\ntest.conf: and 1 more\n"));
        forget(&o);
}

/* --- the folder that the tests run in --- */

static char folder_of_tests[] = "/tmp/test_config.XXXXXX";

static int enter_folder(void **state)
{
        (void)state;
        return mkdtemp(folder_of_tests) ? chdir(folder_of_tests) : -1;
}

static int leave_folder(void **state)
{
        (void)state;
        if (unlink("keys") < 0 && errno != ENOENT)
                return -1;
        return chdir("/") < 0 ? -1 : rmdir(folder_of_tests);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_workshop, remove_workshop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                { "test_good_files_load_without_a_word", test_folder, NULL, NULL, &good },
                { "test_doubtful_files_load_with_these_warnings", test_folder, NULL, NULL, &warn },
                { "test_bad_files_fail_with_these_messages", test_folder, NULL, NULL, &bad },
                cmocka_unit_test(test_values_are_as_given),
                cmocka_unit_test(test_defaults_are_those_of_the_manual),
                cmocka_unit_test(test_all_options_means_all),
                cmocka_unit_test(test_sections_keep_their_order),
                cmocka_unit_test(test_message_stands_between_quotes),
                cmocka_unit_test(test_value_ends_where_a_comment_begins),
                cmocka_unit_test(test_signatures_are_asked_for_in_each_mode),
                cmocka_unit_test(test_of_what_cannot_be_read_nothing_is_there),
                IN_FOLDER(test_missing_file),
                IN_FOLDER(test_directory),
                IN_FOLDER(test_pipe_is_refused_at_once),
                IN_FOLDER(test_world_writable_file),
                IN_FOLDER(test_unreadable_file),
                IN_FOLDER(test_link_is_followed),
                IN_FOLDER(test_greatest_size),
                IN_FOLDER(test_errors_beyond_the_limit_are_counted),
                IN_FOLDER(test_greatest_number_of_entries),
                IN_FOLDER(test_many_warnings_are_no_error),
        };

        return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
