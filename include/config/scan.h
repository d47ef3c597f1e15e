#ifndef MCASTD_CONFIG_SCAN_H
#define MCASTD_CONFIG_SCAN_H

#include <stddef.h>

#include "config/diag.h"
#include "config/ini.h"

/* Reads INI text of `length` bytes, with a NUL behind them. Takes apart `text` in place: the entries point
 * into it. Everything that is not plainly one section header, one `key = value`, one comment or one blank
 * line becomes an error in diag. 0 or -ENOMEM; ret->entries belongs to the caller, ret->text is not touched.
 */
int scan_text(char *text, size_t length, struct diag *diag, struct ini *ret);

#endif
