/* env.c - what all sections share: the loop, and what of the kernel and of this start belongs to all. */
#include "loop/env.h"

#include <errno.h>
#include <event2/event.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>

#include "base/clock.h"

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
                r = netlink_new(&env->netlink);
        return r < 0 ? r : batch_new(&env->batch);
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
        if (env->base)
                event_base_free(env->base);
}
