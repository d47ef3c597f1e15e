#ifndef MCASTD_LOOP_HTTP_CONNECTIONS_H
#define MCASTD_LOOP_HTTP_CONNECTIONS_H

#include "base/address.h"
#include "base/clock.h"
#include "state/snapshot.h"

struct env;
struct evbuffer;
struct http_request;
struct http_share;

/* When all places are taken, somebody has to leave for a newcomer. */
#define HTTP_CONNECTIONS_MAX 32

/* How long a client may be silent, or take nothing; and no connection lives longer than the second. */
#define HTTP_TIMEOUT_NS    (5 * NS_PER_S)
#define HTTP_CONNECTION_NS (30 * NS_PER_S)

/* When the share of the time is used up a client is heard only so often, and all that it said at once. */
#define HTTP_REST_NS (100 * NS_PER_MS)

/* So many bytes that come behind a request are thrown away, so that the client can read its answer. */
#define HTTP_IGNORED_MAX (64 << 10)

/* Appends the answer to a request; or, with a `status` other than HTTP_OK, why there is none. 0; or -ENOMEM:
 * there is no answer. */
typedef int (*http_answer)(void *arg, int status, const struct http_request *request, struct evbuffer *out);

/* For whom they are connected. Whatever is done for a connection is time of the share, which the owner keeps.
 */
struct http_owner {
        http_answer answer;
        void *arg;
        struct http_share *share;
};

/* Who is connected. One connection is for one request, so that none is held open for nothing. */
struct http_connections;

/* Listens. 0 or -errno. */
int http_connections_new(struct env *env, const struct endpoint *listen, const struct http_owner *owner,
                         struct http_connections **ret);

/* Takes NULL. */
struct http_connections *http_connections_free(struct http_connections *all);

void http_connections_clients(const struct http_connections *all, struct snapshot_clients *ret);

#endif
