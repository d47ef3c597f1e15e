#ifndef MCASTD_VIEW_PAGE_H
#define MCASTD_VIEW_PAGE_H

#include <stddef.h>

/* The files of src/page, which a build puts into the program. */
#define PAGE_FILES 4

struct page_file {
        const char *path; /* as a browser asks for it */
        const char *type; /* Content-Type */
        size_t length;
        const unsigned char *bytes;
};

extern const struct page_file page_files[PAGE_FILES];

#endif
