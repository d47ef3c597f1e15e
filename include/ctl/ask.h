#ifndef MCASTD_CTL_ASK_H
#define MCASTD_CTL_ASK_H

#include "ctl/client.h"

/* One request of a command, which it consumes (NULL: an argument was no text for JSON), from the connecting
 * to the answer. 0 and the answer, all pages of it; or the exit status plus one, after it was said what is
 * wrong: to standard error, in the name of the command. A refusal of the daemon goes to standard output where
 * JSON is asked for. */
int ask(const char *command, const struct client_options *o, bool reads_only, json_t *request, json_t **ret);

/* The same, over a connection that is there. */
int ask_over(const char *command, struct client *c, bool json, json_t *request, json_t **ret);

/* Asks for something to be read, as above, and prints the answer: as it is where JSON is asked for, else by
 * `print`, which returns an exit status. Returns the exit status. */
int ask_and_print(const char *command, const struct client_options *o, json_t *request,
                  int (*print)(const json_t *answer));

/* The connection is of no use any more: says why, and returns the exit status. */
int ask_failed(const char *command, int error);

#endif
