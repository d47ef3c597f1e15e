/* control_verbs.c - what the daemon does for a client of a control socket, and the answer.
 * Knows no client and no socket: a request in, a document out. */
#include "loop/control_verbs.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "loop/section.h"
#include "view/json.h"

/* What a request is carried out with. */
struct call {
        const struct control_request *request;
        const struct control_ops *ops;
        void *arg;
};

/* --- answers --- */

json_t *control_verbs_refusal(const char *why)
{
        return json_pack("{s:i, s:b, s:o}", "version", VIEW_JSON_VERSION, "ok", false, "error",
                         view_json_text(why));
}

json_t *control_verbs_too_long(void)
{
        char why[64];

        snprintf(why, sizeof why, "a request has at most %d bytes", CONTROL_REQUEST_MAX);
        return control_verbs_refusal(why);
}

/* {"version": 1, "ok": true} and the members of the object, which it consumes. */
static json_t *good(json_t *members)
{
        json_t *answer = json_pack("{s:i, s:b}", "version", VIEW_JSON_VERSION, "ok", true);

        if (!members || json_object_update(answer, members) < 0) {
                json_decref(answer);
                answer = NULL;
        }
        json_decref(members);
        return answer;
}

json_t *control_verbs_watching(enum log_level level)
{
        return good(json_pack("{s:s}", "watching", log_level_name(level)));
}

/* --- verbs --- */

static json_t *do_status(const struct call *call)
{
        const struct snapshot_query query = { .limit = 0 };
        struct snapshot *s = NULL;
        json_t *answer;

        if (call->ops->snapshot(call->arg, &query, &s) < 0)
                return NULL;
        answer = good(view_json_status(s, call->request->after.section));
        snapshot_free(s);
        return answer;
}

static json_t *no_section(const char *name)
{
        char why[CONTROL_WRONG_SIZE];

        snprintf(why, sizeof why, "there is no section: [%s]", TEXT_ESCAPE(name, strlen(name)));
        return control_verbs_refusal(why);
}

static json_t *do_peers(const struct call *call)
{
        const char *section = call->request->section;
        const struct snapshot_query query = { .limit = VIEW_JSON_PEERS,
                                              .from = call->request->after,
                                              .section = section[0] ? section : NULL };
        struct snapshot *s = NULL;
        json_t *answer;
        int r = call->ops->snapshot(call->arg, &query, &s);

        if (r < 0)
                return r == -ENOENT ? no_section(section) : NULL;
        answer = good(view_json_peers(s));
        snapshot_free(s);
        return answer;
}

static json_t *do_log_level(const struct call *call)
{
        enum log_level was = log_level(), level = call->request->level;

        call->ops->set_log_level(call->arg, level);
        return good(json_pack("{s:s, s:s}", "level", log_level_name(level), "was", log_level_name(was)));
}

static void add_line(void *to, const char *line)
{
        /* Without memory a line is missing, and the log has it. */
        (void)json_array_append_new(to, view_json_text(line));
}

static json_t *key_list(const struct control_reload *r)
{
        json_t *keys = json_array();

        for (size_t i = 0; keys && i < r->n_keys; i++) {
                if (json_array_append_new(keys, json_integer(r->key_ids[i])) < 0) {
                        json_decref(keys);
                        keys = NULL;
                }
        }
        return keys;
}

static json_t *do_reload(const struct call *call)
{
        json_t *lines = json_array(), *answer;
        struct control_reload r = { 0 };

        if (!lines)
                return NULL;
        call->ops->reload(call->arg, add_line, lines, &r);
        if (r.refused)
                answer = control_verbs_refusal(r.summary);
        else
                answer = good(json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "message",
                                        view_json_text(r.summary), "kept", (json_int_t)r.kept, "retuned",
                                        (json_int_t)r.retuned, "reopened", (json_int_t)r.reopened, "added",
                                        (json_int_t)r.added, "dropped", (json_int_t)r.dropped));
        if (json_object_set_new(answer, "keys", key_list(&r)) < 0 ||
            json_object_set(answer, "messages", lines) < 0) {
                json_decref(answer);
                answer = NULL;
        }
        json_decref(lines);
        return answer;
}

static json_t *do_send(const struct call *call)
{
        struct section_sent sent = { 0 };
        char why[CONTROL_WHY_SIZE] = "";

        if (call->ops->send(call->arg, call->request->section, call->request->text, &sent, why) < 0)
                return control_verbs_refusal(why);
        return good(json_pack("{s:s, s:I, s:I, s:s}", "section", call->request->section, "sequence",
                              (json_int_t)sent.sequence, "bytes", (json_int_t)sent.length, "text",
                              TEXT_ESCAPE(sent.text, sent.length)));
}

static json_t *do_forget(const struct call *call)
{
        const char *section = call->request->section;
        char why[CONTROL_WHY_SIZE] = "";
        size_t n = 0;

        if (call->ops->forget(call->arg, section[0] ? section : NULL, call->request->peer, &n, why) < 0)
                return control_verbs_refusal(why);
        return good(json_pack("{s:I}", "forgotten", (json_int_t)n));
}

json_t *control_verbs_answer(const struct control_request *request, const struct control_ops *ops, void *arg)
{
        static json_t *(*const verbs[CONTROL_VERBS])(const struct call *call) = {
                [CONTROL_STATUS] = do_status, [CONTROL_PEERS] = do_peers, [CONTROL_LOG_LEVEL] = do_log_level,
                [CONTROL_RELOAD] = do_reload, [CONTROL_SEND] = do_send,   [CONTROL_FORGET] = do_forget,
        };
        const struct call call = { .request = request, .ops = ops, .arg = arg };

        return verbs[request->verb](&call);
}
