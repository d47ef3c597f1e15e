/* fuzz.h - what all fuzz targets share: what must hold, and bytes as choices. */
#ifndef MCASTD_TESTS_FUZZ_FUZZ_H
#define MCASTD_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A target. It is called with one input after the other, and keeps nothing of them. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Called once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold, whatever the input: else it is a finding. */
#define MUST(condition)                                                                                      \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
                        abort();                                                                             \
                }                                                                                            \
        } while (0)

/* The bytes of an input, as choices. Where there are none left the choice is 0. */
struct choices {
        const uint8_t *at, *end;
};

static inline struct choices choices_of(const uint8_t *bytes, size_t length)
{
        return (struct choices){ bytes, bytes + length };
}

static inline size_t choices_left(const struct choices *c)
{
        return (size_t)(c->end - c->at);
}

/* `n` bytes, at most 8, as a number. */
static inline uint64_t choose_bits(struct choices *c, size_t n)
{
        uint64_t value = 0;

        for (; n > 0 && c->at < c->end; n--)
                value = value << 8 | *c->at++;
        return value;
}

/* 0 to below - 1; `below` is at most 256. */
static inline uint32_t choose(struct choices *c, uint32_t below)
{
        return (uint32_t)choose_bits(c, 1) % below;
}

/* The next bytes, at most `most`; *ret_length says how many. */
static inline const uint8_t *choose_bytes(struct choices *c, size_t most, size_t *ret_length)
{
        const uint8_t *bytes = c->at;

        *ret_length = choices_left(c) < most ? choices_left(c) : most;
        c->at += *ret_length;
        return bytes;
}

static inline bool is_printable(const char *text)
{
        for (; *text; text++)
                if (*text < 0x20 || *text > 0x7e)
                        return false;
        return true;
}

#endif
