/* test_values.c - config/values: what each converter takes, and what it refuses without touching its output.
 */
#include "test.h"

#include <errno.h>

#include "base/clock.h"
#include "config/values.h"

#define UNTOUCHED 4711

static const struct {
        const char *text;
        int result;
        uint64_t value;
} numbers[] = {
        { "0", 0, 0 },
        { "1", 0, 1 },
        { "9", 0, 9 },
        { "10", 0, 10 },
        { "65535", 0, 65535 },
        { "18446744073709551614", 0, UINT64_MAX - 1 },
        { "18446744073709551614", 0, UINT64_MAX - 1 },
        { "18446744073709551615", -ERANGE, 0 },
        { "18446744073709551616", -ERANGE, 0 },
        { "18446744073709551620", -ERANGE, 0 },
        { "99999999999999999999999999999999999999", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { " ", -EINVAL, 0 },
        { "-", -EINVAL, 0 },
        { "-0", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { " 1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 },
        { "1\n", -EINVAL, 0 },
        { "1 0", -EINVAL, 0 },
        { "00", -EINVAL, 0 },
        { "01", -EINVAL, 0 },
        { "0x10", -EINVAL, 0 },
        { "12abc", -EINVAL, 0 },
        { "1e3", -EINVAL, 0 },
        { "1.0", -EINVAL, 0 },
        { "1,000", -EINVAL, 0 },
        { "1_000", -EINVAL, 0 },
        { "a", -EINVAL, 0 },
        { "\xd9\xa1", -EINVAL, 0 }, /* an Arabic digit */
};

static void test_number(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(numbers); i++) {
                uint64_t value = UNTOUCHED;

                CHECK_INT(numbers[i].text, value_number(numbers[i].text, &value), numbers[i].result);
                CHECK_INT(numbers[i].text, value, numbers[i].result ? UNTOUCHED : numbers[i].value);
        }
}

static const struct {
        const char *text;
        int result;
        int64_t ns;
} durations[] = {
        { "0", 0, 0 },
        { "0s", 0, 0 },
        { "0ms", 0, 0 },
        { "0h", 0, 0 },
        { "0.0", 0, 0 },
        { "1", 0, NS_PER_S },
        { "1s", 0, NS_PER_S },
        { "1ms", 0, NS_PER_MS },
        { "1m", 0, 60 * NS_PER_S },
        { "1h", 0, 3600 * NS_PER_S },
        { "250ms", 0, 250 * NS_PER_MS },
        { "90s", 0, 90 * NS_PER_S },
        { "0.5", 0, 500 * NS_PER_MS },
        { "0.5ms", 0, 500 * NS_PER_US },
        { "0.000001ms", 0, 1 },
        { "0.0000001ms", 0, 0 },
        { "0.000000001", 0, 1 },
        { "0.000000001h", 0, 3600 },
        { "0.999999999s", 0, 999999999 },
        { "1.5h", 0, 5400 * NS_PER_S },
        { "1.000", 0, NS_PER_S },
        { "9223372036.854775807", 0, INT64_MAX },
        { "9223372036.854775808", -ERANGE, 0 },
        { "9223372037", -ERANGE, 0 },
        { "9223372036854ms", 0, INT64_C(9223372036854) * NS_PER_MS },
        { "9223372036855ms", -ERANGE, 0 },
        { "2562047h", 0, INT64_C(2562047) * 3600 * NS_PER_S },
        { "2562048h", -ERANGE, 0 },
        { "18446744073709551615h", -ERANGE, 0 },
        { "18446744073709551616", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "s", -EINVAL, 0 },
        { "ms", -EINVAL, 0 },
        { ".", -EINVAL, 0 },
        { ".5", -EINVAL, 0 },
        { "1.", -EINVAL, 0 },
        { "1.s", -EINVAL, 0 },
        { "1..5", -EINVAL, 0 },
        { "1.5.5", -EINVAL, 0 },
        { "1,5", -EINVAL, 0 },
        { "0.0000000001", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { "1.-5", -EINVAL, 0 },
        { " 1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 },
        { "1 s", -EINVAL, 0 },
        { "01s", -EINVAL, 0 },
        { "00.5", -EINVAL, 0 },
        { "0x1s", -EINVAL, 0 },
        { "1e3", -EINVAL, 0 },
        { "1S", -EINVAL, 0 },
        { "1M", -EINVAL, 0 },
        { "1us", -EINVAL, 0 },
        { "1d", -EINVAL, 0 },
        { "1sec", -EINVAL, 0 },
        { "1h30m", -EINVAL, 0 },
        { "off", -EINVAL, 0 },
};

static void test_duration(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(durations); i++) {
                int64_t ns = UNTOUCHED;

                CHECK_INT(durations[i].text, value_duration(durations[i].text, &ns), durations[i].result);
                CHECK_INT(durations[i].text, ns, durations[i].result ? UNTOUCHED : durations[i].ns);
        }
}

static const struct {
        const char *text;
        int result;
        uint64_t bytes;
} sizes[] = {
        { "0", 0, 0 },
        { "0K", 0, 0 },
        { "1", 0, 1 },
        { "4096", 0, 4096 },
        { "1K", 0, 1024 },
        { "64K", 0, 65536 },
        { "4M", 0, 4194304 },
        { "1G", 0, 1073741824 },
        { "18446744073709551614", 0, UINT64_MAX - 1 },
        { "18446744073709551616", -ERANGE, 0 },
        { "18014398509481983K", 0, UINT64_MAX - 1023 },
        { "18014398509481984K", -ERANGE, 0 },
        { "17179869183G", 0, UINT64_MAX - 1073741823 },
        { "17179869184G", -ERANGE, 0 },
        { "18446744073709551615G", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "K", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1K", -EINVAL, 0 },
        { "1k", -EINVAL, 0 },
        { "1m", -EINVAL, 0 },
        { "1T", -EINVAL, 0 },
        { "1B", -EINVAL, 0 },
        { "1KB", -EINVAL, 0 },
        { "1KiB", -EINVAL, 0 },
        { "1 K", -EINVAL, 0 },
        { "1K ", -EINVAL, 0 },
        { " 1K", -EINVAL, 0 },
        { "1.5M", -EINVAL, 0 },
        { "010", -EINVAL, 0 },
        { "0x10", -EINVAL, 0 },
};

static void test_size(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(sizes); i++) {
                uint64_t bytes = UNTOUCHED;

                CHECK_INT(sizes[i].text, value_size(sizes[i].text, &bytes), sizes[i].result);
                CHECK_INT(sizes[i].text, bytes, sizes[i].result ? UNTOUCHED : sizes[i].bytes);
        }
}

static const struct {
        const char *text;
        int result;
        rate_per_s rate;
} rates[] = {
        { "0/s", 0, RATE_NONE },
        { "1/s", 0, 1 },
        { "10/s", 0, 10 },
        { "1000/s", 0, 1000 },
        { "4294967294/s", 0, RATE_UNLIMITED - 1 },
        { "4294967295/s", -ERANGE, 0 },
        { "4294967306/s", -ERANGE, 0 },
        { "18446744073709551616/s", -ERANGE, 0 },
        { "none", 0, RATE_NONE },
        { "None", 0, RATE_NONE },
        { "NONE", 0, RATE_NONE },
        { "unlimited", 0, RATE_UNLIMITED },
        { "Unlimited", 0, RATE_UNLIMITED },
        { "", -EINVAL, 0 },
        { "10", -EINVAL, 0 },
        { "10/", -EINVAL, 0 },
        { "/s", -EINVAL, 0 },
        { "10s", -EINVAL, 0 },
        { "10/S", -EINVAL, 0 },
        { "10/m", -EINVAL, 0 },
        { "10/sec", -EINVAL, 0 },
        { "10 /s", -EINVAL, 0 },
        { "10/ s", -EINVAL, 0 },
        { "10/s ", -EINVAL, 0 },
        { " 10/s", -EINVAL, 0 },
        { "-10/s", -EINVAL, 0 },
        { "+10/s", -EINVAL, 0 },
        { "010/s", -EINVAL, 0 },
        { "0.5/s", -EINVAL, 0 },
        { "non", -EINVAL, 0 },
        { "none ", -EINVAL, 0 },
        { "infinite", -EINVAL, 0 },
};

static void test_rate(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rates); i++) {
                rate_per_s rate = UNTOUCHED;

                CHECK_INT(rates[i].text, value_rate(rates[i].text, &rate), rates[i].result);
                CHECK_INT(rates[i].text, rate, rates[i].result ? UNTOUCHED : rates[i].rate);
        }
}

static const struct {
        const char *text;
        int result;
        bool value;
} booleans[] = {
        { "yes", 0, true },     { "true", 0, true },   { "on", 0, true },        { "1", 0, true },
        { "no", 0, false },     { "false", 0, false }, { "off", 0, false },      { "0", 0, false },
        { "YES", 0, true },     { "True", 0, true },   { "oN", 0, true },        { "No", 0, false },
        { "FALSE", 0, false },  { "Off", 0, false },   { "", -EINVAL, 0 },       { "y", -EINVAL, 0 },
        { "n", -EINVAL, 0 },    { "ye", -EINVAL, 0 },  { "yess", -EINVAL, 0 },   { "yes ", -EINVAL, 0 },
        { " yes", -EINVAL, 0 }, { "2", -EINVAL, 0 },   { "00", -EINVAL, 0 },     { "01", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },   { "t", -EINVAL, 0 },   { "enable", -EINVAL, 0 },
};

static void test_boolean(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(booleans); i++) {
                bool untouched = !booleans[i].value, value = untouched;

                CHECK_INT(booleans[i].text, value_boolean(booleans[i].text, &value), booleans[i].result);
                CHECK_INT(booleans[i].text, value, booleans[i].result ? untouched : booleans[i].value);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_number), cmocka_unit_test(test_duration), cmocka_unit_test(test_size),
                cmocka_unit_test(test_rate),   cmocka_unit_test(test_boolean),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
