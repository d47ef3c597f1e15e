/* startup.c - what every run of mcastd begins with: the log and the configuration. Checks files, too, for
 * whoever wants nothing more than that. */
#include "startup.h"

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

struct startup_log startup_open_log(bool debug)
{
        struct startup_log log = { 0 };

        log_set_level(debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
        if (journal_is_stderr() && journal_new(&log.journal) == 0)
                log_set_sink(journal_write, log.journal);
        else if (console_new(STDERR_FILENO, &log.console) == 0)
                log_set_sink(console_write, log.console);
        return log;
}

void startup_close_log(struct startup_log *log)
{
        log_report_lost();
        log_set_sink(NULL, NULL);
        journal_free(log->journal);
        console_free(log->console);
}

/* --- configuration --- */

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

int startup_load(const char *path, startup_say say, void *to, struct config **ret, size_t *ret_errors)
{
        struct listener listener = { say, to };
        struct diag *diag = NULL;
        int r = diag_new(path, &diag);

        *ret_errors = 0;
        if (r < 0)
                return r;
        r = config_load(path, diag, ret);
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
        int r = startup_load(options->config_path, NULL, NULL, &config, &errors), status = EXIT_SUCCESS;

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
        int r = startup_load(running_path, NULL, NULL, &running, &errors), status = EXIT_SUCCESS;

        if (r == 0)
                r = startup_load(options->config_path, NULL, NULL, &next, &more_errors);
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
