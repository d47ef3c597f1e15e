#ifndef MCASTD_CTL_TOP_BATCH_H
#define MCASTD_CTL_TOP_BATCH_H

#include "ctl/top_head.h"

/* Prints a screen as plain text to standard output. 0 or -errno: then it was not all printed. */
int top_batch_print(const struct top_sample *sample, const struct top_head_text *head);

#endif
