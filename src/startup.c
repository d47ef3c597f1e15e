/* startup.c - what every run of mcastd begins with: the log and the configuration. Checks files, too, for
 * whoever wants nothing more than that. */
#include "startup.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "config/plan.h"
#include "os/console.h"
#include "os/journal.h"

/* --- the log --- */

/* At the end a journal that stands still holds us up for a second. */
#define CLOSE_TRIES    100
#define CLOSE_PAUSE_MS 10

struct startup_log startup_open_log(bool debug)
{
        struct startup_log log = { 0 };

        log_set_level(debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
        if (journal_is_stderr() && journal_new(JOURNAL_SOCKET, &log.journal) == 0) {
                log_set_sink(journal_write, log.journal);
                log_set_flush(journal_flush);
        } else if (console_new(STDERR_FILENO, &log.console) == 0) {
                log_set_sink(console_write, log.console);
        } else {
                fputs("mcastd: there is no memory for a log\n", stderr);
        }
        return log;
}

void startup_close_log(struct startup_log *log)
{
        /* What still waits for the journal would be lost with us, and without being counted. */
        for (int i = 0; i < CLOSE_TRIES && log_flush(); i++)
                (void)poll(NULL, 0, CLOSE_PAUSE_MS);
        log_report_lost();
        log_set_sink(NULL, NULL);
        journal_free(log->journal);
        console_free(log->console);
}

/* --- where things are --- */

void startup_name_folder(const char *runtime_dir, char ret_folder[PATH_MAX])
{
        const char *given = getenv("RUNTIME_DIRECTORY");

        if (*runtime_dir)
                snprintf(ret_folder, PATH_MAX, "%s", runtime_dir);
        else if (given && *given)
                /* There may be several, with colons between them. */
                snprintf(ret_folder, PATH_MAX, "%.*s", (int)strcspn(given, ":"), given);
        else
                snprintf(ret_folder, PATH_MAX, "/run/mcastd");
}

/* --- configuration --- */

/* The copy that the service manager has made of the keys, written to `path`; false where there is none. */
static bool find_credential(char path[PATH_MAX])
{
        const char *folder = getenv("CREDENTIALS_DIRECTORY");
        int n = folder ? snprintf(path, PATH_MAX, "%s/keys", folder) : -1;

        /* Where it is there, but not for us, that is to be said. */
        return n >= 0 && n < PATH_MAX && (access(path, F_OK) == 0 || errno != ENOENT);
}

/* The name that a file had when it was opened; one that never had any stands for a default that is missing.
 */
static void find_name(int fd, char path[PATH_MAX])
{
        char link[sizeof "/proc/self/fd/" + 3 * sizeof fd];
        ssize_t n;

        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        n = readlink(link, path, PATH_MAX - 1);
        path[n > 0 ? n : 0] = '\0';
        if (*path != '/' || strncmp(path, "/memfd:", strlen("/memfd:")) == 0)
                snprintf(path, PATH_MAX, KEYS_FILE_DEFAULT);
}

/* Where the keys are, unless the file says so: what was handed over, the service manager's copy, or the
 * default. `path` holds the name of it. */
static struct keys_source keys_source(int fd, char path[PATH_MAX])
{
        bool credential = fd < 0 && find_credential(path);

        if (fd >= 0)
                find_name(fd, path);
        else if (!credential)
                snprintf(path, PATH_MAX, KEYS_FILE_DEFAULT);
        return (struct keys_source){ .path = path, .fd = fd, .credential = credential };
}

/* Whom the lines are told besides the log. */
struct listener {
        startup_say say; /* NULL: nobody */
        void *to;
};

static void log_diag(void *arg, enum diag_severity severity, const char *message)
{
        const struct listener *l = arg;

        log_event(severity == DIAG_ERROR ? EVENT_CONFIG_ERROR : EVENT_CONFIG_WARNING, NULL, 0, "%s", message);
        if (l->say)
                l->say(l->to, message);
}

int startup_load(const char *path, int keys_fd, startup_say say, void *to, struct config **ret,
                 size_t *ret_errors)
{
        struct listener listener = { say, to };
        struct diag *diag = NULL;
        char keys_path[PATH_MAX];
        struct keys_source keys = keys_source(keys_fd, keys_path);
        int r = diag_new(path, &diag);

        *ret_errors = 0;
        if (r < 0)
                return r;
        r = config_load(path, &keys, diag, ret);
        diag_each(diag, log_diag, &listener);
        *ret_errors = diag_errors(diag);
        diag_free(diag);
        return r;
}

int startup_not_loaded(int error, size_t errors)
{
        if (errors > 0)
                return EX_CONFIG;
        log_event(EVENT_FAILED, NULL, 0, "the configuration cannot be loaded: %s", strerror(-error));
        return EXIT_FAILURE;
}

int startup_check(const struct startup_options *options)
{
        struct startup_log log = startup_open_log(options->debug);
        struct config *config = NULL;
        size_t errors;
        int r = startup_load(options->config_path, -1, NULL, NULL, &config, &errors), status = EXIT_SUCCESS;

        if (r == 0)
                printf("%s: good; receivers: %zu, emitters: %zu\n", options->config_path, config->n_receivers,
                       config->n_emitters);
        else
                status = startup_not_loaded(r, errors);
        config_free(config);
        startup_close_log(&log);
        return status;
}

int startup_diff(const struct startup_options *options, const char *running_path)
{
        struct startup_log log = startup_open_log(options->debug);
        struct config *running = NULL, *next = NULL;
        struct plan *plan = NULL;
        size_t errors, more_errors = 0;
        int r = startup_load(running_path, -1, NULL, NULL, &running, &errors), status = EXIT_SUCCESS;

        if (r == 0)
                r = startup_load(options->config_path, -1, NULL, NULL, &next, &more_errors);
        if (r == 0)
                r = plan_new(running, next, &plan);
        if (r == 0)
                plan_print(plan, running, next, stdout);
        else
                status = startup_not_loaded(r, errors + more_errors);
        plan_free(plan);
        config_free(next);
        config_free(running);
        startup_close_log(&log);
        return status;
}
