/* test_doctor.c - ctl/doctor_checks and ctl/judge_*: from facts to findings. */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "ctl/doctor_checks.h"

#define UP (IFF_UP | IFF_RUNNING | IFF_MULTICAST)

/* A host on which all is well, and which has been answered. */
static struct doctor_facts healthy(const char *group)
{
        struct doctor_facts f = {
                .link = { .index = 2, .name = "eth0", .flags = UP },
                .has_address = true,
                .max_memberships = 100,
                .rmem_max = 8 << 20,
                .members = 1,
                .talk = { .tried = "listen",
                          .listened = true,
                          .watched = true,
                          .heard_self = true,
                          .acks = 1 },
        };
        char zone[IFNAMSIZ];

        if (endpoint_parse(group, &f.group, zone) < 0)
                fail_msg("not a group: %s", group);
        f.talk.ack_from = nth_address(7);
        return f;
}

/* The worst that the check has found, of which there is something always. */
static struct finding worst(const struct doctor_facts *facts, const char *check)
{
        struct findings all;
        struct finding found = { .check = NULL };

        doctor_check(facts, &all);
        for (size_t i = 0; i < all.n; i++)
                if (strcmp(all.all[i].check, check) == 0 &&
                    (!found.check || all.all[i].severity > found.severity))
                        found = all.all[i];
        if (!found.check)
                fail_msg("%s has found nothing", check);
        return found;
}

#define CHECK_FINDING(row, found, expected_severity, text_part, mend_part)                                   \
        do {                                                                                                 \
                CHECK_TEXT(row, severity_name((found).severity), severity_name(expected_severity));          \
                if (!strstr((found).text, text_part))                                                        \
                        fail_msg("%s: \"%s\" does not say \"%s\"", row, (found).text, text_part);            \
                if (!strstr((found).mend, mend_part))                                                        \
                        fail_msg("%s: \"%s\" does not say \"%s\"", row, (found).mend, mend_part);            \
        } while (0)

static void test_healthy(void **state)
{
        static const char *const groups[] = { "239.1.1.1:5001", "[ff15::1234:5678]:5001" };

        (void)state;
        for (size_t i = 0; i < N_OF(groups); i++) {
                struct doctor_facts f = healthy(groups[i]);
                struct findings all;

                doctor_check(&f, &all);
                for (size_t k = 0; k < all.n; k++)
                        CHECK_TEXT(all.all[k].text, severity_name(all.all[k].severity), "ok");
                CHECK_INT(groups[i], all.n, 12);
        }
}

static void test_group(void **state)
{
        static const struct {
                const char *group;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "239.1.1.1:1", SEVERITY_OK, "for networks of your own", "" },
                { "239.255.0.1:1", SEVERITY_OK, "for one site", "" },
                { "239.192.0.1:1", SEVERITY_OK, "for one organization", "" },
                { "224.0.0.251:1", SEVERITY_NOTE, "link-local", "MCAST_GROUP = 239.1.0.251" },
                { "224.0.1.1:1", SEVERITY_NOTE, "protocols of the Internet", "239.1.1.1" },
                { "224.2.1.1:1", SEVERITY_NOTE, "sessions", "239.2.1.1" },
                { "224.3.29.71:1", SEVERITY_NOTE, "AD-HOC", "239.3.29.71" },
                { "224.4.1.1:1", SEVERITY_NOTE, "AD-HOC", "" },
                { "224.5.1.1:1", SEVERITY_NOTE, "reserved", "" },
                { "225.1.1.1:1", SEVERITY_NOTE, "reserved", "" },
                { "231.1.1.1:1", SEVERITY_NOTE, "reserved", "" },
                { "238.1.1.1:1", SEVERITY_NOTE, "reserved", "" },
                { "232.1.1.1:1", SEVERITY_NOTE, "source-specific", "" },
                { "233.1.1.1:1", SEVERITY_OK, "autonomous system", "" },
                { "233.252.1.1:1", SEVERITY_NOTE, "AD-HOC", "" },
                { "234.1.1.1:1", SEVERITY_OK, "owner of an IPv4 network", "" },
                /* The 32 that share an Ethernet address: the upper nine bits do not matter. */
                { "239.0.0.1:1", SEVERITY_PROBLEM, "01:00:5e:00:00:01 with 224.0.0.1", "239.1.1.1" },
                { "239.128.0.22:1", SEVERITY_PROBLEM, "01:00:5e:00:00:16 with 224.0.0.22", "239.1.1.22" },
                { "224.128.0.1:1", SEVERITY_PROBLEM, "01:00:5e:00:00:01", "" },
                { "239.129.0.1:1", SEVERITY_OK, "administratively", "" },
                { "239.128.1.1:1", SEVERITY_OK, "administratively", "" },
                { "[ff11::1234:1]:1", SEVERITY_OK, "interface-local", "" },
                { "[ff12::1234:1]:1", SEVERITY_OK, "link-local", "" },
                { "[ff15::1234:1]:1", SEVERITY_OK, "site-local (scope 5)", "" },
                { "[ff16::1234:1]:1", SEVERITY_OK, "unassigned", "" },
                { "[ff1e::1234:1]:1", SEVERITY_OK, "global", "" },
                { "[ff10::1234:1]:1", SEVERITY_PROBLEM, "reserved scope 0", "ff15::/16" },
                { "[ff1f::1234:1]:1", SEVERITY_PROBLEM, "reserved scope f", "ff15::/16" },
                { "[ff05::1234:1]:1", SEVERITY_NOTE, "IANA", "ff15::/16" },
                { "[ff35::1234:1]:1", SEVERITY_NOTE, "source-specific", "" },
                { "[ff25::1234:1]:1", SEVERITY_NOTE, "do not go together", "" },
                { "[ff55::1234:1]:1", SEVERITY_NOTE, "do not go together", "" },
                { "[ff95::1234:1]:1", SEVERITY_NOTE, "a flag that is reserved", "" },
                { "[ff15::1]:1", SEVERITY_NOTE, "33:33:00:00:00:01 with ff02::1:", "" },
                { "[ff15::ff01:203]:1", SEVERITY_NOTE, "33:33:ff:01:02:03 with ff02::1:ff01:203", "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy(rows[i].group);
                struct finding found = worst(&f, "group");

                CHECK_FINDING(rows[i].group, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

static void test_interface(void **state)
{
        static const struct {
                const char *name;
                unsigned flags;
                int choice_error;
                bool no_address;
                enum severity severity;
                const char *mend;
        } rows[] = {
                { "healthy", UP, 0, false, SEVERITY_OK, "" },
                { "loopback", IFF_UP | IFF_RUNNING | IFF_LOOPBACK, 0, false, SEVERITY_OK, "" },
                { "down", IFF_MULTICAST, -ENETDOWN, false, SEVERITY_PROBLEM, "ip link set dev eth0 up" },
                { "no carrier", IFF_UP | IFF_MULTICAST, 0, false, SEVERITY_PROBLEM, "ip link show dev eth0" },
                { "no multicast", IFF_UP | IFF_RUNNING, 0, false, SEVERITY_PROBLEM,
                  "ip link set dev eth0 multicast on" },
                { "no address", UP, 0, true, SEVERITY_PROBLEM, "ip address add ADDRESS/LENGTH dev eth0" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.link.flags = rows[i].flags;
                f.choice_error = rows[i].choice_error;
                f.has_address = !rows[i].no_address;
                found = worst(&f, "interface");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, "", rows[i].mend);
        }
}

static void test_no_route(void **state)
{
        static const struct {
                const char *group, *mend;
        } rows[] = {
                { "239.1.1.1:5001", "ip route add 224.0.0.0/4 dev eth1" },
                { "[ff15::4:1]:5001", "ip -6 route add multicast ff00::/8 dev eth1 table local" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy(rows[i].group);
                struct finding found;

                f.link = (struct link){ 0 };
                f.choice_error = -ENETUNREACH;
                snprintf(f.why, sizeof f.why, "there is no route");
                f.n_candidates = 1;
                snprintf(f.candidates[0], IFNAMSIZ, "eth1");
                found = worst(&f, "interface");
                CHECK_FINDING(rows[i].group, found, SEVERITY_PROBLEM, "there is no route", rows[i].mend);
        }
}

static void test_route(void **state)
{
        static const struct {
                const char *name, *group;
                bool by_route;
                size_t n_candidates;
                enum severity severity;
                const char *text;
        } rows[] = {
                { "named", "239.1.1.1:5001", false, 2, SEVERITY_OK, "chosen by you" },
                { "only one", "239.1.1.1:5001", true, 0, SEVERITY_OK, "the route chooses eth0" },
                { "several", "239.1.1.1:5001", true, 2, SEVERITY_NOTE, "it could as well be eth1, eth2" },
                { "on a link", "[ff12::4:1]:5001", true, 0, SEVERITY_PROBLEM, "another group on each link" },
                { "on a named link", "[ff12::4:1]:5001", false, 0, SEVERITY_OK, "chosen by you" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy(rows[i].group);
                struct finding found;

                f.by_route = rows[i].by_route;
                f.n_candidates = rows[i].n_candidates;
                snprintf(f.candidates[0], IFNAMSIZ, "eth1");
                snprintf(f.candidates[1], IFNAMSIZ, "eth2");
                found = worst(&f, "route");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, "");
        }
}

static void test_snooping(void **state)
{
        static const struct {
                const char *name, *bridge_name;
                struct bridge bridge;
                enum severity severity;
        } rows[] = {
                { "no bridge", "", { 0 }, SEVERITY_OK },
                { "floods", "br0", { 0 }, SEVERITY_OK },
                { "asks itself", "br0", { .snooping = true, .querier = true }, SEVERITY_OK },
                { "is asked", "br0", { .snooping = true, .querier_seen = true }, SEVERITY_OK },
                { "nobody asks", "br0", { .snooping = true }, SEVERITY_PROBLEM },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                snprintf(f.bridge_name, sizeof f.bridge_name, "%s", rows[i].bridge_name);
                f.bridge = rows[i].bridge;
                found = worst(&f, "snooping");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, "", "");
        }
}

static void test_rp_filter(void **state)
{
        static const struct {
                const char *name, *link;
                int64_t all, own;
                bool default_elsewhere, stray;
                int64_t filtered;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "off", "eth0", 0, 0, true, true, 0, SEVERITY_OK, "off", "" },
                { "loose", "eth0", 0, 2, true, true, 0, SEVERITY_OK, "loose", "" },
                { "the larger one counts", "eth0", 1, 2, true, true, 0, SEVERITY_OK, "loose", "" },
                { "and drops nothing", "eth0", 0, 1, false, false, 0, SEVERITY_OK, "strict", "" },
                { "default elsewhere", "eth0", 0, 1, true, false, 0, SEVERITY_NOTE, "default route does not",
                  "" },
                { "all of them", "eth0", 1, 0, true, false, 0, SEVERITY_NOTE, "strict", "eth0.rp_filter=2" },
                { "a source", "eth0", 0, 1, false, true, 0, SEVERITY_PROBLEM, "10.0.0.9",
                  "sysctl -w net.ipv4.conf.eth0.rp_filter=2" },
                { "a count", "eth0", 0, 1, false, false, 3, SEVERITY_PROBLEM, "dropped 3 datagrams", "" },
                { "a dot in the name", "eth0.5", 0, 1, true, false, 3, SEVERITY_PROBLEM, "",
                  "sysctl -w net/ipv4/conf/eth0.5/rp_filter=2" },
                { "unknown", "eth0", -ENOENT, -ENOENT, true, false, 0, SEVERITY_NOTE, "cannot be read", "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                snprintf(f.link.name, sizeof f.link.name, "%s", rows[i].link);
                f.rp_filter_all = rows[i].all;
                f.rp_filter = rows[i].own;
                f.default_elsewhere = rows[i].default_elsewhere;
                f.talk.filtered = rows[i].filtered;
                if (rows[i].stray)
                        f.stray_source = nth_address(9);
                found = worst(&f, "rp-filter");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

static void test_forced_version(void **state)
{
        static const struct {
                const char *group;
                int64_t all, own;
                enum severity severity;
                const char *mend;
        } rows[] = {
                { "232.1.1.1:1", 0, 0, SEVERITY_OK, "" },
                { "232.1.1.1:1", 0, 3, SEVERITY_OK, "" },
                { "232.1.1.1:1", 0, 2, SEVERITY_PROBLEM, "net.ipv4.conf.eth0.force_igmp_version=0" },
                { "232.1.1.1:1", 1, 0, SEVERITY_PROBLEM, "net.ipv4.conf.all.force_igmp_version=0" },
                { "239.1.1.1:1", 0, 2, SEVERITY_NOTE, "net.ipv4.conf.eth0.force_igmp_version=0" },
                { "239.1.1.1:1", -ENOENT, -ENOENT, SEVERITY_NOTE, "" },
                { "[ff35::4:1]:1", 0, 1, SEVERITY_PROBLEM, "net.ipv6.conf.eth0.force_mld_version=0" },
                { "[ff35::4:1]:1", 1, 2, SEVERITY_PROBLEM, "net.ipv6.conf.all.force_mld_version=0" },
                { "[ff35::4:1]:1", 0, 2, SEVERITY_OK, "" },
                { "[ff15::4:1]:1", 0, 1, SEVERITY_NOTE, "net.ipv6.conf.eth0.force_mld_version=0" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy(rows[i].group);
                struct finding found;

                f.force_version_all = rows[i].all;
                f.force_version = rows[i].own;
                found = worst(&f, "version");
                CHECK_FINDING(rows[i].group, found, rows[i].severity, "", rows[i].mend);
        }
}

static void test_limits(void **state)
{
        static const struct {
                const char *check;
                int64_t value;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "buffer", 4194304, SEVERITY_OK, "4194304 bytes", "" },
                { "buffer", 4194303, SEVERITY_NOTE, "4194303 bytes", "sysctl -w net.core.rmem_max=4194304" },
                { "buffer", 212992, SEVERITY_NOTE, "RECEIVE_BUFFER", "sysctl -w net.core.rmem_max=4194304" },
                { "buffer", -ENOENT, SEVERITY_NOTE, "cannot be read", "" },
                { "memberships", 20, SEVERITY_OK, "20 groups at most; mcastd is not concerned", "" },
                { "memberships", -ENOENT, SEVERITY_NOTE, "cannot be read", "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.rmem_max = f.max_memberships = rows[i].value;
                found = worst(&f, rows[i].check);
                CHECK_FINDING(rows[i].check, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

/* A socket of the program on the port; pid 0: not seen. */
static void add_socket(struct doctor_facts *f, struct address local, const char *program, int pid)
{
        struct doctor_socket *s = &f->sockets[f->n_sockets++];

        s->socket.local = (struct endpoint){ local, f->group.port };
        s->socket.pid = pid;
        memcpy(s->socket.program, program, strlen(program) + 1);
        snprintf(s->user, sizeof s->user, "root");
        s->member = address_is_multicast(&local);
}

static void test_port(void **state)
{
        const struct address any = ipv4(0, 0, 0, 0), group = ipv4(239, 1, 1, 1), own = ipv4(10, 0, 0, 1);
        const struct {
                const char *name, *program;
                struct address local;
                int pid;
                bool taken, shared;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "shares", "other", any, 7, false, false, SEVERITY_NOTE, "other (process 7 of user root)",
                  "" },
                { "any", "other", any, 7, true, false, SEVERITY_PROBLEM, "0.0.0.0:5001: mcastd cannot",
                  "ss -ulnp 'sport = :5001'" },
                { "the group", "other", group, 7, true, false, SEVERITY_PROBLEM,
                  "stop that program, or choose", "ss -ulnp 'sport = :5001'" },
                { "would share", "other", any, 7, true, true, SEVERITY_PROBLEM, "or SHARE = any",
                  "SHARE = any" },
                { "not seen", "", any, 0, true, false, SEVERITY_NOTE,
                  "by root only) has 0.0.0.0:5001; if that is mcastd, all is well: root can see",
                  "sudo ss -ulnp 'sport = :5001'" },
                { "elsewhere", "other", own, 7, false, false, SEVERITY_OK, "something else", "" },
                { "not its fault", "other", own, 7, true, false, SEVERITY_PROBLEM, "somebody", "ss -ulnp" },
                { "mcastd", "mcastd", group, 7, true, false, SEVERITY_OK, "mcastd (process 7", "" },
                { "a stranger", "\x1b[1m\\", any, 7, true, false, SEVERITY_PROBLEM, "\\x1b[1m\\x5c (", "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                add_socket(&f, rows[i].local, rows[i].program, rows[i].pid);
                f.programs_hidden = rows[i].pid == 0;
                f.talk.port_taken = rows[i].taken;
                f.talk.port_shared = rows[i].shared;
                found = worst(&f, "port");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

static void test_nobody_has_the_port(void **state)
{
        struct doctor_facts f = healthy("239.1.1.1:5001");
        struct finding found = worst(&f, "port");

        (void)state;
        CHECK_FINDING("up", found, SEVERITY_OK, "nobody else has port 5001", "");
        f.link.flags &= ~(unsigned)IFF_UP;
        found = worst(&f, "port");
        CHECK_FINDING("down", found, SEVERITY_OK, "no socket has port 5001; mcastd closes its own", "");
}

static void test_more_sockets_than_are_listed(void **state)
{
        struct doctor_facts f = healthy("239.1.1.1:5001");
        struct finding found;

        (void)state;
        while (f.n_sockets < DOCTOR_SOCKETS_MAX)
                add_socket(&f, ipv4(10, 0, 0, 1), "other", 7);
        f.n_sockets += 5;
        found = worst(&f, "port");
        CHECK_FINDING("more", found, SEVERITY_NOTE, "5 more sockets", "");
}

static void test_member(void **state)
{
        struct doctor_facts f = healthy("239.1.1.1:5001");
        struct finding found = worst(&f, "member");

        (void)state;
        CHECK_FINDING("one", found, SEVERITY_OK, "by 1 socket", "");
        /* Two of one group, and the group that was asked for: both are told once, or not. */
        add_socket(&f, ipv4(239, 1, 1, 1), "mcastd", 7);
        add_socket(&f, ipv4(239, 1, 1, 2), "mcastd", 7);
        add_socket(&f, ipv4(239, 1, 1, 2), "mcastd", 7);
        add_socket(&f, ipv4(10, 0, 0, 1), "mcastd", 7);
        add_socket(&f, ipv4(239, 1, 1, 3), "mcastd", 7);
        f.members = 2;
        found = worst(&f, "member");
        CHECK_TEXT(
                "two", found.text,
                "this host is a member of 239.1.1.1 on eth0, by 2 sockets; on port 5001 also of 239.1.1.2, "
                "239.1.1.3");
        f.members = 0;
        found = worst(&f, "member");
        CHECK_FINDING("none", found, SEVERITY_NOTE, "no member", "");
        f.link.flags &= ~(unsigned)IFF_UP;
        found = worst(&f, "member");
        CHECK_FINDING("down", found, SEVERITY_NOTE,
                      "no socket is joined; mcastd closes its own while the interface is down", "");
        f.link = (struct link){ 0 };
        found = worst(&f, "member");
        CHECK_FINDING("missing", found, SEVERITY_NOTE, "no socket is joined", "");
        f.by_route = true;
        found = worst(&f, "member");
        CHECK_FINDING("no route", found, SEVERITY_NOTE, "not looked at", "");
}

static void test_sources(void **state)
{
        static const struct {
                const char *name;
                int members;
                unsigned long sockets[2]; /* that have joined from 10.0.0.77, from 10.0.0.78 */
                uint8_t heard[2];         /* 10.0.0.x; 0: none */
                enum severity severity;
                const char *text;
        } rows[] = {
                { "one", 1, { 1 }, { 77 }, SEVERITY_OK, "by 1 socket, from 10.0.0.77 only" },
                { "two", 1, { 1, 1 }, { 0 }, SEVERITY_OK, ", from 10.0.0.77, 10.0.0.78 only" },
                { "of one socket", 2, { 1 }, { 2 }, SEVERITY_OK, "2 sockets, some from 10.0.0.77 only" },
                { "of all",
                  2,
                  { 2 },
                  { 2 },
                  SEVERITY_PROBLEM,
                  "10.0.0.2 sends to the group, and is not among" },
                { "another", 1, { 1 }, { 2 }, SEVERITY_PROBLEM, "see SOURCES" },
                { "another as well", 1, { 1 }, { 2, 77 }, SEVERITY_NOTE, "10.0.0.2 sends to the group" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.members = rows[i].members;
                for (uint8_t k = 0; k < 2; k++) {
                        if (rows[i].sockets[k])
                                f.joined[f.n_joined++] =
                                        (struct mcfilter_source){ ipv4(10, 0, 0, (uint8_t)(77 + k)),
                                                                  rows[i].sockets[k] };
                        if (rows[i].heard[k])
                                f.talk.sources[f.talk.n_sources++] = ipv4(10, 0, 0, rows[i].heard[k]);
                }
                found = worst(&f, "member");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, "");
        }
}

static void test_round_trip(void **state)
{
        static const struct {
                const char *name;
                struct doctor_talk talk;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "not held", { 0 }, SEVERITY_NOTE, "not tried", "" },
                { "heard",
                  { .tried = "x", .listened = true, .heard_self = true },
                  SEVERITY_OK,
                  "heard itself",
                  "" },
                { "not heard",
                  { .tried = "x", .listened = true },
                  SEVERITY_PROBLEM,
                  "did not hear itself",
                  "ip daddr 239.1.1.1 udp dport 5001 accept" },
                { "deaf", { .tried = "x" }, SEVERITY_NOTE, "another program has the port", "" },
                { "refused",
                  { .error = -EPERM, .tried = "send" },
                  SEVERITY_PROBLEM,
                  "cannot send: Operation not permitted (a firewall of this host?)",
                  "nft list ruleset" },
                { "failed",
                  { .error = -ENOBUFS, .tried = "join" },
                  SEVERITY_PROBLEM,
                  "cannot join: No buffer",
                  "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.talk = rows[i].talk;
                found = worst(&f, "round-trip");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

static void test_without_an_address(void **state)
{
        static const char *const checks[] = { "round-trip", "firewall" };

        (void)state;
        for (size_t i = 0; i < N_OF(checks); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.has_address = false;
                f.talk = (struct doctor_talk){ 0 };
                found = worst(&f, checks[i]);
                CHECK_FINDING(checks[i], found, SEVERITY_NOTE, "not tried without an address", "");
                f.link.flags &= ~(unsigned)IFF_UP;
                f.choice_error = -ENETDOWN;
                found = worst(&f, checks[i]);
                CHECK_FINDING(checks[i], found, SEVERITY_NOTE, "without an interface that is up", "");
        }
}

static void test_firewall(void **state)
{
        static const struct {
                const char *name;
                in_port_t source_port;
                bool watched, stray;
                unsigned heard, acks, wire_heard, wire_acks;
                enum severity severity;
                const char *text, *mend;
        } rows[] = {
                { "acks", 0, true, false, 1, 1, 1, 1, SEVERITY_OK, "acks come in", "" },
                { "acks are dropped", 0, true, false, 1, 0, 1, 1, SEVERITY_PROBLEM, "this host drops them",
                  "udp sport 5001 udp dport 5002 accept" },
                { "to a known port", 99, true, false, 1, 0, 1, 1, SEVERITY_PROBLEM, "acks reach eth0",
                  "nft insert rule inet filter input udp sport 5001 udp dport 99 accept" },
                { "and from there", 99, true, false, 1, 0, 1, 1, SEVERITY_PROBLEM,
                  "then mcastctl ping --source-port 99", "" },
                { "all is dropped", 0, true, false, 0, 0, 1, 1, SEVERITY_PROBLEM, "acks reach eth0", "" },
                { "nobody acks", 0, true, false, 1, 0, 1, 0, SEVERITY_NOTE, "no ack reaches eth0", "" },
                { "who knows", 0, false, false, 1, 0, 0, 0, SEVERITY_PROBLEM, "statuses are heard",
                  "dport 5002" },
                { "statuses are dropped", 0, true, false, 0, 0, 1, 0, SEVERITY_PROBLEM,
                  "this host drops them", "ip daddr 239.1.1.1 udp dport 5001 accept" },
                { "by the filter", 0, true, true, 0, 0, 1, 0, SEVERITY_NOTE, "nobody", "" },
                { "silence", 0, true, false, 0, 0, 0, 0, SEVERITY_NOTE, "nobody", "" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct doctor_facts f = healthy("239.1.1.1:5001");
                struct finding found;

                f.source_port = rows[i].source_port;
                f.talk.watched = rows[i].watched;
                f.talk.heard = rows[i].heard;
                f.talk.acks = rows[i].acks;
                f.talk.wire_heard = rows[i].wire_heard;
                f.talk.wire_acks = rows[i].wire_acks;
                if (rows[i].stray) {
                        f.stray_source = nth_address(9);
                        f.rp_filter = 1;
                }
                found = worst(&f, "firewall");
                CHECK_FINDING(rows[i].name, found, rows[i].severity, rows[i].text, rows[i].mend);
        }
}

static void test_findings_have_an_end(void **state)
{
        struct findings f = { .check = "one" };

        (void)state;
        for (int i = 0; i < FINDINGS_MAX + 1; i++)
                finding_add(&f, SEVERITY_NOTE, "%d", i);
        CHECK_INT("all", f.n, FINDINGS_MAX);
        CHECK_INT("notes", findings_count(&f, SEVERITY_NOTE), FINDINGS_MAX);
        CHECK_INT("problems", findings_count(&f, SEVERITY_PROBLEM), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_healthy),
                cmocka_unit_test(test_group),
                cmocka_unit_test(test_interface),
                cmocka_unit_test(test_no_route),
                cmocka_unit_test(test_route),
                cmocka_unit_test(test_snooping),
                cmocka_unit_test(test_rp_filter),
                cmocka_unit_test(test_forced_version),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_port),
                cmocka_unit_test(test_nobody_has_the_port),
                cmocka_unit_test(test_more_sockets_than_are_listed),
                cmocka_unit_test(test_member),
                cmocka_unit_test(test_sources),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_without_an_address),
                cmocka_unit_test(test_firewall),
                cmocka_unit_test(test_findings_have_an_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
