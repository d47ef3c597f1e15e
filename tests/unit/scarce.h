/* scarce.h - memory that is scarce: the linker puts scarce_calloc() in the place of calloc(), see
 * CMakeLists.txt. */
#ifndef MCASTD_TESTS_UNIT_SCARCE_H
#define MCASTD_TESTS_UNIT_SCARCE_H

#include <stddef.h>
#include <stdint.h>

/* How much there was asked for in one piece at most; more than `allowed` fails. */
static size_t asked, allowed = SIZE_MAX;

void *real_calloc(size_t n, size_t size) __asm__("__real_calloc");
void *scarce_calloc(size_t n, size_t size) __asm__("__wrap_calloc");

void *scarce_calloc(size_t n, size_t size)
{
        if (n * size > asked)
                asked = n * size;
        return n * size > allowed ? NULL : real_calloc(n, size);
}

#endif
