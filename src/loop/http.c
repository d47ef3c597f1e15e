/* http.c - answers what is asked by HTTP: who may ask, and with which headers. Knows nothing of what it
 * tells.
 */
#include "loop/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "loop/http_connections.h"
#include "loop/http_content.h"
#include "loop/http_share.h"
#include "view/http_request.h"

struct http {
        struct http_connections *connections;
        struct http_source source;
        bool loopback; /* nobody but this host can reach us */
        struct http_share share;
        uint64_t refused; /* requests beyond that share */
};

/* Of every answer. The page may load what comes from here, and nothing else; nobody may put it into a frame.
 */
#define HEADERS                                                                                               \
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "                  \
        "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" \
        "X-Content-Type-Options: nosniff\r\n"                                                                 \
        "Referrer-Policy: no-referrer\r\n"                                                                    \
        "Cache-Control: no-store\r\n"                                                                         \
        "Connection: close\r\n"

/* What an answer of each status has: its name, one more header, and what it says if nothing better is known.
 */
static const struct page {
        int status;
        const char *reason, *header, *words;
} pages[] = {
        { HTTP_INTERNAL, "Internal Server Error", "", "no memory" },
        { HTTP_OK, "OK", "", "" },
        { HTTP_BAD_REQUEST, "Bad Request", "", "" },
        { HTTP_FORBIDDEN, "Forbidden", "",
          "ask for localhost, or for an address: names of others are refused here" },
        { HTTP_NOT_FOUND, "Not Found", "",
          "there is nothing here; try /, /metrics, /healthz or /status.json" },
        { HTTP_BAD_METHOD, "Method Not Allowed", "Allow: GET, HEAD\r\n", "only GET and HEAD" },
        { HTTP_TOO_LARGE, "Content Too Large", "", "a request has no content here" },
        { HTTP_TOO_MANY, "Too Many Requests", "Retry-After: 1\r\n", "too many requests" },
        { HTTP_UNAVAILABLE, "Service Unavailable", "", "" },
};

static const struct page *page_of(int status)
{
        for (size_t i = 1; i < sizeof pages / sizeof pages[0]; i++)
                if (pages[i].status == status)
                        return &pages[i];
        return &pages[0];
}

static bool is_loopback(const struct address *a)
{
        static const struct network ipv4 = { { AF_INET, { 127 }, 0 }, 8 };
        static const struct network ipv6 = { { AF_INET6, { [15] = 1 }, 0 }, 128 };
        static const struct network mapped = { { AF_INET6, { [10] = 0xff, 0xff, 127 }, 0 }, 104 };

        return network_contains(&ipv4, a) || network_contains(&ipv6, a) || network_contains(&mapped, a);
}

/* Whether a host, with or without a port, is called by a name that no stranger's name server can point to us.
 * Else a page of that stranger could read what we tell to this host only (DNS rebinding). */
static bool is_own_name(const char *host)
{
        char text[ADDRESS_TEXT_SIZE];
        struct address a;
        size_t n;
        const char *name = http_host_name(host, &n);

        if (!name || n >= sizeof text)
                return false;
        snprintf(text, sizeof text, "%.*s", (int)n, name);
        return strcasecmp(text, "localhost") == 0 || address_parse(text, &a) == 0;
}

/* HTTP_OK: this client, at this time. */
static int may_ask(struct http *h, const struct http_request *request)
{
        if (h->loopback && request->host && !is_own_name(request->host))
                return HTTP_FORBIDDEN;
        if (http_share_is_left(&h->share, clock_monotonic_ns()))
                return HTTP_OK;
        h->refused++;
        return HTTP_TOO_MANY;
}

static int append_head(struct evbuffer *out, const struct page *page, const char *type, size_t length)
{
        time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
        char date[64] = "";
        struct tm tm;

        /* The daemon has no language but C. */
        if (gmtime_r(&now, &tm))
                (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        return evbuffer_add_printf(out,
                                   "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                                   "%s" HEADERS "\r\n",
                                   page->status, page->reason, date, type, length, page->header);
}

/* Makes the answer in `body`, and appends it to `out`. 0 or -ENOMEM. */
static int compose(struct http *h, int status, const struct http_request *request, struct evbuffer *body,
                   struct evbuffer *out)
{
        const char *type = HTTP_TYPE_TEXT;
        const struct page *page;

        if (status == HTTP_OK)
                status = may_ask(h, request);
        if (status == HTTP_OK)
                status = http_content(&h->source, request, body, &type);
        if (status < 0) {
                (void)evbuffer_drain(body, evbuffer_get_length(body));
                type = HTTP_TYPE_TEXT;
        }
        page = page_of(status);
        if (evbuffer_get_length(body) == 0 &&
            evbuffer_add_printf(body, "%s\n", request->why ? request->why : page->words) < 0)
                return -ENOMEM;
        if (append_head(out, page, type, evbuffer_get_length(body)) < 0)
                return -ENOMEM;
        return request->head || evbuffer_add_buffer(out, body) == 0 ? 0 : -ENOMEM;
}

static int answer(void *arg, int status, const struct http_request *request, struct evbuffer *out)
{
        struct evbuffer *body = evbuffer_new();
        int r;

        if (!body)
                return -ENOMEM;
        r = compose(arg, status, request, body, out);
        evbuffer_free(body);
        return r;
}

int http_new(struct env *env, const struct endpoint *listen, bool peers, http_snapshot snapshot, void *arg,
             struct http **ret)
{
        struct http *h = calloc(1, sizeof *h);
        struct http_owner owner;
        int r;

        if (!h)
                return -ENOMEM;
        h->source = (struct http_source){ .snapshot = snapshot, .arg = arg, .peers = peers };
        h->loopback = is_loopback(&listen->address);
        owner = (struct http_owner){ .answer = answer, .arg = h, .share = &h->share };
        r = http_connections_new(env, listen, &owner, &h->connections);
        if (r < 0) {
                free(h);
                return r;
        }
        *ret = h;
        return 0;
}

struct http *http_free(struct http *h)
{
        if (h)
                http_connections_free(h->connections);
        free(h);
        return NULL;
}

void http_set_peers(struct http *h, bool peers)
{
        h->source.peers = peers;
}

void http_clients(const struct http *h, struct snapshot_clients *ret)
{
        http_connections_clients(h->connections, ret);
        ret->refused += h->refused;
}
