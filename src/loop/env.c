/* env.c - what all sections share: the loop, and what of the kernel and of this start belongs to all. */
#include "loop/env.h"

#include <errno.h>
#include <event2/event.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/timer.h"

/* How soon lines are tried again for which the journal had no room: before it has read all that it has. */
#define LOG_RETRY_NS (5 * NS_PER_MS)

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

static void on_log_retry(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)arg;
        /* The turn of the loop that this makes ends with a flush. */
}

static int open_log_retry(struct env *env)
{
        env->log_retry = evtimer_new(env->base, on_log_retry, NULL);
        return env->log_retry ? 0 : -ENOMEM;
}

int env_open(struct env *env)
{
        int r;

        if (sodium_init() < 0)
                return -ENOSYS;
        env->started_ns = clock_monotonic_ns();
        env->started_wall_ns = clock_wall_ns();
        randombytes_buf(&env->key, sizeof env->key);
        randombytes_buf(&env->boot, sizeof env->boot);
        r = open_base(env);
        if (r == 0)
                r = open_log_retry(env);
        if (r == 0)
                r = beats_new(env->base, &env->beats);
        if (r == 0)
                r = netlink_new(&env->netlink);
        return r < 0 ? r : batch_new(&env->batch);
}

int env_run(struct env *env)
{
        int r = 0;

        while (r == 0 && !event_base_got_break(env->base)) {
                /* Without memory for the timer they are tried at the next turn, whenever that is. */
                if (log_flush() && !event_pending(env->log_retry, EV_TIMEOUT, NULL))
                        (void)timer_arm(env->log_retry, clock_monotonic_ns() + LOG_RETRY_NS);
                r = event_base_loop(env->base, EVLOOP_ONCE);
        }
        return r;
}

void env_start_signing(struct env *env)
{
        uint64_t sender;

        randombytes_buf(&sender, sizeof sender);
        signer_init(&env->signer, sender, (uint64_t)(clock_wall_ns() / NS_PER_US));
}

/* What libevent has put off still holds buffers of connections that are closed: it is done now, one turn for
 * each priority. */
static void let_go(struct event_base *base)
{
        for (int i = 0; base && i < LOOP_PRIORITIES; i++)
                (void)event_base_loop(base, EVLOOP_NONBLOCK);
}

void env_close(struct env *env)
{
        let_go(env->base);
        batch_free(env->batch);
        netlink_free(env->netlink);
        if (env->log_retry)
                event_free(env->log_retry);
        beats_free(env->beats);
        if (env->base)
                event_base_free(env->base);
}
