/* test_journal_flush.c - os/journal: records wait and go together, and what becomes of them when the journal
 * does not read, is gone, or another one; with base/log above it. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/journal.h"

/* --- a journald of the test --- */

static char folder[] = "/tmp/test_journal.XXXXXX", path[64];

/* More than one system call takes, and less than can wait. */
#define SOME 150

/* More than can wait, in the kernel and here. */
#define MANY 20000

/* A journald that has not read anything yet. */
static int open_journald(void)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

        assert_true(fd >= 0);
        memcpy(address.sun_path, path, sizeof path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        return fd;
}

static void close_journald(int fd)
{
        close(fd);
        assert_int_equal(unlink(path), 0);
}

/* The number in the next record; -1 where there is none. */
static int read_number(int fd)
{
        char entry[JOURNAL_ENTRY_SIZE] = "";
        int number = -1;

        if (recv(fd, entry, sizeof entry - 1, 0) < 0) {
                assert_int_equal(errno, EAGAIN);
                return -1;
        }
        assert_int_equal(sscanf(entry, "MESSAGE=%d\nPRIORITY=6\n", &number), 1);
        return number;
}

/* Those from `next` on, in order, as many as there are; the one that is to come then. */
static int read_from(int fd, int next)
{
        for (int number = read_number(fd); number >= 0; number = read_number(fd))
                assert_int_equal(number, next++);
        return next;
}

static int write_number(struct journal *j, int number, bool at_once)
{
        char message[16];
        const struct log_record record = { event_kind(EVENT_RECEIVED), message, NULL, 0, at_once };

        snprintf(message, sizeof message, "%d", number);
        return journal_write(j, &record);
}

static void write_numbers(struct journal *j, int from, int to)
{
        for (int number = from; number < to; number++)
                assert_int_equal(write_number(j, number, false), 0);
}

/* Until no more can wait, in the kernel or here; how many were taken. */
static int fill(struct journal *j)
{
        size_t lost;

        for (int number = 0; number < MANY; number++) {
                int r = write_number(j, number, false);

                if (r < 0) {
                        assert_int_equal(r, -EAGAIN);
                        return number;
                }
                (void)journal_flush(j, &lost);
                assert_int_equal(lost, 0);
        }
        fail_msg("%d records wait, and there is still room", MANY);
        return 0;
}

static int make_folder(void **state)
{
        (void)state;
        if (!mkdtemp(folder))
                return -1;
        snprintf(path, sizeof path, "%s/socket", folder);
        return 0;
}

static int remove_folder(void **state)
{
        (void)state;
        return rmdir(folder);
}

static void test_records_wait_for_the_flush(void **state)
{
        int journald = open_journald();
        struct journal *j;
        size_t lost = 1;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        write_numbers(j, 0, 3);
        assert_int_equal(read_number(journald), -1);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 0);
        assert_int_equal(read_from(journald, 0), 3);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(read_number(journald), -1);
        journal_free(j);
        close_journald(journald);
}

static void test_what_journald_has_no_room_for_waits(void **state)
{
        int journald = open_journald(), next = 0;
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        write_numbers(j, 0, SOME);
        while (journal_flush(j, &lost) > 0) {
                int before = next;

                next = read_from(journald, next);
                assert_true(next > before);
                assert_int_equal(lost, 0);
        }
        assert_int_equal(read_from(journald, next), SOME);
        journal_free(j);
        close_journald(journald);
}

/* Half of the room can be used again, at least, while the other half still waits. */
static void test_room_is_used_again(void **state)
{
        int journald = open_journald(), taken, next = 0;
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        taken = fill(j);
        for (; next <= taken * 2 / 3; next = read_from(journald, next))
                assert_true(journal_flush(j, &lost) > 0);
        write_numbers(j, taken, taken + taken / 4);
        while (journal_flush(j, &lost) > 0)
                next = read_from(journald, next);
        assert_int_equal(read_from(journald, next), taken + taken / 4);
        journal_free(j);
        close_journald(journald);
}

static void test_without_a_journal_all_is_lost(void **state)
{
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        write_numbers(j, 0, SOME);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, SOME);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 0);
        journal_free(j);
}

static void test_a_journal_that_is_gone_is_found_again(void **state)
{
        int journald = open_journald();
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        write_numbers(j, 0, 1);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(read_from(journald, 0), 1);
        close_journald(journald);
        write_numbers(j, 1, 3);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 2);
        journald = open_journald();
        write_numbers(j, 3, 5);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 0);
        assert_int_equal(read_from(journald, 3), 5);
        journal_free(j);
        close_journald(journald);
}

static void test_a_journal_with_a_new_socket_loses_nothing(void **state)
{
        int journald = open_journald();
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        write_numbers(j, 0, 1);
        assert_int_equal(journal_flush(j, &lost), 0);
        close_journald(journald);
        journald = open_journald();
        write_numbers(j, 1, 3);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 0);
        assert_int_equal(read_from(journald, 1), 3);
        journal_free(j);
        close_journald(journald);
}

/* Somebody still holds the old socket, and does not read. */
static void test_a_journal_that_was_replaced_is_not_waited_for(void **state)
{
        int old = open_journald(), journald, next;
        struct journal *j;
        size_t lost = 0;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        (void)fill(j);
        assert_int_equal(unlink(path), 0);
        journald = open_journald();
        assert_true(journal_flush(j, &lost) > 0);
        next = read_number(journald);
        assert_true(next > 0);
        assert_true(read_from(journald, next + 1) > next + 1);
        assert_int_equal(lost, 0);
        journal_free(j);
        close(old);
        close_journald(journald);
}

static void test_at_once_means_now_or_not_at_all(void **state)
{
        int journald = open_journald(), taken, next = 1;
        struct journal *j;
        size_t lost;

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        assert_int_equal(write_number(j, 0, true), 0);
        assert_int_equal(read_from(journald, 0), 1);
        write_numbers(j, 1, 2);
        assert_int_equal(write_number(j, 2, true), -EAGAIN);
        assert_int_equal(journal_flush(j, &lost), 0);
        for (taken = 2; write_number(j, taken, true) == 0; taken++)
                ;
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(read_from(journald, next), taken);
        close_journald(journald);
        assert_int_equal(write_number(j, taken, true), -EAGAIN);
        assert_int_equal(journal_flush(j, &lost), 0);
        assert_int_equal(lost, 0);
        journal_free(j);
}

/* --- under the log --- */

static int lines_read, lines_missing;

/* What stands in the journal is in order; where something is missing stands how much. */
static void read_log(int fd)
{
        char entry[JOURNAL_ENTRY_SIZE];

        for (;;) {
                ssize_t length = recv(fd, entry, sizeof entry - 1, 0);
                int number;

                if (length < 0)
                        return;
                entry[length] = '\0';
                assert_int_equal(sscanf(entry, "MESSAGE=%d", &number), 1);
                if (strstr(entry, "could not be written"))
                        lines_missing += number;
                else
                        assert_int_equal(number, lines_read++ + lines_missing);
        }
}

/* The journal stands still, reads, is gone and comes back by turns. */
static void test_the_count_of_the_lost_stands_where_they_are_missing(void **state)
{
        int journald = open_journald();
        struct journal *j;
        uint64_t lost_before = log_lost();

        (void)state;
        assert_int_equal(journal_new(path, &j), 0);
        log_set_sink(journal_write, j);
        log_set_flush(journal_flush);
        for (int i = 0; i < MANY; i++) {
                log_event(i % 1000 ? EVENT_RECEIVED : EVENT_JOINED, NULL, 0, "%d", i);
                if (i % 7 == 0)
                        (void)log_flush();
                if (i / 2000 % 2 && i % 11 == 0)
                        read_log(journald);
                if (i % 5000 == 4000) {
                        (void)log_flush();
                        read_log(journald);
                        close_journald(journald);
                        journald = -1;
                } else if (i % 5000 == 4500) {
                        journald = open_journald();
                }
        }
        do
                read_log(journald);
        while (log_flush());
        log_report_lost();
        read_log(journald);
        assert_int_equal(lines_read + lines_missing, MANY);
        assert_int_equal(log_lost() - lost_before, lines_missing);
        assert_true(lines_missing > MANY / 10 && lines_read > MANY / 10);
        log_set_sink(NULL, NULL);
        journal_free(j);
        close_journald(journald);
}

static void test_a_path_that_is_too_long(void **state)
{
        char longest[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
        struct journal *j;

        (void)state;
        memset(longest, '/', sizeof longest);
        longest[sizeof longest - 1] = '\0';
        assert_int_equal(journal_new(longest, &j), -ENAMETOOLONG);
        longest[sizeof longest - 2] = '\0';
        assert_int_equal(journal_new(longest, &j), 0);
        journal_free(j);
        journal_free(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_records_wait_for_the_flush),
                cmocka_unit_test(test_what_journald_has_no_room_for_waits),
                cmocka_unit_test(test_room_is_used_again),
                cmocka_unit_test(test_without_a_journal_all_is_lost),
                cmocka_unit_test(test_a_journal_that_is_gone_is_found_again),
                cmocka_unit_test(test_a_journal_with_a_new_socket_loses_nothing),
                cmocka_unit_test(test_a_journal_that_was_replaced_is_not_waited_for),
                cmocka_unit_test(test_at_once_means_now_or_not_at_all),
                cmocka_unit_test(test_the_count_of_the_lost_stands_where_they_are_missing),
                cmocka_unit_test(test_a_path_that_is_too_long),
        };

        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
