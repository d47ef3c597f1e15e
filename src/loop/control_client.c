/* control_client.c - one client of a control socket: its lines, its limits and its end.
 * Knows nothing of what the lines say. It never frees itself: it may be at work in any of its callbacks, or
 * in the midst of a line that is logged. It says that it is gone, and its owner frees it later. */
#include "loop/control_client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/control_request.h"
#include "loop/env.h"
#include "view/json.h"

struct control_client {
        struct bufferevent *buffer;
        control_client_wake wake;
        void *arg;
        int64_t asked_ns;       /* for the last time, or connected */
        size_t answer;          /* bytes of the last answer, as long as anything waits */
        enum log_level watched; /* 0: it does not */
        bool may_change;
        bool ended;   /* it will send no more */
        bool refused; /* nothing more is taken from it */
        bool dropped;
        bool gone;
};

static size_t waiting(const struct control_client *c)
{
        return evbuffer_get_length(bufferevent_get_output(c->buffer));
}

/* A line, or what can never become one, or what the end of the input has made one. */
static bool has_line(const struct control_client *c)
{
        struct evbuffer *in = bufferevent_get_input(c->buffer);
        size_t length = evbuffer_get_length(in);

        return length > CONTROL_REQUEST_MAX || (c->ended && length > 0) ||
               evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0;
}

bool control_client_ready(const struct control_client *c)
{
        return !c->gone && !c->refused && waiting(c) <= CONTROL_OUTPUT_HOLD && has_line(c);
}

/* While a line waits, none is read. (A watermark would not do: libevent calls back again and again as long as
 * the input stands above it.) */
static void read_or_not(struct control_client *c)
{
        bool reading = bufferevent_get_enabled(c->buffer) & EV_READ;
        bool wanted = !c->gone && !c->refused && !c->ended && !has_line(c);

        if (reading && !wanted)
                (void)bufferevent_disable(c->buffer, EV_READ);
        if (!reading && wanted && bufferevent_enable(c->buffer, EV_READ) < 0)
                c->gone = true;
}

/* To be called when anything has changed. */
static void settle(struct control_client *c)
{
        read_or_not(c);
        if (waiting(c) == 0) {
                c->answer = 0;
                if (c->refused || (c->ended && !has_line(c)))
                        c->gone = true;
        }
        if (c->gone || control_client_ready(c))
                c->wake(c->arg);
}

static void on_progress(struct bufferevent *buffer, void *arg)
{
        (void)buffer;
        settle(arg);
}

static void on_end(struct bufferevent *buffer, short what, void *arg)
{
        struct control_client *c = arg;

        (void)buffer;
        /* It may have closed one direction only, and is told what it has asked for. */
        if (what & BEV_EVENT_EOF)
                c->ended = true;
        else
                c->gone = true;
        settle(c);
}

int control_client_new(struct event_base *base, int fd, bool may_change, control_client_wake wake, void *arg,
                       struct control_client **ret)
{
        struct control_client *c = calloc(1, sizeof *c);

        if (c)
                c->buffer = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
        if (!c || !c->buffer) {
                close(fd);
                free(c);
                return -ENOMEM;
        }
        c->may_change = may_change;
        c->wake = wake;
        c->arg = arg;
        c->asked_ns = clock_monotonic_ns();
        bufferevent_setcb(c->buffer, on_progress, on_progress, on_end, c);
        bufferevent_setwatermark(c->buffer, EV_WRITE, CONTROL_OUTPUT_HOLD, 0);
        if (bufferevent_priority_set(c->buffer, LOOP_PRIORITY_FIRST) < 0 ||
            bufferevent_enable(c->buffer, EV_READ | EV_WRITE) < 0) {
                control_client_free(c);
                return -ENOMEM;
        }
        *ret = c;
        return 0;
}

struct control_client *control_client_free(struct control_client *c)
{
        if (c) {
                bufferevent_free(c->buffer);
                free(c);
        }
        return NULL;
}

bool control_client_may_change(const struct control_client *c)
{
        return c->may_change;
}

int control_client_take(struct control_client *c, char **ret_line, size_t *ret_length)
{
        struct evbuffer *in = bufferevent_get_input(c->buffer);
        size_t length = evbuffer_get_length(in);
        ev_ssize_t end = evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF).pos;
        char *line;

        c->asked_ns = clock_monotonic_ns();
        if (end >= 0)
                length = (size_t)end;
        if (length > CONTROL_REQUEST_MAX)
                return -E2BIG;
        line = malloc(length + 1);
        if (!line)
                return -ENOMEM;
        (void)evbuffer_remove(in, line, length);
        (void)evbuffer_drain(in, end >= 0 ? 1 : 0);
        line[length] = '\0';
        *ret_line = line;
        *ret_length = length;
        return 0;
}

/* Without memory for a line the client has missed one, and must not go on as if it had not. */
static void say(struct control_client *c, const char *line, size_t length)
{
        if (c->gone)
                return;
        if (!line || bufferevent_write(c->buffer, line, length) < 0 ||
            bufferevent_write(c->buffer, "\n", 1) < 0)
                control_client_drop(c);
        /* Where there was no memory when it was made, the buffer does not know by itself that it has
         * something to write, and says nothing of that. */
        (void)bufferevent_enable(c->buffer, EV_WRITE);
}

void control_client_answer(struct control_client *c, struct json_t *answer)
{
        static const char no_memory[] = "{\"version\":1,\"ok\":false,\"error\":\"there is no memory\"}";
        char *text = answer ? view_json_dump(answer) : NULL;
        const char *line = text ? text : no_memory;

        c->answer = strlen(line);
        say(c, line, c->answer);
        free(text);
        json_decref(answer);
        settle(c);
}

void control_client_tell(struct control_client *c, const char *line)
{
        size_t length = line ? strlen(line) : 0;

        /* The loop may not have turned for long, as in a reload of a thousand sections: what was not offered
         * to the client yet is not what it was too slow to read. */
        if (waiting(c) > CONTROL_OUTPUT_HOLD)
                control_client_flush(c);
        if (waiting(c) + length > CONTROL_OUTPUT_MAX + c->answer)
                control_client_drop(c);
        say(c, line, length);
}

void control_client_refuse(struct control_client *c)
{
        c->dropped = true;
        c->refused = true;
        settle(c);
}

void control_client_drop(struct control_client *c)
{
        if (c->gone)
                return;
        c->dropped = true;
        c->gone = true;
        settle(c);
}

int64_t control_client_idle_due(const struct control_client *c)
{
        return c->watched ? INT64_MAX : c->asked_ns + CONTROL_IDLE_NS;
}

void control_client_watch(struct control_client *c, enum log_level level)
{
        c->watched = level;
}

bool control_client_watches(const struct control_client *c, enum log_level level)
{
        return !c->gone && c->watched >= level;
}

bool control_client_gone(const struct control_client *c)
{
        return c->gone;
}

bool control_client_dropped(const struct control_client *c)
{
        return c->dropped;
}

void control_client_flush(struct control_client *c)
{
        struct evbuffer *out = bufferevent_get_output(c->buffer);

        /* The buffer keeps its front to itself. */
        (void)evbuffer_unfreeze(out, 1);
        if (!c->gone)
                (void)evbuffer_write(out, bufferevent_getfd(c->buffer));
        (void)evbuffer_freeze(out, 1);
}
