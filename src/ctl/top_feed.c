/* top_feed.c - mcastctl top: asks for the daemon's status and peers, page by page, one question at a time.
 * Does not know what the answers mean. */
#include "ctl/top_feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "ctl/answer.h"

#define ANSWER_NS    (10 * NS_PER_S)
#define RETRY_MAX_NS NS_PER_S

static const char *const verbs[] = { "status", "peers" };
#define N_VERBS (sizeof verbs / sizeof verbs[0])

struct top_feed {
        const char *folder;
        int64_t delay_ns;
        struct client *client;       /* NULL: not connected */
        bool served;                 /* by this connection something was answered */
        struct top_sample *building; /* NULL: no question is open */
        size_t verb;
        int64_t begun_ns; /* when the first of the questions was asked */
        int64_t due_ns;   /* of the next question, or of the answer at the latest */
        char trouble[CLIENT_WHY_SIZE];
};

int top_feed_new(struct client *client, const char *folder, int64_t delay_ns, struct top_feed **ret)
{
        struct top_feed *f = calloc(1, sizeof *f);

        if (!f)
                return -ENOMEM;
        f->client = client;
        f->folder = folder;
        f->delay_ns = delay_ns;
        *ret = f;
        return 0;
}

struct top_feed *top_feed_free(struct top_feed *f)
{
        if (f) {
                client_close(f->client);
                top_sample_free(f->building);
        }
        free(f);
        return NULL;
}

int top_feed_fd(const struct top_feed *f)
{
        return f->building && f->client ? client_fd(f->client) : -1;
}

int64_t top_feed_due_ns(const struct top_feed *f)
{
        return f->due_ns;
}

bool top_feed_is_asking(const struct top_feed *f)
{
        return f->building;
}

const char *top_feed_trouble(const struct top_feed *f)
{
        return f->trouble;
}

/* What there is to do about it stands in further lines, for which the screen has no room. */
static void set_trouble(struct top_feed *f, const char *text)
{
        snprintf(f->trouble, sizeof f->trouble, "%.*s", (int)strcspn(text, "\n"), text);
}

static int reconnect(struct top_feed *f)
{
        char why[CLIENT_WHY_SIZE];
        int r = client_connect(f->folder, true, &f->client, why);

        if (r < 0)
                set_trouble(f, why);
        f->served = false;
        return r;
}

/* Not by client_ask(), which waits for the answer. A request is far shorter than what a socket takes at
 * once, and whatever is wrong with the connection is found by reading from it. */
static int ask(struct top_feed *f, json_t *after, int64_t now_ns)
{
        json_t *request = json_pack("{s:s, s:O*}", "verb", verbs[f->verb], "after", after);
        char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
        char *line = NULL;
        int n = text ? asprintf(&line, "%s\n", text) : -1;

        if (n >= 0)
                (void)send(client_fd(f->client), line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
        f->due_ns = now_ns + ANSWER_NS;
        if (n >= 0)
                free(line);
        free(text);
        json_decref(request);
        return n >= 0 ? 0 : -ENOMEM;
}

/* Everything from the start, on the connection that there is, or else on a new one. */
static int begin(struct top_feed *f, int64_t now_ns)
{
        int r = f->client ? 0 : reconnect(f);

        if (r == 0 && !(f->building = top_sample_new())) {
                set_trouble(f, client_why(-ENOMEM));
                r = -ENOMEM;
        }
        f->verb = 0;
        return r < 0 ? r : ask(f, NULL, now_ns);
}

static enum top_news give_up(struct top_feed *f, int64_t now_ns)
{
        f->client = client_close(f->client);
        f->building = top_sample_free(f->building);
        f->due_ns = now_ns + (f->delay_ns < RETRY_MAX_NS ? f->delay_ns : RETRY_MAX_NS);
        return TOP_GONE;
}

/* The daemon closes connections that are idle for long, as they are with a long delay, or during a pause.
 * That is no trouble. */
static enum top_news fail(struct top_feed *f, int r, int64_t now_ns)
{
        bool idle_too_long = r == -ECONNRESET && f->served && f->verb == 0;

        if (r != -EREMOTEIO)
                set_trouble(f, client_why(r));
        give_up(f, now_ns);
        if (!idle_too_long)
                return TOP_GONE;
        return begin(f, now_ns) < 0 ? give_up(f, now_ns) : TOP_NOTHING;
}

/* Takes an answer, and asks what is to be asked next. 1 where that was all, 0, or -errno; -EREMOTEIO where
 * the daemon has said what is wrong. */
static int take(struct top_feed *f, json_t *answer, int64_t now_ns)
{
        const char *error = answer_text(answer, "error");
        json_t *next = json_object_get(answer, "next");
        int r;

        if (!answer_is(answer, "ok")) {
                set_trouble(f, *error ? error : "mcastd refuses, and does not say why");
                return -EREMOTEIO;
        }
        f->served = true;
        r = top_sample_add(f->building, answer);
        if (r < 0)
                return r;
        if (json_is_string(next))
                return ask(f, next, now_ns);
        f->verb++;
        return f->verb < N_VERBS ? ask(f, NULL, now_ns) : 1;
}

static enum top_news proceed(struct top_feed *f, int64_t now_ns, struct top_sample **ret)
{
        json_t *answer = NULL;
        int r;

        while ((r = client_next(f->client, 0, &answer)) == 0) {
                r = take(f, answer, now_ns);
                json_decref(answer);
                if (r)
                        break;
        }
        if (r == -EAGAIN && now_ns >= f->due_ns)
                r = -ETIMEDOUT;
        if (r == -EAGAIN)
                return TOP_NOTHING;
        if (r < 0)
                return fail(f, r, now_ns);
        *ret = f->building;
        f->building = NULL;
        f->due_ns = f->begun_ns + f->delay_ns > now_ns ? f->begun_ns + f->delay_ns : now_ns;
        return TOP_SAMPLE;
}

enum top_news top_feed_step(struct top_feed *f, int64_t now_ns, struct top_sample **ret)
{
        if (f->building)
                return proceed(f, now_ns, ret);
        if (now_ns < f->due_ns)
                return TOP_NOTHING;
        f->begun_ns = now_ns;
        return begin(f, now_ns) < 0 ? give_up(f, now_ns) : TOP_NOTHING;
}
