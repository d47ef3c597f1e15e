#ifndef MCASTD_CTL_TOP_SCREEN_H
#define MCASTD_CTL_TOP_SCREEN_H

#include "ctl/top_head.h"
#include "ctl/top_ui.h"

/* The terminal, from standard input and output, as ncurses has it. */
struct top_screen;

/* 0 or -ENOTTY where the terminal cannot do that. */
int top_screen_open(struct top_screen **ret);

/* Leaves the terminal as it was. */
struct top_screen *top_screen_close(struct top_screen *s);

/* The next key that was pressed, or -1. */
int top_screen_key(struct top_screen *s);

/* In the size that the terminal has by now. Tells ui what it has room for. `stale`: what the tables show is
 * old. 0 or -ENOMEM. */
int top_screen_draw(struct top_screen *s, struct top_ui *ui, const struct top_sample *sample,
                    const struct top_head_text *head, bool stale);

#endif
