#ifndef MCASTD_LOOP_HTTP_CONTENT_H
#define MCASTD_LOOP_HTTP_CONTENT_H

#include <stdbool.h>

#include "loop/http.h"

struct evbuffer;

/* Peers and ack sources that become metrics; mcastd_peer_metrics_truncated says that there are more. */
#define HTTP_METRICS_PEERS 1000

/* Where the content comes from. */
struct http_source {
        http_snapshot snapshot;
        void *arg;
        bool peers; /* metrics may have their addresses */
};

/* What is asked for. */
struct http_question {
        const char *path;
        const char *query;  /* behind the '?', as it came; NULL: none */
        const char *accept; /* the header; NULL: none */
};

/* Appends what is there to `body`, or words on why there is nothing. Returns the status, and sets the
 * content's type. */
int http_content(const struct http_source *source, const struct http_question *question,
                 struct evbuffer *body, const char **ret_type);

#endif
