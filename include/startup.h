#ifndef MCASTD_STARTUP_H
#define MCASTD_STARTUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct console;
struct journal;

struct startup_options {
        const char *config_path;
        bool debug; /* log everything, whatever LOG_LEVEL says */
};

/* Where the lines go. One of them is NULL; both, if there is no memory even for that, and then nothing is
 * logged. */
struct startup_log {
        struct journal *journal;
        struct console *console;
};

/* To the journal where standard error leads there, else to standard error. */
struct startup_log startup_open_log(bool debug);
void startup_close_log(struct startup_log *log);

/* The folder of the control sockets: as configured (RUNTIME_DIR; "": not), or as the service manager says, or
 * where it would. */
void startup_name_folder(const char *runtime_dir, char ret_folder[PATH_MAX]);

/* Who is told as well what is wrong with a file: one line, without its end. */
typedef void (*startup_say)(void *to, const char *line);

/* Reads the file and the keys that it needs, and logs what is wrong with them; `say` may be NULL. Where the
 * file does not say where the keys are, they are read from keys_fd, if it is not -1; else from
 * $CREDENTIALS_DIRECTORY/keys, if there is one; else from /etc/mcastd/keys. 0 or -errno; *ret_errors: how
 * many errors were logged. */
int startup_load(const char *path, int keys_fd, startup_say say, void *to, struct config **ret,
                 size_t *ret_errors);

/* The exit status after a configuration could not be loaded. Without errors it is not its own fault, which is
 * logged. */
int startup_not_loaded(int error, size_t errors);

/* Checks the configuration and says all that is wrong with it. Returns the exit status of the process: 0, 1,
 * or 78 (EX_CONFIG of sysexits.h). */
int startup_check(const struct startup_options *options);

/* Says on standard output what a reload would do that goes from the file `running` to that of the options. 0;
 * or 78, and it was logged what is wrong with either. */
int startup_diff(const struct startup_options *options, const char *running);

#endif
