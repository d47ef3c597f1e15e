/* ping.c - the command `mcastctl ping`: asks a group who is there.
 * Each message has a socket of its own, so that a late ack is not taken for one of the next message. */
#include "ctl/ping.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium/core.h>
#include <sodium/randombytes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/ping_auth.h"
#include "ctl/ping_options.h"
#include "ctl/ping_report.h"
#include "ctl/ping_roster.h"
#include "os/batch.h"
#include "os/links.h"
#include "os/socket.h"

struct ping {
        struct ping_options options;
        struct netlink *netlink;
        struct links *links;
        struct ping_report *report;
        struct ping_roster *roster; /* NULL: not asked for */
        struct ping_auth *auth;     /* NULL: nothing is signed */
        struct batch *batch;
        struct acks *acks;
        int interrupts; /* readable once somebody wants us to stop */
};

/* The interface to send by, and the address to send from. 0; or -errno, after it was said what is wrong. */
static int find_link(struct ping *p, const struct link_choice *choice, struct socket_emitter *spec)
{
        const struct link *link = NULL;
        int r = links_choose(p->links, p->netlink, choice, &link);
        char why[LINK_WHY_SIZE];

        if (r < 0) {
                fprintf(stderr, "mcastctl ping: cannot send to %s: %s\n",
                        ENDPOINT_TEXT(&p->options.target.group), link_choice_why(choice, r, link, why));
                return r;
        }
        snprintf(p->options.target.zone, sizeof p->options.target.zone, "%s", link->name);
        spec->link = link->index;
        spec->link_name = link->name;
        spec->from = links_source_address(p->links, link, choice);
        return 0;
}

/* The socket to ask with; or -errno, after it was said what failed. */
static int open_socket(struct ping *p)
{
        const struct ping_options *o = &p->options;
        struct link_choice choice = target_choice(&o->target);
        struct socket_emitter spec = {
                .group = o->target.group,
                .source_port = (in_port_t)o->source_port,
                .ttl = (uint8_t)o->ttl,
                .loop = true,
        };
        struct socket_failure failure;
        int fd;

        if (find_link(p, &choice, &spec) < 0)
                return -ENODEV;
        fd = socket_open_emitter(&spec, &failure);
        if (fd < 0)
                fprintf(stderr, "mcastctl ping: cannot %s: %s\n", failure.tried, strerror(-fd));
        return fd;
}

/* Waits until fd (-1: none) is readable. 1; 0 where deadline_ns has passed; -EINTR where we are to stop. */
static int wait_readable(const struct ping *p, int fd, int64_t deadline_ns)
{
        struct pollfd fds[] = { { p->interrupts, POLLIN, 0 }, { fd, POLLIN, 0 } };
        int64_t left_ns = deadline_ns - clock_monotonic_ns();
        struct timespec left;

        if (left_ns < 0)
                left_ns = 0;
        left = (struct timespec){ .tv_sec = (time_t)(left_ns / NS_PER_S),
                                  .tv_nsec = (long)(left_ns % NS_PER_S) };
        if (ppoll(fds, 2, &left, NULL) < 0 || fds[0].revents)
                return -EINTR;
        return fds[1].revents != 0;
}

/* NULL: it is an answer. This host is not in the roster. */
static void note_in_roster(struct ping *p, const struct address *from, const struct gate_result *refused)
{
        const char *address = ADDRESS_TEXT_ON(from, p->options.target.zone);

        if (!p->roster || links_by_address(p->links, from))
                return;
        if (refused)
                ping_roster_note_refused(p->roster, address, refused->verdict);
        else
                ping_roster_note(p->roster, address);
}

static void note(struct ping *p, const struct datagram *d, int64_t now_ns, int64_t sent_ns)
{
        const struct address *from = &d->source.address;
        struct ping_answer answer = { .source = &d->source,
                                      .text = d->payload,
                                      .after_ns = now_ns - sent_ns };
        struct gate_result judged;

        ping_auth_judge(p->auth, d, &judged);
        answer.length = judged.length;
        if (judged.verdict != GATE_OK && judged.verdict != GATE_UNCHECKED) {
                ping_report_refused(p->report, &answer, &judged);
                note_in_roster(p, from, &judged);
                return;
        }
        ping_report_ack(p->report, &answer, acks_note(p->acks, from, now_ns));
        note_in_roster(p, from, NULL);
}

static int collect(struct ping *p, int fd, int64_t sent_ns)
{
        int r;

        while ((r = wait_readable(p, fd, sent_ns + p->options.timeout_ns)) > 0) {
                size_t most = BATCH_MAX;
                int64_t now_ns;

                (void)batch_receive(p->batch, fd, &most);
                now_ns = clock_monotonic_ns();
                for (size_t n; (n = batch_next(p->batch)) > 0;)
                        for (size_t i = 0; i < n; i++)
                                note(p, batch_datagram(p->batch, i), now_ns, sent_ns);
                if (now_ns - sent_ns >= p->options.timeout_ns)
                        return 0;
        }
        return r;
}

/* One message and its acks. 0, -EINTR where we are to stop, or another -errno after it was said. */
static int ask(struct ping *p)
{
        const struct ping_options *o = &p->options;
        uint8_t message[MESSAGE_MAX];
        int fd = open_socket(p), r;
        size_t length;
        int64_t sent_ns;

        if (fd < 0)
                return fd;
        ping_report_message(p->report);
        length = ping_auth_sign(p->auth, o->message, message);
        sent_ns = clock_monotonic_ns();
        acks_begin(p->acks, sent_ns);
        r = socket_send(fd, &o->target.group, message, length);
        if (r < 0)
                fprintf(stderr, "mcastctl ping: cannot send: %s%s\n", strerror(-r),
                        r == -EPERM ? " (a firewall of this host?)" : "");
        else
                r = collect(p, fd, sent_ns);
        close(fd);
        if (r == 0)
                ping_report_timeout(p->report);
        return r;
}

/* All messages. 0 or -errno as ask(). */
static int ask_all(struct ping *p)
{
        for (uint64_t i = 0; i < p->options.count; i++) {
                int64_t started_ns = clock_monotonic_ns();
                int r = ask(p);

                if (r == 0 && i + 1 < p->options.count)
                        r = wait_readable(p, -1, started_ns + p->options.interval_ns);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int open_ping(struct ping *p)
{
        struct hash_key key;
        sigset_t interrupts;
        int r;

        if (sodium_init() < 0)
                return -ENOSYS;
        randombytes_buf(&key, sizeof key);
        sigemptyset(&interrupts);
        sigaddset(&interrupts, SIGINT);
        sigaddset(&interrupts, SIGTERM);
        sigprocmask(SIG_BLOCK, &interrupts, NULL);
        p->interrupts = signalfd(-1, &interrupts, SFD_CLOEXEC);
        if (p->interrupts < 0)
                return -errno;
        r = netlink_new(&p->netlink);
        if (r == 0)
                r = links_read(p->netlink, &p->links);
        if (r == 0)
                r = ping_report_new(&p->options, &p->report);
        if (r == 0)
                r = batch_new(&p->batch);
        return r < 0 ? r : acks_new(&key, &p->acks);
}

/* Before anything is sent, so that what the daemon says is not of our own making. 0; or the exit status plus
 * one. */
static int ask_roster(struct ping *p)
{
        struct link_choice choice = target_choice(&p->options.target);
        struct socket_emitter unused = { 0 };

        if (!p->options.roster)
                return 0;
        if (find_link(p, &choice, &unused) < 0)
                return EXIT_FAILURE + 1;
        return ping_roster_ask(&p->options, &p->roster);
}

/* 0 or the exit status. */
static int judge(const struct ping *p)
{
        if (p->roster && ping_roster_missing(p->roster) > 0)
                return EXIT_FAILURE;
        return ping_report_nodes(p->report) >= p->options.expect ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void close_ping(struct ping *p)
{
        if (p->interrupts >= 0)
                close(p->interrupts);
        links_free(p->links);
        netlink_free(p->netlink);
        acks_free(p->acks);
        batch_free(p->batch);
        ping_report_free(p->report);
        ping_roster_free(p->roster);
        ping_auth_free(p->auth);
}

/* The exit status. */
static int ping(struct ping *p)
{
        int r = open_ping(p);

        if (r < 0) {
                fprintf(stderr, "mcastctl ping: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        r = ping_auth_new(&p->options, &p->auth);
        if (r == 0)
                r = ask_roster(p);
        if (r)
                return r - 1;
        r = ask_all(p);
        if (r < 0 && r != -EINTR)
                return EXIT_FAILURE;
        ping_report_end(p->report, p->roster);
        return judge(p);
}

static int run(int argc, char *argv[])
{
        struct ping p = { .interrupts = -1 };
        int status, r = ping_options_parse(argc, argv, &p.options);

        if (r)
                return r - 1;
        status = ping(&p);
        close_ping(&p);
        return status;
}

const struct command command_ping = {
        .name = "ping",
        .summary = "send a message to a group, and tell who acknowledges it",
        .about = "Sends a message to a multicast group, and tells who acknowledges it.\n",
        .notes =
                "Exit status: 0 enough nodes answered, 1 not enough or one is missing or refused, 64 wrong usage,\n"
                "78 the key cannot be read. See mcastctl(1).\n",
        .parameters = ping_parameters,
        .run = run,
};
