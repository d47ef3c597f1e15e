/* test_scan.c - config/scan: what our own reading makes of bytes, and that iniparser agrees. */
#include "test.h"

#include <dlfcn.h>
#include <errno.h>
#include <iniparser/iniparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/diag.h"
#include "config/ini.h"
#include "config/scan.h"

/* --- byte strings, and what is read in them --- */

#define BYTES(literal) literal, sizeof(literal) - 1

/* What is read: `LINE [section]`, `LINE section:key=value`, or `LINE section:key` for a value that could not
 * be read; then the messages about the file `f`. */
static const struct reading {
        const char *name;
        const char *text;
        size_t length;
        const char *read;
} readings[] = {
        { "nothing", BYTES(""), "" },
        { "a newline", BYTES("\n"), "" },
        { "comments", BYTES(";\n#\n \t; [a]\nx"), "f:4: \"x\" is neither [section] nor key = value\n" },
        { "a comment without end", BYTES(";"), "" },
        { "a header", BYTES("[a]\n"), "1 [a]\n" },
        { "a header without end", BYTES("\n[a]"), "2 [a]\n" },
        { "capitals", BYTES("[A.B]\nC-D_9=E"), "1 [a.b]\n2 a.b:c-d_9=E\n" },
        { "blanks", BYTES(" [ a ] \n\tb\t=\tc d \n"), "1 [a]\n2 a:b=c d\n" },
        { "CRLF", BYTES("[a]\r\n\r\nb=c\r\n"), "1 [a]\n3 a:b=c\n" },
        { "lines of all kinds", BYTES("#\n\n[a]\n;\n\nb=c\n"), "3 [a]\n6 a:b=c\n" },
        { "two sections", BYTES("[a]\nb=c\n[d]\nb=e\n"), "1 [a]\n2 a:b=c\n3 [d]\n4 d:b=e\n" },
        { "empty values", BYTES("[a]\nb=\nc=\"\"\nd=''\ne= ;f\n"),
          "1 [a]\n2 a:b=\n3 a:c=\n4 a:d=\n5 a:e=\n" },
        { "quoted blanks", BYTES("[a]\nb=\" \"\n"), "1 [a]\n2 a:b= \n" },
        { "quoted quotes", BYTES("[a]\nb='\"'\nc=\"''\"\n"), "1 [a]\n2 a:b=\"\n3 a:c=''\n" },
        { "quoted signs", BYTES("[a]\nb='c;d#e'#f\n"), "1 [a]\n2 a:b=c;d#e\n" },
        { "a comment behind", BYTES("[a]\nb=c #d\n"), "1 [a]\n2 a:b=c\n" },
        { "more equals signs", BYTES("[a]\nb==c=d\n"), "1 [a]\n2 a:b==c=d\n" },
        { "bytes above ASCII", BYTES("[a]\nb=\xff\xc3\n"), "1 [a]\n2 a:b=\xff\xc3\n" },
        { "a backslash inside", BYTES("[a]\nb=c\\d\n"), "1 [a]\n2 a:b=c\\d\n" },
        { "a value that cannot be read", BYTES("[a]\nb='c\nd=e\n"),
          "1 [a]\n2 a:b\n3 a:d=e\nf:2: [a] B: the quote is not closed\n" },
        { "the rest of a bad section", BYTES("[a:b]\nc=d\n[e]\nf=g\n"),
          "3 [e]\n4 e:f=g\nf:1: \"a:b\" is no name of a section; one has only letters, digits and \"._-\"\n" },
        { "a byte order mark", BYTES("\xef\xbb\xbf[a]\n"),
          "1 [a]\nf:1: starts with a byte order mark; save the file as UTF-8 without one\n" },
        { "nothing but a byte order mark", BYTES("\xef\xbb\xbf"),
          "f:1: starts with a byte order mark; save the file as UTF-8 without one\n" },
        { "half a byte order mark", BYTES("\xef\xbb"),
          "f:1: \"\\xef\\xbb\" is neither [section] nor key = value\n" },
        { "a NUL byte", BYTES("\0"), "f:1: a NUL byte; this is no text file\n" },
        { "a NUL byte in a comment", BYTES("#\0\n"), "f:1: a NUL byte; this is no text file\n" },
        { "a NUL byte as the last", BYTES("[a]\nb=c\n\0"),
          "1 [a]\n2 a:b=c\nf:3: a NUL byte; this is no text file\n" },
        { "a backslash alone", BYTES("\\"),
          "f:1: a backslash at the end would join the next line to this one; keep to one line\n" },
        { "a backslash before blanks", BYTES("[a]\nb=c\\ \t\r\n"),
          "1 [a]\nf:2: a backslash at the end would join the next line to this one; keep to one line\n" },
        { "no section", BYTES("A=b\n"), "f:1: A: stands before the first [section]\n" },
        { "nothing before the equals sign", BYTES("[a]\n=b\n"),
          "1 [a]\nf:2: \"\" in front of \"=\" is no name of an option\n" },
};

static void write_message(void *arg, enum diag_severity severity, const char *message)
{
        (void)severity;
        fprintf(arg, "%s\n", message);
}

static void write_entry(FILE *to, const struct ini_entry *e)
{
        if (!e->key)
                fprintf(to, "%u [%s]\n", e->line, e->section);
        else
                fprintf(to, "%u %s:%s%s%s\n", e->line, e->section, e->key, e->value ? "=" : "",
                        e->value ? e->value : "");
}

/* Scans a copy that is as long as the text and its NUL, so that a sanitizer sees every byte read beyond.
 * What was read is written to `to`, unless NULL. Returns the number of errors. */
static size_t scan(const char *text, size_t length, FILE *to)
{
        char *copy = malloc(length + 1);
        struct ini ini = { 0 };
        struct diag *diag;
        size_t errors;

        assert_non_null(copy);
        memcpy(copy, text, length);
        copy[length] = '\0';
        assert_int_equal(diag_new("f", &diag), 0);
        assert_int_equal(scan_text(copy, length, diag, &ini), 0);
        errors = diag_errors(diag);
        if (to) {
                for (size_t i = 0; i < ini.n; i++)
                        write_entry(to, &ini.entries[i]);
                diag_each(diag, write_message, to);
        }
        diag_free(diag);
        free(ini.entries);
        free(copy);
        return errors;
}

static void test_texts_are_read_as_wanted(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(readings); i++) {
                char *read;
                size_t size;
                FILE *to = open_memstream(&read, &size);

                assert_non_null(to);
                scan(readings[i].text, readings[i].length, to);
                fclose(to);
                CHECK_TEXT(readings[i].name, read, readings[i].read);
                free(read);
        }
}

/* How many errors there are in a comment of `length` bytes with `end` behind them. */
static size_t errors_in_comment(size_t length, const char *end)
{
        char text[INI_LINE_MAX + 8];

        memset(text, '#', length);
        strcpy(text + length, end);
        return scan(text, length + strlen(end), NULL);
}

static void test_a_line_has_a_greatest_length(void **state)
{
        (void)state;
        assert_int_equal(errors_in_comment(INI_LINE_MAX, ""), 0);
        assert_int_equal(errors_in_comment(INI_LINE_MAX, "\n"), 0);
        assert_int_equal(errors_in_comment(INI_LINE_MAX - 1, "\r\n"), 0);
        assert_int_equal(errors_in_comment(INI_LINE_MAX, "\r\n"), 1);
        assert_int_equal(errors_in_comment(INI_LINE_MAX + 1, ""), 1);
        assert_int_equal(errors_in_comment(INI_LINE_MAX + 1, "\n"), 1);
}

static void test_every_control_character_but_the_tab_is_refused(void **state)
{
        (void)state;
        for (int c = 1; c < 256; c++) {
                const char end[] = { (char)c, '#', '\0' };
                bool control = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;

                assert_int_equal(errors_in_comment(1, end), control);
        }
}

/* --- where iniparser reads something else --- */

/* Makes of iniparser's reading another one. */
static dictionary *(*falsify)(dictionary *dict);

/* Stands in front of the library's, for ini.c as well. */
dictionary *iniparser_load(const char *path)
{
        dictionary *(*library)(const char *) = dlsym(RTLD_NEXT, "iniparser_load");
        dictionary *dict = library(path);

        return falsify ? falsify(dict) : dict;
}

static dictionary *read_nothing(dictionary *dict)
{
        iniparser_freedict(dict);
        return NULL;
}

static dictionary *read_too_little(dictionary *dict)
{
        dictionary_unset(dict, "a:d");
        return dict;
}

static dictionary *read_too_much(dictionary *dict)
{
        dictionary_set(dict, "a:x", "y");
        return dict;
}

static dictionary *read_another_value(dictionary *dict)
{
        dictionary_set(dict, "a:d", "f");
        return dict;
}

static dictionary *read_a_section_as_key(dictionary *dict)
{
        dictionary_set(dict, "a", "x");
        return dict;
}

static const struct {
        const char *name;
        dictionary *(*falsify)(dictionary *dict);
        const char *message;
} differences[] = {
        { "nothing", read_nothing, "f: iniparser cannot read it\n" },
        { "too little", read_too_little,
          "f:3: [a] D: is not seen by every reader of this file; write it more plainly\n" },
        { "too much", read_too_much, "f: its last lines can be read in two ways; write them more plainly\n" },
        { "another value", read_another_value,
          "f:3: [a] D: can be read in two ways; write it more plainly\n" },
        { "a section as key", read_a_section_as_key,
          "f:1: [a] can be read in two ways; write it more plainly\n" },
};

/* A file in memory, empty; its path is good as long as it is open. */
static int open_file(char path[32])
{
        int fd = memfd_create("test_scan", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(fchmod(fd, 0600), 0);
        snprintf(path, 32, "/proc/self/fd/%d", fd);
        return fd;
}

static void test_a_difference_is_an_error(void **state)
{
        char path[32], *message;
        int fd = open_file(path);
        size_t size;

        (void)state;
        assert_int_equal(pwrite(fd, "[a]\nb=c\nd=e\n", 12, 0), 12);
        for (size_t i = 0; i < N_OF(differences); i++) {
                FILE *to = open_memstream(&message, &size);
                struct ini *ini = NULL;
                struct diag *diag;

                assert_non_null(to);
                assert_int_equal(diag_new("f", &diag), 0);
                falsify = differences[i].falsify;
                CHECK_INT(differences[i].name, ini_load(path, diag, &ini), -EINVAL);
                falsify = NULL;
                diag_each(diag, write_message, to);
                fclose(to);
                CHECK_TEXT(differences[i].name, message, differences[i].message);
                free(message);
                diag_free(diag);
        }
        close(fd);
}

/* --- what we accept, iniparser reads alike --- */

#define TEXTS  6000
#define PIECES 12 /* at most, in a text */

#define X100                                                                                                 \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Whole lines are among them, so that many a text is good. */
/* clang-format off */
static const char *const pieces[] = {
        "[a]\n", "[mcserver]\n", "[mcclient.b]\n", "[DAEMON]\r\n", "k = v\n", "KEY = Value\n",
        "port = 5001\n", "mcast_group=239.1.1.1\n", "p=;\n", "q = #\n", "; c\n", "\n", "\n", "\n",
        "\r\n", "[", "]", "[]", "[ c ]", "[d:e]", "[f] ; g", "l = 'w'", "m = \"", "n = '", "o =",
        "r = s;t", "u = v ; w", "\"", "'", "\"\"", "''", "=", " = ", ";", "#", " ;", " #", "\\",
        "\\\n", "\\\"", " ", "\t", "\r", "\v", "\f", "\x01", "\x7f", "\xff", "\xc3\xa4", "\xc2\xa0",
        "key", "x", ":", ".", "-", "%s%n", "\xef\xbb\xbf",
        X100 X100 X100,
};
/* clang-format on */

/* xorshift64: the same texts on every machine. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return (uint32_t)(*seed >> 32) % below;
}

static size_t make_text(uint64_t *seed, char *text)
{
        uint32_t n = draw(seed, PIECES + 1);
        char *end = stpcpy(text, draw(seed, 4) ? "[s]\n" : "");

        for (uint32_t i = 0; i < n; i++)
                end = stpcpy(end, pieces[draw(seed, N_OF(pieces))]);
        return (size_t)(end - text);
}

static int say_nothing(const char *format, ...)
{
        (void)format;
        return 0;
}

static bool has_entry(const dictionary *dict, const struct ini_entry *e)
{
        char name[2 * INI_LINE_MAX];
        const char *value;

        snprintf(name, sizeof name, "%s%s%s", e->section, e->key ? ":" : "", e->key ? e->key : "");
        value = iniparser_getstring(dict, name, NULL);
        if (!e->value)
                return iniparser_find_entry(dict, name) && !value;
        return value && strcmp(value, e->value) == 0;
}

/* Whether iniparser has each of these entries, and no others. */
static bool iniparser_agrees(const char *path, const struct ini *ini)
{
        dictionary *dict;
        bool good;

        iniparser_set_error_callback(say_nothing);
        dict = iniparser_load(path);
        good = dict && (size_t)dict->n == ini->n;
        for (size_t i = 0; good && i < ini->n; i++)
                good = has_entry(dict, &ini->entries[i]);
        if (dict)
                iniparser_freedict(dict);
        return good;
}

/* ini_load must not find more errors than scan_text: then iniparser reads all that scan_text accepts. Returns
 * whether the text was accepted. */
static bool check_agreement(const char *path, const char *text, size_t length)
{
        size_t errors = scan(text, length, NULL);
        struct ini *ini = NULL;
        struct diag *diag;

        assert_int_equal(diag_new("f", &diag), 0);
        CHECK_INT(text, ini_load(path, diag, &ini), 0);
        CHECK_INT(text, diag_errors(diag), errors);
        CHECK(text, errors > 0 || iniparser_agrees(path, ini));
        ini_free(ini);
        diag_free(diag);
        return errors == 0;
}

/* Whatever is in it: for the sanitizers to watch. */
static void load_as_config(const char *path)
{
        struct keys_source keys = { .path = "keys", .fd = -1 };
        struct config *c = NULL;
        struct diag *diag;

        assert_int_equal(diag_new("f", &diag), 0);
        if (config_load(path, &keys, diag, &c) == 0)
                config_free(c);
        diag_free(diag);
}

static void test_what_we_accept_iniparser_reads_alike(void **state)
{
        static char text[sizeof "[s]\n" + (size_t)PIECES * sizeof X100 * 3];
        uint64_t seed = 20220213;
        char path[32];
        int fd = open_file(path), accepted = 0;

        (void)state;
        for (int i = 0; i < TEXTS; i++) {
                size_t length = make_text(&seed, text);

                assert_int_equal(ftruncate(fd, 0), 0);
                assert_int_equal(pwrite(fd, text, length, 0), length);
                accepted += check_agreement(path, text, length);
                load_as_config(path);
        }
        close(fd);
        /* With fewer, the pieces are too nasty to show anything. */
        assert_true(accepted > TEXTS / 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_texts_are_read_as_wanted),
                cmocka_unit_test(test_a_line_has_a_greatest_length),
                cmocka_unit_test(test_every_control_character_but_the_tab_is_refused),
                cmocka_unit_test(test_a_difference_is_an_error),
                cmocka_unit_test(test_what_we_accept_iniparser_reads_alike),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
