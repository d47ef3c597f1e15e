/* fuzz_http.c - view/http_request: bytes as what a client of the page sends, in one piece, in two, and byte
 * by byte, which makes no difference. What is taken for a request is one that nobody could understand in
 * another way; and what was decided stays so, whatever else comes. */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>

#include "view/http_request.h"

#define VALUE_SIZE 24

/* Whether it ends in the text of the request, before any control character. */
static bool is_within(const struct http_request *r, const char *text)
{
        const char *end = r->text + sizeof r->text;

        if (text < r->text || text >= end || !memchr(text, '\0', (size_t)(end - text)))
                return false;
        for (; *text; text++)
                if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
                        return false;
        return true;
}

static void check_host(const char *host)
{
        size_t n = 0;
        const char *name = http_host_name(host, &n);

        MUST(name && n > 0 && name >= host && name + n <= host + strlen(host));
        MUST(!strpbrk(host, " \t/?#@\\\"<>"));
}

static void check_query(const struct http_request *r)
{
        static const char *const names[] = { "peers", "after", "a" };

        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                char value[VALUE_SIZE];
                int found;

                memset(value, 'x', sizeof value);
                found = http_query_value(r->query, names[i], value, sizeof value);
                MUST(found == 0 || found == 1 || found == -EINVAL);
                MUST(found != 0 || value[0] == 'x');
                MUST(found != 1 || memchr(value, '\0', sizeof value));
                MUST(found != 1 || strstr(r->query, names[i]));
        }
}

/* How many headers of this name there are, up to `end`. */
static size_t count_headers(const char *bytes, const char *end, const char *name)
{
        size_t n = 0;

        for (; (bytes = memmem(bytes, (size_t)(end - bytes), "\r\n", 2));
             n += strncasecmp(bytes, name, strlen(name)) == 0)
                bytes += 2;
        return n;
}

/* What others could understand in two ways: where the headers end, whose they are, and whether more follows.
 */
static void check_lines(const char *bytes, size_t length, const struct http_request *r)
{
        size_t most = length < HTTP_HEADERS_MAX ? length : HTTP_HEADERS_MAX, line;
        bool empty_first = most >= 2 && memcmp(bytes, "\r\n", 2) == 0;
        const char *first = bytes + 2 * empty_first;
        const char *end = memmem(first, most - (size_t)(first - bytes), "\r\n\r\n", 4);

        MUST(end);
        for (const char *p = bytes; p < end; p++)
                MUST(*p == '\t' || *p == '\r' || *p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f));
        for (const char *p = bytes; p < end; p++)
                MUST(p[0] == '\r' ? p[1] == '\n' : p[0] != '\n' || (p > bytes && p[-1] == '\r'));
        line = (size_t)((const char *)memmem(first, (size_t)(end + 2 - first), "\r\n", 2) - first);
        MUST(line > 12 && memcmp(first + line - 9, " HTTP/1.", 8) == 0 &&
             isdigit((unsigned char)first[line - 1]));
        MUST(memcmp(first, r->head ? "HEAD " : "GET ", r->head ? 5 : 4) == 0);
        MUST(count_headers(first, end + 2, "Host:") <= 1);
        MUST(r->host || first[line - 1] == '0');
        MUST(count_headers(first, end + 2, "Content-Length:") <= 1);
        MUST(count_headers(first, end + 2, "Transfer-Encoding:") == 0);
}

static void check_good(const char *bytes, size_t length, const struct http_request *r)
{
        MUST(r->path && r->path[0] == '/' && is_printable(r->path) && !strpbrk(r->path, "? "));
        MUST(strcmp(r->path, "/") == 0 || is_within(r, r->path));
        MUST(!r->query || (is_within(r, r->query) && is_printable(r->query)));
        MUST(!r->host || is_within(r, r->host));
        MUST(!r->accept || is_within(r, r->accept));
        MUST(!r->why);
        if (r->host)
                check_host(r->host);
        if (r->query)
                check_query(r);
        check_lines(bytes, length, r);
}

/* What else comes of it; from memory that is just as large. */
static int add(struct http_request *r, const uint8_t *bytes, size_t length)
{
        char *exact = malloc(length);
        int status;

        MUST(exact || length == 0);
        if (length > 0)
                memcpy(exact, bytes, length);
        status = http_request_add(r, exact, length);
        MUST(status == 0 || status == HTTP_OK || status == HTTP_BAD_REQUEST || status == HTTP_TOO_LARGE ||
             status == HTTP_BAD_METHOD);
        if (status != 0)
                MUST(!r->why || (status != HTTP_OK && is_printable(r->why)));
        free(exact);
        return status;
}

static void begin(struct http_request *ret)
{
        memset(ret, 'x', sizeof *ret);
        http_request_begin(ret);
}

/* In one piece. A good one is checked by a copy with a NUL behind it. */
static int parse(const uint8_t *bytes, size_t length, struct http_request *ret)
{
        char *text = calloc(1, length + 1);
        int status;

        MUST(text);
        if (length > 0)
                memcpy(text, bytes, length);
        begin(ret);
        status = add(ret, bytes, length);
        MUST(status != 0 || length < HTTP_HEADERS_MAX);
        if (status == HTTP_OK)
                check_good(text, length, ret);
        free(text);
        return status;
}

static bool equal(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What has come in pieces is what it would be in one. */
static void check_equal(int status, const struct http_request *pieces, const struct http_request *one)
{
        MUST(pieces->head == one->head && equal(pieces->why, one->why));
        if (status == HTTP_OK)
                MUST(equal(pieces->path, one->path) && equal(pieces->query, one->query) &&
                     equal(pieces->host, one->host) && equal(pieces->accept, one->accept));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        static struct http_request one, pieces; /* too large for a stack */
        struct choices c = choices_of(bytes, length);
        size_t cut = choose_bits(&c, 2), left = choices_left(&c);
        int status = parse(c.at, left, &one), later;

        if (cut > left)
                cut = left;
        later = parse(c.at, cut, &pieces);
        if (later == 0)
                later = add(&pieces, c.at + cut, left - cut);
        MUST(later == status);
        check_equal(status, &pieces, &one);
        begin(&pieces);
        later = 0;
        for (size_t i = 0; later == 0 && i < left; i++)
                later = http_request_add(&pieces, (const char *)c.at + i, 1);
        MUST(later == status);
        check_equal(status, &pieces, &one);
        return 0;
}
