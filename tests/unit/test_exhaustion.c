/* test_exhaustion.c - config/ini where the kernel gives no more memory, and the heap has a hole of some size
 * left: the file is read, or that is said, and never is the file blamed. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/diag.h"
#include "config/ini.h"

#define PATH MCASTD_TEST_DATA "/good/all-options.conf"

#define HOLE_STEP 64
#define HOLE_MAX  (64 << 10)

enum outcome {
        READ,
        NO_MEMORY,
        BLAMED, /* the file, which is good */
        OUTCOMES
};

/* Takes all that there is, in ever smaller pieces. It goes with the process. */
static void exhaust(void)
{
        const struct rlimit none = { 0, RLIM_INFINITY };

        setrlimit(RLIMIT_AS, &none);
        for (size_t size = 1 << 20; size >= 16; size /= 2)
                for (void *volatile taken = malloc(size); taken; taken = malloc(size))
                        ;
}

static enum outcome read_with_a_hole_of(size_t size)
{
        struct diag *diag = NULL;
        struct ini *ini = NULL;
        void *volatile hole = malloc(size);
        int r;

        if (!hole || diag_new(PATH, &diag) < 0)
                return BLAMED;
        exhaust();
        free(hole);
        r = ini_load(PATH, diag, &ini);
        if (r == -ENOMEM && diag_errors(diag) == 0)
                return NO_MEMORY;
        return r == 0 ? READ : BLAMED;
}

static enum outcome in_a_process_of_its_own(size_t size)
{
        int status = 0;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
                /* cmocka would make a failed assertion of it, in two processes. */
                signal(SIGSEGV, SIG_DFL);
                _exit((int)read_with_a_hole_of(size));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status))
                fail_msg("with %zu bytes it was ended by signal %d", size, WTERMSIG(status));
        return (enum outcome)WEXITSTATUS(status);
}

static void test_any_hole(void **state)
{
        size_t counts[OUTCOMES] = { 0 };

        (void)state;
#ifdef __SANITIZE_ADDRESS__
        skip(); /* its memory is not that of the C library */
#endif
        for (size_t size = HOLE_STEP; size <= HOLE_MAX; size += HOLE_STEP)
                counts[in_a_process_of_its_own(size)]++;
        assert_int_equal(counts[BLAMED], 0);
        assert_true(counts[NO_MEMORY] > 0);
        assert_true(counts[READ] > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_any_hole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
