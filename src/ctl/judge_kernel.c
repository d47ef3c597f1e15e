/* judge_kernel.c - judges settings of the kernel. Pure. */
#include "ctl/judge_kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/doctor_checks.h"

/* As rp_filter counts it: the larger one of `all` and the interface's own. Negative if neither is known. */
static int64_t larger(int64_t a, int64_t b)
{
        return a > b ? a : b;
}

/* How sysctl(8) is told of an interface's setting: a dot in the name (a VLAN) would part it. */
static void mend_setting(struct findings *ret, const char *family, const char *link, const char *name,
                         int value)
{
        char dot = strchr(link, '.') ? '/' : '.';

        finding_mend(ret, "sysctl -w net%c%s%cconf%c%s%c%s=%d", dot, family, dot, dot, link, dot, name,
                     value);
}

static void judge_strict(const struct doctor_facts *f, struct findings *ret)
{
        const char *link = f->link.name;

        if (f->stray_source.family)
                finding_add(
                        ret, SEVERITY_PROBLEM,
                        "the filter is strict, and the route to %s, which sends to the group, does not leave by "
                        "%s: what it says is dropped",
                        ADDRESS_TEXT(&f->stray_source), link);
        else if (f->talk.filtered)
                finding_add(ret, SEVERITY_PROBLEM,
                            "the filter is strict, and has dropped %" PRId64
                            " datagrams just now: the routes to "
                            "their sources do not leave by the interface that they came by",
                            f->talk.filtered);
        else
                finding_add(
                        ret, f->default_elsewhere ? SEVERITY_NOTE : SEVERITY_OK,
                        "the filter is strict: sources are heard only if the route to them leaves by %s%s",
                        link,
                        f->default_elsewhere ? ", and the default route does not"
                                             : "; the default route does");
        if (ret->all[ret->n - 1].severity != SEVERITY_OK)
                mend_setting(ret, "ipv4", link, "rp_filter", 2);
}

void judge_rp_filter(const struct doctor_facts *f, struct findings *ret)
{
        int64_t mode = larger(f->rp_filter_all, f->rp_filter);

        if (f->group.address.family == AF_INET6)
                finding_add(ret, SEVERITY_OK, "IPv6 has no reverse-path filter but in firewall rules");
        else if (f->link.index == 0)
                finding_add(ret, SEVERITY_NOTE, "not looked at without an interface");
        else if (mode < 0)
                finding_add(ret, SEVERITY_NOTE, "the reverse-path filter's setting cannot be read");
        else if (mode == 1 && !(f->link.flags & IFF_LOOPBACK))
                judge_strict(f, ret);
        else
                finding_add(ret, SEVERITY_OK, "the reverse-path filter is %s",
                            mode == 0   ? "off"
                            : mode == 1 ? "strict, which does not matter here"
                                        : "loose");
}

/* The version in force, 0: the kernel finds out itself. For IGMP both settings count, for MLD that of all
 * goes first. *ret_all: whose it is. */
static int64_t forced_version(const struct doctor_facts *f, bool *ret_all)
{
        *ret_all = f->force_version_all > 0;
        return *ret_all ? f->force_version_all : f->force_version;
}

void judge_forced_version(const struct doctor_facts *f, struct findings *ret)
{
        bool ipv6 = f->group.address.family == AF_INET6, all;
        int64_t version = forced_version(f, &all), newest = ipv6 ? 2 : 3;
        const char *protocol = ipv6 ? "MLD" : "IGMP";

        if (f->link.index == 0) {
                finding_add(ret, SEVERITY_NOTE, "not looked at without an interface");
        } else if (version < 0) {
                finding_add(ret, SEVERITY_NOTE, "whether a version of %s is forced cannot be read", protocol);
        } else if (version == 0 || version >= newest) {
                finding_add(ret, SEVERITY_OK, "no old version of %s is forced", protocol);
        } else {
                bool specific = address_is_source_specific_group(&f->group.address);

                finding_add(ret, specific ? SEVERITY_PROBLEM : SEVERITY_NOTE,
                            "%s is forced to its old version %" PRId64
                            ": joins of a source (SOURCES) do not work%s",
                            protocol, version, specific ? ", and this group has no other" : "");
                mend_setting(ret, ipv6 ? "ipv6" : "ipv4", all ? "all" : f->link.name,
                             ipv6 ? "force_mld_version" : "force_igmp_version", 0);
        }
}

void judge_memberships(const struct doctor_facts *f, struct findings *ret)
{
        if (f->group.address.family == AF_INET6) {
                finding_add(ret, SEVERITY_OK, "IPv6 has no limit of groups on a socket");
        } else if (f->max_memberships < 0) {
                finding_add(ret, SEVERITY_NOTE, "net.ipv4.igmp_max_memberships cannot be read");
        } else {
                finding_add(ret, SEVERITY_OK,
                            "one socket can join %" PRId64
                            " groups at most; mcastd is not concerned, it has a socket for each",
                            f->max_memberships);
        }
}

void judge_receive_buffer(const struct doctor_facts *f, struct findings *ret)
{
        if (f->rmem_max < 0) {
                finding_add(ret, SEVERITY_NOTE, "net.core.rmem_max cannot be read in this network namespace");
        } else if (f->rmem_max < DOCTOR_RECEIVE_BUFFER) {
                /* Enough for most; a daemon says so itself, and works. */
                finding_add(ret, SEVERITY_NOTE,
                            "a socket gets a receive buffer of %" PRId64
                            " bytes at most, less than mcastd's default "
                            "RECEIVE_BUFFER of %d: a burst may be lost",
                            f->rmem_max, DOCTOR_RECEIVE_BUFFER);
                finding_mend(ret, "sysctl -w net.core.rmem_max=%d", DOCTOR_RECEIVE_BUFFER);
        } else {
                finding_add(ret, SEVERITY_OK, "a socket gets a receive buffer of up to %" PRId64 " bytes",
                            f->rmem_max);
        }
}
