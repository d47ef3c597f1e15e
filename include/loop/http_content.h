#ifndef MCASTD_LOOP_HTTP_CONTENT_H
#define MCASTD_LOOP_HTTP_CONTENT_H

#include <stdbool.h>

#include "loop/http.h"
#include "view/http_request.h"

struct evbuffer;

/* Peers and ack sources that become metrics; mcastd_peer_metrics_truncated says that there are more. */
#define HTTP_METRICS_PEERS 1000

#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"

/* Where the content comes from. */
struct http_source {
        http_snapshot snapshot;
        void *arg;
        bool peers; /* metrics may have their addresses */
};

/* Appends what is asked for to `body`, and sets its type if that is not HTTP_TYPE_TEXT. Returns the status,
 * of which the words may still be missing; or -ENOMEM, and `body` has anything. */
int http_content(const struct http_source *source, const struct http_request *request, struct evbuffer *body,
                 const char **ret_type);

#endif
