/* cursor.c - where a list that does not fit into one answer goes on, as text for the client. Pure. */
#include "view/cursor.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

const char *view_cursor_text(const struct snapshot_cursor *c, char buffer[VIEW_CURSOR_SIZE])
{
        snprintf(buffer, VIEW_CURSOR_SIZE, "%zu:%zu", c->section, c->slot);
        return buffer;
}

/* Digits up to `end`, and nothing else. The text behind it, or NULL. */
static const char *take_number(const char *text, char end, size_t *ret)
{
        size_t n = 0;

        if (!isdigit((unsigned char)*text) || (text[0] == '0' && isdigit((unsigned char)text[1])))
                return NULL;
        for (; isdigit((unsigned char)*text); text++) {
                size_t digit = (size_t)(*text - '0');

                if (n > (SIZE_MAX - digit) / 10)
                        return NULL;
                n = n * 10 + digit;
        }
        if (*text != end)
                return NULL;
        *ret = n;
        return end ? text + 1 : text;
}

int view_index_parse(const char *text, size_t *ret)
{
        return take_number(text, '\0', ret) ? 0 : -EINVAL;
}

int view_cursor_parse(const char *text, struct snapshot_cursor *ret)
{
        struct snapshot_cursor c = { 0 };
        const char *slot = take_number(text, ':', &c.section);

        if (!slot || !take_number(slot, '\0', &c.slot))
                return -EINVAL;
        *ret = c;
        return 0;
}
