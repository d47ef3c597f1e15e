/* attachment.c - which interface a section belongs to, and what becomes of it. */
#include "loop/attachment.h"

#include <stdio.h>
#include <string.h>

void attachment_init(struct attachment *a, struct env *env, struct section *section,
                     const struct config_group *at, bool needs_address)
{
        *a = (struct attachment){ .env = env, .section = section, .at = at, .needs_address = needs_address };
}

static struct link_choice choice_of(const struct config_group *at)
{
        return (struct link_choice){ at->interface, &at->ip_address, &at->group, "INTERFACE" };
}

bool attachment_is_by_route(const struct config_group *at)
{
        const struct link_choice choice = choice_of(at);

        return link_choice_is_by_route(&choice);
}

/* The other interfaces that multicast could leave by, as a list; "" without any. */
static void list_others(const struct links *links, uint32_t chosen, char *buffer, size_t size)
{
        size_t n = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < links->n; i++) {
                const struct link *l = &links->links[i];

                if (l->index == chosen || !(l->flags & IFF_UP) || !(l->flags & IFF_MULTICAST) ||
                    (l->flags & IFF_LOOPBACK) || n >= size)
                        continue;
                n += (size_t)snprintf(buffer + n, size - n, "%s%s", n ? ", " : "", l->name);
        }
}

static const char *name_of(const struct links *links, uint32_t index)
{
        const struct link *l = links_by_index(links, index);

        return l ? l->name : "?";
}

static void say_warning(struct attachment *a, enum attachment_warning warning, const struct link *link)
{
        const struct links *links = a->env->links;
        char others[LINK_WHY_SIZE];

        switch (warning) {
        case ATTACHMENT_NO_MULTICAST:
                section_log(a->section, EVENT_LINK, "%s cannot do multicast: ip link set %s multicast on",
                            link->name, link->name);
                break;
        case ATTACHMENT_IS_PORT:
                section_log(a->section, EVENT_LINK,
                            "%s is a port of %s, which takes what arrives: INTERFACE = %s would hear it",
                            link->name, name_of(links, link->master), name_of(links, link->master));
                break;
        case ATTACHMENT_AMBIGUOUS:
                list_others(links, link->index, others, sizeof others);
                section_log(a->section, EVENT_LINK,
                            "the route chose %s; there is also %s: INTERFACE says which is meant", link->name,
                            others);
                break;
        default:
                break;
        }
}

static enum attachment_warning warning_of(const struct attachment *a, const struct link *link)
{
        char others[LINK_WHY_SIZE];

        if (!(link->flags & (IFF_MULTICAST | IFF_LOOPBACK)))
                return ATTACHMENT_NO_MULTICAST;
        if (link->is_port)
                return ATTACHMENT_IS_PORT;
        if (!attachment_is_by_route(a->at))
                return ATTACHMENT_WELL;
        list_others(a->env->links, link->index, others, sizeof others);
        return others[0] ? ATTACHMENT_AMBIGUOUS : ATTACHMENT_WELL;
}

/* What may be wrong with the choice is said once, as long as the choice is the same. */
static void warn(struct attachment *a, const struct link *link)
{
        enum attachment_warning warning = warning_of(a, link);

        if (warning != ATTACHMENT_WELL && (warning != a->warning || link->index != a->warned_of))
                say_warning(a, warning, link);
        /* Other candidates come and go; that is no news each time. */
        if (warning == ATTACHMENT_WELL && a->warned_of == link->index && a->warning == ATTACHMENT_AMBIGUOUS)
                return;
        a->warning = warning;
        a->warned_of = link->index;
}

static void note_name(struct attachment *a, const struct link *link)
{
        if (strcmp(a->name, link->name) == 0)
                return;
        section_log(a->section, EVENT_LINK, "%s is called %s now", a->name, link->name);
        memcpy(a->name, link->name, sizeof a->name);
}

static void attach(struct attachment *a, const struct link *link)
{
        a->index = link->index;
        a->loopback = link->flags & IFF_LOOPBACK;
        a->carrier = link_has_carrier(link);
        a->ups = link->ups;
        memcpy(a->name, link->name, sizeof a->name);
        warn(a, link);
}

static enum attachment_change look_at_carrier(struct attachment *a, const struct link *link)
{
        bool had = a->carrier, flapped = link->ups != a->ups;
        char why[LINK_WHY_SIZE];

        a->carrier = link_has_carrier(link);
        a->ups = link->ups;
        if (had && !a->carrier)
                section_waits(a->section, attachment_without_carrier(a, why));
        /* It may have been away for less time than it takes to look. */
        return a->carrier && (!had || flapped) ? ATTACHMENT_CARRIER_BACK : ATTACHMENT_SAME;
}

/* The interface to be used; or NULL, and the section waits. */
static const struct link *find(struct attachment *a)
{
        const struct link_choice choice = choice_of(a->at);
        const struct link *link = NULL;
        char why[LINK_WHY_SIZE];
        int r = links_choose(a->env->links, a->env->netlink, &choice, &link);

        if (r < 0) {
                section_waits(a->section, link_choice_why(&choice, r, link, why));
                return NULL;
        }
        /* The kernel would send from 0.0.0.0, or from the address of another interface. */
        if (a->needs_address && !links_address_of(a->env->links, link->index, a->at->group.family)) {
                snprintf(why, sizeof why, "%s has no %s address", link->name,
                         a->at->group.family == AF_INET6 ? "IPv6" : "IPv4");
                section_waits(a->section, why);
                return NULL;
        }
        return link;
}

enum attachment_change attachment_look(struct attachment *a, const struct link_news *news)
{
        const struct link *link = find(a);
        uint32_t before = a->index;

        if (!link) {
                a->index = 0;
                return before ? ATTACHMENT_LOST : ATTACHMENT_SAME;
        }
        if (before == link->index && !(news && link_news_has(news, before))) {
                note_name(a, link);
                warn(a, link);
                return look_at_carrier(a, link);
        }
        attach(a, link);
        return before ? ATTACHMENT_OTHER : ATTACHMENT_NEW;
}

const char *attachment_without_carrier(const struct attachment *a, char buffer[LINK_WHY_SIZE])
{
        snprintf(buffer, LINK_WHY_SIZE, "%s has no carrier", a->name);
        return buffer;
}

void attachment_forget(struct attachment *a)
{
        a->index = 0;
}

const struct address *attachment_source(const struct attachment *a)
{
        const struct link_choice choice = choice_of(a->at);
        const struct link *link = links_by_index(a->env->links, a->index);

        return link ? links_source_address(a->env->links, link, &choice) : NULL;
}
