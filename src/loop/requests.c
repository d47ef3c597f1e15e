/* requests.c - what others may ask of the sections: a snapshot of them, to send now, to forget somebody.
 * Knows nobody who asks. */
#include "loop/requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/section.h"
#include "os/links.h"

/* --- a snapshot --- */

static void describe(struct section *s, struct snapshot_section *ret, int64_t wall_less_monotonic_ns)
{
        if (s->ops->update_counters)
                s->ops->update_counters(s);
        ret->emitter = s->ops->send != NULL;
        snprintf(ret->name, sizeof ret->name, "%s", s->name);
        ret->state = s->state;
        snprintf(ret->why, sizeof ret->why, "%s", s->why);
        ret->since_wall_ns = s->since_ns + wall_less_monotonic_ns;
        ret->group = s->group;
        ret->stats = s->stats;
        s->ops->describe(s, ret);
}

/* What the sections cannot know of those whom they list. */
static void complete(struct snapshot *s, const struct env *env, int64_t now_ns)
{
        int64_t wall_less_monotonic_ns = s->wall_ns - now_ns;

        for (size_t i = 0; i < s->n_peers; i++) {
                struct snapshot_peer *p = &s->peers[i];

                p->own = links_by_address(env->links, &p->peer.address) != NULL;
                p->first_wall_ns = p->peer.first_ns + wall_less_monotonic_ns;
                p->last_wall_ns = p->peer.last_ns + wall_less_monotonic_ns;
                p->since_wall_ns = p->peer.state == PEER_DOWN ? p->last_wall_ns
                                                              : p->peer.since_ns + wall_less_monotonic_ns;
                p->silent_ns = now_ns - p->peer.last_ns;
        }
        for (size_t i = 0; i < s->n_ack_sources; i++) {
                struct snapshot_ack_source *a = &s->ack_sources[i];

                a->own = links_by_address(env->links, &a->entry.address) != NULL;
                a->last_wall_ns = a->entry.last_ns + wall_less_monotonic_ns;
        }
}

static bool is_meant(const char *name, const struct section *s)
{
        return !name || strcasecmp(name, s->name) == 0;
}

/* The peers and ack sources, from the query's cursor on until its limit. */
static void list(const struct sections *sections, const struct snapshot_query *query, struct snapshot *s)
{
        size_t slot = query->from.slot;

        for (size_t i = query->from.section; i < sections_count(sections); i++, slot = 0) {
                const struct section *section = sections_at(sections, i);

                if (!is_meant(query->section, section) ||
                    section->ops->list(section, i, &slot, query->limit, s))
                        continue;
                s->next = (struct snapshot_cursor){ .more = true, .section = i, .slot = slot };
                return;
        }
}

static bool is_known(const struct sections *sections, const char *name)
{
        for (size_t i = 0; i < sections_count(sections); i++)
                if (is_meant(name, sections_at(sections, i)))
                        return true;
        return false;
}

int requests_snapshot(struct env *env, const struct sections *sections, const struct snapshot_query *query,
                      struct snapshot **ret)
{
        size_t n = sections_count(sections);
        int64_t now_ns = clock_monotonic_ns();
        struct snapshot *s;

        if (query->section && !is_known(sections, query->section))
                return -ENOENT;
        s = snapshot_new(n, query->limit);
        if (!s)
                return -ENOMEM;
        s->wall_ns = clock_wall_ns();
        s->n_sections = n;
        for (size_t i = 0; i < n; i++)
                describe(sections_at(sections, i), &s->sections[i], s->wall_ns - now_ns);
        if (query->limit) {
                list(sections, query, s);
                complete(s, env, now_ns);
        }
        *ret = s;
        return 0;
}

/* --- to send --- */

int requests_send(const struct sections *sections, const char *section, const char *text,
                  struct section_sent *ret, char why[CONTROL_WHY_SIZE])
{
        struct section *s = NULL;
        int r;

        for (size_t i = 0; !s && i < sections_count(sections); i++)
                if (is_meant(section, sections_at(sections, i)))
                        s = sections_at(sections, i);
        if (!s || !s->ops->send) {
                snprintf(why, CONTROL_WHY_SIZE, "%s: [%s]",
                         s ? "only emitters send, and this is a receiver" : "there is no section",
                         TEXT_ESCAPE(section, strlen(section)));
                return s ? -EOPNOTSUPP : -ENOENT;
        }
        if (text && (!*text || strlen(text) > MESSAGE_MAX)) {
                snprintf(why, CONTROL_WHY_SIZE, "the text has %zu bytes: 1 to %d can be sent", strlen(text),
                         MESSAGE_MAX);
                return -EMSGSIZE;
        }
        r = s->ops->send(s, text, ret);
        if (text && r == -E2BIG)
                snprintf(why, CONTROL_WHY_SIZE,
                         "the text has %zu bytes: 1 to %d can be sent and signed, see KEY", strlen(text),
                         MESSAGE_MAX - AUTH_TRAILER_SIZE);
        else if (r == -ENOTCONN)
                snprintf(why, CONTROL_WHY_SIZE, "[%s] is %s: %s", s->name, section_state_name(s->state),
                         s->why);
        else if (r < 0)
                snprintf(why, CONTROL_WHY_SIZE, "[%s] cannot send to %s: %s", s->name,
                         ENDPOINT_TEXT(&s->group), strerror(-r));
        return r;
}

/* --- to forget --- */

/* ADDRESS or ADDRESS%INTERFACE. */
static int parse_peer(const struct env *env, const char *text, struct address *ret,
                      char why[CONTROL_WHY_SIZE])
{
        size_t n = strcspn(text, "%");
        char plain[ADDRESS_TEXT_SIZE];
        const struct link *link = NULL;

        snprintf(plain, sizeof plain, "%.*s", (int)n, text);
        if (n >= sizeof plain || address_parse(plain, ret) < 0) {
                snprintf(why, CONTROL_WHY_SIZE, "\"%s\" is not an address such as 10.0.0.7 or fe80::7%%eth0",
                         TEXT_ESCAPE(text, strlen(text)));
                return -EINVAL;
        }
        if (!text[n])
                return 0;
        link = links_by_name(env->links, text + n + 1);
        if (!link) {
                snprintf(why, CONTROL_WHY_SIZE, "there is no interface \"%s\"",
                         TEXT_ESCAPE(text + n + 1, strlen(text + n + 1)));
                return -ENODEV;
        }
        ret->scope = link->index;
        return 0;
}

int requests_forget(struct env *env, const struct sections *sections, const char *section, const char *peer,
                    size_t *ret_n, char why[CONTROL_WHY_SIZE])
{
        struct address who;
        size_t n = 0;
        int r = parse_peer(env, peer, &who, why);

        if (r < 0)
                return r;
        if (section && !is_known(sections, section)) {
                snprintf(why, CONTROL_WHY_SIZE, "there is no section: [%s]",
                         TEXT_ESCAPE(section, strlen(section)));
                return -ENOENT;
        }
        for (size_t i = 0; i < sections_count(sections); i++)
                if (is_meant(section, sections_at(sections, i)))
                        n += sections_at(sections, i)->ops->forget(sections_at(sections, i), &who);
        if (n == 0) {
                snprintf(why, CONTROL_WHY_SIZE, "%s is not known%s", ADDRESS_TEXT(&who),
                         section ? " to this section" : "");
                return -ENOENT;
        }
        *ret_n = n;
        return 0;
}
