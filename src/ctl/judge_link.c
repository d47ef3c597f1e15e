/* judge_link.c - judges the interface. Pure. */
#include "ctl/judge_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *family_name(const struct doctor_facts *f)
{
        return f->group.address.family == AF_INET6 ? "IPv6" : "IPv4";
}

/* Down, or not there at all. */
static void judge_choice(const struct doctor_facts *f, struct findings *ret)
{
        finding_add(ret, SEVERITY_PROBLEM, "%s", f->why);
        if (f->choice_error == -ENETDOWN)
                finding_mend(ret, "ip link set dev %s up", f->link.name);
        else if (f->choice_error == -ENETUNREACH && f->n_candidates)
                finding_mend(ret,
                             f->group.address.family == AF_INET6
                                     ? "ip -6 route add multicast ff00::/8 dev %s table local"
                                     : "ip route add 224.0.0.0/4 dev %s",
                             f->candidates[0]);
        else
                finding_mend(ret, "ip address show");
}

void judge_interface(const struct doctor_facts *f, struct findings *ret)
{
        const struct link *link = &f->link;
        size_t before = ret->n;

        if (f->choice_error < 0)
                judge_choice(f, ret);
        if (link->index == 0)
                return;
        /* The loopback interface has not got this flag, and carries groups all the same. */
        if (!(link->flags & (IFF_MULTICAST | IFF_LOOPBACK))) {
                finding_add(ret, SEVERITY_PROBLEM, "%s is switched off for multicast", link->name);
                finding_mend(ret, "ip link set dev %s multicast on", link->name);
        }
        if ((link->flags & IFF_UP) && !link_has_carrier(link)) {
                finding_add(ret, SEVERITY_PROBLEM, "%s is up, but has no carrier: look at the cable",
                            link->name);
                finding_mend(ret, "ip link show dev %s", link->name);
        }
        /* An interface that is down has lost its IPv6 addresses. */
        if (!f->has_address && ((link->flags & IFF_UP) || f->group.address.family != AF_INET6)) {
                finding_add(ret, SEVERITY_PROBLEM, "%s has no usable %s address, and nobody could answer it",
                            link->name, family_name(f));
                finding_mend(ret, "ip address add ADDRESS/LENGTH dev %s", link->name);
        }
        if (ret->n == before)
                finding_add(ret, SEVERITY_OK, "%s is up, carries multicast, and has an %s address",
                            link->name, family_name(f));
}

/* The names of the others, as far as they fit. */
static const char *list_candidates(const struct doctor_facts *f, char *buffer, size_t size)
{
        size_t n = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < f->n_candidates && n < size; i++)
                n += (size_t)snprintf(buffer + n, size - n, "%s%s", i ? ", " : "", f->candidates[i]);
        return buffer;
}

static void judge_unchosen(const struct doctor_facts *f, struct findings *ret)
{
        finding_add(ret, SEVERITY_PROBLEM, "%s is another group on each link: the interface must be named",
                    ADDRESS_TEXT(&f->group.address));
        finding_mend(ret, "mcastctl doctor [%s%%%s]:%u", ADDRESS_TEXT(&f->group.address),
                     f->n_candidates      ? f->candidates[0]
                     : f->link.index != 0 ? f->link.name
                                          : "INTERFACE",
                     (unsigned)f->group.port);
}

void judge_route(const struct doctor_facts *f, struct findings *ret)
{
        char others[DOCTOR_CANDIDATES_MAX * (IFNAMSIZ + 2)];

        if (f->by_route && address_needs_link(&f->group.address)) {
                judge_unchosen(f, ret);
        } else if (f->link.index == 0) {
                finding_add(ret, SEVERITY_NOTE, "no interface is chosen");
        } else if (!f->by_route) {
                finding_add(ret, SEVERITY_OK, "%s is chosen by you, not by route", f->link.name);
        } else if (f->n_candidates) {
                finding_add(ret, SEVERITY_NOTE, "the route chooses %s; it could as well be %s", f->link.name,
                            list_candidates(f, others, sizeof others));
                finding_mend(ret, "INTERFACE = %s, in each section of the configuration", f->link.name);
        } else {
                finding_add(ret, SEVERITY_OK, "the route chooses %s; there is no other", f->link.name);
        }
}

void judge_snooping(const struct doctor_facts *f, struct findings *ret)
{
        const char *name = f->bridge_name;

        if (!name[0])
                finding_add(ret, SEVERITY_OK, "no bridge of this host has a part in it");
        else if (!f->bridge.snooping)
                finding_add(ret, SEVERITY_OK, "the bridge %s does not snoop: it forwards groups to all",
                            name);
        else if (f->bridge.querier || f->bridge.querier_seen)
                finding_add(ret, SEVERITY_OK, "the bridge %s snoops, and %s asks for members", name,
                            f->bridge.querier ? "itself" : "a querier");
        else {
                finding_add(
                        ret, SEVERITY_PROBLEM,
                        "the bridge %s snoops, but nobody asks for members (no querier): where a bridge or "
                        "switch snoops, groups go deaf after minutes",
                        name);
                finding_mend(ret, "ip link set dev %s type bridge mcast_querier 1", name);
        }
}
