/* http_request.c - what a client asks by HTTP/1.0 or HTTP/1.1 (RFC 9112), from its bytes as they come: each
 * is looked for the end of a line once, and each line read once, so that small pieces cost no more than one
 * large one. Nothing is mended: what two programs could understand in two ways is refused, such as a line
 * that ends without a carriage return. Pure. */
#include "view/http_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"

#define DIGITS "0123456789"
#define PLAIN  DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~"

/* Characters of a method and of a header's name (RFC 9110, 5.6.2), of a host's name as they are, and of a
 * target (RFC 3986). */
#define TOKEN  PLAIN "!#$%&'*+^`|"
#define NAME   PLAIN "!$&'()*+,;="
#define TARGET NAME "%:/?[]@"

#define SCHEME "http://"

static bool consists_of(const char *text, const char *characters)
{
        return *text && !text[strspn(text, characters)];
}

static int hex_digit(char c)
{
        static const char digits[] = "0123456789abcdef";
        const char *p = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

        return p ? (int)(p - digits) : -1;
}

/* --- hosts --- */

/* Bytes of the name that the text begins with (RFC 3986, 3.2.2: reg-name, which IPv4 addresses are as well).
 */
static size_t name_length(const char *text)
{
        const char *p = text + strspn(text, NAME);

        while (*p == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0)
                p += 3 + strspn(p + 3, NAME);
        return (size_t)(p - text);
}

/* Bytes of the IPv6 address that a bracket stands behind. 0: there is none. */
static size_t ipv6_length(const char *text)
{
        char copy[INET6_ADDRSTRLEN];
        size_t n = strcspn(text, "]");
        struct address a;

        if (!text[n] || n >= sizeof copy)
                return 0;
        snprintf(copy, sizeof copy, "%.*s", (int)n, text);
        return address_parse(copy, &a) == 0 && a.family == AF_INET6 ? n : 0;
}

const char *http_host_name(const char *host, size_t *ret_length)
{
        bool bracketed = host[0] == '[';
        const char *name = host + bracketed;
        size_t n = bracketed ? ipv6_length(name) : name_length(name);
        const char *port = name + n + bracketed;

        if (n == 0 || (*port && *port != ':'))
                return NULL;
        if (*port && port[1 + strspn(port + 1, DIGITS)])
                return NULL;
        *ret_length = n;
        return name;
}

/* --- lines --- */

/* A path; or a host and a path, as to a proxy (RFC 9112, 3.2.2). What is wrong with it; NULL: nothing. */
static const char *parse_target(char *target, struct http_request *r)
{
        size_t n;

        if (strncasecmp(target, SCHEME, strlen(SCHEME)) == 0) {
                char *host = target + strlen(SCHEME), *path = host + strcspn(host, "/?");

                n = (size_t)(path - host);
                r->host = memmove(target, host, n);
                target[n] = '\0';
                if (!http_host_name(r->host, &n))
                        return "there is no host in the request line";
                target = path;
        } else if (*target != '/') {
                return "the request line must ask for a path that begins with /";
        }
        n = strcspn(target, "?");
        if (target[n])
                r->query = target + n + 1;
        target[n] = '\0';
        r->path = n ? target : "/";
        return NULL;
}

/* A later HTTP/1.x is read as HTTP/1.1, which it has to be compatible with (RFC 9110, 2.5). What is wrong
 * with the line; NULL: nothing. */
static const char *parse_request_line(char *line, struct http_request *r)
{
        char *version = line, *method = strsep(&version, " "), *target = strsep(&version, " ");

        if (!version || !consists_of(method, TOKEN) || !consists_of(target, TARGET))
                return "the request line must have a method, a path and a version";
        if (strncmp(version, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)version[7]) || version[8])
                return "only HTTP/1.0, HTTP/1.1 and later HTTP/1.x are spoken here";
        r->old = version[7] == '0';
        r->head = strcmp(method, "HEAD") == 0;
        r->allowed = r->head || strcmp(method, "GET") == 0;
        return r->allowed ? parse_target(target, r) : NULL;
}

/* What is wrong with it; NULL: nothing. */
static const char *parse_header(char *line, struct http_request *r)
{
        const struct {
                const char *name, **value;
                bool once;
        } headers[] = {
                { "Host", &r->host_header, true },
                { "Accept", &r->accept, false },
                { "Content-Length", &r->length, true },
                { "Transfer-Encoding", &r->coding, true },
        };
        size_t n = strspn(line, TOKEN), length;
        char *value = line + n + 1;

        if (n == 0 || line[n] != ':')
                return "a header must be a name, a colon and a value, in one line";
        line[n] = '\0';
        value += strspn(value, " \t");
        for (length = strlen(value); length > 0 && isblank((unsigned char)value[length - 1]); length--)
                value[length - 1] = '\0';
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
                if (strcasecmp(line, headers[i].name) != 0)
                        continue;
                if (*headers[i].value && headers[i].once)
                        return "Host, Content-Length or Transfer-Encoding is there twice";
                if (!*headers[i].value)
                        *headers[i].value = value;
        }
        return NULL;
}

/* The next line, which it ends; NULL: its end has not come. What is wrong with what has come of it; NULL:
 * nothing. */
static const char *take_line(struct http_request *r, char **ret)
{
        char *p = r->text + r->scanned, *end = r->text + r->n;

        *ret = NULL;
        while (p < end && ((unsigned char)*p >= ' ' || *p == '\t') && *p != 0x7f)
                p++;
        r->scanned = (size_t)(p - r->text);
        if (p == end || (*p == '\r' && p + 1 == end))
                return NULL;
        if (p[0] != '\r' || p[1] != '\n')
                return "a control character, or a line that does not end in CR LF";
        *p = '\0';
        *ret = r->text + r->line;
        r->line = r->scanned += 2;
        return NULL;
}

/* All lines that have come, up to the empty one, which *ret_whole says was there. What is wrong with one;
 * NULL: nothing. */
static const char *parse_lines(struct http_request *r, bool *ret_whole)
{
        const char *why;
        char *line;

        *ret_whole = false;
        while (!(why = take_line(r, &line)) && line) {
                /* One empty line before a request is forgiven (RFC 9112, 2.2). */
                if (!*line && line == r->text)
                        continue;
                *ret_whole = r->begun && !*line;
                if (*ret_whole)
                        break;
                why = r->begun ? parse_header(line, r) : parse_request_line(line, r);
                if (why)
                        break;
                r->begun = true;
        }
        return why;
}

static int refuse(struct http_request *r, int status, const char *why)
{
        r->why = why;
        return status;
}

/* What a request gets that is well formed line by line. */
static int judge(struct http_request *r)
{
        size_t n;

        if (!r->host_header && !r->old)
                return refuse(r, HTTP_BAD_REQUEST, "there is no header Host");
        /* Also where it is empty: http has no target without a host (RFC 9110, 4.2.1; RFC 9112, 3.2, 3.3). */
        if (r->host_header && !http_host_name(r->host_header, &n))
                return refuse(r, HTTP_BAD_REQUEST, "Host must be NAME, ADDRESS or [IPV6], or that and :PORT");
        if (r->coding && (r->length || r->old))
                return refuse(r, HTTP_BAD_REQUEST, "where the content ends can be understood in two ways");
        if (r->length && !consists_of(r->length, DIGITS))
                return refuse(r, HTTP_BAD_REQUEST, "Content-Length must be a number");
        if (r->coding || (r->length && strtoul(r->length, NULL, 10) > HTTP_BODY_MAX))
                return HTTP_TOO_LARGE;
        return r->allowed ? HTTP_OK : HTTP_BAD_METHOD;
}

void http_request_begin(struct http_request *ret)
{
        memset(ret, 0, offsetof(struct http_request, text));
}

int http_request_add(struct http_request *r, const char *bytes, size_t n)
{
        size_t room = sizeof r->text - r->n;
        const char *why;
        bool whole;

        if (n > room)
                n = room;
        memcpy(r->text + r->n, bytes, n);
        r->n += n;
        why = parse_lines(r, &whole);
        if (!why && !whole && r->n < sizeof r->text)
                return 0;
        if (!why && !whole)
                why = "the request line and the headers are too long";
        if (why)
                return refuse(r, HTTP_BAD_REQUEST, why);
        if (!r->host)
                r->host = r->host_header;
        return judge(r);
}

/* --- queries --- */

/* Up to the next parameter. 1 or -EINVAL. */
static int decode(const char *from, char *to, size_t size)
{
        for (; *from && *from != '&'; from++, size--) {
                int c = (unsigned char)*from;

                if (c == '%') {
                        int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);

                        c = low < 0 ? 0 : high * 16 + low;
                        from += 2;
                }
                if (c == 0 || size <= 1)
                        return -EINVAL;
                *to++ = (char)c;
        }
        *to = '\0';
        return 1;
}

int http_query_value(const char *query, const char *name, char *ret, size_t size)
{
        size_t n = strlen(name);

        for (const char *p = query; p; p = strchr(p, '&') ? strchr(p, '&') + 1 : NULL)
                if (strncmp(p, name, n) == 0 && p[n] == '=')
                        return decode(p + n + 1, ret, size);
        return 0;
}
