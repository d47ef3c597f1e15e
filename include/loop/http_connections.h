#ifndef MCASTD_LOOP_HTTP_CONNECTIONS_H
#define MCASTD_LOOP_HTTP_CONNECTIONS_H

#include "base/address.h"
#include "base/clock.h"
#include "state/snapshot.h"

struct env;
struct evhttp;
struct evhttp_connection;

/* When the last place is taken, the oldest connection has to leave. */
#define HTTP_CONNECTIONS_MAX 32

/* No connection lives longer. */
#define HTTP_CONNECTION_NS (30 * NS_PER_S)

/* What may wait to be parsed, for one connection: more than a whole request. */
#define HTTP_INPUT_MAX 8192

/* Where evhttp listens, and whom it talks to: it has itself no limit to that. */
struct http_connections;

/* Listens for evhttp, which owns the listener. 0 or -errno. */
int http_connections_new(struct env *env, struct evhttp *evhttp, const struct endpoint *listen,
                         struct http_connections **ret);

/* To be called when evhttp is freed. Takes NULL. */
struct http_connections *http_connections_free(struct http_connections *c);

/* A whole request has come by this connection. */
void http_connections_serve(struct http_connections *c, struct evhttp_connection *by);

void http_connections_clients(const struct http_connections *c, struct snapshot_clients *ret);

#endif
