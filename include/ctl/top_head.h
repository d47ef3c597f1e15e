#ifndef MCASTD_CTL_TOP_HEAD_H
#define MCASTD_CTL_TOP_HEAD_H

#include "ctl/top_model.h"

/* There are so many lines, and one more where two things are said of what is not well. */
#define TOP_HEAD_LINES 3
#define TOP_HEAD_MOST  4
#define TOP_PIECES_MAX 13

/* A part of a line. */
struct top_piece {
        size_t line;
        enum tone tone;
        char text[640];
};

struct top_head_text {
        size_t n, lines;
        struct top_piece pieces[TOP_PIECES_MAX];
};

/* What stands above the tables, printable: health, totals, trouble. `trouble` says why the daemon does not
 * answer, and `since` since when; or it is NULL. */
void top_head_write(const struct top_sample *s, const char *trouble, const char *since,
                    struct top_head_text *ret);

#endif
