/* client.c - a connection of mcastctl to the daemon: requests and answers, a JSON object a line.
 * Does not know what the requests mean, and does not trust the answers further than their form. */
#include "ctl/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/folder.h"

#define PROTOCOL_VERSION 1
#define ANSWER_NS        (10 * NS_PER_S)

/* A line that is longer is no answer of mcastd, which keeps 1 MiB for a client at most. */
#define LINE_MAX_SIZE ((size_t)4 << 20)
#define READ_SIZE     ((size_t)64 << 10)

/* Pages of an answer. mcastd has fewer than this many peers in hundreds. */
#define PAGES_MAX 10000

#define HOW_TO_JOIN "To join it: usermod -aG mcastd %s as root, and log in anew. Or ask as root."

struct client {
        int fd;
        char *buffer;
        size_t size;
        size_t length;  /* of what was read and not yet given out */
        size_t scanned; /* so many bytes of that have no end of a line */
};

/* A daemon that is stopped, or out of descriptors, accepts nobody: then the queue is full (EAGAIN), and there
 * is nothing to poll for. */
static int connect_to(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int64_t deadline_ns = clock_monotonic_ns() + ANSWER_NS;
        size_t length = strlen(path);
        int fd, r;

        if (length >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, length);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        while ((r = connect(fd, (struct sockaddr *)&address, sizeof address)) < 0 && errno == EAGAIN &&
               clock_monotonic_ns() < deadline_ns)
                poll(NULL, 0, 100);
        if (r < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

static const char *user_name(void)
{
        const struct passwd *user = getpwuid(getuid());

        return user ? user->pw_name : "NAME";
}

/* In words what -errno of connect_to() means, and what to do. */
static void explain(int error, const char *folder, const char *path, char ret_why[CLIENT_WHY_SIZE])
{
        const char *shown = TEXT_ESCAPE(path, strlen(path));

        switch (-error) {
        case ENAMETOOLONG:
                snprintf(ret_why, CLIENT_WHY_SIZE, "%s is longer than the path of a socket can be", shown);
                break;
        case EACCES:
        case EPERM:
                snprintf(ret_why, CLIENT_WHY_SIZE,
                         "no permission for %s, which is for the group mcastd\n" HOW_TO_JOIN, shown,
                         user_name());
                break;
        case EAGAIN:
                snprintf(ret_why, CLIENT_WHY_SIZE, "mcastd does not take connections at %s\nIs it stopped?",
                         shown);
                break;
        default:
                snprintf(
                        ret_why, CLIENT_WHY_SIZE,
                        "no mcastd answers at %s: %s\nIs the service running? systemctl status mcastd tells.%s",
                        shown, strerror(-error),
                        strcmp(folder, FOLDER_DEFAULT) == 0 ? "" : " And is that folder its RUNTIME_DIR?");
        }
}

/* A connection to the socket of this name; or -errno and why. */
static int connect_in(const char *folder, const char *name, char ret_why[CLIENT_WHY_SIZE])
{
        char path[PATH_MAX];
        int r = -ENAMETOOLONG;

        if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
                r = connect_to(path);
        if (r < 0)
                explain(r, folder, path, ret_why);
        return r;
}

int client_connect(const char *folder, bool reads_only, struct client **ret, char ret_why[CLIENT_WHY_SIZE])
{
        struct client *c;
        int fd;

        folder = folder_of_sockets(folder);
        fd = connect_in(folder, "control.sock", ret_why);
        if (fd == -EACCES && reads_only) {
                fd = connect_in(folder, "status.sock", ret_why);
                /* That one is for everybody: then it is the folder that is not. */
                if (fd == -EACCES)
                        snprintf(ret_why, CLIENT_WHY_SIZE,
                                 "no permission to look into %s, which is for the group mcastd\n" HOW_TO_JOIN,
                                 TEXT_ESCAPE(folder, strlen(folder)), user_name());
        }
        if (fd < 0)
                return fd;
        c = calloc(1, sizeof *c);
        if (!c) {
                close(fd);
                snprintf(ret_why, CLIENT_WHY_SIZE, "%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        c->fd = fd;
        *ret = c;
        return 0;
}

int client_open(const char *command, const char *folder, bool reads_only, struct client **ret)
{
        char why[CLIENT_WHY_SIZE];
        int r = client_connect(folder, reads_only, ret, why);

        if (r < 0)
                fprintf(stderr, "mcastctl %s: %s\n", command, why);
        return r == 0 ? 0 : r == -ENAMETOOLONG ? EX_USAGE + 1 : EXIT_FAILURE + 1;
}

struct client *client_close(struct client *c)
{
        if (c) {
                close(c->fd);
                free(c->buffer);
        }
        free(c);
        return NULL;
}

int client_fd(const struct client *c)
{
        return c->fd;
}

/* Waits for one of `events`, until deadline_ns (negative: for ever). 0, -EAGAIN or another -errno. */
static int wait_for(const struct client *c, short events, int64_t deadline_ns)
{
        struct pollfd pfd = { c->fd, events, 0 };
        int64_t left_ns = deadline_ns < 0 ? -1 : deadline_ns - clock_monotonic_ns();
        int r;

        if (deadline_ns >= 0 && left_ns < 0)
                left_ns = 0;
        r = poll(&pfd, 1, left_ns < 0 ? -1 : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS));
        if (r < 0)
                return errno == EINTR ? 0 : -errno;
        return r > 0 ? 0 : -EAGAIN;
}

/* Reads what is there. 0, -EAGAIN, -ECONNRESET at the end, -EBADMSG, or -ENOMEM. */
static int fill(struct client *c)
{
        ssize_t n;

        if (c->length >= LINE_MAX_SIZE)
                return -EBADMSG;
        if (c->size - c->length < READ_SIZE) {
                char *larger = realloc(c->buffer, c->size + (c->size > READ_SIZE ? c->size : READ_SIZE));

                if (!larger)
                        return -ENOMEM;
                c->buffer = larger;
                c->size += c->size > READ_SIZE ? c->size : READ_SIZE;
        }
        n = recv(c->fd, c->buffer + c->length, c->size - c->length, 0);
        if (n < 0)
                return errno == EINTR ? 0 : errno == EAGAIN ? -EAGAIN : -ECONNRESET;
        c->length += (size_t)n;
        return n > 0 ? 0 : -ECONNRESET;
}

/* Takes a line out of the buffer. 0; -EAGAIN where there is no whole one; -EBADMSG, -EPROTO. */
static int take_line(struct client *c, json_t **ret)
{
        char *end =
                c->length > c->scanned ? memchr(c->buffer + c->scanned, '\n', c->length - c->scanned) : NULL;
        const json_t *version;
        json_t *line;

        if (!end) {
                c->scanned = c->length;
                return -EAGAIN;
        }
        line = json_loadb(c->buffer, (size_t)(end - c->buffer), JSON_REJECT_DUPLICATES, NULL);
        c->length -= (size_t)(end + 1 - c->buffer);
        memmove(c->buffer, end + 1, c->length);
        c->scanned = 0;
        version = json_object_get(line, "version");
        if (json_is_object(line) && json_integer_value(version) == PROTOCOL_VERSION) {
                *ret = line;
                return 0;
        }
        json_decref(line);
        return version ? -EPROTO : -EBADMSG;
}

static int next_until(struct client *c, int64_t deadline_ns, json_t **ret)
{
        int r;

        while ((r = take_line(c, ret)) == -EAGAIN) {
                r = fill(c);
                if (r == -EAGAIN)
                        r = wait_for(c, POLLIN, deadline_ns);
                if (r < 0)
                        return r;
        }
        return r;
}

int client_next(struct client *c, int timeout_ms, json_t **ret)
{
        return next_until(c, timeout_ms < 0 ? -1 : clock_monotonic_ns() + timeout_ms * NS_PER_MS, ret);
}

/* 0, -ETIMEDOUT or -errno. That the daemon has hung up is no failure yet: it may have said why. */
static int send_all(struct client *c, const char *text, int64_t deadline_ns)
{
        size_t length = strlen(text);
        int r = 0;

        while (length > 0 && r == 0) {
                ssize_t n = send(c->fd, text, length, MSG_NOSIGNAL);

                if (n >= 0) {
                        text += n;
                        length -= (size_t)n;
                } else if (errno == EAGAIN) {
                        r = wait_for(c, POLLOUT, deadline_ns);
                } else if (errno == EPIPE || errno == ECONNRESET) {
                        return 0;
                } else if (errno != EINTR) {
                        r = -errno;
                }
        }
        return r == -EAGAIN ? -ETIMEDOUT : r;
}

int client_ask(struct client *c, json_t *request, json_t **ret)
{
        int64_t deadline_ns = clock_monotonic_ns() + ANSWER_NS;
        char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
        int r = text && asprintf(&line, "%s\n", text) >= 0 ? 0 : -ENOMEM;

        if (r == 0)
                r = send_all(c, line, deadline_ns);
        if (r == 0)
                r = next_until(c, deadline_ns, ret);
        free(line);
        free(text);
        json_decref(request);
        return r == -EAGAIN ? -ETIMEDOUT : r;
}

static bool is_refusal(const json_t *answer)
{
        return !json_is_true(json_object_get(answer, "ok"));
}

/* Appends the arrays of a further page to those of the first, and takes over its "next". */
static int append_page(json_t *all, json_t *page)
{
        const char *name;
        json_t *value;

        json_object_foreach(page, name, value)
        {
                json_t *own = json_object_get(all, name);

                if (json_is_array(value) && json_is_array(own) && json_array_extend(own, value) < 0)
                        return -ENOMEM;
        }
        value = json_object_get(page, "next");
        return json_object_set(all, "next", value ? value : json_null()) < 0 ? -ENOMEM : 0;
}

/* One more page. 0; 1 where the answer is a refusal, which takes the place of *all; or -errno. */
static int ask_page(struct client *c, const json_t *request, json_t **all)
{
        json_t *asked = json_deep_copy(request), *page = NULL;
        int r;

        if (!asked || json_object_set(asked, "after", json_object_get(*all, "next")) < 0) {
                json_decref(asked);
                return -ENOMEM;
        }
        r = client_ask(c, asked, &page);
        if (r == 0 && is_refusal(page)) {
                json_decref(*all);
                *all = page;
                return 1;
        }
        if (r == 0)
                r = append_page(*all, page);
        json_decref(page);
        return r;
}

int client_ask_all(struct client *c, json_t *request, json_t **ret)
{
        json_t *all = NULL;
        int pages = 1, r = client_ask(c, json_incref(request), &all);

        while (r == 0 && !is_refusal(all) && json_is_string(json_object_get(all, "next")))
                r = pages++ < PAGES_MAX ? ask_page(c, request, &all) : -EBADMSG;
        json_decref(request);
        if (r < 0) {
                json_decref(all);
                return r;
        }
        *ret = all;
        return 0;
}

const char *client_why(int error)
{
        switch (error) {
        case -ECONNRESET:
                return "mcastd has closed the connection";
        case -ETIMEDOUT:
                return "mcastd has not answered for 10 s";
        case -EBADMSG:
                return "what answers is not mcastd";
        case -EPROTO:
                return "mcastd speaks another version of the control protocol: use the mcastctl of its package";
        default:
                return strerror(-error);
        }
}
