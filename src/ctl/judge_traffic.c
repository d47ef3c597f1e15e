/* judge_traffic.c - judges what came of asking the group. Pure. */
#include "ctl/judge_traffic.h"

#include <errno.h>
#include <string.h>

/* Rules go to the chain that Debian's /etc/nftables.conf has, in front of what is there: it may drop. */
#define RULE       "nft insert rule inet filter input "
#define OTHER_NAME "table and chain may be called otherwise: nft list ruleset"

static const char *family_word(const struct doctor_facts *f)
{
        return f->group.address.family == AF_INET6 ? "ip6" : "ip";
}

/* The rule that lets in what is sent to the group. */
static void mend_group(const struct doctor_facts *f, struct findings *ret)
{
        finding_mend(ret, RULE "%s daddr %s udp dport %u accept", family_word(f),
                     ADDRESS_TEXT(&f->group.address), (unsigned)f->group.port);
}

static bool was_held(const struct doctor_facts *f, struct findings *ret)
{
        if (f->talk.tried[0])
                return true;
        finding_add(ret, SEVERITY_NOTE, "not tried without an %s",
                    f->choice_error == 0 && f->link.index && !f->has_address ? "address"
                                                                             : "interface that is up");
        return false;
}

void judge_round_trip(const struct doctor_facts *f, struct findings *ret)
{
        const struct doctor_talk *t = &f->talk;
        const char *group = ENDPOINT_TEXT(&f->group);

        if (!was_held(f, ret))
                return;
        if (t->error < 0) {
                /* What a firewall says to whoever sends. */
                finding_add(ret, SEVERITY_PROBLEM, "cannot %s: %s%s", t->tried, strerror(-t->error),
                            t->error == -EPERM ? " (a firewall of this host?)" : "");
                if (t->error == -EPERM)
                        finding_mend(ret, "nft list ruleset");
        } else if (t->heard_self) {
                finding_add(ret, SEVERITY_OK, "joined %s on %s, sent to it, and heard itself", group,
                            f->link.name);
        } else if (!t->listened) {
                finding_add(ret, SEVERITY_NOTE, "cannot hear %s: another program has the port; root could",
                            group);
        } else {
                finding_add(
                        ret, SEVERITY_PROBLEM,
                        "joined %s on %s and sent to it, but did not hear itself: a firewall drops what comes to "
                        "the group (" OTHER_NAME ")",
                        group, f->link.name);
                mend_group(f, ret);
        }
}

/* What acks come to: the port that was asked for, or one to ask from. */
static unsigned asking_port(const struct doctor_facts *f)
{
        unsigned group = f->group.port;

        if (f->source_port)
                return f->source_port;
        return group == 65535 ? group - 1 : group + 1;
}

/* The rule that lets acks in; LET_IN, with asking_port(), says what else is to know. */
static void mend_acks(const struct doctor_facts *f, struct findings *ret)
{
        finding_mend(ret, RULE "udp sport %u udp dport %u accept", (unsigned)f->group.port, asking_port(f));
}

#define LET_IN                                                                                               \
        "let them in (" OTHER_NAME "; for firewalld see /usr/share/doc/mcastd/examples/mcastd.xml), then "   \
        "mcastctl ping --source-port %u"

/* Others are heard, and do not answer us. */
static void judge_silence(const struct doctor_facts *f, struct findings *ret)
{
        const struct doctor_talk *t = &f->talk;
        const char *from = ADDRESS_TEXT_ON(&t->from, f->link.name);

        if (t->watched) {
                finding_add(
                        ret, SEVERITY_NOTE,
                        "%s is heard, and no ack reaches %s: nobody there has ack among its HANDLERS, or takes what is "
                        "not signed (AUTH), or our question is dropped on the way",
                        from, f->link.name);
                return;
        }
        finding_add(
                ret, SEVERITY_PROBLEM,
                "statuses are heard (%s), acks are not: either nobody there has ack among its HANDLERS, or takes what "
                "is not signed (AUTH), or a stateful firewall here drops acks; run as root, doctor can tell; if it does, " LET_IN,
                from, asking_port(f));
        mend_acks(f, ret);
}

static void judge_dropped(const struct doctor_facts *f, struct findings *ret)
{
        finding_add(
                ret, SEVERITY_PROBLEM,
                "datagrams of the group reach %s (from %s), but not its members: this host drops them (" OTHER_NAME
                ")",
                f->link.name, ADDRESS_TEXT_ON(&f->talk.wire_from, f->link.name));
        mend_group(f, ret);
}

/* The reverse-path filter explains it, and has a finding of its own. */
static bool is_filtered(const struct doctor_facts *f)
{
        return f->stray_source.family && (f->rp_filter_all == 1 || f->rp_filter == 1);
}

void judge_firewall(const struct doctor_facts *f, struct findings *ret)
{
        const struct doctor_talk *t = &f->talk;

        if (!was_held(f, ret))
                return;
        if (t->error < 0) {
                finding_add(ret, SEVERITY_NOTE, "not tried: the question could not be asked");
        } else if (f->link.flags & IFF_LOOPBACK) {
                finding_add(ret, SEVERITY_OK, "no other host is on %s", f->link.name);
        } else if (t->acks) {
                finding_add(ret, SEVERITY_OK, "acks come in, the first from %s",
                            ADDRESS_TEXT_ON(&t->ack_from, f->link.name));
        } else if (t->wire_acks) {
                finding_add(
                        ret, SEVERITY_PROBLEM,
                        "acks reach %s (from %s), and this host drops them: to a stateful firewall they are no "
                        "answer, as the question went to the group; " LET_IN,
                        f->link.name, ADDRESS_TEXT_ON(&t->wire_ack_from, f->link.name), asking_port(f));
                mend_acks(f, ret);
        } else if (t->heard) {
                judge_silence(f, ret);
        } else if (t->wire_heard && t->listened && !is_filtered(f)) {
                judge_dropped(f, ret);
        } else {
                finding_add(ret, SEVERITY_NOTE, "nobody else was heard, and nobody answered");
        }
}
