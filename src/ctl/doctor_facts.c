/* doctor_facts.c - gathers what mcastctl doctor judges by. Judges nothing itself. */
#include "ctl/doctor_facts.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "ctl/doctor_talk.h"
#include "os/membership.h"
#include "os/netlink.h"
#include "os/procfs.h"

/* Stands for the world outside: nobody has it (RFC 5737), so that only a default route leads there. */
static const struct address outside = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };

static bool could_be_chosen(const struct links *l, const struct link *link, int family)
{
        return (link->flags & IFF_UP) && (link->flags & IFF_MULTICAST) && !(link->flags & IFF_LOOPBACK) &&
               links_address_of(l, link->index, family);
}

static void gather_interface(const struct target *target, const struct links *l, struct netlink *netlink,
                             struct doctor_facts *f)
{
        struct link_choice choice = target_choice(target);
        const struct link *link = NULL;

        f->by_route = link_choice_is_by_route(&choice);
        f->choice_error = links_choose(l, netlink, &choice, &link);
        if (f->choice_error < 0)
                (void)link_choice_why(&choice, f->choice_error, link, f->why);
        if (link) {
                f->link = *link;
                f->has_address = links_address_of(l, link->index, f->group.address.family);
        }
        for (size_t i = 0; i < l->n && f->n_candidates < DOCTOR_CANDIDATES_MAX; i++)
                if (l->links[i].index != f->link.index &&
                    could_be_chosen(l, &l->links[i], f->group.address.family))
                        snprintf(f->candidates[f->n_candidates++], IFNAMSIZ, "%s", l->links[i].name);
}

static void gather_settings(struct netlink *netlink, struct doctor_facts *f)
{
        bool ipv6 = f->group.address.family == AF_INET6;
        const char *version = ipv6 ? "force_mld_version" : "force_igmp_version";
        const char *family = ipv6 ? "ipv6" : "ipv4";
        uint32_t link = 0;

        f->rmem_max = procfs_sysctl("core/rmem_max");
        f->max_memberships = procfs_sysctl("ipv4/igmp_max_memberships");
        f->rp_filter_all = procfs_sysctl("ipv4/conf/all/rp_filter");
        f->rp_filter = procfs_sysctl("ipv4/conf/%s/rp_filter", f->link.name);
        f->force_version_all = procfs_sysctl("%s/conf/all/%s", family, version);
        f->force_version = procfs_sysctl("%s/conf/%s/%s", family, f->link.name, version);
        f->default_elsewhere = netlink_route(netlink, &outside, &link) < 0 || link != f->link.index;
}

static void name_user(struct doctor_socket *s)
{
        const struct passwd *user = getpwuid(s->socket.user);

        if (user)
                snprintf(s->user, sizeof s->user, "%s", user->pw_name);
        else
                snprintf(s->user, sizeof s->user, "%u", (unsigned)s->socket.user);
}

/* Before we have sockets of our own. */
static void gather_programs(struct doctor_facts *f)
{
        struct udp_socket sockets[DOCTOR_SOCKETS_MAX];
        size_t n;

        f->members = membership_count(&f->group.address, f->link.index);
        f->n_joined = mcfilter_read(&f->group.address, f->link.index, f->joined, DOCTOR_JOINED_MAX);
        f->n_sockets = udp_sockets_read(f->group.address.family, f->group.port, sockets, DOCTOR_SOCKETS_MAX);
        if (f->n_sockets <= 0)
                return;
        n = f->n_sockets < DOCTOR_SOCKETS_MAX ? (size_t)f->n_sockets : DOCTOR_SOCKETS_MAX;
        if (udp_sockets_find_programs(sockets, n, &f->programs_hidden) < 0)
                f->programs_hidden = true;
        for (size_t i = 0; i < n; i++) {
                const struct address *local = &sockets[i].local.address;

                f->sockets[i].socket = sockets[i];
                f->sockets[i].member =
                        address_is_multicast(local) && membership_count(local, f->link.index) > 0;
                name_user(&f->sockets[i]);
        }
}

static void gather_bridge(const struct links *l, struct netlink *netlink, struct doctor_facts *f)
{
        const uint32_t indices[] = { f->link.index, f->link.master };

        for (size_t i = 0; i < 2; i++) {
                const struct link *link = indices[i] ? links_by_index(l, indices[i]) : NULL;

                if (!link || bridge_read(netlink, link->index, f->group.address.family, &f->bridge) < 0)
                        continue;
                snprintf(f->bridge_name, sizeof f->bridge_name, "%s", link->name);
                return;
        }
}

/* The first source that was seen on the interface, though this host would not answer it there. */
static void gather_stray_source(struct netlink *netlink, struct doctor_facts *f)
{
        for (size_t i = 0; i < f->talk.n_sources; i++) {
                const struct address *source = &f->talk.sources[i];
                uint32_t link;

                if (address_needs_link(source) ||
                    (netlink_route(netlink, source, &link) == 0 && link == f->link.index))
                        continue;
                f->stray_source = *source;
                return;
        }
}

static void hold_talk(const struct target *target, const struct links *l, struct doctor_facts *f)
{
        struct link_choice choice = target_choice(target);
        int64_t before = procfs_netstat("IPReversePathFilter"), after;

        doctor_talk_hold(f, l, links_source_address(l, &f->link, &choice));
        after = procfs_netstat("IPReversePathFilter");
        f->talk.filtered = before >= 0 && after >= 0 ? after - before : 0;
}

static void gather(const struct target *target, const struct links *l, struct netlink *netlink,
                   struct doctor_facts *f)
{
        gather_interface(target, l, netlink, f);
        gather_settings(netlink, f);
        gather_programs(f);
        gather_bridge(l, netlink, f);
        /* From no address nobody would hear us, not even this host. */
        if (f->choice_error < 0 || !f->has_address || (f->by_route && address_needs_link(&f->group.address)))
                return;
        hold_talk(target, l, f);
        gather_stray_source(netlink, f);
}

int doctor_facts_gather(const struct target *target, in_port_t source_port, struct doctor_facts *ret)
{
        struct netlink *netlink = NULL;
        struct links *l = NULL;
        int r = netlink_new(&netlink);

        if (r == 0)
                r = links_read(netlink, &l);
        if (r == 0) {
                *ret = (struct doctor_facts){ .group = target->group, .source_port = source_port };
                gather(target, l, netlink, ret);
        }
        links_free(l);
        netlink_free(netlink);
        return r;
}
