/* test.h - what all unit tests share: cmocka, checks that name the row of a table, and addresses. */
#ifndef MCASTD_TESTS_UNIT_TEST_H
#define MCASTD_TESTS_UNIT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/address.h"

#define N_OF(array) (sizeof(array) / sizeof(array)[0])

/* `row` is the name of the row that is being looked at. */
#define CHECK(row, condition)                                                                                \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        fail_msg("%s: %s", (row), #condition);                                               \
        } while (0)

#define CHECK_INT(row, actual, expected)                                                                     \
        do {                                                                                                 \
                intmax_t actual_ = (intmax_t)(actual), expected_ = (intmax_t)(expected);                     \
                if (actual_ != expected_)                                                                    \
                        fail_msg("%s: %s is %jd, not %jd", (row), #actual, actual_, expected_);              \
        } while (0)

#define CHECK_TEXT(row, actual, expected)                                                                    \
        do {                                                                                                 \
                const char *actual_ = (actual), *expected_ = (expected);                                     \
                if (strcmp(actual_, expected_) != 0)                                                         \
                        fail_msg("%s: %s is \"%s\", not \"%s\"", (row), #actual, actual_, expected_);        \
        } while (0)

/* The IPv4 address of four numbers, made without the parser under test. */
static inline struct address ipv4(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
        return (struct address){ AF_INET, { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d }, 0 };
}

/* The n-th address of 10.0.0.0/8, so that one number makes one source. */
static inline struct address nth_address(uint32_t n)
{
        return ipv4(10, n >> 16, n >> 8, n);
}

#endif
