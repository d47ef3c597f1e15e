/* judge_programs.c - judges the other programs of this host. Pure. */
#include "ctl/judge_programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define OWNER_SIZE (TEXT_ESCAPED_SIZE + 2 * DOCTOR_USER_SIZE)

#define CLOSED "mcastd closes its own while the interface is down"

/* Down, or missing though it was named. */
static bool is_away(const struct doctor_facts *f)
{
        return f->link.index ? !(f->link.flags & IFF_UP) : !f->by_route;
}

static bool is_mcastd(const struct doctor_socket *s)
{
        return strcmp(s->socket.program, "mcastd") == 0;
}

/* Whether it gets what is sent to the group, and so has what a receiver wants. */
static bool is_in_the_way(const struct doctor_facts *f, const struct doctor_socket *s)
{
        const struct address *local = &s->socket.local.address;

        return address_is_unspecified(local) || address_equal(local, &f->group.address);
}

static const char *owner_text(const struct doctor_facts *f, const struct doctor_socket *s,
                              char buffer[OWNER_SIZE])
{
        if (s->socket.pid)
                snprintf(buffer, OWNER_SIZE, "%s (process %ld of user %s)",
                         TEXT_ESCAPE(s->socket.program, strlen(s->socket.program)), (long)s->socket.pid,
                         s->user);
        else
                snprintf(buffer, OWNER_SIZE, "a program of user %s (%s)", s->user,
                         f->programs_hidden ? "which one can be seen by root only"
                                            : "which one cannot be seen from here");
        return buffer;
}

/* Which program it is must be looked at: nothing here ends one. */
static void mend_port(const struct doctor_facts *f, bool seen, struct findings *ret)
{
        if (f->talk.port_shared && seen)
                finding_mend(ret, "SHARE = any, in the section of the configuration");
        else
                finding_mend(ret, "%sss -ulnp 'sport = :%u'", !seen && f->programs_hidden ? "sudo " : "",
                             (unsigned)f->group.port);
}

/* Somebody has what mcastd wants, and may be mcastd itself where it cannot be seen. */
static void judge_taken(const struct doctor_facts *f, const struct doctor_socket *s, const char *owner,
                        struct findings *ret)
{
        const char *where = ENDPOINT_TEXT(&s->socket.local);

        if (s->socket.pid == 0)
                finding_add(ret, SEVERITY_NOTE, "%s has %s; if that is mcastd, all is well%s", owner, where,
                            f->programs_hidden ? ": root can see" : "");
        else if (f->talk.port_shared)
                finding_add(ret, SEVERITY_PROBLEM,
                            "%s has %s: mcastd cannot have the port with SHARE = no: stop that program, or "
                            "choose another PORT, or SHARE = any",
                            owner, where);
        else
                finding_add(ret, SEVERITY_PROBLEM,
                            "%s has %s: mcastd cannot have the port: stop that program, or choose another "
                            "PORT; SHARE = any helps only if that program shares as well",
                            owner, where);
        mend_port(f, s->socket.pid != 0, ret);
}

static void judge_socket(const struct doctor_facts *f, const struct doctor_socket *s, struct findings *ret)
{
        const char *where = ENDPOINT_TEXT(&s->socket.local);
        char owner[OWNER_SIZE];

        (void)owner_text(f, s, owner);
        if (!is_in_the_way(f, s)) {
                finding_add(ret, SEVERITY_OK, "%s has %s, which is something else", owner, where);
        } else if (is_mcastd(s)) {
                finding_add(ret, SEVERITY_OK, "%s has %s", owner, where);
        } else if (f->talk.port_taken) {
                judge_taken(f, s, owner, ret);
        } else {
                finding_add(ret, SEVERITY_NOTE, "%s has %s as well", owner, where);
        }
}

void judge_port(const struct doctor_facts *f, struct findings *ret)
{
        int n = f->n_sockets < DOCTOR_SOCKETS_MAX ? f->n_sockets : DOCTOR_SOCKETS_MAX;
        bool blamed = false;

        for (int i = 0; i < n; i++) {
                judge_socket(f, &f->sockets[i], ret);
                blamed |= is_in_the_way(f, &f->sockets[i]);
        }
        if (f->talk.port_taken && !blamed) {
                finding_add(ret, SEVERITY_PROBLEM, "somebody has port %u: mcastd cannot have it",
                            (unsigned)f->group.port);
                mend_port(f, true, ret);
        }
        if (f->n_sockets > n)
                finding_add(ret, SEVERITY_NOTE, "%d more sockets have port %u", f->n_sockets - n,
                            (unsigned)f->group.port);
        else if (f->n_sockets < 0)
                finding_add(ret, SEVERITY_NOTE, "who has port %u cannot be read: %s", (unsigned)f->group.port,
                            strerror(-f->n_sockets));
        else if (n == 0 && !f->talk.port_taken)
                finding_add(ret, SEVERITY_OK,
                            is_away(f) ? "no socket has port %u; " CLOSED : "nobody else has port %u",
                            (unsigned)f->group.port);
}

/* The other groups that programs hear on the port, each once. */
static const char *list_groups(const struct doctor_facts *f, char *buffer, size_t size)
{
        int n_sockets = f->n_sockets < DOCTOR_SOCKETS_MAX ? f->n_sockets : DOCTOR_SOCKETS_MAX;
        size_t n = 0;

        buffer[0] = '\0';
        for (int i = 0; i < n_sockets && n < size; i++) {
                const struct address *local = &f->sockets[i].socket.local.address;
                bool told = false;

                for (int k = 0; k < i; k++)
                        told |= address_equal(local, &f->sockets[k].socket.local.address);
                if (f->sockets[i].member && !told && !address_equal(local, &f->group.address))
                        n += (size_t)snprintf(buffer + n, size - n, "%s%s", n ? ", " : "",
                                              ADDRESS_TEXT(local));
        }
        return buffer;
}

static int listed_sources(const struct doctor_facts *f)
{
        return f->n_joined < DOCTOR_JOINED_MAX ? f->n_joined : DOCTOR_JOINED_MAX;
}

static bool is_joined(const struct doctor_facts *f, const struct address *source)
{
        for (int i = 0; i < listed_sources(f); i++)
                if (address_equal(&f->joined[i].address, source))
                        return true;
        return false;
}

/* Whether nobody hears others than the sources: one of them is joined by every member. */
static bool has_sources_only(const struct doctor_facts *f)
{
        for (int i = 0; i < listed_sources(f); i++)
                if (f->joined[i].sockets >= (unsigned long)f->members)
                        return true;
        return false;
}

/* ", from 10.0.0.77 only", as far as it fits; "" where all are heard. */
static const char *list_sources(const struct doctor_facts *f, char *buffer, size_t size)
{
        size_t n = 0;

        buffer[0] = '\0';
        for (int i = 0; i < listed_sources(f) && n < size; i++)
                n += (size_t)snprintf(buffer + n, size - n, "%s%s",
                                      i                     ? ", "
                                      : has_sources_only(f) ? ", from "
                                                            : ", some from ",
                                      ADDRESS_TEXT(&f->joined[i].address));
        if (n && n < size)
                snprintf(buffer + n, size - n, " only");
        return buffer;
}

/* Whoever is heard on the interface, but not by a member. It is as wanted where a source is heard, too. */
static void judge_strangers(const struct doctor_facts *f, struct findings *ret)
{
        enum severity severity = SEVERITY_PROBLEM;

        if (!has_sources_only(f) || f->n_joined > DOCTOR_JOINED_MAX)
                return;
        for (size_t i = 0; i < f->talk.n_sources; i++)
                if (is_joined(f, &f->talk.sources[i]))
                        severity = SEVERITY_NOTE;
        for (size_t i = 0; i < f->talk.n_sources; i++)
                if (!is_joined(f, &f->talk.sources[i]))
                        finding_add(ret, severity,
                                    "%s sends to the group, and is not among them: see SOURCES",
                                    ADDRESS_TEXT_ON(&f->talk.sources[i], f->link.name));
}

static void judge_joined(const struct doctor_facts *f, const char *also, struct findings *ret)
{
        char sources[FINDING_TEXT_SIZE / 2];

        finding_add(ret, SEVERITY_OK, "this host is a member of %s on %s, by %d socket%s%s%s",
                    ADDRESS_TEXT(&f->group.address), f->link.name, f->members, f->members == 1 ? "" : "s",
                    list_sources(f, sources, sizeof sources), also);
        judge_strangers(f, ret);
}

void judge_member(const struct doctor_facts *f, struct findings *ret)
{
        char others[FINDING_TEXT_SIZE / 2], also[FINDING_TEXT_SIZE] = "";
        const char *group = ADDRESS_TEXT(&f->group.address);

        if (list_groups(f, others, sizeof others)[0])
                snprintf(also, sizeof also, "; on port %u also of %s", (unsigned)f->group.port, others);
        if (f->link.index == 0 && !is_away(f))
                finding_add(ret, SEVERITY_NOTE, "not looked at without an interface");
        else if (f->members < 0)
                finding_add(ret, SEVERITY_NOTE, "members of %s cannot be read: %s", group,
                            strerror(-f->members));
        else if (f->members > 0)
                judge_joined(f, also, ret);
        else if (is_away(f))
                finding_add(ret, SEVERITY_NOTE, "no socket is joined; " CLOSED "%s", also);
        else
                finding_add(ret, SEVERITY_NOTE, "this host is no member of %s on %s: no receiver runs%s",
                            group, f->link.name, also);
}
