/* section.c - what receivers and emitters share when they speak: fields, troubles, failures to open. */
#include "loop/section.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "message/datagram.h"

/* Room for an address and an error. */
#define DETAIL_SIZE 256

#define STRING(x)  STRING_(x)
#define STRING_(x) #x

#define DROPPING "dropping datagrams: "

/* How a trouble is told. Both are followed by something: the detail, and the count. */
static const struct {
        const char *begins;
        const char *ended;
} phrases[TROUBLE_N] = {
        [TROUBLE_TRUNCATED] = { DROPPING "longer than " STRING(DATAGRAM_MAX) " bytes",
                                "dropped datagrams longer than " STRING(DATAGRAM_MAX) " bytes" },
        [TROUBLE_MISDIRECTED] = { DROPPING "not sent to the group",
                                  "dropped datagrams not sent to the group" },
        [TROUBLE_FOREIGN] = { DROPPING "source not in ALLOW",
                              "dropped datagrams whose source is not in ALLOW" },
        [TROUBLE_SOURCE] = { DROPPING "source not in SOURCES",
                             "dropped datagrams whose source is not in SOURCES" },
        [TROUBLE_PLAIN] = { DROPPING "not signed, see AUTH", "dropped datagrams that are not signed" },
        [TROUBLE_MALFORMED] = { DROPPING "signed in a way that is not known",
                                "dropped datagrams signed in a way that is not known" },
        [TROUBLE_UNKNOWN_KEY] = { DROPPING "signed by a key that is not known",
                                  "dropped datagrams signed by a key that is not known" },
        [TROUBLE_STALE] = { DROPPING "signed more than " STRING(AUTH_STALE_S) " s from now",
                            "dropped datagrams signed more than " STRING(AUTH_STALE_S) " s from then" },
        [TROUBLE_BAD_MAC] = { DROPPING "wrong signature", "dropped datagrams with a wrong signature" },
        [TROUBLE_REPLAY] = { DROPPING "heard before, or too late to tell",
                             "dropped datagrams that were heard before, or too late to tell" },
        [TROUBLE_EARLY] = { DROPPING "signed before this daemon could hear them",
                            "dropped datagrams that were signed before this daemon could hear them" },
        [TROUBLE_PEERS_MANY] = { "more news of peers than is told one by one",
                                 "news of peers that was not told one by one" },
        [TROUBLE_PEERS_FULL] = { "all places for peers are taken, see PEERS: new sources are not kept",
                                 "datagrams from sources for which there was no place among the peers" },
        [TROUBLE_KERNEL_DROPS] = { "the kernel drops datagrams", "datagrams dropped by the kernel" },
        [TROUBLE_RECEIVE] = { "cannot receive", "failures to receive" },
        [TROUBLE_ACK_RATE] = { "not acknowledging all: more than ACK_RATE from one source",
                               "not acknowledged for ACK_RATE" },
        [TROUBLE_ACK_TOTAL] = { "not acknowledging all: more than ACK_TOTAL",
                                "not acknowledged for ACK_TOTAL" },
        [TROUBLE_ACK_SPREAD] = { "not acknowledging all: too many acks wait for their time",
                                 "not acknowledged for ACK_SPREAD" },
        [TROUBLE_ACK_SEND] = { "cannot send acks", "acks that could not be sent" },
};

void section_init(struct section *s, const struct section_ops *ops, struct env *env,
                  const struct config_group *at)
{
        *s = (struct section){
                .ops = ops,
                .state = SECTION_WAITING,
                .since_ns = clock_monotonic_ns(),
                .env = env,
                .name = at->section,
                .line = at->line,
                .group = config_endpoint(at),
        };
        (void)address_text(&at->group, NULL, s->group_text);
        snprintf(s->port_text, sizeof s->port_text, "%u", at->port);
}

void section_fields(const struct section *s, struct log_field fields[SECTION_FIELDS])
{
        fields[0] = (struct log_field){ "MCASTD_SECTION", s->name };
        fields[1] = (struct log_field){ "MCASTD_GROUP", s->group_text };
        fields[2] = (struct log_field){ "MCASTD_PORT", s->port_text };
}

void section_log(const struct section *s, enum event_id event, const char *format, ...)
{
        struct log_field fields[SECTION_FIELDS];
        va_list args;

        section_fields(s, fields);
        va_start(args, format);
        log_vevent(event, fields, SECTION_FIELDS, format, args);
        va_end(args);
}

void section_log_counters(struct section *s)
{
        char text[STATS_TEXT_SIZE];

        if (s->ops->update_counters)
                s->ops->update_counters(s);
        section_log(s, EVENT_COUNTERS, "counters of [%s]: %s", s->name, stats_text(&s->stats, text));
}

/* True if this is news. */
static bool enter(struct section *s, enum section_state state, const char *why)
{
        if (s->state == state && strcmp(s->why, why) == 0)
                return false;
        if (s->state != state)
                s->since_ns = clock_monotonic_ns();
        s->state = state;
        snprintf(s->why, sizeof s->why, "%s", why);
        if (s->env->state_changed)
                s->env->state_changed(s->env->state_arg);
        return true;
}

void section_waits(struct section *s, const char *why)
{
        if (enter(s, SECTION_WAITING, why))
                section_log(s, EVENT_WAITING, "waiting to %s %s: %s", s->ops->purpose,
                            ENDPOINT_TEXT(&s->group), why);
}

/* As of an error in the file. */
static void say_error(const struct section *s, const char *what)
{
        section_log(s, EVENT_OPEN_FAILED, "%s:%u: [%s] %s", s->env->config_path, s->line, s->name, what);
}

void section_fails(struct section *s, const char *why)
{
        if (enter(s, SECTION_FAILED, why))
                say_error(s, why);
}

void section_has_failed(struct section *s, const char *why)
{
        (void)enter(s, SECTION_FAILED, why);
}

void section_is_waiting(struct section *s, const char *why)
{
        (void)enter(s, SECTION_WAITING, why);
}

void section_is_silent(struct section *s, const char *why)
{
        (void)enter(s, SECTION_SILENT, why);
}

void section_is_active(struct section *s)
{
        (void)enter(s, SECTION_ACTIVE, "");
}

int section_open_failed(struct section *s, int error, const struct socket_failure *failure)
{
        char why[SECTION_WHY_SIZE];

        if (failure_class(-error) == FAILURE_INTERFACE) {
                snprintf(why, sizeof why, "cannot %s: %s", failure->tried, strerror(-error));
                section_waits(s, why);
                return 0;
        }
        snprintf(why, sizeof why, "%s: cannot %s: %s", failure->option, failure->tried, strerror(-error));
        section_fails(s, why);
        return error;
}

void section_retune_failed(const struct section *s, int error, const struct socket_failure *failure)
{
        char why[SECTION_WHY_SIZE];

        snprintf(why, sizeof why, "%s: cannot %s: %s", failure->option, failure->tried, strerror(-error));
        say_error(s, why);
}

bool section_trouble_begins(struct section *s, enum trouble trouble, uint64_t times, int64_t now_ns)
{
        return episode_note(&s->troubles[trouble], times, now_ns);
}

void section_say_trouble(const struct section *s, enum trouble trouble, const char *format, ...)
{
        char detail[DETAIL_SIZE];
        va_list args;

        va_start(args, format);
        vsnprintf(detail, sizeof detail, format, args);
        va_end(args);
        section_log(s, EVENT_TROUBLE_BEGAN, "%s (%s)", phrases[trouble].begins, detail);
}

const char *section_why_dropped(enum trouble trouble)
{
        const char *text = phrases[trouble].begins;

        return strncmp(text, DROPPING, strlen(DROPPING)) == 0 ? text + strlen(DROPPING) : text;
}

static void say_ended(const struct section *s, enum trouble trouble, uint64_t count)
{
        section_log(s, EVENT_TROUBLE_ENDED, "%s: %" PRIu64 " in all", phrases[trouble].ended, count);
}

size_t section_troubles_tick(struct section *s, int64_t now_ns)
{
        size_t active = 0;
        uint64_t count;

        for (enum trouble t = 0; t < TROUBLE_N; t++) {
                if (episode_ended(&s->troubles[t], now_ns, &count))
                        say_ended(s, t, count);
                active += s->troubles[t].active;
        }
        return active;
}

void section_troubles_end(struct section *s)
{
        uint64_t count;

        for (enum trouble t = 0; t < TROUBLE_N; t++)
                if (episode_end(&s->troubles[t], &count))
                        say_ended(s, t, count);
}
