/* http_content.c - what HTTP has to offer: the paths, and what is found there. Knows no connection. */
#include "loop/http_content.h"

#include <errno.h>
#include <event2/buffer.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/json.h"
#include "view/metrics.h"
#include "view/page.h"

/* --- /healthz --- */

static int healthz(const struct http_source *source, const struct http_request *request,
                   struct evbuffer *body, const char **ret_type)
{
        const struct snapshot_query query = { 0 };
        struct snapshot_summary summary;
        struct snapshot *s = NULL;
        int r;

        (void)request;
        (void)ret_type;
        if (source->snapshot(source->arg, &query, &s) < 0)
                return -ENOMEM;
        snapshot_summary(s, &summary);
        if (summary.unwell)
                r = evbuffer_add_printf(body, "[%s] %s: %s\n", summary.unwell->name,
                                        section_state_name(summary.unwell->state), summary.unwell->why);
        else
                r = evbuffer_add_printf(body, "ok\n");
        snapshot_free(s);
        if (r < 0)
                return -ENOMEM;
        return summary.unwell ? HTTP_UNAVAILABLE : HTTP_OK;
}

/* --- /metrics --- */

static int append(void *arg, const char *text, size_t length)
{
        return evbuffer_add(arg, text, length) < 0 ? -ENOMEM : 0;
}

static int metrics(const struct http_source *source, const struct http_request *request,
                   struct evbuffer *body, const char **ret_type)
{
        const struct snapshot_query query = { .limit = source->peers ? HTTP_METRICS_PEERS : 0 };
        enum metrics_format format = METRICS_TEXT;
        struct snapshot *s = NULL;
        int r = source->snapshot(source->arg, &query, &s);

        if (request->accept && strcasestr(request->accept, "application/openmetrics-text"))
                format = METRICS_OPENMETRICS;
        if (r == 0)
                r = view_metrics(s, format, append, body);
        snapshot_free(s);
        *ret_type = view_metrics_type(format);
        return r < 0 ? r : HTTP_OK;
}

/* --- /status.json --- */

/* Where a page of the document begins: first the sections come, page by page, then the peers. */
struct page_start {
        bool sections;             /* from number `at.section` on */
        struct snapshot_cursor at; /* of the peers */
};

#define START_SIZE (VIEW_CURSOR_SIZE + 1)

static const char *start_text(const struct page_start *start, char buffer[START_SIZE])
{
        char at[VIEW_CURSOR_SIZE];

        snprintf(buffer, START_SIZE, "%c%s", start->sections ? 's' : 'p', view_cursor_text(&start->at, at));
        return buffer;
}

/* Of the query's "after", if it has one. 0 or -EINVAL. */
static int start_parse(const char *query, struct page_start *ret)
{
        struct page_start start = { .sections = true };
        char after[START_SIZE];
        int r = http_query_value(query, "after", after, sizeof after);

        if (r > 0) {
                start.sections = after[0] == 's';
                r = start.sections || after[0] == 'p' ? view_cursor_parse(after + 1, &start.at) : -EINVAL;
        }
        if (r == 0)
                *ret = start;
        return r;
}

/* Where the page after this one begins. False if there is none. */
static bool next_start(const struct snapshot *s, const struct page_start *start, struct page_start *ret)
{
        if (start->sections && start->at.section < s->n_sections &&
            s->n_sections - start->at.section > VIEW_JSON_SECTIONS) {
                *ret = (struct page_start){ .sections = true,
                                            .at.section = start->at.section + VIEW_JSON_SECTIONS };
                return true;
        }
        *ret = (struct page_start){ .at = s->next };
        return s->next.more;
}

/* The page, or NULL without memory. */
static json_t *document(const struct snapshot *s, const struct page_start *start)
{
        struct page_start next;
        bool more = next_start(s, start, &next);
        json_t *json = view_json_status(s, start->sections ? start->at.section : s->n_sections);
        json_t *peers = view_json_peers(s);
        int r = -1;

        if (json && peers) {
                (void)json_object_del(json, "ok");
                /* While there are more sections it is not yet the turn of the peers. */
                if (more && next.sections) {
                        (void)json_array_clear(json_object_get(peers, "peers"));
                        (void)json_array_clear(json_object_get(peers, "acks"));
                }
                r = json_object_set(json, "peers", json_object_get(peers, "peers"));
                r |= json_object_set(json, "acks", json_object_get(peers, "acks"));
                r |= json_object_set_new(json, "next",
                                         more ? json_string(start_text(&next, (char[START_SIZE]){ 0 }))
                                              : json_null());
        }
        json_decref(peers);
        if (r == 0)
                return json;
        json_decref(json);
        return NULL;
}

static int status_json(const struct http_source *source, const struct http_request *request,
                       struct evbuffer *body, const char **ret_type)
{
        struct snapshot_query query = { .limit = VIEW_JSON_PEERS };
        struct page_start start = { 0 };
        struct snapshot *s = NULL;
        json_t *json = NULL;
        char *text;
        int r;

        if (start_parse(request->query, &start) < 0)
                return evbuffer_add_printf(body, "after is none of ours\n") < 0 ? -ENOMEM : HTTP_BAD_REQUEST;
        if (!start.sections)
                query.from = start.at;
        if (source->snapshot(source->arg, &query, &s) == 0)
                json = document(s, &start);
        snapshot_free(s);
        text = json ? view_json_dump(json) : NULL;
        json_decref(json);
        r = text ? evbuffer_add(body, text, strlen(text)) : -1;
        free(text);
        *ret_type = "application/json";
        return r < 0 ? -ENOMEM : HTTP_OK;
}

/* --- all of them --- */

static const struct place {
        const char *path;
        int (*content)(const struct http_source *source, const struct http_request *request,
                       struct evbuffer *body, const char **ret_type);
} places[] = {
        { "/metrics", metrics },
        { "/healthz", healthz },
        { "/status.json", status_json },
};

int http_content(const struct http_source *source, const struct http_request *request, struct evbuffer *body,
                 const char **ret_type)
{
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
                if (strcmp(places[i].path, request->path) == 0)
                        return places[i].content(source, request, body, ret_type);
        for (size_t i = 0; i < PAGE_FILES; i++) {
                const struct page_file *file = &page_files[i];

                if (strcmp(file->path, request->path) != 0)
                        continue;
                *ret_type = file->type;
                return evbuffer_add(body, file->bytes, file->length) < 0 ? -ENOMEM : HTTP_OK;
        }
        return HTTP_NOT_FOUND;
}
