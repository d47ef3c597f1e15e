/* daemon.c - the process: wires the layers together, takes signals, reloads, shuts down in order. */
#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/log.h"
#include "config/config.h"
#include "config/plan.h"
#include "loop/env.h"
#include "loop/sections.h"
#include "loop/service.h"
#include "os/console.h"
#include "os/journal.h"
#include "version.h"

static const int handled_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
#define N_SIGNALS (sizeof handled_signals / sizeof handled_signals[0])

struct daemon {
        const struct daemon_options *options;
        struct env env;
        struct event *signals[N_SIGNALS];
        struct config *config; /* the running one */
        struct sections *sections;
        struct service *service;
};

/* --- the log --- */

/* One of them is NULL; both, if there is no memory even for that, and then nothing is logged. */
struct log {
        struct journal *journal;
        struct console *console;
};

static struct log open_log(bool debug)
{
        struct log log = { 0 };

        log_set_level(debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
        if (journal_is_stderr() && journal_new(&log.journal) == 0)
                log_set_sink(journal_write, log.journal);
        else if (console_new(STDERR_FILENO, &log.console) == 0)
                log_set_sink(console_write, log.console);
        return log;
}

static void close_log(struct log *log)
{
        log_report_lost();
        log_set_sink(NULL, NULL);
        journal_free(log->journal);
        console_free(log->console);
}

static void on_library_message(int severity, const char *message)
{
        if (severity >= EVENT_LOG_WARN)
                log_event(EVENT_LIBRARY, NULL, 0, "libevent: %s", message);
}

/* libevent has lost its footing. The service manager starts us anew. */
static void on_library_fatal(int error)
{
        log_event(EVENT_FAILED, NULL, 0, "libevent gave up: %s", strerror(error));
        abort();
}

static void log_diag(void *arg, enum diag_severity severity, const char *message)
{
        (void)arg;
        log_event(severity == DIAG_ERROR ? EVENT_CONFIG_ERROR : EVENT_CONFIG_WARNING, NULL, 0, "%s", message);
}

/* --- configuration --- */

/* Reads the file and logs what is wrong with it. 0 or -errno; *ret_errors: how many errors were logged. */
static int load_config(const char *path, struct config **ret, size_t *ret_errors)
{
        struct diag *diag = NULL;
        int r = diag_new(path, &diag);

        *ret_errors = 0;
        if (r < 0)
                return r;
        r = config_load(path, diag, ret);
        diag_each(diag, log_diag, NULL);
        *ret_errors = diag_errors(diag);
        diag_free(diag);
        return r;
}

/* The exit status after a configuration could not be loaded. Without errors it is not its own fault. */
static int not_loaded(int error, size_t errors)
{
        if (errors > 0)
                return EX_CONFIG;
        log_event(EVENT_FAILED, NULL, 0, "the configuration cannot be loaded: %s", strerror(-error));
        return EXIT_FAILURE;
}

int daemon_check(const struct daemon_options *options)
{
        struct log log = open_log(options->debug);
        struct config *config = NULL;
        size_t errors;
        int r = load_config(options->config_path, &config, &errors), status = EXIT_SUCCESS;

        if (r == 0)
                printf("%s: good; receivers: %zu, emitters: %zu\n", options->config_path, config->n_receivers,
                       config->n_emitters);
        else
                status = not_loaded(r, errors);
        config_free(config);
        close_log(&log);
        return status;
}

int daemon_diff(const struct daemon_options *options, const char *running_path)
{
        struct log log = open_log(options->debug);
        struct config *running = NULL, *next = NULL;
        struct plan *plan = NULL;
        size_t errors, more_errors = 0;
        int r = load_config(running_path, &running, &errors), status = EXIT_SUCCESS;

        if (r == 0)
                r = load_config(options->config_path, &next, &more_errors);
        if (r == 0)
                r = plan_new(running, next, &plan);
        if (r == 0)
                plan_print(plan, running, next, stdout);
        else
                status = not_loaded(r, errors + more_errors);
        plan_free(plan);
        config_free(next);
        config_free(running);
        close_log(&log);
        return status;
}

/* What of [DAEMON] is applied to the running process. */
static void apply_daemon_options(struct daemon *d)
{
        const struct config_daemon *cfg = &d->config->daemon;

        if (!d->options->debug)
                log_set_level(cfg->log_level);
        /* The zone may have changed as well; localtime_r does not look again by itself. */
        tzset();
        if (cfg->node[0])
                strcpy(d->env.node, cfg->node);
        else if (gethostname(d->env.node, sizeof d->env.node) < 0)
                strcpy(d->env.node, "-");
        d->env.node[sizeof d->env.node - 1] = '\0';
}

/* Why a configuration could not be put to work. The lines before have said it more precisely. */
static const char *why(int error)
{
        return error == -ENOTUNIQ ? "two receivers are the same" : strerror(-error);
}

/* --- reload --- */

/* Goes over to another configuration, of which it then owns what is left. 0 or -errno, and then nothing has
 * changed. */
static int switch_to(struct daemon *d, struct config *next)
{
        struct plan *plan = NULL;
        int r = plan_new(d->config, next, &plan);

        if (r == 0)
                r = sections_apply(d->sections, d->config, next, plan);
        if (r < 0) {
                plan_free(plan);
                config_free(next);
                return r;
        }
        config_free(d->config);
        d->config = next;
        apply_daemon_options(d);
        log_event(EVENT_RELOADED, NULL, 0,
                  "reloaded %s: %zu kept, %zu retuned, %zu reopened, %zu added, %zu dropped",
                  d->options->config_path, plan->kept, plan->retuned, plan->reopened, plan->added,
                  plan->dropped);
        plan_free(plan);
        return 0;
}

static void reload(struct daemon *d)
{
        const char *path = d->options->config_path;
        struct config *next = NULL;
        size_t errors;
        int r;

        service_reloading(d->service);
        r = load_config(path, &next, &errors);
        if (r == 0)
                r = switch_to(d, next);
        if (r < 0 && errors > 0)
                log_event(EVENT_RELOAD_REFUSED, NULL, 0, "%s not reloaded: %zu error%s; going on as before",
                          path, errors, errors == 1 ? "" : "s");
        else if (r < 0)
                log_event(EVENT_RELOAD_REFUSED, NULL, 0, "%s not reloaded: %s; going on as before", path,
                          why(r));
        service_ready(d->service, r < 0 ? "; the last reload was refused" : "");
}

/* --- signals --- */

static void stop(struct daemon *d, int signal)
{
        log_event(EVENT_STOPPING, NULL, 0, "stopping on SIG%s", sigabbrev_np(signal));
        service_stopping(d->service);
        event_base_loopbreak(d->env.base);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
        struct daemon *d = arg;

        (void)what;
        switch ((int)signal) {
        case SIGHUP:
                reload(d);
                break;
        case SIGUSR1:
                sections_log_counters(d->sections);
                log_event(EVENT_COUNTERS, NULL, 0, "counters of the log: lost=%" PRIu64, log_lost());
                break;
        default:
                stop(d, (int)signal);
        }
}

static int watch_signals(struct daemon *d)
{
        /* A peer that is gone shows as an error of the write. */
        signal(SIGPIPE, SIG_IGN);
        for (size_t i = 0; i < N_SIGNALS; i++) {
                d->signals[i] = evsignal_new(d->env.base, handled_signals[i], on_signal, d);
                if (!d->signals[i] || event_priority_set(d->signals[i], LOOP_PRIORITY_FIRST) < 0 ||
                    event_add(d->signals[i], NULL) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* --- start and end --- */

static int open_base(struct env *env)
{
        struct event_config *cfg = event_config_new();

        if (!cfg)
                return -ENOMEM;
        /* Without this the environment could choose another back end. */
        event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV);
        env->base = event_base_new_with_config(cfg);
        event_config_free(cfg);
        if (!env->base || event_base_priority_init(env->base, LOOP_PRIORITIES) < 0)
                return -ENOMEM;
        return 0;
}

static int open_env(struct env *env)
{
        int r;

        if (sodium_init() < 0)
                return -ENOSYS;
        env->started_ns = clock_monotonic_ns();
        randombytes_buf(&env->key, sizeof env->key);
        randombytes_buf(&env->boot, sizeof env->boot);
        r = open_base(env);
        if (r == 0)
                r = netlink_new(&env->netlink);
        return r < 0 ? r : batch_new(&env->batch);
}

static void status_of(void *arg, struct service_status *ret)
{
        const struct daemon *d = arg;

        sections_status(d->sections, ret);
}

static void on_state_changed(void *arg)
{
        struct daemon *d = arg;

        /* Neither is there yet while the first sections are opened, or any more while the last are closed. */
        if (d->service && d->sections) {
                service_touch(d->service);
                sections_retry_later(d->sections);
        }
}

/* 0 or -errno; what could be opened is closed by finish(). */
static int start(struct daemon *d)
{
        int r = open_env(&d->env);

        if (r == 0)
                r = watch_signals(d);
        if (r < 0)
                return r;
        apply_daemon_options(d);
        log_event(EVENT_STARTED, NULL, 0, "mcastd " MCASTD_VERSION " starts as node %s with %s", d->env.node,
                  d->options->config_path);
        d->env.state_changed = on_state_changed;
        d->env.state_arg = d;
        r = sections_new(&d->env, d->config, &d->sections);
        return r < 0 ? r : service_new(&d->env, status_of, d, &d->service);
}

/* In the reverse order; takes what is half built. */
static void finish(struct daemon *d)
{
        d->service = service_free(d->service);
        d->sections = sections_free(d->sections);
        for (size_t i = 0; i < N_SIGNALS; i++)
                if (d->signals[i])
                        event_free(d->signals[i]);
        batch_free(d->env.batch);
        netlink_free(d->env.netlink);
        if (d->env.base)
                event_base_free(d->env.base);
        config_free(d->config);
        libevent_global_shutdown();
}

/* From a good configuration until a signal ends it; the exit status. */
static int serve(struct daemon *d)
{
        int r = start(d);

        if (r < 0) {
                log_event(EVENT_FAILED, NULL, 0, "not started: %s", why(r));
                return failure_class(-r) == FAILURE_NEVER ? EX_CONFIG : EXIT_FAILURE;
        }
        service_ready(d->service, "");
        r = event_base_dispatch(d->env.base);
        /* The signals keep the loop busy: it ends by loopbreak only. */
        if (r != 0)
                log_event(EVENT_FAILED, NULL, 0, "the event loop failed");
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Tables for strangers are allocated whole and used sparsely. Larger blocks come straight from the kernel,
 * zeroed, and are resident only where they are used; by itself malloc would stop doing so after the first
 * such block was freed. */
#define LARGE_BLOCK (32 << 10)

int daemon_run(const struct daemon_options *options)
{
        struct log log = open_log(options->debug);
        struct daemon d = { .options = options, .env.config_path = options->config_path };
        size_t errors;
        int r, status;

        (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
        event_set_log_callback(on_library_message);
        event_set_fatal_callback(on_library_fatal);
        r = load_config(options->config_path, &d.config, &errors);
        if (r == 0)
                status = serve(&d);
        else
                status = not_loaded(r, errors);
        finish(&d);
        if (status == EXIT_SUCCESS)
                log_event(EVENT_STOPPED, NULL, 0, "stopped");
        close_log(&log);
        return status;
}
