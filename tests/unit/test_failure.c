/* test_failure.c - base/failure: which errors the next try, an interface or a human ends. */
#include "test.h"

#include <errno.h>

#include "base/failure.h"

static const struct {
        const char *name;
        int error;
        enum failure_class class;
} errors[] = {
        { "nothing", 0, FAILURE_TRANSIENT },
        { "EINTR", EINTR, FAILURE_TRANSIENT },
        { "EAGAIN", EAGAIN, FAILURE_TRANSIENT },
        { "ENOBUFS", ENOBUFS, FAILURE_TRANSIENT },
        { "ENOMEM", ENOMEM, FAILURE_TRANSIENT },
        { "EMFILE", EMFILE, FAILURE_TRANSIENT },
        { "ENFILE", ENFILE, FAILURE_TRANSIENT },
        { "EADDRINUSE", EADDRINUSE, FAILURE_TRANSIENT },
        { "ECONNREFUSED", ECONNREFUSED, FAILURE_TRANSIENT },
        { "one that nobody expects", EXDEV, FAILURE_TRANSIENT },
        { "ENODEV", ENODEV, FAILURE_INTERFACE },
        { "ENXIO", ENXIO, FAILURE_INTERFACE },
        { "EADDRNOTAVAIL", EADDRNOTAVAIL, FAILURE_INTERFACE },
        { "ENETDOWN", ENETDOWN, FAILURE_INTERFACE },
        { "ENETUNREACH", ENETUNREACH, FAILURE_INTERFACE },
        { "EHOSTUNREACH", EHOSTUNREACH, FAILURE_INTERFACE },
        { "EHOSTDOWN", EHOSTDOWN, FAILURE_INTERFACE },
        { "EPERM", EPERM, FAILURE_NEVER },
        { "EACCES", EACCES, FAILURE_NEVER },
        { "EINVAL", EINVAL, FAILURE_PERMANENT },
        { "EMSGSIZE", EMSGSIZE, FAILURE_PERMANENT },
        { "ENOTUNIQ", ENOTUNIQ, FAILURE_PERMANENT },
        { "ENOPROTOOPT", ENOPROTOOPT, FAILURE_PERMANENT },
        { "EOPNOTSUPP", EOPNOTSUPP, FAILURE_PERMANENT },
        { "EAFNOSUPPORT", EAFNOSUPPORT, FAILURE_NEVER },
        { "EPROTONOSUPPORT", EPROTONOSUPPORT, FAILURE_NEVER },
};

static void test_classes(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(errors); i++)
                CHECK_INT(errors[i].name, failure_class(errors[i].error), errors[i].class);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_classes) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
