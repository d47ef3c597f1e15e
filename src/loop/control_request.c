/* control_request.c - a line of the control protocol, as a request that can be carried out, or as words on
 * what is wrong with it. Pure. Strict: what is not known is refused, so that a slip of the pen is no other
 * request. */
#include "loop/control_request.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/json.h"

#define WATCH_LEVEL LOG_LEVEL_NOTICE

/* Those of every request, "verb" and "version", stand apart. */
enum member {
        MEMBER_AFTER = 1 << 0,
        MEMBER_SECTION = 1 << 1,
        MEMBER_LEVEL = 1 << 2,
        MEMBER_TEXT = 1 << 3,
        MEMBER_PEER = 1 << 4,
};

static const struct verb {
        const char *name;
        bool changes;       /* something, and so is not for everybody */
        unsigned takes;     /* members */
        enum member needed; /* one of them; 0: none */
} verbs[CONTROL_VERBS] = {
        [CONTROL_STATUS] = { "status", false, MEMBER_AFTER, 0 },
        [CONTROL_PEERS] = { "peers", false, MEMBER_SECTION | MEMBER_AFTER, 0 },
        [CONTROL_WATCH] = { "watch", false, MEMBER_LEVEL, 0 },
        [CONTROL_LOG_LEVEL] = { "log-level", true, MEMBER_LEVEL, MEMBER_LEVEL },
        [CONTROL_RELOAD] = { "reload", true, 0, 0 },
        [CONTROL_SEND] = { "send", true, MEMBER_SECTION | MEMBER_TEXT, MEMBER_SECTION },
        [CONTROL_FORGET] = { "forget", true, MEMBER_PEER | MEMBER_SECTION, MEMBER_PEER },
};

/* What is being parsed, and where its complaint goes. */
struct parser {
        struct control_request *request;
        char *wrong;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct parser *p, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(p->wrong, CONTROL_WRONG_SIZE, format, args);
        va_end(args);
        return -EINVAL;
}

#define SHOWN(text) TEXT_ESCAPE((text), strlen(text))

/* --- members --- */

static int take_after(const struct parser *p, const char *text)
{
        struct snapshot_cursor *after = &p->request->after;
        int r = p->request->verb == CONTROL_STATUS ? view_index_parse(text, &after->section)
                                                   : view_cursor_parse(text, after);

        return r < 0 ? refuse(p, "\"after\" is \"%s\", which is no \"next\" of an answer", SHOWN(text)) : 0;
}

static int take_section(const struct parser *p, const char *text)
{
        size_t length = strlen(text);

        if (length == 0 || length >= SNAPSHOT_NAME_SIZE)
                return refuse(p, "\"section\" must have 1 to %d bytes", SNAPSHOT_NAME_SIZE - 1);
        for (size_t i = 0; i <= length; i++)
                p->request->section[i] = (char)tolower((unsigned char)text[i]);
        return 0;
}

static int take_level(const struct parser *p, const char *text)
{
        if (log_level_parse(text, &p->request->level) < 0)
                return refuse(p, "\"level\" is \"%s\", and must be error, warning, notice, info or debug",
                              SHOWN(text));
        return 0;
}

static int take_text(const struct parser *p, const char *text)
{
        if (strlen(text) > MESSAGE_MAX)
                return refuse(p, "\"text\" must have at most %d bytes", MESSAGE_MAX);
        p->request->text = text;
        return 0;
}

static int take_peer(const struct parser *p, const char *text)
{
        p->request->peer = text;
        return 0;
}

static const struct {
        enum member member;
        const char *name;
        int (*take)(const struct parser *p, const char *text);
} members[] = {
        { MEMBER_AFTER, "after", take_after }, { MEMBER_SECTION, "section", take_section },
        { MEMBER_LEVEL, "level", take_level }, { MEMBER_TEXT, "text", take_text },
        { MEMBER_PEER, "peer", take_peer },
};
#define N_MEMBERS (sizeof members / sizeof members[0])

/* "verb" and "version" have been looked at. */
static int take_member(const struct parser *p, const char *name, const json_t *value)
{
        const struct verb *verb = &verbs[p->request->verb];

        if (strcmp(name, "verb") == 0 || strcmp(name, "version") == 0)
                return 0;
        for (size_t i = 0; i < N_MEMBERS; i++) {
                if (strcmp(name, members[i].name) != 0 || !(verb->takes & members[i].member))
                        continue;
                if (!json_is_string(value))
                        return refuse(p, "\"%s\" must be a string", name);
                return members[i].take(p, json_string_value(value));
        }
        return refuse(p, "\"%s\" takes no \"%s\"", verb->name, SHOWN(name));
}

static int take_members(const struct parser *p)
{
        enum member needed = verbs[p->request->verb].needed;
        const char *name;
        json_t *value;

        json_object_foreach(p->request->document, name, value)
        {
                int r = take_member(p, name, value);

                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < N_MEMBERS; i++)
                if (members[i].member == needed && !json_object_get(p->request->document, members[i].name))
                        return refuse(p, "\"%s\" needs \"%s\"", verbs[p->request->verb].name,
                                      members[i].name);
        return 0;
}

/* --- the request --- */

/* All verbs, as words in a sentence. */
#define VERBS_SIZE 128
static const char *verb_names(char buffer[VERBS_SIZE])
{
        size_t n = 0;

        for (size_t i = 0; i < CONTROL_VERBS; i++)
                n += (size_t)snprintf(buffer + n, VERBS_SIZE - n, "%s%s", i ? ", " : "", verbs[i].name);
        return buffer;
}

static int find_verb(const struct parser *p, const char *name)
{
        char names[VERBS_SIZE];

        for (enum control_verb i = 0; i < CONTROL_VERBS; i++) {
                if (strcmp(verbs[i].name, name) == 0) {
                        p->request->verb = i;
                        return 0;
                }
        }
        return refuse(p, "\"verb\" is \"%s\", and must be one of %s", SHOWN(name), verb_names(names));
}

static int take_verb(const struct parser *p, bool may_change)
{
        const json_t *document = p->request->document, *verb = json_object_get(document, "verb"),
                     *version = json_object_get(document, "version");
        int r;

        if (version && (!json_is_integer(version) || json_integer_value(version) != VIEW_JSON_VERSION))
                return refuse(p, "\"version\" must be %d", VIEW_JSON_VERSION);
        if (!verb)
                return refuse(p, "there is no \"verb\"");
        if (!json_is_string(verb))
                return refuse(p, "\"verb\" must be a string");
        r = find_verb(p, json_string_value(verb));
        if (r == 0 && verbs[p->request->verb].changes && !may_change)
                return refuse(p, "\"%s\" changes something: use control.sock, see mcastctl(1)",
                              verbs[p->request->verb].name);
        return r;
}

int control_request_parse(const char *line, size_t length, bool may_change, struct control_request *ret,
                          char ret_wrong[CONTROL_WRONG_SIZE])
{
        struct control_request request = { .level = WATCH_LEVEL };
        const struct parser p = { .request = &request, .wrong = ret_wrong };
        json_error_t error = { 0 };
        int r;

        request.document = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
        if (!request.document)
                return refuse(&p, "this is no JSON: %s", SHOWN(error.text));
        r = json_is_object(request.document) ? take_verb(&p, may_change)
                                             : refuse(&p, "a request is a JSON object");
        if (r == 0)
                r = take_members(&p);
        if (r < 0) {
                control_request_clear(&request);
                return r;
        }
        *ret = request;
        return 0;
}

void control_request_clear(struct control_request *r)
{
        json_decref(r->document);
        r->document = NULL;
}
