/* test_console.c - os/console: lines for terminals, pipes, sockets and files, and readers that stand still.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/console.h"

/* More than any buffer between a writer and a reader holds. */
#define MANY 100000

/* Seconds after which a write that blocks ends the program. */
#define ALARM 30

static const struct event_kind kind = { .level = LOG_LEVEL_INFO, .message_id = "0" };
static const struct log_record record = { .kind = &kind,
                                          .message = "received 3 bytes from 10.0.0.7:47036: ATU" };

/* What is written to, and what it is read from. */
struct ends {
        int writer, reader;
};

static void open_pipe(struct ends *e)
{
        int fds[2];

        assert_int_equal(pipe(fds), 0);
        *e = (struct ends){ .writer = fds[1], .reader = fds[0] };
}

static void open_stream(struct ends *e)
{
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        *e = (struct ends){ .writer = fds[1], .reader = fds[0] };
}

static void open_terminal(struct ends *e)
{
        e->reader = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(e->reader >= 0);
        assert_int_equal(grantpt(e->reader), 0);
        assert_int_equal(unlockpt(e->reader), 0);
        e->writer = open(ptsname(e->reader), O_RDWR | O_NOCTTY);
        assert_true(e->writer >= 0);
}

static void open_file(struct ends *e)
{
        char name[] = "/tmp/test_console.XXXXXX";

        e->writer = mkstemp(name);
        assert_true(e->writer >= 0);
        e->reader = open(name, O_RDONLY);
        assert_true(e->reader >= 0);
        assert_int_equal(unlink(name), 0);
}

static const struct {
        const char *name;
        void (*open)(struct ends *e);
        const char *read;
        int full; /* what is said to a line too many; 0: nothing is ever too much */
} kinds[] = {
        { "pipe", open_pipe, "received 3 bytes from 10.0.0.7:47036: ATU\n", -EAGAIN },
        { "socket", open_stream, "received 3 bytes from 10.0.0.7:47036: ATU\n", -EAGAIN },
        { "terminal", open_terminal, "received 3 bytes from 10.0.0.7:47036: ATU\r\n", -EAGAIN },
        { "file", open_file, "received 3 bytes from 10.0.0.7:47036: ATU\n", 0 },
};

static void close_ends(struct ends *e)
{
        close(e->writer);
        close(e->reader);
}

static void test_a_line_arrives(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                struct console *console;
                struct ends e;
                char got[256] = "";

                kinds[i].open(&e);
                assert_int_equal(console_new(e.writer, &console), 0);
                CHECK_INT(kinds[i].name, console_write(console, &record), 0);
                CHECK(kinds[i].name, read(e.reader, got, sizeof got - 1) > 0);
                CHECK_TEXT(kinds[i].name, got, kinds[i].read);
                console_free(console);
                close_ends(&e);
        }
}

static void test_a_reader_that_stands_still_blocks_nobody(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                struct console *console;
                struct ends e;
                int r = 0;

                kinds[i].open(&e);
                assert_int_equal(console_new(e.writer, &console), 0);
                alarm(ALARM);
                for (int n = 0; n < MANY && r != -EAGAIN; n++)
                        r = console_write(console, &record);
                alarm(0);
                CHECK_INT(kinds[i].name, r, kinds[i].full);
                console_free(console);
                close_ends(&e);
        }
}

static void test_the_flags_of_others_are_left_alone(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                struct console *console;
                struct ends e;

                kinds[i].open(&e);
                assert_int_equal(console_new(e.writer, &console), 0);
                CHECK(kinds[i].name, (fcntl(e.writer, F_GETFL) & O_NONBLOCK) == 0);
                console_free(console);
                CHECK(kinds[i].name, fcntl(e.writer, F_GETFD) >= 0);
                close_ends(&e);
        }
}

static void test_nothing_to_write_to(void **state)
{
        struct console *console;

        (void)state;
        assert_int_equal(console_new(-1, &console), 0);
        assert_true(console_write(console, &record) < 0);
        console_free(console);
        console_free(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_line_arrives),
                cmocka_unit_test(test_a_reader_that_stands_still_blocks_nobody),
                cmocka_unit_test(test_the_flags_of_others_are_left_alone),
                cmocka_unit_test(test_nothing_to_write_to),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
