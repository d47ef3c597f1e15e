#ifndef MCASTD_CTL_CLIENT_H
#define MCASTD_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

/* A connection to the daemon, by which JSON lines go: see CONTROL PROTOCOL in mcastctl(1). */
struct client;

/* What every command that asks the daemon lets be said. */
struct client_options {
        const char *folder; /* of the sockets; NULL: what MCASTD_RUNTIME_DIR says, or the daemon's default */
        bool json;          /* the answer as it is, and not for people */
};

/* Connects to control.sock, or, for a command that only reads, to status.sock where that is all that one may.
 * 0; or -errno, and `ret_why` says in words what is wrong, and in a second line what to do. */
#define CLIENT_WHY_SIZE 1024
int client_connect(const char *folder, bool reads_only, struct client **ret, char ret_why[CLIENT_WHY_SIZE]);

/* The same; 0, or the exit status plus one, after that was said to standard error in the name of the command.
 */
int client_open(const char *command, const char *folder, bool reads_only, struct client **ret);
struct client *client_close(struct client *c);

/* Readable when there may be a line. One that is readable no longer may still have lines: take them with
 * client_next() until it returns -EAGAIN. */
int client_fd(const struct client *c);

/* Sends a request (which it consumes) and waits for its answer: not on a connection that watches. The answer
 * is an object and belongs to the caller; one that is {"ok": false} is an answer as well. 0; or -errno: the
 * daemon is gone (-ECONNRESET), has not answered for 10 s (-ETIMEDOUT), or what it says is no JSON object
 * (-EBADMSG) or of another version of the protocol (-EPROTO). */
int client_ask(struct client *c, json_t *request, json_t **ret);

/* As client_ask(), but for answers of more than one page: asks until there is no "next", and returns the
 * first answer with the arrays of the others appended to its own. */
int client_ask_all(struct client *c, json_t *request, json_t **ret);

/* The next line of a stream. timeout_ms as of poll(2); -EAGAIN where nothing came until then, else as
 * client_ask(). */
int client_next(struct client *c, int timeout_ms, json_t **ret);

/* What such a -errno means, in words. */
const char *client_why(int error);

#endif
