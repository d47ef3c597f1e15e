/* test_startup.c - where the keys come from that a configuration needs: a descriptor, the service manager's
 * copy, or the usual file. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "startup.h"

#define CONF   "[MCCLIENT]\nMCAST_GROUP = 239.1.1.1\nPORT = 5001\nKEY = 65533\n"
#define SECRET "0f1e2d3c4b5a69788796a5b4c3d2e1f09182736455463728190abcadbecfd0d1\n"
#define HAS_IT "65533 " SECRET
#define HAS_NO "1 " SECRET

static char folder[] = "/tmp/test_startup.XXXXXX";

/* The lines of the last load. */
static char said[512];

static void say(void *to, const char *line)
{
        assert_ptr_equal(to, said);
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

static void check(int keys_fd, int result, const char *lines)
{
        struct config *config = NULL;
        size_t errors;

        said[0] = '\0';
        assert_int_equal(startup_load("test.conf", keys_fd, say, said, &config, &errors), result);
        assert_string_equal(said, lines);
        assert_int_equal(errors, result < 0 ? 1 : 0);
        assert_int_equal(config != NULL, result == 0);
        config_free(config);
}

static int enter_folder(void **state)
{
        (void)state;
        if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("copies", 0700) < 0)
                return -1;
        write_file("test.conf", CONF, 0600);
        return 0;
}

static int leave_folder(void **state)
{
        (void)state;
        return remove("test.conf") < 0 || rmdir("copies") < 0 || chdir("/") < 0 ? -1 : rmdir(folder);
}

static int clean(void **state)
{
        (void)state;
        (void)remove("copies/keys");
        return unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_copy_of_the_service_manager(void **state)
{
        (void)state;
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "copies", 1), 0);
        write_file("copies/keys", HAS_IT, 0400);
        check(-1, 0, "");
        /* With an access list for us the mode looks like this. */
        assert_int_equal(chmod("copies/keys", 0440), 0);
        check(-1, 0, "");
        assert_int_equal(chmod("copies/keys", 0444), 0);
        check(-1, -EINVAL, "copies/keys: has mode 0444; only its owner may use it: chmod 0400\n");
}

static void test_descriptor_comes_before_the_copy(void **state)
{
        char lines[256];
        int fd;

        (void)state;
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "copies", 1), 0);
        write_file("copies/keys", HAS_IT, 0400);
        write_file("handed", HAS_NO, 0400);
        fd = open("handed", O_RDONLY | O_CLOEXEC);
        snprintf(lines, sizeof lines, "test.conf:4: [mcclient] KEY: %s/handed has no key 65533; it has 1\n",
                 folder);
        check(fd, -EINVAL, lines);
        /* Somebody has put another one in its place. */
        assert_int_equal(unlink("handed"), 0);
        snprintf(lines, sizeof lines,
                 "test.conf:4: [mcclient] KEY: %s/handed (deleted) has no key 65533; it has 1\n", folder);
        check(fd, -EINVAL, lines);
        close(fd);
        write_file("handed", HAS_IT, 0440);
        fd = open("handed", O_RDONLY | O_CLOEXEC);
        snprintf(lines, sizeof lines, "%s/handed: has mode 0440; only its owner may use it: chmod 0400\n",
                 folder);
        check(fd, -EINVAL, lines);
        assert_int_equal(fchmod(fd, 0400), 0);
        check(fd, 0, "");
        check(fd, 0, "");
        close(fd);
        assert_int_equal(unlink("handed"), 0);
}

/* A file without a name is handed over in place of one that is missing. */
static void test_descriptor_without_a_name(void **state)
{
        int fd = memfd_create("keys", MFD_CLOEXEC);

        (void)state;
        assert_int_equal(fchmod(fd, 0400), 0);
        check(fd, -EINVAL, "test.conf:4: [mcclient] KEY: /etc/mcastd/keys has no key 65533; it has none\n");
        close(fd);
}

/* Whatever stands there: no key of this id. */
static void check_usual_file(void)
{
        struct config *config = NULL;
        size_t errors;

        said[0] = '\0';
        assert_int_equal(startup_load("test.conf", -1, say, said, &config, &errors), -EINVAL);
        assert_non_null(strstr(said, "/etc/mcastd/keys"));
}

static void test_usual_file(void **state)
{
        (void)state;
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
        check_usual_file();
        /* There are credentials, but none of these. */
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "copies", 1), 0);
        check_usual_file();
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "nowhere", 1), 0);
        check_usual_file();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_copy_of_the_service_manager, clean),
                cmocka_unit_test_teardown(test_descriptor_comes_before_the_copy, clean),
                cmocka_unit_test_teardown(test_descriptor_without_a_name, clean),
                cmocka_unit_test_teardown(test_usual_file, clean),
        };

        return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
