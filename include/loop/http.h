#ifndef MCASTD_LOOP_HTTP_H
#define MCASTD_LOOP_HTTP_H

#include <stdbool.h>

#include "base/address.h"
#include "state/snapshot.h"

struct env;

/* 0 or -ENOMEM. */
typedef int (*http_snapshot)(void *arg, const struct snapshot_query *query, struct snapshot **ret);

/* /metrics, /healthz, /status.json and the page. Changes nothing. */
struct http;

/* Listens at once. 0 or -errno. With `peers` metrics have addresses of peers as labels. */
int http_new(struct env *env, const struct endpoint *listen, bool peers, http_snapshot snapshot, void *arg,
             struct http **ret);

/* Closes all connections. Takes NULL. */
struct http *http_free(struct http *h);

void http_set_peers(struct http *h, bool peers);
void http_clients(const struct http *h, struct snapshot_clients *ret);

#endif
