/* Requests of HTTP/1: bytes in; a request, a refusal, or the wish for more out. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "view/http_request.h"

#define LINE(literal) literal, sizeof(literal) - 1

/* From memory of just that size, so that a sanitizer sees who reads beyond it. */
static int add(struct http_request *r, const char *bytes, size_t n)
{
        char *copy = malloc(n ? n : 1);
        int status;

        assert_non_null(copy);
        memcpy(copy, bytes, n);
        status = http_request_add(r, copy, n);
        free(copy);
        return status;
}

/* Nothing is left to chance of what was there before. */
static void begin(struct http_request *ret)
{
        memset(ret, 1, sizeof *ret);
        http_request_begin(ret);
}

/* As one piece. */
static int parse(const char *bytes, size_t n, struct http_request *ret)
{
        begin(ret);
        return add(ret, bytes, n);
}

/* In pieces of that size, until it is decided. *ret_n is how many bytes had come then. */
static int parse_in_pieces(const char *bytes, size_t n, size_t size, struct http_request *ret, size_t *ret_n)
{
        int status = 0;
        size_t at = 0;

        begin(ret);
        for (; status == 0 && at < n; at += size)
                status = add(ret, bytes + at, size < n - at ? size : n - at);
        *ret_n = at < n ? at : n;
        return status;
}

static void check_text(const char *row, const char *actual, const char *expected)
{
        CHECK(row, !actual == !expected);
        if (expected)
                CHECK_TEXT(row, actual, expected);
}

/* --- requests --- */

static const struct {
        const char *bytes;
        const char *path, *query, *host, *accept;
} good[] = {
        { "GET / HTTP/1.0\r\n\r\n", "/", NULL, NULL, NULL },
        { "HEAD / HTTP/1.0\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "/", NULL, "localhost", NULL },
        { "GET / HTTP/1.9\r\nHost: localhost\r\n\r\n", "/", NULL, "localhost", NULL },
        { "GET / HTTP/1.1\r\nhOsT:a\r\n\r\n", "/", NULL, "a", NULL },
        { "GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n", "/", NULL, "a", NULL },
        { "GET / HTTP/1.1\r\nHost: %41.b_c~:080\r\n\r\n", "/", NULL, "%41.b_c~:080", NULL },
        { "GET / HTTP/1.1\r\nHost: [::1]:9464\r\n\r\n", "/", NULL, "[::1]:9464", NULL },
        { "GET /a/%41?b=c?d&e HTTP/1.0\r\n\r\n", "/a/%41", "b=c?d&e", NULL, NULL },
        { "GET /? HTTP/1.0\r\n\r\n", "/", "", NULL, NULL },
        { "GET //x/y HTTP/1.0\r\n\r\n", "//x/y", NULL, NULL, NULL },
        { "GET http://x HTTP/1.0\r\n\r\n", "/", NULL, "x", NULL },
        { "GET http://x?y HTTP/1.0\r\n\r\n", "/", "y", "x", NULL },
        { "GET HTTP://a.long-name.example:80/y/z?q HTTP/1.1\r\nHost: b\r\n\r\n", "/y/z", "q",
          "a.long-name.example:80", NULL },
        { "GET http://[::1]:9464/ HTTP/1.0\r\n\r\n", "/", NULL, "[::1]:9464", NULL },
        { "GET /http://x/ HTTP/1.0\r\n\r\n", "/http://x/", NULL, NULL, NULL },
        { "\r\nGET / HTTP/1.0\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.0\r\nAccept: a, b;q=0.5\r\nX:\r\nAccept: c\r\n\r\n", "/", NULL, NULL, "a, b;q=0.5" },
        { "GET / HTTP/1.0\r\nAcceptor: c\r\nAccep: d\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.0\r\n!#$%&'*+-.^_`|~09azAZ: \"(),/:;<=>?@[\\]{}\t\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.0\r\nContent-Length: 1024\r\n\r\n", "/", NULL, NULL, NULL },
        { "GET / HTTP/1.0\r\nContent-Length: 0000000000000000000000001024\r\n\r\n", "/", NULL, NULL, NULL },
};

static void check_good(const char *row, const struct http_request *r, size_t i)
{
        CHECK_INT(row, r->head, row[0] == 'H');
        check_text(row, r->path, good[i].path);
        check_text(row, r->query, good[i].query);
        check_text(row, r->host, good[i].host);
        check_text(row, r->accept, good[i].accept);
        CHECK(row, !r->why);
}

/* Whole, it is a request, whatever follows; and each part of it asks for more, however it came. */
static void test_good(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(good); i++) {
                const char *row = good[i].bytes;
                size_t n = strlen(row);
                char longer[HTTP_HEADERS_MAX] = "";
                struct http_request r;
                size_t came;

                for (size_t part = 0; part < n; part++)
                        CHECK_INT(row, parse(row, part, &r), 0);
                for (size_t size = 1; size < n; size++) {
                        CHECK_INT(row, parse_in_pieces(row, n, size, &r, &came), HTTP_OK);
                        CHECK_INT(row, came, n);
                        check_good(row, &r, i);
                }
                CHECK_INT(row, parse(row, n, &r), HTTP_OK);
                check_good(row, &r, i);
                memcpy(longer, row, n);
                CHECK_INT(row, parse(longer, sizeof longer, &r), HTTP_OK);
                check_good(row, &r, i);
        }
}

/* --- refusals --- */

#define AFTER_HOST(text) "GET / HTTP/1.1\r\nHost: a\r\n" text "\r\n"

static const struct {
        const char *bytes;
        size_t length;
        int status;
        const char *why; /* its beginning; NULL: the status says it all */
} bad[] = {
        { LINE("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_BAD_METHOD, NULL },
        { LINE("GETS / HTTP/1.0\r\n\r\n"), HTTP_BAD_METHOD, NULL },
        { LINE("get / HTTP/1.0\r\n\r\n"), HTTP_BAD_METHOD, NULL },
        { LINE("OPTIONS * HTTP/1.0\r\n\r\n"), HTTP_BAD_METHOD, NULL },
        { LINE("CONNECT 127.0.0.1:22 HTTP/1.0\r\n\r\n"), HTTP_BAD_METHOD, NULL },
        { LINE("POST / HTTP/1.0\r\nContent-Length: 1024\r\n\r\n"), HTTP_BAD_METHOD, NULL },

        { LINE("POST / HTTP/1.0\r\nContent-Length: 1025\r\n\r\n"), HTTP_TOO_LARGE, NULL },
        { LINE("GET / HTTP/1.0\r\nContent-Length: 1025\r\n\r\n"), HTTP_TOO_LARGE, NULL },
        { LINE("GET / HTTP/1.0\r\nContent-Length: 18446744073709551616\r\n\r\n"), HTTP_TOO_LARGE, NULL },
        { LINE(AFTER_HOST("Transfer-Encoding: chunked\r\n")), HTTP_TOO_LARGE, NULL },
        { LINE(AFTER_HOST("Transfer-Encoding:\r\n")), HTTP_TOO_LARGE, NULL },

        { LINE("GET / HTTP/1.0\r\nContent-Length:\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nContent-Length: -1\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nContent-Length: +1\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nContent-Length: 1x\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nContent-Length: 1 1\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nContent-Length: 1, 1\r\n\r\n"), HTTP_BAD_REQUEST, "Content-Length" },
        { LINE("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_REQUEST, "where the" },
        { LINE(AFTER_HOST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), HTTP_BAD_REQUEST,
          "where the" },
        { LINE(AFTER_HOST("Content-Length: 5\r\nContent-Length: 5\r\n")), HTTP_BAD_REQUEST, "Host, Content" },
        { LINE(AFTER_HOST("Transfer-Encoding: a\r\nTransfer-Encoding: b\r\n")), HTTP_BAD_REQUEST,
          "Host, Content" },
        { LINE(AFTER_HOST("Host: a\r\n")), HTTP_BAD_REQUEST, "Host, Content" },
        { LINE("GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n"), HTTP_BAD_REQUEST, "Host, Content" },
        { LINE("GET / HTTP/1.1\r\nHost:\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.0\r\nHost:\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\nHost: x@y\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("POST / HTTP/1.1\r\nHost: a b\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"), HTTP_BAD_REQUEST, "Host must" },
        { LINE("GET / HTTP/1.1\r\n\r\n"), HTTP_BAD_REQUEST, "there is no header Host" },
        { LINE("GET / HTTP/1.2\r\n\r\n"), HTTP_BAD_REQUEST, "there is no header Host" },
        { LINE("GET http://a/ HTTP/1.1\r\n\r\n"), HTTP_BAD_REQUEST, "there is no header Host" },

        { LINE(AFTER_HOST("no colon\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST("nocolon\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST(": no name\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST("X : blank before the colon\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST("X\xff: no token\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST("X: folded\r\n to here\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE(AFTER_HOST("X: folded\r\n\tto here\r\n")), HTTP_BAD_REQUEST, "a header must" },
        { LINE("GET / HTTP/1.1\r\n X: after the line\r\n"), HTTP_BAD_REQUEST, "a header must" },

        { LINE(AFTER_HOST("X: a\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE(AFTER_HOST("X: a\rb\r\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE(AFTER_HOST("X: a\r\r\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE(AFTER_HOST("X: \0\r\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE(AFTER_HOST("X: \x7f\r\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE(AFTER_HOST("X: \x1f\r\n")), HTTP_BAD_REQUEST, "a control" },
        { LINE("GET / HTTP/1.0\n\n"), HTTP_BAD_REQUEST, "a control" },
        { LINE("\nGET / HTTP/1.0\r\n\r\n"), HTTP_BAD_REQUEST, "a control" },
        { LINE("\x16\x03\x01\x02"), HTTP_BAD_REQUEST, "a control" },

        { LINE("\r\n\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("\r\nHost: a\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("x\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET /\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET  HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET  / HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE(" GET / HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET\t/\tHTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("G(T / HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("P(ST / HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET /\xc3\xa4 HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET /a#b HTTP/1.1\r\n"), HTTP_BAD_REQUEST, "the request line must have" },
        { LINE("GET / HTTP/1.1 \r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / HTTP/1.1 x\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / HTTP/1.\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / HTTP/1.10\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / HTTP/1.x\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / HTTP/2.0\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / http/1.1\r\n"), HTTP_BAD_REQUEST, "only HTTP" },
        { LINE("GET / FTP/1.1\r\n"), HTTP_BAD_REQUEST, "only HTTP" },

        { LINE("GET x HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "the request line must ask" },
        { LINE("GET * HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "the request line must ask" },
        { LINE("GET ?x HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "the request line must ask" },
        { LINE("GET https://x/ HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "the request line must ask" },
        { LINE("GET http:// HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "there is no host" },
        { LINE("GET http:///x HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "there is no host" },
        { LINE("GET http://[x/ HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "there is no host" },
        { LINE("GET http://me@x/ HTTP/1.0\r\n"), HTTP_BAD_REQUEST, "there is no host" },
};

/* Each part of it asks for more, or is refused in the same way; and what comes in pieces not a byte later. */
static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(bad); i++) {
                const char *row = bad[i].bytes;
                size_t decided = bad[i].length, came;
                struct http_request r;

                for (size_t part = bad[i].length; part-- > 0;) {
                        int status = parse(row, part, &r);

                        CHECK(row, status == 0 || status == bad[i].status);
                        if (status)
                                decided = part;
                }
                CHECK_INT(row, parse_in_pieces(row, bad[i].length, 1, &r, &came), bad[i].status);
                CHECK_INT(row, came, decided);
                CHECK_INT(row, parse(row, bad[i].length, &r), bad[i].status);
                check_text(row, r.why ? "" : NULL, bad[i].why ? "" : NULL);
                if (bad[i].why && strncmp(r.why, bad[i].why, strlen(bad[i].why)) != 0)
                        fail_msg("%s: \"%s\" does not begin with \"%s\"", row, r.why, bad[i].why);
        }
}

/* An answer to HEAD has no content, also where it is a refusal. */
static void test_head_is_known_where_it_is_refused(void **state)
{
        static const char no_host[] = "HEAD / HTTP/1.1\r\n\r\n", folded[] = "HEAD / HTTP/1.0\r\n x";
        struct http_request r;

        (void)state;
        assert_int_equal(parse(no_host, sizeof no_host - 1, &r), HTTP_BAD_REQUEST);
        assert_true(r.head);
        assert_int_equal(parse(folded, sizeof folded - 1, &r), 0);
        assert_int_equal(parse("\n", 1, &r), HTTP_BAD_REQUEST);
        assert_false(r.head);
        assert_int_equal(parse("HEAX / HTTP/1.0\r\n\r\n", 19, &r), HTTP_BAD_METHOD);
        assert_false(r.head);
}

/* --- every byte --- */

#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Which of all bytes may stand between these two, if the end of the lines comes behind them. */
static void check_bytes(const char *before, const char *after, const char *allowed, int status)
{
        for (int byte = 0; byte < 256; byte++) {
                char bytes[64], row[64];
                int n = snprintf(bytes, sizeof bytes, "%s?%s\r\n\r\n", before, after);
                bool is_allowed = byte && strchr(allowed, byte);
                struct http_request r;

                bytes[strlen(before)] = (char)byte;
                snprintf(row, sizeof row, "%s\\x%02x%s", before, byte, after);
                CHECK_INT(row, parse(bytes, (size_t)n, &r), is_allowed ? status : HTTP_BAD_REQUEST);
        }
}

static void test_every_byte(void **state)
{
        char text[256] = "\t";

        (void)state;
        check_bytes("X", " / HTTP/1.0", ALPHANUMERIC "!#$%&'*+-.^_`|~", HTTP_BAD_METHOD);
        check_bytes("GET /", " HTTP/1.0", ALPHANUMERIC "-._~:/?[]@!$&'()*+,;=%", HTTP_OK);
        check_bytes("GET http://a", "/ HTTP/1.0", ALPHANUMERIC "-._~!$&'()*+,;=:/?", HTTP_OK);
        check_bytes("GET http://a%4", "/ HTTP/1.0", "0123456789ABCDEFabcdef", HTTP_OK);
        check_bytes("GET http://[::", "]/ HTTP/1.0", "0123456789ABCDEFabcdef", HTTP_OK);
        check_bytes("GET http://a:1", "/ HTTP/1.0", "0123456789/?", HTTP_OK);
        check_bytes("GET / HTTP/1.", "", "0", HTTP_OK);
        check_bytes("GET / HTTP/1.", "\r\nHost: a", "0123456789", HTTP_OK);
        check_bytes("GET / HTTP/1.0\r\nHost: a", "b", ALPHANUMERIC "-._~!$&'()*+,;=", HTTP_OK);
        check_bytes("GET / HTTP/1.0\r\nX", ":", ALPHANUMERIC "!#$%&'*+-.^_`|~:", HTTP_OK);
        check_bytes("GET / HTTP/1.0\r\nContent-Length: ", "", "0123456789", HTTP_OK);
        for (int byte = ' ', n = 1; byte < 256; byte++)
                if (byte != 0x7f)
                        text[n++] = (char)byte;
        check_bytes("GET / HTTP/1.0\r\nX:", "x", text, HTTP_OK);
}

/* --- sizes --- */

static void test_sizes(void **state)
{
        char bytes[HTTP_HEADERS_MAX + 100];
        struct http_request r;
        size_t came;

        (void)state;
        for (size_t n = HTTP_HEADERS_MAX - 2; n <= HTTP_HEADERS_MAX + 2; n++) {
                memset(bytes, 'x', sizeof bytes);
                memcpy(bytes, "GET /", 5);
                memcpy(bytes + n - 13, " HTTP/1.0\r\n\r\n", 13);
                assert_int_equal(parse(bytes, n, &r), n <= HTTP_HEADERS_MAX ? HTTP_OK : HTTP_BAD_REQUEST);
                if (n > HTTP_HEADERS_MAX)
                        assert_string_equal(r.why, "the request line and the headers are too long");
        }
        memset(bytes, 'x', sizeof bytes);
        assert_int_equal(parse(bytes, HTTP_HEADERS_MAX - 1, &r), 0);
        assert_int_equal(parse(bytes, HTTP_HEADERS_MAX, &r), HTTP_BAD_REQUEST);
        for (size_t size = 1; size < 100; size++) {
                assert_int_equal(parse_in_pieces(bytes, sizeof bytes, size, &r, &came), HTTP_BAD_REQUEST);
                assert_in_range(came, HTTP_HEADERS_MAX, HTTP_HEADERS_MAX + size - 1);
        }
}

/* --- what it costs --- */

/* The least of some tries, as others have their share of the processor and its caches. */
static uint64_t cost_ns(const char *bytes, size_t size)
{
        uint64_t least = UINT64_MAX;

        for (int i = 0; i < 5; i++) {
                struct timespec from, to;
                struct http_request r;
                int status = 0;
                uint64_t cost;

                http_request_begin(&r);
                (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
                for (size_t at = 0; at < HTTP_HEADERS_MAX; at += size)
                        status = http_request_add(&r, bytes + at, size);
                (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
                assert_int_equal(status, HTTP_OK);
                cost = (uint64_t)((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec);
                least = cost < least ? cost : least;
        }
        return least;
}

/* Of the largest request: one long line, and as many lines as there can be. To start afresh at each byte
 * would be a thousand times the work. */
static void test_bytes_that_come_one_by_one_cost_little_more(void **state)
{
        static const char first[] = "GET / HTTP/1.0\r\n";
        static const char *const fillings[] = { "a:xxxxxxxx", "a:\r\n" };
        char bytes[HTTP_HEADERS_MAX];

        (void)state;
        for (size_t i = 0; i < N_OF(fillings); i++) {
                size_t n = sizeof first - 1;

                memcpy(bytes, first, n);
                for (size_t left; (left = sizeof bytes - n) > 4; n++)
                        bytes[n] = fillings[i][(n - sizeof first + 1) % strlen(fillings[i])];
                memcpy(bytes + n, "\r\n\r\n", 4);
                CHECK(fillings[i], cost_ns(bytes, 1) < 100 * cost_ns(bytes, sizeof bytes));
        }
}

/* --- hosts --- */

static void test_host_name(void **state)
{
        static const struct {
                const char *host, *name;
        } hosts[] = {
                { "", NULL },
                { ":", NULL },
                { ":80", NULL },
                { "a", "a" },
                { "a:", "a" },
                { "a:80", "a" },
                { "a:8x", NULL },
                { "a:-1", NULL },
                { "a:80:", NULL },
                { "a%4", NULL },
                { "a%4g", NULL },
                { "%41%7Ab", "%41%7Ab" },
                { "a b", NULL },
                { "a/", NULL },
                { "127.0.0.1:9464", "127.0.0.1" },
                { "[::1]", "::1" },
                { "[::1]:", "::1" },
                { "[]", NULL },
                { "[::1]:9464", "::1" },
                { "[::1", NULL },
                { "[::1]x", NULL },
                { "::1", NULL },
                { "[fe80::1%lo]", NULL },
                { "[::1]:x", NULL },
                { "[", NULL },
                { "[g]", NULL },
                { "[1]", NULL },
                { "[127.0.0.1]", NULL },
                { "[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1" },
                { "[0000:0000:0000:0000:0000:0000:127.000.000.001]", NULL },
                { "[[::1]]", NULL },
                { "localhost", "localhost" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(hosts); i++) {
                const char *row = hosts[i].host;
                size_t n = 99;
                const char *name = http_host_name(row, &n);

                CHECK(row, !name == !hosts[i].name);
                CHECK_INT(row, n, name ? strlen(hosts[i].name) : 99);
                CHECK(row, !name || strncmp(name, hosts[i].name, n) == 0);
        }
}

/* --- queries --- */

static void test_query_value(void **state)
{
        static const struct {
                const char *query;
                int result;
                const char *value;
        } queries[] = {
                { NULL, 0, NULL },
                { "", 0, NULL },
                { "after", 0, NULL },
                { "before=1", 0, NULL },
                { "xafter=1", 0, NULL },
                { "after2=1", 0, NULL },
                { "x=after=1", 0, NULL },
                { "after=", 1, "" },
                { "after=1", 1, "1" },
                { "x&after=1&after=2", 1, "1" },
                { "&&after=1&", 1, "1" },
                { "after=1=2", 1, "1=2" },
                { "after=%41%7a%7A%ff", 1, "Azz\xff" },
                { "after=%0a%30", 1, "\n0" },
                { "after=a+b", 1, "a+b" },
                { "after=1234567", 1, "1234567" },
                { "after=12345678", -EINVAL, NULL },
                { "after=%31%32%33%34%35%36%37", 1, "1234567" },
                { "after=%31%32%33%34%35%36%37%38", -EINVAL, NULL },
                { "after=%", -EINVAL, NULL },
                { "after=%4", -EINVAL, NULL },
                { "after=%4g", -EINVAL, NULL },
                { "after=%g4", -EINVAL, NULL },
                { "after=%4&41", -EINVAL, NULL },
                { "after=%&", -EINVAL, NULL },
                { "after=1%00", -EINVAL, NULL },
                { "x=%&after=1", 1, "1" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(queries); i++) {
                const char *row = queries[i].query ? queries[i].query : "none";
                char value[8] = "before";

                CHECK_INT(row, http_query_value(queries[i].query, "after", value, sizeof value),
                          queries[i].result);
                if (queries[i].value)
                        CHECK_TEXT(row, value, queries[i].value);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_head_is_known_where_it_is_refused),
                cmocka_unit_test(test_every_byte),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_bytes_that_come_one_by_one_cost_little_more),
                cmocka_unit_test(test_host_name),
                cmocka_unit_test(test_query_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
