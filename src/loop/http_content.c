/* http_content.c - what HTTP has to offer: the paths, and what is found there. Knows no connection. */
#include "loop/http_content.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>

#include "view/json.h"
#include "view/metrics.h"
#include "view/page.h"

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"

static int say(struct evbuffer *body, int status, const char *words)
{
        (void)evbuffer_add_printf(body, "%s\n", words);
        return status;
}

/* --- /healthz --- */

static int healthz(const struct http_source *source, const struct http_question *question,
                   struct evbuffer *body, const char **ret_type)
{
        const struct snapshot_query query = { 0 };
        struct snapshot_summary summary;
        struct snapshot *s = NULL;
        int status = HTTP_OK;

        (void)question;
        (void)ret_type;
        if (source->snapshot(source->arg, &query, &s) < 0)
                return say(body, HTTP_INTERNAL, "no memory");
        snapshot_summary(s, &summary);
        if (summary.unwell) {
                (void)evbuffer_add_printf(body, "[%s] %s: %s\n", summary.unwell->name,
                                          section_state_name(summary.unwell->state), summary.unwell->why);
                status = HTTP_SERVUNAVAIL;
        } else {
                (void)say(body, status, "ok");
        }
        snapshot_free(s);
        return status;
}

/* --- /metrics --- */

static int append(void *arg, const char *text, size_t length)
{
        return evbuffer_add(arg, text, length) < 0 ? -ENOMEM : 0;
}

static int metrics(const struct http_source *source, const struct http_question *question,
                   struct evbuffer *body, const char **ret_type)
{
        const struct snapshot_query query = { .limit = source->peers ? HTTP_METRICS_PEERS : 0 };
        enum metrics_format format = METRICS_TEXT;
        struct snapshot *s = NULL;
        int r = source->snapshot(source->arg, &query, &s);

        if (question->accept && strcasestr(question->accept, "application/openmetrics-text"))
                format = METRICS_OPENMETRICS;
        if (r == 0)
                r = view_metrics(s, format, append, body);
        snapshot_free(s);
        if (r < 0) {
                (void)evbuffer_drain(body, evbuffer_get_length(body));
                return say(body, HTTP_INTERNAL, "no memory");
        }
        *ret_type = view_metrics_type(format);
        return HTTP_OK;
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
        struct evkeyvalq parameters;
        const char *after;
        int r = 0;

        if (evhttp_parse_query_str(query ? query : "", &parameters) < 0)
                return -EINVAL;
        after = evhttp_find_header(&parameters, "after");
        if (after) {
                start.sections = after[0] == 's';
                if (!start.sections && after[0] != 'p')
                        r = -EINVAL;
                else
                        r = view_cursor_parse(after + 1, &start.at);
        }
        evhttp_clear_headers(&parameters);
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

static int append_json(const char *text, size_t length, void *arg)
{
        return evbuffer_add(arg, text, length);
}

static int status_json(const struct http_source *source, const struct http_question *question,
                       struct evbuffer *body, const char **ret_type)
{
        struct snapshot_query query = { .limit = VIEW_JSON_PEERS };
        struct page_start start = { 0 };
        struct snapshot *s = NULL;
        json_t *json = NULL;
        int r;

        if (start_parse(question->query, &start) < 0)
                return say(body, HTTP_BADREQUEST, "after is none of ours");
        if (!start.sections)
                query.from = start.at;
        r = source->snapshot(source->arg, &query, &s);
        if (r == 0)
                json = document(s, &start);
        snapshot_free(s);
        r = json ? json_dump_callback(json, append_json, body, VIEW_JSON_FLAGS) : -1;
        json_decref(json);
        if (r < 0) {
                (void)evbuffer_drain(body, evbuffer_get_length(body));
                return say(body, HTTP_INTERNAL, "no memory");
        }
        *ret_type = TYPE_JSON;
        return HTTP_OK;
}

/* --- all of them --- */

static const struct place {
        const char *path;
        int (*answer)(const struct http_source *source, const struct http_question *question,
                      struct evbuffer *body, const char **ret_type);
} places[] = {
        { "/metrics", metrics },
        { "/healthz", healthz },
        { "/status.json", status_json },
};

int http_content(const struct http_source *source, const struct http_question *question,
                 struct evbuffer *body, const char **ret_type)
{
        *ret_type = TYPE_TEXT;
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
                if (strcmp(places[i].path, question->path) == 0)
                        return places[i].answer(source, question, body, ret_type);
        for (size_t i = 0; i < PAGE_FILES; i++) {
                if (strcmp(page_files[i].path, question->path) != 0)
                        continue;
                (void)evbuffer_add(body, page_files[i].bytes, page_files[i].length);
                *ret_type = page_files[i].type;
                return HTTP_OK;
        }
        return say(body, HTTP_NOTFOUND, "there is nothing here; try /, /metrics, /healthz or /status.json");
}
