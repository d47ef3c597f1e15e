/* fuzz_control.c - loop/control_client, loop/control_request: bytes as what a client sends, in pieces of any
 * size. The lines that are taken are those that were sent, and each is a request or is refused in words. */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/control_client.h"
#include "loop/control_request.h"
#include "loop/env.h"
#include "view/json.h"

#define PIECES_MAX 16

static struct event_base *base;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        base = event_base_new();
        MUST(base && event_base_priority_init(base, LOOP_PRIORITIES) == 0);
        return 0;
}

/* --- a line --- */

static void check_good(const struct control_request *r, bool may_change)
{
        MUST(r->verb < CONTROL_VERBS && json_is_object(r->document));
        MUST(strlen(r->section) < SNAPSHOT_NAME_SIZE);
        for (const char *p = r->section; *p; p++)
                MUST(tolower((unsigned char)*p) == (unsigned char)*p);
        MUST(!r->text || (r->verb == CONTROL_SEND && strlen(r->text) <= MESSAGE_MAX));
        MUST(!r->peer == (r->verb != CONTROL_FORGET));
        MUST(may_change || (r->verb != CONTROL_RELOAD && r->verb != CONTROL_LOG_LEVEL &&
                            r->verb != CONTROL_SEND && r->verb != CONTROL_FORGET));
        MUST(r->level >= LOG_LEVEL_ERROR && r->level <= LOG_LEVEL_DEBUG);
}

/* The answer to a line. */
static json_t *ask(const char *line, size_t length, bool may_change)
{
        char wrong[CONTROL_WRONG_SIZE] = "";
        struct control_request request;

        if (control_request_parse(line, length, may_change, &request, wrong) == 0) {
                check_good(&request, may_change);
                control_request_clear(&request);
                return json_pack("{s:b}", "ok", 1);
        }
        MUST(wrong[0] && is_printable(wrong));
        return json_pack("{s:b,s:s}", "ok", 0, "error", wrong);
}

/* --- a client --- */

/* What was sent, of which the client has not taken all yet. */
struct sent {
        const uint8_t *at, *end;
};

static void take_line(struct control_client *client, struct sent *sent)
{
        const uint8_t *newline = memchr(sent->at, '\n', (size_t)(sent->end - sent->at));
        size_t length = (size_t)((newline ? newline : sent->end) - sent->at), got;
        char *line;
        int r = control_client_take(client, &line, &got);

        if (r == -E2BIG) {
                MUST(length > CONTROL_REQUEST_MAX);
                control_client_refuse(client);
                return;
        }
        MUST(r == 0 && got == length && length <= CONTROL_REQUEST_MAX && line[got] == '\0');
        MUST(memcmp(line, sent->at, length) == 0);
        sent->at = newline ? newline + 1 : sent->end;
        control_client_answer(client, ask(line, got, control_client_may_change(client)));
        free(line);
}

/* Lets the client read what has come, and reads what it answers. */
static void turn(struct control_client *client, struct sent *sent, int fd)
{
        static char answers[65536]; /* which nobody reads */
        ssize_t n;

        do {
                MUST(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
                while (control_client_ready(client))
                        take_line(client, sent);
                /* What it has answered goes out. */
                MUST(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
                n = recv(fd, answers, sizeof answers, MSG_DONTWAIT);
        } while (n > 0);
}

static void wake(void *arg)
{
        (void)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        struct choices c = choices_of(bytes, length);
        bool may_change = choose(&c, 2);
        size_t piece = choose_bits(&c, 2);
        struct sent sent = { c.at, c.at };
        struct control_client *client;
        int fds[2];

        /* Each takes its time. */
        if (piece <= choices_left(&c) / PIECES_MAX)
                piece = choices_left(&c) / PIECES_MAX + 1;
        MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
        MUST(control_client_new(base, fds[1], may_change, wake, NULL, &client) == 0);
        while (choices_left(&c) && !control_client_gone(client)) {
                size_t n;
                const uint8_t *next = choose_bytes(&c, piece, &n);

                MUST(send(fds[0], next, n, MSG_NOSIGNAL) == (ssize_t)n);
                sent.end = next + n;
                turn(client, &sent, fds[0]);
        }
        shutdown(fds[0], SHUT_WR);
        turn(client, &sent, fds[0]);
        /* All was taken, or the client has sent what no line can be. */
        MUST(control_client_gone(client) && (sent.at == sent.end || control_client_dropped(client)));
        control_client_free(client);
        close(fds[0]);
        return 0;
}
