/* http.c - answers what is asked by HTTP: who may ask, and with which headers. Knows nothing of what it
 * tells. One connection is for one request, so that none is held open for nothing. What is no request at all
 * is refused by evhttp itself, with an answer of its own. */
#include "loop/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "loop/env.h"
#include "loop/http_connections.h"
#include "loop/http_content.h"

/* Status codes that evhttp has no name for. */
#define FORBIDDEN         403
#define TOO_MANY_REQUESTS 429

struct http {
        struct evhttp *evhttp;
        struct http_connections *connections;
        struct http_source source;
        bool loopback;         /* nobody but this host can reach us */
        int64_t used_until_ns; /* our share of the time is used up, monotonic */
        uint64_t refused;      /* requests beyond that share */
};

/* Of every answer. The page may load what comes from here, and nothing else; nobody may put it into a frame.
 */
static const struct {
        const char *name, *value;
} headers[] = {
        { "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Cache-Control", "no-store" },
        { "Connection", "close" },
};

static const struct refusal {
        int status;
        const char *reason, *words;
        const char *header, *value; /* one more; NULL: none */
} bad_method = { HTTP_BADMETHOD, "Method Not Allowed", "only GET and HEAD", "Allow", "GET, HEAD" },
  no_host = { HTTP_BADREQUEST, "Bad Request", "there is no header Host", NULL, NULL },
  bad_host = { FORBIDDEN, "Forbidden",
               "ask for localhost, or for an address: names of others are refused here", NULL, NULL },
  too_many = { TOO_MANY_REQUESTS, "Too Many Requests", "too many requests", "Retry-After", "1" };

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
        char name[ADDRESS_TEXT_SIZE];
        bool bracketed = host[0] == '[';
        size_t length = strcspn(host += bracketed, bracketed ? "]" : ":");
        struct address a;

        if (length >= sizeof name)
                return false;
        memcpy(name, host, length);
        name[length] = '\0';
        host += length;
        if (bracketed && *host++ != ']')
                return false;
        if (*host && (*host != ':' || strspn(host + 1, "0123456789") != strlen(host + 1)))
                return false;
        return strcasecmp(name, "localhost") == 0 || address_parse(name, &a) == 0;
}

/* Why the request is not answered; NULL: it is. */
static const struct refusal *refusal_of(struct http *h, struct evhttp_request *request)
{
        enum evhttp_cmd_type method = evhttp_request_get_command(request);
        const char *host = evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
        const char *target = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(request));

        if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
                return &bad_method;
        if (!host && request->major == 1 && request->minor >= 1)
                return &no_host;
        /* Both, where there are two: //localhost/ as a path is taken for a host by evhttp, and by a browser
         * not. */
        if (h->loopback && ((host && !is_own_name(host)) || (target && !is_own_name(target))))
                return &bad_host;
        if (h->used_until_ns - clock_monotonic_ns() > HTTP_HAND_NS) {
                h->refused++;
                return &too_many;
        }
        return NULL;
}

/* Answering has taken from then until now. A long time is no fault of the client: we were stopped. */
static void use_time(struct http *h, int64_t began_ns)
{
        int64_t now_ns = clock_monotonic_ns(), cost_ns = (now_ns - began_ns) * HTTP_SHARE;

        if (h->used_until_ns < now_ns)
                h->used_until_ns = now_ns;
        h->used_until_ns += cost_ns < HTTP_HAND_NS ? cost_ns : HTTP_HAND_NS;
}

static void add_headers(struct evhttp_request *request, const char *type, size_t length)
{
        struct evkeyvalq *to = evhttp_request_get_output_headers(request);
        char number[24];

        /* A wish to keep the connection would be granted beside ours. */
        (void)evhttp_remove_header(evhttp_request_get_input_headers(request), "Connection");
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
                (void)evhttp_add_header(to, headers[i].name, headers[i].value);
        snprintf(number, sizeof number, "%zu", length);
        (void)evhttp_add_header(to, "Content-Type", type);
        (void)evhttp_add_header(to, "Content-Length", number);
}

static const char *reason_of(int status)
{
        switch (status) {
        case HTTP_OK:
                return "OK";
        case HTTP_BADREQUEST:
                return "Bad Request";
        case HTTP_NOTFOUND:
                return "Not Found";
        case HTTP_SERVUNAVAIL:
                return "Service Unavailable";
        default:
                return "Internal Server Error";
        }
}

/* Sends what is in `body`. */
static void answer(struct http *h, struct evhttp_request *request, struct evbuffer *body)
{
        const struct refusal *refusal = refusal_of(h, request);
        const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
        const struct http_question question = {
                .path = evhttp_uri_get_path(uri),
                .query = evhttp_uri_get_query(uri),
                .accept = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept"),
        };
        const char *type = "text/plain; charset=utf-8";
        int status;

        if (refusal) {
                status = refusal->status;
                (void)evbuffer_add_printf(body, "%s\n", refusal->words);
        } else {
                status = http_content(&h->source, &question, body, &type);
        }
        add_headers(request, type, evbuffer_get_length(body));
        if (refusal && refusal->header)
                (void)evhttp_add_header(evhttp_request_get_output_headers(request), refusal->header,
                                        refusal->value);
        /* evhttp would send it all the same. */
        if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
                (void)evbuffer_drain(body, evbuffer_get_length(body));
        evhttp_send_reply(request, status, refusal ? refusal->reason : reason_of(status), body);
}

static void on_request(struct evhttp_request *request, void *arg)
{
        struct http *h = arg;
        struct evhttp_connection *connection = evhttp_request_get_connection(request);
        struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
        struct evbuffer *body = evbuffer_new();
        int64_t began_ns = clock_monotonic_ns();

        http_connections_serve(h->connections, connection);
        if (!body) {
                evhttp_connection_free(connection);
                return;
        }
        answer(h, request, body);
        evbuffer_free(body);
        use_time(h, began_ns);
        /* A client that has nothing more to say may close its side: evhttp would take that for the end, and
         * drop the answer. */
        (void)bufferevent_disable(bev, EV_READ);
}

static int open_evhttp(struct http *h, struct env *env, const struct endpoint *listen)
{
        h->evhttp = evhttp_new(env->base);
        if (!h->evhttp)
                return -ENOMEM;
        evhttp_set_max_headers_size(h->evhttp, HTTP_HEADERS_MAX);
        evhttp_set_max_body_size(h->evhttp, HTTP_BODY_MAX);
        evhttp_set_timeout(h->evhttp, HTTP_TIMEOUT_S);
        /* All of them, known or not, so that we can say what is allowed. */
        evhttp_set_allowed_methods(h->evhttp, UINT16_MAX);
        evhttp_set_gencb(h->evhttp, on_request, h);
        return http_connections_new(env, h->evhttp, listen, &h->connections);
}

int http_new(struct env *env, const struct endpoint *listen, bool peers, http_snapshot snapshot, void *arg,
             struct http **ret)
{
        struct http *h = calloc(1, sizeof *h);
        int r;

        if (!h)
                return -ENOMEM;
        h->source = (struct http_source){ .snapshot = snapshot, .arg = arg, .peers = peers };
        h->loopback = is_loopback(&listen->address);
        r = open_evhttp(h, env, listen);
        if (r < 0) {
                http_free(h);
                return r;
        }
        *ret = h;
        return 0;
}

struct http *http_free(struct http *h)
{
        if (!h)
                return NULL;
        if (h->evhttp)
                evhttp_free(h->evhttp);
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
