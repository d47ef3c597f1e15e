#ifndef MCASTD_CONFIG_VALUES_H
#define MCASTD_CONFIG_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"

/* Strict converters from text: the whole text, no sign, no blank, no octal, no exponent. 0 and *ret set; or
 * -EINVAL where the text is not of the form, -ERANGE where the number does not fit (2^64 - 1 no longer does),
 * and *ret untouched. */

int value_number(const char *text, uint64_t *ret);

/* `250ms`, `5s`, `2m`, `1h`, a bare number is seconds; decimals are allowed: `0.5`, `1.5h`. */
int value_duration(const char *text, int64_t *ret_ns);

/* Bytes: a number, or one with K, M or G behind it (powers of 1024). */
int value_size(const char *text, uint64_t *ret_bytes);

/* `10/s`, `none`, `unlimited`. */
int value_rate(const char *text, rate_per_s *ret);

/* yes/no, true/false, on/off, 1/0; case does not count. */
int value_boolean(const char *text, bool *ret);

#endif
