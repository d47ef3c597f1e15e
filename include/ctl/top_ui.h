#ifndef MCASTD_CTL_TOP_UI_H
#define MCASTD_CTL_TOP_UI_H

#include "ctl/top_view.h"

/* What the keys of mcastctl top have brought about. */
struct top_ui {
        struct top_view views[TOP_KINDS];
        enum top_kind focus;
        size_t page; /* rows of the focused table that the screen shows, and how many
                        there are: */
        size_t n;    /* set by the screen */
        bool paused, help, typing, quit;
};

/* As top begins: groups and peers, the worst first. */
void top_ui_init(struct top_ui *ui);

/* A key as getch(3NCURSES) gives it. */
void top_ui_key(struct top_ui *ui, int key);

/* What the keys are for, line by line; NULL ends it. */
const char *const *top_ui_help(void);

#endif
