/* test_keys.c - files of keys: what is read from them, what is said of wrong ones, and that no secret is ever
 * told or left in memory. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/diag.h"
#include "config/keys.h"
#include "message/auth.h"
#include "message/keyring.h"

#define NOBODY 65534

/* 32 bytes; each four digits in a row are to be found nowhere else. */
#define HEX  "0f1e2d3c4b5a69788796a5b4c3d2e1f09182736455463728190abcadbecfd0d1"
#define HEXB "f00dbabe11223344556677889900aabbccddeeff0123456789abcdeffedcba98"

#define NO_ID                                                                                                \
        "does not begin with the id of a key: a number from 1 to 65535, no leading zero, and a blank behind it"
#define BAD_ID    "the id of the key is out of range: 1 to 65535"
#define NO_SECRET "the secret is missing: 64 to 128 hexadecimal digits behind the id"
#define BEHIND                                                                                               \
        "something follows the secret, which is one word; not even a comment may (is a line break missing?)"
#define NOT_HEX(n) "the secret is not hexadecimal throughout: see byte " #n " of the line"
#define ODD(n)     "the secret has " #n " hexadecimal digits, an odd number; two make a byte"
#define LENGTH(n)  "the secret has " n "; right are 32 to 64, of two hexadecimal digits each"
#define NO_TEXT    "a NUL byte; this is no text file"
#define MARK       "starts with a byte order mark; save the file as UTF-8 without one"

/* What came of a text or a file. */
struct outcome {
        int r;
        struct keyring *keys; /* NULL where r < 0 */
        char *messages;       /* a line each */
};

struct collector {
        struct diag *diag;
        FILE *to;
        char *messages;
        size_t size;
};

static void begin(struct collector *c)
{
        assert_int_equal(diag_new("test.conf", &c->diag), 0);
        c->to = open_memstream(&c->messages, &c->size);
        assert_non_null(c->to);
}

static void collect(void *arg, enum diag_severity severity, const char *message)
{
        const struct collector *c = arg;

        assert_int_equal(severity, DIAG_ERROR);
        fprintf(c->to, "%s\n", message);
}

static void end(struct collector *c, struct outcome *ret)
{
        diag_each(c->diag, collect, c);
        fclose(c->to);
        ret->messages = c->messages;
        assert_int_equal(diag_errors(c->diag) > 0, ret->r == -EINVAL);
        assert_int_equal(ret->keys != NULL, ret->r == 0);
        diag_free(c->diag);
}

/* The text lies in memory of just its size, for the sanitizers to watch. */
static struct outcome parse(const char *text, size_t length)
{
        struct outcome o = { 0 };
        struct collector c;
        char *copy = malloc(length ? length : 1);

        assert_non_null(copy);
        memcpy(copy, text, length);
        begin(&c);
        o.r = keys_parse(copy, length, "keys", c.diag, &o.keys);
        end(&c, &o);
        free(copy);
        return o;
}

static void forget(struct outcome *o)
{
        keyring_free(o->keys);
        free(o->messages);
}

/* `7 65535 `, in the order of the keyring. */
static const char *ids_of(const struct keyring *k)
{
        static char text[KEYRING_MAX * sizeof "65535 "];
        char *p = text;

        *p = '\0';
        for (size_t i = 0; i < keyring_count(k); i++)
                p += sprintf(p, "%u ", keyring_id(k, i));
        return text;
}

/* --- texts --- */

/* Texts that are taken, and the ids of their keys. */
static const struct {
        const char *name, *text, *ids;
} good[] = {
        { "nothing", "", "" },
        { "an empty line", "\n", "" },
        { "blanks", " \t \n\t", "" },
        { "a comment", "# 1 " HEX "\n", "" },
        { "a comment further right", "  # 1 " HEX, "" },
        { "a comment of bytes", "#\x01\x7f\x80\xff\n", "" },
        { "one key", "1 " HEX "\n", "1 " },
        { "no newline at the end", "1 " HEX, "1 " },
        { "CR LF", "# a\r\n1 " HEX "\r\n\r\n2 " HEXB "\r\n", "1 2 " },
        { "CR and no newline", "1 " HEX "\r", "1 " },
        { "the greatest id", "65535 " HEX "\n", "65535 " },
        { "blanks and tabs", " \t7\t \t" HEX " \t\n", "7 " },
        { "capitals", "1 ABCDEF" HEX "\n", "1 " },
        { "33 bytes", "1 " HEX "00\n", "1 " },
        { "64 bytes", "1 " HEX HEXB "\n", "1 " },
        { "any order", "9 " HEX "\n1 " HEXB "\n2 " HEX "00\n", "1 2 9 " },
        { "one secret twice", "1 " HEX "\n2 " HEX "\n", "1 2 " },
        { "a secret that is almost one byte",
          "1 0000000000000000000000000000000000000000000000000000000000000001", "1 " },
};

static void test_good_texts(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(good); i++) {
                struct outcome o = parse(good[i].text, strlen(good[i].text));

                CHECK_TEXT(good[i].name, o.messages, "");
                CHECK_INT(good[i].name, o.r, 0);
                CHECK_TEXT(good[i].name, ids_of(o.keys), good[i].ids);
                forget(&o);
        }
}

/* Texts of one mistake, and what is said of it. */
static const struct {
        const char *name, *text;
        unsigned line;
        const char *what;
} bad[] = {
        { "a secret alone", HEX "\n", 1, NO_ID },
        { "a secret of decimal digits alone",
          "1111222233334444555566667777888899990000111122223333444455556666", 1, BAD_ID },
        { "a word alone", "key", 1, NO_ID },
        { "the name of a key", "ups " HEX, 1, NO_ID },
        { "a colon behind the id", "1: " HEX, 1, NO_ID },
        { "an equals sign", "1=" HEX, 1, NO_ID },
        { "a leading zero", "01 " HEX, 1, NO_ID },
        { "two zeroes", "00 " HEX, 1, NO_ID },
        { "a sign", "+1 " HEX, 1, NO_ID },
        { "a negative id", "-1 " HEX, 1, NO_ID },
        { "a hexadecimal id", "0x1 " HEX, 1, NO_ID },
        { "a number and a letter", "99999999999a " HEX, 1, NO_ID },
        { "a comment of mcastd.conf", "; 1 " HEX, 1, NO_ID },
        { "a CR inside", "1\r" HEX, 1, NO_ID },
        { "a vertical tab", "1\v" HEX, 1, NO_ID },
        { "a section", "[KEYS]\n", 1, NO_ID },
        { "0", "0 " HEX, 1, BAD_ID },
        { "65536", "65536 " HEX, 1, BAD_ID },
        { "65537", "65537 " HEX, 1, BAD_ID },
        { "an id beyond 32 bits", "4294967297 " HEX, 1, BAD_ID },
        { "an id beyond 64 bits", "18446744073709551617 " HEX, 1, BAD_ID },
        { "an id twice", "# a\n7 " HEX "\n8 " HEXB "\n7 " HEXB "\n", 4, "has the id of the key on line 2" },
        { "the same line twice", "7 " HEX "\n7 " HEX, 2, "has the id of the key on line 1" },
        { "an id alone", "7", 1, NO_SECRET },
        { "an id and blanks", "7 \t \n", 1, NO_SECRET },
        { "an id and CR LF", "7\r\n", 1, NO_SECRET },
        { "63 digits", "7 0f1e2d3c4b5a69788796a5b4c3d2e1f09182736455463728190abcadbecfd0d\n", 1, ODD(63) },
        { "65 digits", "7 0" HEX "\n", 1, ODD(65) },
        { "one digit", "7 a\n", 1, ODD(1) },
        { "129 digits", "7 " HEX HEXB "a", 1, ODD(129) },
        { "one byte", "7 ab\n", 1, LENGTH("1 byte") },
        { "31 bytes", "7 0f1e2d3c4b5a69788796a5b4c3d2e1f09182736455463728190abcadbecfd0\n", 1,
          LENGTH("31 bytes") },
        { "65 bytes", "7 " HEX HEXB "00\n", 1, LENGTH("65 bytes") },
        { "many bytes", "7 " HEX HEX HEX HEX HEX HEX "\n", 1, LENGTH("192 bytes") },
        { "0x", "7 0x" HEX, 1, NOT_HEX(4) },
        { "a letter at the front", "7 g" HEX, 1, NOT_HEX(3) },
        { "a letter at the end", "  65535\t" HEX "G\n", 1, NOT_HEX(73) },
        { "colons", "7 0f:1e:2d", 1, NOT_HEX(5) },
        { "quotes", "7 \"" HEX "\"", 1, NOT_HEX(3) },
        { "base64", "7 D+x/aGVsbG8gd29ybGQ=", 1, NOT_HEX(4) },
        { "a control character", "7 " HEX "\x01", 1, NOT_HEX(67) },
        { "a CR before CR LF", "7 " HEX "\r\r\n", 1, NOT_HEX(67) },
        { "UTF-8", "7 \xc3\xa9" HEX, 1, NOT_HEX(3) },
        { "a comment behind", "7 " HEX " # old", 1, BEHIND },
        { "a secret in two parts", "7 0f1e2d3c4b5a6978 8796a5b4c3d2e1f0", 1, BEHIND },
        { "two keys on a line", "7 " HEX " 8 " HEXB, 1, BEHIND },
        { "zeroes", "7 0000000000000000000000000000000000000000000000000000000000000000", 1,
          "32 times the same byte is no secret" },
        { "one byte again and again", "7 aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          1, "33 times the same byte is no secret" },
        { "a byte order mark",
          "\xef\xbb\xbf"
          "7 " HEX,
          1, MARK },
};

static void test_bad_texts(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(bad); i++) {
                struct outcome o = parse(bad[i].text, strlen(bad[i].text));
                char expected[256];

                snprintf(expected, sizeof expected, "keys:%u: %s\n", bad[i].line, bad[i].what);
                CHECK_INT(bad[i].name, o.r, -EINVAL);
                CHECK_TEXT(bad[i].name, o.messages, expected);
                forget(&o);
        }
}

static void check_messages(const char *text, size_t length, const char *messages)
{
        struct outcome o = parse(text, length);

        assert_string_equal(o.messages, messages);
        assert_int_equal(o.r, *messages ? -EINVAL : 0);
        forget(&o);
}

/* Wherever it stands; and then nothing else is said. */
static void test_nul_byte(void **state)
{
        static const char text[] = "# a\n7 " HEX "\nwrong\n";
        static const unsigned lines[] = { 1, 2, 2, 3 };
        static const size_t places[] = { 0, 4, 70, 76 };

        (void)state;
        for (size_t i = 0; i < N_OF(places); i++) {
                char with[sizeof text], expected[64];

                memcpy(with, text, sizeof text);
                with[places[i]] = '\0';
                snprintf(expected, sizeof expected, "keys:%u: " NO_TEXT "\n", lines[i]);
                check_messages(with, sizeof text - 1, expected);
        }
        check_messages("", 1, "keys:1: " NO_TEXT "\n");
}

static void test_each_wrong_line_is_told(void **state)
{
        static const char text[] = "0 " HEX "\n\n1\n# fine\n2 " HEX "\n1 " HEX "\n3 ab\nx";

        (void)state;
        check_messages(text, sizeof text - 1,
                       "keys:1: " BAD_ID "\nkeys:3: " NO_SECRET "\nkeys:6: has the id of the key on line 3\n"
                       "keys:7: " LENGTH("1 byte") "\nkeys:8: " NO_ID "\n");
}

/* Lines of `n` keys. Returns the length. */
static size_t write_keys(char *to, size_t n)
{
        size_t length = 0;

        for (size_t i = 1; i <= n; i++)
                length += (size_t)sprintf(to + length, "%zu %s\n", i, HEX);
        return length;
}

static void test_most_keys(void **state)
{
        static char text[(KEYRING_MAX + 2) * sizeof "00 " HEX];

        (void)state;
        check_messages(text, write_keys(text, KEYRING_MAX), "");
        check_messages(text, write_keys(text, KEYRING_MAX + 1), "keys:65: one key too many: at most 64\n");
        /* What is behind is not looked at. */
        check_messages(text, write_keys(text, KEYRING_MAX + 2), "keys:65: one key too many: at most 64\n");
}

/* --- nothing of a secret is told --- */

/* Four digits of it in a row would be too many. */
#define TOLD 4

static bool tells(const char *message, const char *secret)
{
        char part[TOLD + 1] = "";

        for (size_t i = 0; i + TOLD <= strlen(secret); i++) {
                memcpy(part, secret + i, TOLD);
                if (strcasestr(message, part))
                        return true;
        }
        return false;
}

static void check_silence(const char *name, const char *text, size_t length)
{
        struct outcome o = parse(text, length);

        CHECK(name, o.r == 0 || o.r == -EINVAL);
        CHECK(name, !tells(o.messages, HEX));
        CHECK(name, !tells(o.messages, HEXB));
        forget(&o);
}

static void test_no_message_tells_a_secret(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(bad); i++)
                check_silence(bad[i].name, bad[i].text, strlen(bad[i].text));
        for (size_t i = 0; i < N_OF(good); i++)
                check_silence(good[i].name, good[i].text, strlen(good[i].text));
}

/* A good file that is wrong in one byte, any byte, in many ways: put in, put in its place, or left out. */
static void test_no_message_tells_a_secret_whatever_is_wrong(void **state)
{
        static const char text[] = "7 " HEX "\n65535 " HEXB "\n";
        static const char bytes[] = " \t\n\r#;x=0719af\x01\x7f\xff"; /* and the NUL behind them */
        size_t length = sizeof text - 1;

        (void)state;
        for (size_t at = 0; at < length; at++) {
                char wrong[sizeof text + 1];

                memcpy(wrong, text, at);
                memcpy(wrong + at, text + at + 1, length - at - 1);
                check_silence("left out", wrong, length - 1);
                check_silence("cut", wrong, at);
                for (size_t i = 0; i < sizeof bytes; i++) {
                        wrong[at] = bytes[i];
                        memcpy(wrong + at + 1, text + at, length - at);
                        check_silence("put in", wrong, length + 1);
                        memcpy(wrong + at + 1, text + at + 1, length - at - 1);
                        check_silence("in its place", wrong, length);
                }
        }
}

/* --- files --- */

static char folder[] = "/tmp/test_keys.XXXXXX";

static int enter_folder(void **state)
{
        (void)state;
        if (sodium_init() < 0 || !mkdtemp(folder))
                return -1;
        return chdir(folder) < 0 ? -1 : chmod(".", 0755);
}

static int leave_folder(void **state)
{
        (void)state;
        return chdir("/") < 0 ? -1 : rmdir(folder);
}

static int remove_keys(void **state)
{
        (void)state;
        return remove("keys") < 0 && errno != ENOENT ? -1 : 0;
}

static void write_file(const char *text, mode_t mode)
{
        int fd = open("keys", O_WRONLY | O_CREAT | O_EXCL, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

static struct outcome load(const struct keys_source *source)
{
        struct outcome o = { 0 };
        struct collector c;

        begin(&c);
        o.r = keys_load(source, c.diag, &o.keys);
        end(&c, &o);
        return o;
}

static const struct keys_source plainly = { .path = "keys", .fd = -1 };
static const struct keys_source as_credential = { .path = "keys", .fd = -1, .credential = true };

/* messages "": the keys are 1 and 2. */
static void check_load(const struct keys_source *source, const char *messages)
{
        struct outcome o = load(source);

        assert_string_equal(o.messages, messages);
        assert_int_equal(o.r, *messages ? -EINVAL : 0);
        if (o.r == 0)
                assert_string_equal(ids_of(o.keys), "1 2 ");
        forget(&o);
}

#define GOOD "1 " HEX "\n2 " HEXB

static const struct {
        mode_t mode;
        bool good, good_credential;
} modes[] = {
        { 0400, true, true },   { 0600, true, true },   { 0700, true, true },   { 0440, false, true },
        { 0640, false, true },  { 0410, false, true },  { 0420, false, false }, { 0460, false, false },
        { 0404, false, false }, { 0402, false, false }, { 0401, false, false }, { 0444, false, false },
        { 0644, false, false }, { 0777, false, false }, { 04600, true, true },  { 02644, false, false },
};

static void test_modes(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(modes); i++) {
                char refused[128];

                snprintf(refused, sizeof refused,
                         "keys: has mode %04o; only its owner may use it: chmod 0400\n", modes[i].mode);
                write_file(GOOD, modes[i].mode);
                check_load(&plainly, modes[i].good ? "" : refused);
                check_load(&as_credential, modes[i].good_credential ? "" : refused);
                assert_int_equal(unlink("keys"), 0);
        }
}

static void test_missing(void **state)
{
        (void)state;
        check_load(&plainly, "keys: cannot be read: No such file or directory; KEY, and AUTH other than off, "
                             "need a file of keys\n");
}

static void test_link(void **state)
{
        (void)state;
        assert_int_equal(symlink("/dev/null", "keys"), 0);
        check_load(&plainly, "keys: is a symbolic link; name the file itself\n");
        check_load(&as_credential, "keys: is a symbolic link; name the file itself\n");
}

static void test_directory(void **state)
{
        (void)state;
        assert_int_equal(mkdir("keys", 0700), 0);
        check_load(&plainly, "keys: is a directory, not a file\n");
}

static void test_pipe_is_refused_at_once(void **state)
{
        (void)state;
        assert_int_equal(mkfifo("keys", 0600), 0);
        check_load(&plainly, "keys: is not a regular file\n");
}

static void test_socket(void **state)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "keys" };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void)state;
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
        check_load(&plainly, "keys: cannot be read: No such device or address\n");
        close(fd);
}

/* As a user other than root; skipped where that cannot be. */
static bool become_nobody(void)
{
        return geteuid() == 0 && seteuid(NOBODY) == 0;
}

static void test_unreadable(void **state)
{
        struct outcome o;

        (void)state;
        write_file(GOOD, 0400);
        if (!become_nobody())
                skip();
        o = load(&plainly);
        assert_int_equal(seteuid(0), 0);
        assert_string_equal(o.messages, "keys: cannot be read: Permission denied\n");
        forget(&o);
}

static const struct {
        const char *name;
        uid_t owner, reader;
        const char *messages;
} owners[] = {
        { "root's, for root", 0, 0, "" },
        { "root's, for another", 0, NOBODY, "" },
        { "one's own", NOBODY, NOBODY, "" },
        { "another's, for root", NOBODY, 0, "keys: belongs to uid 65534; it must be root's\n" },
        { "a third one's", 12345, NOBODY,
          "keys: belongs to uid 12345; it must be root's, or of uid 65534, which reads it\n" },
};

static void test_owner(void **state)
{
        struct keys_source opened = { .path = "keys" };

        (void)state;
        write_file(GOOD, 0400);
        opened.fd = open("keys", O_RDONLY | O_CLOEXEC);
        if (!become_nobody()) {
                close(opened.fd);
                skip();
        }
        for (size_t i = 0; i < N_OF(owners); i++) {
                struct outcome o;

                assert_int_equal(seteuid(0), 0);
                assert_int_equal(fchown(opened.fd, owners[i].owner, 0), 0);
                assert_int_equal(seteuid(owners[i].reader), 0);
                o = load(&opened);
                assert_int_equal(seteuid(0), 0);
                CHECK_TEXT(owners[i].name, o.messages, owners[i].messages);
                forget(&o);
        }
        close(opened.fd);
}

/* Also when it was read before: others may share the open file, and read as well. */
static void test_descriptor_is_read_from_its_beginning(void **state)
{
        struct keys_source source = { .path = "keys" };

        (void)state;
        write_file(GOOD, 0400);
        source.fd = open("keys", O_RDONLY | O_CLOEXEC);
        assert_true(source.fd >= 0);
        assert_int_equal(lseek(source.fd, 20, SEEK_SET), 20);
        check_load(&source, "");
        check_load(&source, "");
        assert_int_equal(lseek(source.fd, 0, SEEK_CUR), 20);
        close(source.fd);
}

/* It is checked as a file is that was found by its name. */
static void test_descriptor_is_no_way_around(void **state)
{
        struct keys_source source = { .path = "/etc/mcastd/keys" };
        int ends[2];

        (void)state;
        write_file(GOOD, 0404);
        source.fd = open("keys", O_RDONLY | O_CLOEXEC);
        check_load(&source, "/etc/mcastd/keys: has mode 0404; only its owner may use it: chmod 0400\n");
        close(source.fd);
        assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        source.fd = ends[0];
        check_load(&source, "/etc/mcastd/keys: is not a regular file\n");
        close(ends[0]);
        close(ends[1]);
        source.fd = open("keys", O_WRONLY | O_CLOEXEC);
        assert_int_equal(fchmod(source.fd, 0400), 0);
        check_load(&source, "/etc/mcastd/keys: cannot be read: Bad file descriptor\n");
        close(source.fd);
}

static void test_greatest_size(void **state)
{
        static char text[KEYS_FILE_MAX + 2];

        (void)state;
        strcpy(text, GOOD "\n");
        memset(text + strlen(text), '#', KEYS_FILE_MAX - strlen(text));
        write_file(text, 0400);
        check_load(&plainly, "");
        assert_int_equal(unlink("keys"), 0);
        text[KEYS_FILE_MAX] = '#';
        write_file(text, 0400);
        check_load(&plainly, "keys: has 16385 bytes; at most 16384\n");
}

static void test_file_without_keys(void **state)
{
        struct outcome o;

        (void)state;
        write_file("", 0400);
        o = load(&plainly);
        assert_int_equal(o.r, 0);
        assert_int_equal(keyring_count(o.keys), 0);
        forget(&o);
}

static void test_a_key_is_what_its_line_says(void **state)
{
        static const struct auth_binding binding = { .type = AUTH_ACK };
        static const struct auth_stamp stamp = { .key_id = 2 };
        uint8_t secret[] = { 0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5,
                             0xb4, 0xc3, 0xd2, 0xe1, 0xf0, 0x91, 0x82, 0x73, 0x64, 0x55, 0x46,
                             0x37, 0x28, 0x19, 0x0a, 0xbc, 0xad, 0xbe, 0xcf, 0xd0, 0xd1 };
        uint8_t expected[AUTH_TRAILER_SIZE], trailer[AUTH_TRAILER_SIZE];
        struct outcome o = parse("1 " HEXB "\n2 " HEX, strlen("1 " HEXB "\n2 " HEX));
        struct auth_key key;

        (void)state;
        auth_key_init(&key, secret, sizeof secret);
        auth_sign(&key, &binding, &stamp, secret, 1, expected);
        assert_non_null(keyring_find(o.keys, 2));
        auth_sign(keyring_find(o.keys, 2), &binding, &stamp, secret, 1, trailer);
        assert_memory_equal(trailer, expected, sizeof expected);
        forget(&o);
}

/* --- nothing of a secret is left --- */

/* The n-th byte of a secret that stands nowhere in the program as it is. */
static uint8_t nth_byte(size_t n)
{
        return (uint8_t)(n * 167 + 13) ^ (uint8_t)(n >> 3);
}

/* In a child, so that its memory is none of ours. */
static void write_in_child(size_t length)
{
        int status;
        pid_t child = fork();

        if (child == 0) {
                FILE *f = fopen("keys", "w");

                if (!f || fprintf(f, "1 ") < 0)
                        _exit(1);
                for (size_t i = 0; i < length; i++)
                        fprintf(f, "%02x", nth_byte(i));
                _exit(fchmod(fileno(f), 0400) < 0 || fclose(f) != 0);
        }
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
}

/* The n-th byte of what is looked for: of the secret, or of its line. */
static uint8_t nth_sought(bool hex, size_t n)
{
        uint8_t half = hex && n % 2 == 0 ? nth_byte(n / 2) >> 4 : nth_byte(n / 2) & 15;

        if (!hex)
                return nth_byte(n);
        return (uint8_t)(half < 10 ? '0' + half : 'a' + half - 10);
}

/* As many bytes in a row as no accident makes. */
#define SOUGHT 16

/* How often 16 bytes of it, from any fourth on, stand there. */
static size_t count_sought(const uint8_t *at, size_t length, bool hex)
{
        size_t found = 0;

        for (size_t from = 0; from + SOUGHT <= (hex ? 64 : 32); from += 4) {
                uint8_t first = nth_sought(hex, from);

                for (const uint8_t *p = at; (p = memchr(p, first, length - (size_t)(p - at))); p++) {
                        size_t n = 1;

                        while (n < SOUGHT && p + n < at + length && p[n] == nth_sought(hex, from + n))
                                n++;
                        found += n == SOUGHT;
                }
        }
        return found;
}

#define PIECE (1u << 20)

/* In one mapping of our memory; `piece` is to hold a part of it at a time. */
static size_t count_in_mapping(int mem, uintptr_t from, uintptr_t to, uint8_t *piece)
{
        size_t found = 0;

        for (uintptr_t at = from; at < to; at += PIECE - SOUGHT) {
                ssize_t n = pread(mem, piece, to - at < PIECE ? to - at : PIECE, (off_t)at);

                if (n > 0)
                        found += count_sought(piece, (size_t)n, false) + count_sought(piece, (size_t)n, true);
        }
        return found;
}

/* In all of it that can be read, but for the shadows of the sanitizers. */
static size_t count_in_memory(void)
{
        /* Shared, so that it is a mapping by itself. */
        uint8_t *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        FILE *maps = fopen("/proc/self/maps", "r");
        int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        uintptr_t from, to;
        size_t found = 0;

        assert_true(piece != MAP_FAILED && maps && mem >= 0);
        while (fscanf(maps, "%" SCNxPTR "-%" SCNxPTR "%*[^\n]", &from, &to) == 2)
                if (from != (uintptr_t)piece && to - from < (1u << 30))
                        found += count_in_mapping(mem, from, to, piece);
        close(mem);
        fclose(maps);
        munmap(piece, PIECE);
        return found;
}

static void test_nothing_of_a_secret_is_left_in_memory(void **state)
{
        static char line[80];
        struct outcome o;
        int fd;

        (void)state;
        write_in_child(32);
        o = load(&plainly);
        assert_string_equal(o.messages, "");
        assert_int_equal(count_in_memory(), 0);
        forget(&o);
        assert_int_equal(count_in_memory(), 0);
        /* It would have been seen. */
        fd = open("keys", O_RDONLY | O_CLOEXEC);
        assert_int_equal(read(fd, line, sizeof line), strlen("1 ") + 64);
        close(fd);
        assert_true(count_in_memory() > 0);
        explicit_bzero(line, sizeof line);
}

static void test_nothing_of_a_wrong_secret_is_left_in_memory(void **state)
{
        struct outcome o;

        (void)state;
        write_in_child(31);
        o = load(&plainly);
        assert_string_equal(o.messages, "keys:1: " LENGTH("31 bytes") "\n");
        assert_int_equal(count_in_memory(), 0);
        forget(&o);
}

#define WITH_FILE(test) cmocka_unit_test_teardown(test, remove_keys)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good_texts),
                cmocka_unit_test(test_bad_texts),
                cmocka_unit_test(test_nul_byte),
                cmocka_unit_test(test_each_wrong_line_is_told),
                cmocka_unit_test(test_most_keys),
                cmocka_unit_test(test_no_message_tells_a_secret),
                cmocka_unit_test(test_no_message_tells_a_secret_whatever_is_wrong),
                cmocka_unit_test(test_a_key_is_what_its_line_says),
                WITH_FILE(test_modes),
                WITH_FILE(test_missing),
                WITH_FILE(test_link),
                WITH_FILE(test_directory),
                WITH_FILE(test_pipe_is_refused_at_once),
                WITH_FILE(test_socket),
                WITH_FILE(test_unreadable),
                WITH_FILE(test_owner),
                WITH_FILE(test_descriptor_is_read_from_its_beginning),
                WITH_FILE(test_descriptor_is_no_way_around),
                WITH_FILE(test_greatest_size),
                WITH_FILE(test_file_without_keys),
                WITH_FILE(test_nothing_of_a_secret_is_left_in_memory),
                WITH_FILE(test_nothing_of_a_wrong_secret_is_left_in_memory),
        };

        return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
