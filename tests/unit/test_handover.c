/* test_handover.c - os/handover: files that are left for the daemon, and what is no such file. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/handover.h"

#define GIVEN_MAX 3

/* A folder with a socket, and beside it a file of one letter for each case of it. */
struct place {
        char folder[32];
        struct handover *handover;
};

static struct place open_place(void)
{
        struct place p = { .folder = "/tmp/test_handover.XXXXXX" };
        char tried[LOCAL_SOCKET_TRIED_SIZE];

        assert_non_null(mkdtemp(p.folder));
        assert_int_equal(handover_new(p.folder, &p.handover, tried), 0);
        return p;
}

/* The socket is gone by then, and so the folder is empty. */
static void close_place(struct place *p)
{
        handover_free(p->handover);
        assert_int_equal(rmdir(p->folder), 0);
}

/* A file without a name that says `text`, open as `flags` say. */
static int make_file(const char *text, int flags)
{
        char name[] = "/tmp/test_handover_file.XXXXXX";
        int writer = mkstemp(name), fd;

        assert_true(writer >= 0);
        assert_int_equal(write(writer, text, strlen(text)), strlen(text));
        close(writer);
        fd = open(name, flags);
        assert_true(fd >= 0);
        unlink(name);
        return fd;
}

static int make_pipe(const char *text, int flags)
{
        int fds[2];

        (void)text;
        (void)flags;
        assert_int_equal(pipe(fds), 0);
        close(fds[1]);
        return fds[0];
}

static int open_folder(const char *text, int flags)
{
        (void)text;
        (void)flags;
        return open("/tmp", O_RDONLY | O_DIRECTORY);
}

/* One message with `n` descriptors, past handover_give(). */
static void send_message(const struct place *p, const int *fds, size_t n)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(GIVEN_MAX * sizeof(int))];
        } passed = { .header = { CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        struct iovec bytes = { "", 1 };
        struct msghdr message = {
                .msg_name = &to,
                .msg_namelen = sizeof to,
                .msg_iov = &bytes,
                .msg_iovlen = 1,
                .msg_control = n ? &passed : NULL,
                .msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0,
        };
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

        snprintf(to.sun_path, sizeof to.sun_path, "%s/keys.sock", p->folder);
        memcpy(CMSG_DATA(&passed.header), fds, n * sizeof(int));
        assert_int_equal(sendmsg(fd, &message, 0), 1);
        close(fd);
}

/* What the file says that is taken; '-' for none. */
static char taken(struct handover *h)
{
        char letter = '-';
        int fd = handover_take(h);

        if (fd >= 0)
                assert_int_equal(pread(fd, &letter, 1, 0), 1);
        return letter;
}

static size_t open_descriptors(void)
{
        size_t n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void test_nothing_is_there_at_first(void **state)
{
        struct place p = open_place();

        (void)state;
        assert_int_equal(handover_take(p.handover), -1);
        assert_int_equal(handover_take(NULL), -1);
        handover_free(NULL);
        close_place(&p);
}

static void test_the_last_one_is_taken_and_stays(void **state)
{
        struct place p = open_place();
        size_t before = open_descriptors();

        (void)state;
        for (const char *letter = "abc"; *letter; letter++) {
                int fd = make_file((char[]){ *letter, '\0' }, O_RDONLY);

                assert_int_equal(handover_give(p.folder, fd), 0);
                close(fd);
        }
        assert_int_equal(taken(p.handover), 'c');
        assert_int_equal(taken(p.handover), 'c');
        assert_int_equal(open_descriptors(), before + 1);
        assert_int_equal(fcntl(handover_take(p.handover), F_GETFD), FD_CLOEXEC);
        close_place(&p);
}

static void test_what_is_no_file_to_read_is_refused(void **state)
{
        static const struct {
                const char *row;
                int (*make)(const char *text, int flags);
                int flags;
        } cases[] = {
                { "a pipe", make_pipe, 0 },
                { "a folder", open_folder, 0 },
                { "a file open for writing", make_file, O_WRONLY },
                { "a file open for both", make_file, O_RDWR },
                { "a file that is just a name", make_file, O_PATH },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct place p = open_place();
                int good = make_file("g", O_RDONLY), bad = cases[i].make("b", cases[i].flags);
                size_t before = open_descriptors();

                CHECK_INT(cases[i].row, handover_give(p.folder, good), 0);
                CHECK_INT(cases[i].row, handover_give(p.folder, bad), 0);
                CHECK_INT(cases[i].row, taken(p.handover), 'g');
                CHECK_INT(cases[i].row, open_descriptors(), before + 1);
                close(good);
                close(bad);
                close_place(&p);
        }
}

static void test_none_or_several_are_refused_and_closed(void **state)
{
        (void)state;
        for (size_t n = 0; n <= GIVEN_MAX; n++) {
                struct place p = open_place();
                char row[32];
                int fds[GIVEN_MAX];
                size_t before;

                snprintf(row, sizeof row, "%zu descriptors", n);
                for (size_t i = 0; i < GIVEN_MAX; i++)
                        fds[i] = make_file("f", O_RDONLY);
                before = open_descriptors();
                send_message(&p, fds, n);
                CHECK_INT(row, taken(p.handover), n == 1 ? 'f' : '-');
                CHECK_INT(row, open_descriptors(), before + (n == 1));
                for (size_t i = 0; i < GIVEN_MAX; i++)
                        close(fds[i]);
                close_place(&p);
        }
}

static void test_only_the_owner_may_give(void **state)
{
        struct place p = open_place();
        char path[64];
        struct stat st;

        (void)state;
        snprintf(path, sizeof path, "%s/keys.sock", p.folder);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | 0600);
        close_place(&p);
}

static void test_without_a_daemon_nobody_takes_it(void **state)
{
        struct place p = open_place();
        int fd = make_file("f", O_RDONLY);
        char path[64], tried[LOCAL_SOCKET_TRIED_SIZE];

        (void)state;
        snprintf(path, sizeof path, "%s/keys.sock", p.folder);
        p.handover = handover_free(p.handover);
        assert_int_equal(handover_give(p.folder, fd), -ENOENT);
        /* As one leaves it that was killed. */
        {
                struct sockaddr_un address = { .sun_family = AF_UNIX };
                int dead = socket(AF_UNIX, SOCK_DGRAM, 0);

                snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
                assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
                close(dead);
        }
        assert_int_equal(handover_give(p.folder, fd), -ECONNREFUSED);
        assert_int_equal(handover_new(p.folder, &p.handover, tried), 0);
        assert_int_equal(handover_give(p.folder, fd), 0);
        assert_int_equal(taken(p.handover), 'f');
        close(fd);
        close_place(&p);
}

static void test_a_daemon_that_lives_is_not_replaced(void **state)
{
        struct place p = open_place();
        struct handover *second = NULL;
        char tried[LOCAL_SOCKET_TRIED_SIZE];
        int fd = make_file("f", O_RDONLY);

        (void)state;
        assert_int_equal(handover_new(p.folder, &second, tried), -EADDRINUSE);
        assert_non_null(strstr(tried, "where another mcastd listens"));
        assert_int_equal(handover_give(p.folder, fd), 0);
        assert_int_equal(taken(p.handover), 'f');
        close(fd);
        close_place(&p);
}

static void test_giving_never_waits(void **state)
{
        struct place p = open_place();
        int fd = make_file("f", O_RDONLY), r = 0;
        size_t given = 0;

        (void)state;
        while ((r = handover_give(p.folder, fd)) == 0)
                assert_true(++given < 10000);
        assert_int_equal(r, -EAGAIN);
        assert_int_equal(taken(p.handover), 'f');
        assert_int_equal(handover_give(p.folder, fd), 0);
        close(fd);
        close_place(&p);
}

static void test_an_empty_file_takes_the_place_of_another(void **state)
{
        struct place p = open_place();
        size_t before = open_descriptors();
        int fd = make_file("f", O_RDONLY), empty = handover_open_empty();
        char unused;

        (void)state;
        assert_true(empty >= 0);
        assert_int_equal(fcntl(empty, F_GETFD), FD_CLOEXEC);
        assert_int_equal(handover_give(p.folder, fd), 0);
        assert_int_equal(taken(p.handover), 'f');
        assert_int_equal(handover_give(p.folder, empty), 0);
        close(fd);
        close(empty);
        assert_int_equal(pread(handover_take(p.handover), &unused, 1, 0), 0);
        assert_int_equal(open_descriptors(), before + 1);
        close_place(&p);
}

/* As the reader of keys wants it: its mode is for its owner alone, and he is who has made it. */
static void test_an_empty_file_is_its_makers_alone(void **state)
{
        int empty = handover_open_empty();
        struct stat st;

        (void)state;
        assert_int_equal(fstat(empty, &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0400);
        assert_int_equal(st.st_uid, geteuid());
        assert_int_equal(write(empty, "x", 1), -1);
        close(empty);
}

static void test_a_path_that_no_socket_can_have_is_told(void **state)
{
        char folder[200];

        (void)state;
        memset(folder, 'f', sizeof folder);
        folder[0] = '/';
        folder[sizeof folder - 1] = '\0';
        assert_int_equal(handover_give(folder, 0), -ENAMETOOLONG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_is_there_at_first),
                cmocka_unit_test(test_the_last_one_is_taken_and_stays),
                cmocka_unit_test(test_what_is_no_file_to_read_is_refused),
                cmocka_unit_test(test_none_or_several_are_refused_and_closed),
                cmocka_unit_test(test_only_the_owner_may_give),
                cmocka_unit_test(test_without_a_daemon_nobody_takes_it),
                cmocka_unit_test(test_a_daemon_that_lives_is_not_replaced),
                cmocka_unit_test(test_giving_never_waits),
                cmocka_unit_test(test_an_empty_file_takes_the_place_of_another),
                cmocka_unit_test(test_an_empty_file_is_its_makers_alone),
                cmocka_unit_test(test_a_path_that_no_socket_can_have_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
