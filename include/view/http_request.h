#ifndef MCASTD_VIEW_HTTP_REQUEST_H
#define MCASTD_VIEW_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Of a request: bytes of its line and headers, with their ends; and of a content, which nobody reads. */
#define HTTP_HEADERS_MAX 4096
#define HTTP_BODY_MAX    1024

/* RFC 9110, RFC 6585 */
enum http_status {
        HTTP_OK = 200,
        HTTP_BAD_REQUEST = 400,
        HTTP_FORBIDDEN = 403,
        HTTP_NOT_FOUND = 404,
        HTTP_BAD_METHOD = 405,
        HTTP_TOO_LARGE = 413,
        HTTP_TOO_MANY = 429,
        HTTP_INTERNAL = 500,
        HTTP_UNAVAILABLE = 503,
};

/* What a client asks for, by what has come of it so far. Not to be copied: the texts are within. */
struct http_request {
        bool head;          /* HEAD: the answer has no content */
        const char *path;   /* as it came; begins with a '/' */
        const char *query;  /* behind the '?'; NULL: none */
        const char *host;   /* of the target, else the header; may have a port; NULL: none */
        const char *accept; /* the header; NULL: none */
        const char *why;    /* it is refused; NULL: the status says it all */

        /* Of no concern to others. A text that is NULL has not come. */
        const char *host_header, *length, *coding;
        bool begun;           /* the request line was there */
        bool allowed;         /* the method */
        bool old;             /* HTTP/1.0 */
        size_t n;             /* bytes that have come */
        size_t line, scanned; /* of them: where the next line begins, and how far it has no end */
        char text[HTTP_HEADERS_MAX];
};

/* Nothing has come. */
void http_request_begin(struct http_request *ret);

/* What the bytes of a client are, with these that follow the ones before. HTTP_OK: a request, whatever
 * follows it; 0: not yet a whole one; or the status to refuse it with, and then only `head` and `why` are
 * set. Not to be called again once it has returned anything but 0. */
int http_request_add(struct http_request *r, const char *bytes, size_t n);

/* The name in NAME, NAME:PORT or [IPV6]:PORT, without brackets, and its length. NULL: that is none. */
const char *http_host_name(const char *host, size_t *ret_length);

/* Decodes the value of a parameter of a query into a buffer. 1; 0: it has none of this name; -EINVAL: nothing
 * that fits. */
int http_query_value(const char *query, const char *name, char *ret, size_t size);

#endif
