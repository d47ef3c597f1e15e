/* daemon.c - the process: wires the layers together, takes signals, reloads, shuts down in order. */
#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "config/plan.h"
#include "loop/control.h"
#include "loop/env.h"
#include "loop/http.h"
#include "loop/requests.h"
#include "loop/section.h"
#include "loop/sections.h"
#include "loop/service.h"
#include "os/batch.h"
#include "os/handover.h"
#include "version.h"

static const int handled_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
#define N_SIGNALS (sizeof handled_signals / sizeof handled_signals[0])

struct daemon {
        const struct startup_options *options;
        struct env env;
        struct event *signals[N_SIGNALS];
        struct config *config; /* the running one */
        struct sections *sections;
        struct service *service;
        struct control *control;   /* NULL: could not be opened */
        struct handover *handover; /* the same */
        struct http *http;         /* NULL: off, or could not be opened */
        bool reload_refused;       /* the last one */
        char folder[PATH_MAX];     /* of the control sockets */
};

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

/* What of [DAEMON] is applied to the running process. */
static void apply_daemon_options(struct daemon *d)
{
        const struct config_daemon *cfg = &d->config->daemon;

        log_set_level(d->options->debug ? LOG_LEVEL_DEBUG : cfg->log_level);
        /* The zone may have changed as well; localtime_r does not look again by itself. */
        tzset();
        if (cfg->node[0])
                snprintf(d->env.node, sizeof d->env.node, "%s", cfg->node);
        else if (gethostname(d->env.node, sizeof d->env.node) < 0)
                snprintf(d->env.node, sizeof d->env.node, "-");
        d->env.node[sizeof d->env.node - 1] = '\0';
}

/* Why a configuration could not be put to work. The lines before have said it more precisely. */
static const char *why(int error)
{
        return error == -ENOTUNIQ ? "two receivers are the same" : strerror(-error);
}

/* --- views --- */

/* What is not well beside the sections, the first of it; "" where nothing is. */
static const char *remark(const struct daemon *d)
{
        if (d->reload_refused)
                return "the last reload was refused";
        if (!d->control)
                return "the control sockets could not be opened";
        return d->config->daemon.http.address.family && !d->http ? "HTTP could not be opened" : "";
}

/* Of those that count; how many. */
static size_t list_keys(const struct daemon *d, uint16_t ret[KEYRING_MAX])
{
        size_t n = keyring_count(d->env.signer.keys);

        for (size_t i = 0; i < n; i++)
                ret[i] = keyring_id(d->env.signer.keys, i);
        return n;
}

static int snapshot(void *arg, const struct snapshot_query *query, struct snapshot **ret)
{
        struct daemon *d = arg;
        struct snapshot *s = NULL;
        int r = requests_snapshot(&d->env, d->sections, query, &s);

        if (r < 0)
                return r;
        s->version = MCASTD_VERSION;
        s->boot = d->env.boot;
        s->pid = getpid();
        s->uptime_ns = clock_monotonic_ns() - d->env.started_ns;
        s->started_wall_ns = d->env.started_wall_ns;
        s->log_level = log_level();
        s->log_lost = log_lost();
        s->reload_refused = d->reload_refused;
        s->remark = remark(d);
        s->n_keys = list_keys(d, s->key_ids);
        snprintf(s->keys_file, sizeof s->keys_file, "%s", d->config->daemon.keys);
        snprintf(s->node, sizeof s->node, "%s", d->env.node);
        snprintf(s->config_path, sizeof s->config_path, "%s", d->options->config_path);
        if (d->control)
                control_clients(d->control, &s->control);
        if (d->http)
                http_clients(d->http, &s->http);
        *ret = s;
        return 0;
}

static struct snapshot *snapshot_for_service(void *arg)
{
        static const struct snapshot_query query;
        struct snapshot *s = NULL;

        return snapshot(arg, &query, &s) == 0 ? s : NULL;
}

/* Logs it, and tells it to whoever waits for the reload. */
__attribute__((format(printf, 4, 5))) static void tell(enum event_id event, startup_say say, void *to,
                                                       const char *format, ...)
{
        char line[LOG_LINE_SIZE];
        va_list args;

        va_start(args, format);
        vsnprintf(line, sizeof line, format, args);
        va_end(args);
        log_event(event, NULL, 0, "%s", line);
        if (say)
                say(to, line);
}

/* HTTP is closed first: it may be the same port that is to be opened. */
static void apply_http(struct daemon *d, const struct config_daemon *before, startup_say say, void *to)
{
        const struct config_daemon *cfg = &d->config->daemon;
        int r;

        if (d->http && endpoint_equal(&cfg->http, &before->http)) {
                http_set_peers(d->http, cfg->http_peers);
                return;
        }
        d->http = http_free(d->http);
        if (!cfg->http.address.family)
                return;
        r = http_new(&d->env, &cfg->http, cfg->http_peers, snapshot, d, &d->http);
        if (r < 0)
                tell(EVENT_HTTP_FAILED, say, to,
                     "%s: [daemon] HTTP: cannot listen on %s: %s; tried again at the next reload",
                     d->options->config_path, ENDPOINT_TEXT(&cfg->http), strerror(-r));
        else
                log_event(EVENT_HTTP, NULL, 0, "HTTP on %s", ENDPOINT_TEXT(&cfg->http));
}

/* The keys of the running configuration count from now on. */
static void take_keys(struct daemon *d)
{
        static const char unlocked[] =
                "; no memory can be locked for them (ulimit -l): they may be swapped out";
        const struct keyring *keys = d->config->keys;
        char ids[KEYRING_TEXT_SIZE];

        d->env.signer.keys = keys;
        if (keys)
                log_event(EVENT_KEYS, NULL, 0, "keys: %s of %s%s", keyring_text(keys, ids),
                          d->config->keys_path, keyring_is_locked(keys) ? "" : unlocked);
}

/* --- reload --- */

static void note_restart_needed(const struct daemon *d, startup_say say, void *to)
{
        char folder[PATH_MAX];

        startup_name_folder(d->config->daemon.runtime_dir, folder);
        if (strcmp(folder, d->folder) != 0)
                tell(EVENT_CONFIG_WARNING, say, to,
                     "%s: [daemon] RUNTIME_DIR: %s is used from the next start on, until then %s",
                     d->options->config_path, folder, d->folder);
}

/* Goes over to another configuration, of which it then owns what is left. 0 or -errno, and then nothing has
 * changed. */
static int switch_to(struct daemon *d, struct config *next, startup_say say, void *to,
                     struct control_reload *ret)
{
        struct plan *plan = NULL;
        struct config_daemon before = d->config->daemon;
        int r = plan_new(d->config, next, &plan);

        if (r == 0)
                r = sections_apply(d->sections, d->config, next, plan);
        if (r < 0) {
                plan_free(plan);
                config_free(next);
                return r;
        }
        /* Those of the old one go with it. */
        d->env.signer.keys = NULL;
        config_free(d->config);
        d->config = next;
        take_keys(d);
        apply_daemon_options(d);
        note_restart_needed(d, say, to);
        apply_http(d, &before, say, to);
        *ret = (struct control_reload){
                .kept = plan->kept,
                .retuned = plan->retuned,
                .reopened = plan->reopened,
                .added = plan->added,
                .dropped = plan->dropped,
        };
        plan_free(plan);
        return 0;
}

/* In words, what came of it. */
static void sum_up(const struct daemon *d, int error, size_t errors, struct control_reload *ret)
{
        const char *path = d->options->config_path;

        ret->refused = error < 0;
        ret->n_keys = list_keys(d, ret->key_ids);
        if (error == 0)
                snprintf(ret->summary, sizeof ret->summary,
                         "reloaded %s: %zu kept, %zu retuned, %zu reopened, %zu added, %zu dropped", path,
                         ret->kept, ret->retuned, ret->reopened, ret->added, ret->dropped);
        else if (errors > 0)
                snprintf(ret->summary, sizeof ret->summary,
                         "%s not reloaded: %zu error%s; going on as before", path, errors,
                         errors == 1 ? "" : "s");
        else
                snprintf(ret->summary, sizeof ret->summary, "%s not reloaded: %s; going on as before", path,
                         why(error));
}

static void reload(struct daemon *d, startup_say say, void *to, struct control_reload *ret)
{
        struct config *next = NULL;
        size_t errors;
        int r;

        *ret = (struct control_reload){ 0 };
        service_reloading(d->service);
        r = startup_load(d->options->config_path, handover_take(d->handover), say, to, &next, &errors);
        if (r == 0)
                r = switch_to(d, next, say, to, ret);
        sum_up(d, r, errors, ret);
        log_event(r < 0 ? EVENT_RELOAD_REFUSED : EVENT_RELOADED, NULL, 0, "%s", ret->summary);
        d->reload_refused = r < 0;
        service_ready(d->service);
}

/* --- what is asked by control.sock --- */

static void asked_for_log_level(void *arg, enum log_level level)
{
        (void)arg;
        log_event(EVENT_ASKED, NULL, 0, "asked by control.sock: log level %s, until the next reload",
                  log_level_name(level));
        log_set_level(level);
}

static void asked_to_reload(void *arg, startup_say say, void *to, struct control_reload *ret)
{
        log_event(EVENT_ASKED, NULL, 0, "asked by control.sock: reload");
        reload(arg, say, to, ret);
}

static int asked_to_send(void *arg, const char *section, const char *text, struct section_sent *ret,
                         char reason[CONTROL_WHY_SIZE])
{
        const struct daemon *d = arg;

        log_event(EVENT_ASKED, NULL, 0, "asked by control.sock: send by [%s]",
                  TEXT_ESCAPE(section, strlen(section)));
        return requests_send(d->sections, section, text, ret, reason);
}

static int asked_to_forget(void *arg, const char *section, const char *peer, size_t *ret_n,
                           char reason[CONTROL_WHY_SIZE])
{
        struct daemon *d = arg;

        log_event(EVENT_ASKED, NULL, 0, "asked by control.sock: forget %s", TEXT_ESCAPE(peer, strlen(peer)));
        return requests_forget(&d->env, d->sections, section, peer, ret_n, reason);
}

static const struct control_ops control_ops = {
        .snapshot = snapshot,
        .set_log_level = asked_for_log_level,
        .reload = asked_to_reload,
        .send = asked_to_send,
        .forget = asked_to_forget,
};

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
                reload(d, NULL, NULL, &(struct control_reload){ 0 });
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

static void on_state_changed(void *arg)
{
        struct daemon *d = arg;

        /* Neither is there yet while the first sections are opened, or any more while the last are closed. */
        if (d->service && d->sections) {
                service_touch(d->service);
                sections_retry_later(d->sections);
        }
}

static void on_peers_changed(void *arg)
{
        struct daemon *d = arg;

        if (d->service)
                service_touch(d->service);
}

/* Where changed keys are left for a reload. */
static void open_handover(struct daemon *d)
{
        char tried[LOCAL_SOCKET_TRIED_SIZE];
        int r = handover_new(d->folder, &d->handover, tried);

        if (r < 0)
                log_event(EVENT_CONTROL, NULL, 0, "mcastctl cannot hand over keys: cannot %s: %s", tried,
                          strerror(-r));
}

/* 0 or -errno; what could be opened is closed by finish(). */
static int start(struct daemon *d)
{
        int r = env_open(&d->env);

        if (r == 0)
                r = watch_signals(d);
        if (r < 0)
                return r;
        apply_daemon_options(d);
        log_event(EVENT_STARTED, NULL, 0, "mcastd " MCASTD_VERSION " starts as node %s with %s", d->env.node,
                  d->options->config_path);
        take_keys(d);
        d->env.state_changed = on_state_changed;
        d->env.peers_changed = on_peers_changed;
        d->env.state_arg = d;
        r = sections_new(&d->env, d->config, &d->sections);
        /* Our own receivers can tell what we sign from what was signed before them. */
        env_start_signing(&d->env);
        if (r == 0)
                r = service_new(&d->env, snapshot_for_service, d, &d->service);
        if (r < 0)
                return r;
        /* The main job does not depend on those who look at it. */
        startup_name_folder(d->config->daemon.runtime_dir, d->folder);
        (void)control_new(&d->env, d->folder, &control_ops, d, &d->control);
        open_handover(d);
        apply_http(d, &d->config->daemon, NULL, NULL);
        return 0;
}

/* In the reverse order; takes what is half built. */
static void finish(struct daemon *d)
{
        d->control = control_free(d->control);
        d->handover = handover_free(d->handover);
        d->http = http_free(d->http);
        d->service = service_free(d->service);
        d->sections = sections_free(d->sections);
        for (size_t i = 0; i < N_SIGNALS; i++)
                if (d->signals[i])
                        event_free(d->signals[i]);
        env_close(&d->env);
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
        service_ready(d->service);
        r = env_run(&d->env);
        /* The signals keep the loop busy: it ends by loopbreak only. */
        if (r != 0)
                log_event(EVENT_FAILED, NULL, 0, "the event loop failed");
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Tables for strangers are allocated whole and used sparsely. Larger blocks come straight from the kernel,
 * zeroed, and are resident only where they are used; by itself malloc would stop doing so after the first
 * such block was freed. */
#define LARGE_BLOCK (32 << 10)

int daemon_run(const struct startup_options *options)
{
        struct startup_log log = startup_open_log(options->debug);
        struct daemon d = { .options = options, .env.config_path = options->config_path };
        size_t errors;
        int r, status;

        /* Nobody would ever hear of what happens. */
        if (!log.journal && !log.console)
                return EXIT_FAILURE;
        (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
        event_set_log_callback(on_library_message);
        event_set_fatal_callback(on_library_fatal);
        r = startup_load(options->config_path, -1, NULL, NULL, &d.config, &errors);
        if (r == 0)
                status = serve(&d);
        else
                status = startup_not_loaded(r, errors);
        finish(&d);
        if (status == EXIT_SUCCESS)
                log_event(EVENT_STOPPED, NULL, 0, "stopped");
        startup_close_log(&log);
        return status;
}
