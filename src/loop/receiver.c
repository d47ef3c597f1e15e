/* receiver.c - a section that listens: its socket is opened, joined, watched for silence and closed, as its
 * interface comes and goes. What is done with the datagrams is in reception.c. */
#include "loop/receiver.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/attachment.h"
#include "loop/intake.h"
#include "loop/reception.h"
#include "loop/timer.h"
#include "os/membership.h"
#include "os/socket.h"
#include "state/silence.h"

_Static_assert(CONFIG_SOURCES_MAX <= SOCKET_SOURCES_MAX, "SOURCES must be joinable");

/* What is at most read before somebody counts as silent. */
#define CATCH_UP_MAX 4096

struct receiver {
        struct section section; /* first: a pointer to it is one to the receiver */
        struct config_receiver cfg;
        struct attachment link;
        int fd;          /* -1: not open */
        uint32_t joined; /* the interface on which fd has joined */
        struct intake intake;
        struct reception reception;
        struct silence silence;
        struct event *quiet;     /* armed while silence would be news */
        uint64_t granted_said;   /* bytes of receive buffer, as last complained of */
        uint64_t rejoins_before; /* the silence that is on; of STAT_REJOINS */
        bool refusal_said;       /* that in it all that comes is refused */
};

static struct receiver *receiver_of(struct section *s)
{
        return (struct receiver *)s;
}

static struct socket_receiver spec_of(const struct receiver *r)
{
        return (struct socket_receiver){
                .group = r->section.group,
                .link = r->link.index,
                .link_name = r->link.name,
                .sources = r->cfg.sources.addresses,
                .n_sources = r->cfg.sources.n,
                .receive_buffer = r->cfg.receive_buffer,
                .share_any = r->cfg.share_any,
        };
}

/* --- silence --- */

static void arm_quiet(struct receiver *r)
{
        if (r->fd < 0 || r->cfg.expect_every_ns == 0)
                (void)event_del(r->quiet);
        else if (timer_arm(r->quiet, r->silence.due_ns) < 0)
                section_log(&r->section, EVENT_LIBRARY, "no memory for a timer: silence goes unnoticed");
}

/* What is refused for its signature is not heard, but the network brings it. */
#define SILENCE_TEXT_SIZE 128
static const char *silence_text(const struct receiver *r, char buffer[SILENCE_TEXT_SIZE])
{
        bool refusing = reception_is_refusing(&r->reception, r->cfg.expect_every_ns);

        snprintf(buffer, SILENCE_TEXT_SIZE, "nothing %s for %s, see EXPECT_EVERY%s",
                 refusing ? "let in" : "heard", TEXT_DURATION(r->cfg.expect_every_ns),
                 refusing ? ": what comes is refused for its signature, see AUTH" : "");
        return buffer;
}

/* What the state of an open section is. */
static void settle_state(struct receiver *r)
{
        char why[SILENCE_TEXT_SIZE > LINK_WHY_SIZE ? SILENCE_TEXT_SIZE : LINK_WHY_SIZE];

        if (r->fd < 0)
                return;
        if (!r->link.carrier)
                section_is_waiting(&r->section, attachment_without_carrier(&r->link, why));
        else if (r->silence.silent)
                section_is_silent(&r->section, silence_text(r, why));
        else
                section_is_active(&r->section);
}

static void note_heard(struct receiver *r)
{
        int64_t silence_ns;

        r->reception.heard = r->refusal_said = false;
        if (!silence_heard(&r->silence, clock_monotonic_ns(), &silence_ns))
                return;
        section_log(&r->section, EVENT_HEARD_AGAIN,
                    "heard again after %.1f s of silence; left and joined meanwhile: %" PRIu64,
                    (double)silence_ns / NS_PER_S, r->section.stats.count[STAT_REJOINS] - r->rejoins_before);
        settle_state(r);
        arm_quiet(r);
}

/* Not the silence has ended, but its reason is another one now. */
static void say_refusing(struct receiver *r)
{
        char text[SILENCE_TEXT_SIZE];

        r->refusal_said = true;
        section_log(&r->section, EVENT_SILENT, "%s", silence_text(r, text));
        settle_state(r);
}

static int receive(void *arg)
{
        struct receiver *r = arg;
        int n = reception_batch(&r->reception);

        if (r->reception.heard)
                note_heard(r);
        else if (r->silence.silent && !r->refusal_said &&
                 reception_is_refusing(&r->reception, r->cfg.expect_every_ns))
                say_refusing(r);
        return n;
}

/* Handles what waits already. */
static void catch_up(void *arg)
{
        struct receiver *r = arg;
        int left = CATCH_UP_MAX, n;

        while (r->fd >= 0 && left > 0 && (n = receive(r)) > 0 && batch_is_full(r->section.env->batch))
                left -= n;
}

static void close_socket(struct receiver *r)
{
        intake_close(&r->intake);
        reception_drain(&r->reception);
        (void)socket_leave(r->fd, &r->section.group, r->joined);
        close(r->fd);
        r->fd = -1;
        arm_quiet(r);
}

/* Leaves and joins, so that the network is told anew. It is not told where another socket of this host stays
 * a member: then *ret_held (NULL: nobody asks). False where the group could not be joined again. */
static bool rejoin(struct receiver *r, bool *ret_held)
{
        const struct socket_receiver spec = spec_of(r);
        struct socket_failure failure;
        int error;

        (void)socket_leave(r->fd, &r->section.group, r->joined);
        if (ret_held)
                *ret_held = membership_count(&r->section.group.address, r->joined) > 0;
        error = socket_join(r->fd, &spec, &failure);
        r->section.stats.count[STAT_REJOINS]++;
        if (error == 0)
                return true;
        (void)section_open_failed(&r->section, error, &failure);
        attachment_forget(&r->link);
        close_socket(r);
        return false;
}

static void say_silent(struct receiver *r, bool held)
{
        char text[SILENCE_TEXT_SIZE];

        r->refusal_said = reception_is_refusing(&r->reception, r->cfg.expect_every_ns);
        if (held)
                section_log(&r->section, EVENT_SILENT,
                            "%s; leaving and joining %s again tells the network nothing: another socket of "
                            "this host is a member on %s, too",
                            silence_text(r, text), ENDPOINT_TEXT(&r->section.group), r->link.name);
        else
                section_log(&r->section, EVENT_SILENT, "%s; leaving and joining %s again",
                            silence_text(r, text), ENDPOINT_TEXT(&r->section.group));
}

static void act_on_silence(struct receiver *r, bool begins)
{
        bool held = false;

        if (begins)
                r->rejoins_before = r->section.stats.count[STAT_REJOINS];
        if (!rejoin(r, begins ? &held : NULL))
                return;
        if (begins)
                say_silent(r, held);
        settle_state(r);
}

static void on_quiet(evutil_socket_t fd, short what, void *arg)
{
        struct receiver *r = arg;
        int64_t now_ns = clock_monotonic_ns();
        bool was_silent;

        (void)fd;
        (void)what;
        /* What came while the daemon itself was held up is no silence. */
        catch_up(r);
        was_silent = r->silence.silent;
        if (!r->link.carrier)
                silence_restart(&r->silence, now_ns);
        else if (silence_due(&r->silence, now_ns))
                act_on_silence(r, !was_silent);
        arm_quiet(r);
}

/* --- opening and closing --- */

static void say_buffer(struct receiver *r, uint64_t granted)
{
        if (granted < r->cfg.receive_buffer && granted != r->granted_said)
                section_log(&r->section, EVENT_BUFFER_SMALL,
                            "receive buffer has %" PRIu64 " bytes, not the %" PRIu64
                            " of RECEIVE_BUFFER: raise net.core.rmem_max with sysctl",
                            granted, r->cfg.receive_buffer);
        r->granted_said = granted;
}

/* The socket or -errno. */
static int open_socket(struct receiver *r, uint64_t *ret_granted, struct socket_failure *failure)
{
        const struct socket_receiver spec = spec_of(r);
        int fd = socket_open_receiver(&spec, ret_granted, failure), error;

        if (fd < 0)
                return fd;
        error = intake_open(&r->intake, r->section.env, fd, receive, r);
        if (error == 0)
                return fd;
        close(fd);
        *failure = (struct socket_failure){ "MCAST_GROUP", "watch the socket" };
        return error;
}

static int receiver_open(struct section *s)
{
        struct receiver *r = receiver_of(s);
        struct socket_failure failure;
        uint64_t granted = 0;
        int fd = open_socket(r, &granted, &failure);

        if (fd < 0) {
                attachment_forget(&r->link);
                return section_open_failed(&r->section, fd, &failure);
        }
        r->fd = fd;
        r->joined = r->link.index;
        section_log(&r->section, EVENT_JOINED, "joined %s on %s%s", ENDPOINT_TEXT(&r->section.group),
                    r->link.name, r->link.carrier ? "" : ", which has no carrier");
        say_buffer(r, granted);
        reception_begin(&r->reception, fd);
        silence_restart(&r->silence, clock_monotonic_ns());
        arm_quiet(r);
        settle_state(r);
        return 0;
}

static void carrier_is_back(struct receiver *r)
{
        /* The switch may have been away as well, and know nothing of who has joined. */
        if (!rejoin(r, NULL))
                return;
        section_log(&r->section, EVENT_JOINED, "%s has a carrier again: left and joined %s", r->link.name,
                    ENDPOINT_TEXT(&r->section.group));
        silence_restart(&r->silence, clock_monotonic_ns());
        peer_watch_grace(&r->reception.peers);
        arm_quiet(r);
        settle_state(r);
}

/* An interface can forget its groups and stay the same: with a MTU that is too small for IPv6, for example.
 */
static bool is_forgotten(const struct receiver *r)
{
        return r->fd >= 0 &&
               memberships_count(r->section.env->memberships, &r->section.group.address, r->joined) == 0;
}

static bool receiver_relink(struct section *s, const struct link_news *news)
{
        struct receiver *r = receiver_of(s);
        enum attachment_change change = attachment_look(&r->link, news);

        if (r->fd >= 0 && (change == ATTACHMENT_OTHER || change == ATTACHMENT_LOST || is_forgotten(r)))
                close_socket(r);
        else if (r->fd >= 0 && change == ATTACHMENT_CARRIER_BACK)
                carrier_is_back(r);
        return r->link.index && r->fd < 0;
}

static int receiver_check_distinct(struct section *s, const struct section *other)
{
        struct receiver *r = receiver_of(s);
        const struct receiver *o = (const struct receiver *)other;
        char why[SECTION_WHY_SIZE];

        if (o->fd < 0 || r->link.index != o->link.index || !endpoint_equal(&s->group, &other->group))
                return 0;
        snprintf(
                why, sizeof why,
                "has the group and port of [%s], and on the same interface, %s: each datagram would be handled twice",
                other->name, r->link.name);
        section_fails(s, why);
        attachment_forget(&r->link);
        return -ENOTUNIQ;
}

/* --- another configuration --- */

/* What of a configuration is the socket's, where it was another one before. */
static int retune_socket(struct receiver *r, const struct config_receiver *from,
                         const struct config_receiver *to, struct socket_failure *failure)
{
        struct socket_receiver spec = spec_of(r);
        uint64_t granted;
        int error = 0;

        if (r->fd < 0)
                return 0;
        spec.sources = to->sources.addresses;
        spec.n_sources = to->sources.n;
        if (memcmp(&to->sources, &from->sources, sizeof from->sources) != 0)
                error = socket_set_sources(r->fd, &spec, failure);
        if (error == 0 && to->receive_buffer != from->receive_buffer)
                error = socket_set_receive_buffer(r->fd, to->receive_buffer, &granted, failure);
        return error;
}

/* Back to what the socket was before. Where that is no longer possible it is opened anew, later. */
static void retune_back(struct receiver *r, const struct config_receiver *from)
{
        struct socket_failure failure;
        int error = retune_socket(r, from, &r->cfg, &failure);

        if (error == 0)
                return;
        (void)section_open_failed(&r->section, error, &failure);
        attachment_forget(&r->link);
        close_socket(r);
}

static int receiver_prepare(struct section *s, const void *next)
{
        struct receiver *r = receiver_of(s);
        struct socket_failure failure;
        int error = reception_prepare(&r->reception, next, &failure);

        if (error < 0) {
                section_retune_failed(s, error, &failure);
                return error;
        }
        error = retune_socket(r, &r->cfg, next, &failure);
        if (error < 0) {
                section_retune_failed(s, error, &failure);
                reception_settle(&r->reception, false);
                retune_back(r, next);
        }
        return error;
}

/* What was taken by the one is no news to the other. */
static void receiver_inherit(struct section *s, struct section *from)
{
        reception_inherit(&receiver_of(s)->reception, &receiver_of(from)->reception);
}

static void receiver_settle(struct section *s, const void *next, bool accepted)
{
        struct receiver *r = receiver_of(s);
        uint64_t asked = r->cfg.receive_buffer;

        if (!accepted) {
                reception_settle(&r->reception, false);
                retune_back(r, next);
                return;
        }
        r->cfg = *(const struct config_receiver *)next;
        reception_settle(&r->reception, true);
        if (r->fd >= 0 && r->cfg.receive_buffer != asked)
                say_buffer(r, socket_receive_buffer(r->fd));
        silence_expect(&r->silence, r->cfg.expect_every_ns, clock_monotonic_ns());
        arm_quiet(r);
        settle_state(r);
}

static void receiver_update_counters(struct section *s)
{
        reception_ask_for_drops(&receiver_of(s)->reception);
}

/* --- what others ask of it --- */

static void receiver_describe(const struct section *s, struct snapshot_section *ret)
{
        const struct receiver *r = (const struct receiver *)s;

        snprintf(ret->interface, sizeof ret->interface, "%s", r->link.index ? r->link.name : "");
        peers_count(r->reception.peers.peers, ret->peers);
        ret->peers_max = r->cfg.peers;
        ret->auth = r->cfg.auth;
        ret->refuses_all = r->reception.refused_in_row >= REFUSED_IN_ROW;
        ret->clocks_wrong = peers_clocks_wrong(r->reception.peers.peers);
}

static bool receiver_list(const struct section *s, size_t index, size_t *slot, size_t limit,
                          struct snapshot *to)
{
        const struct receiver *r = (const struct receiver *)s;
        size_t next = *slot;
        const struct peer *peer;

        while ((peer = peers_next(r->reception.peers.peers, &next))) {
                if (to->n_peers + to->n_ack_sources == limit)
                        return false;
                to->peers[to->n_peers++] = (struct snapshot_peer){ .section = index, .peer = *peer };
                *slot = next;
        }
        return true;
}

static bool receiver_forget(struct section *s, const struct address *who)
{
        return peers_forget(receiver_of(s)->reception.peers.peers, who);
}

/* --- birth and death --- */

static void receiver_destroy(struct section *s)
{
        struct receiver *r = receiver_of(s);

        if (!r)
                return;
        if (r->fd >= 0) {
                close_socket(r);
                section_log(s, EVENT_LEFT, "left %s on %s", ENDPOINT_TEXT(&s->group), r->link.name);
        }
        reception_end(&r->reception);
        if (r->quiet)
                event_free(r->quiet);
        free(r);
}

static int receiver_create(struct env *env, const void *cfg, struct section **ret)
{
        struct receiver *r = calloc(1, sizeof *r);
        int error;

        if (!r)
                return -ENOMEM;
        r->fd = -1;
        r->cfg = *(const struct config_receiver *)cfg;
        section_init(&r->section, &receiver_ops, env, &r->cfg.at);
        attachment_init(&r->link, env, &r->section, &r->cfg.at, false);
        silence_expect(&r->silence, r->cfg.expect_every_ns, clock_monotonic_ns());
        r->quiet = evtimer_new(env->base, on_quiet, r);
        error = reception_init(&r->reception, env, &r->section, &r->cfg, &r->link);
        r->reception.peers.catch_up = catch_up;
        r->reception.peers.arg = r;
        if (!r->quiet || event_priority_set(r->quiet, LOOP_PRIORITY_DATA) < 0)
                error = -ENOMEM;
        if (error < 0) {
                receiver_destroy(&r->section);
                return error;
        }
        *ret = &r->section;
        return 0;
}

const struct section_ops receiver_ops = {
        .purpose = "hear",
        .cfg_size = sizeof(struct config_receiver),
        .create = receiver_create,
        .relink = receiver_relink,
        .check_distinct = receiver_check_distinct,
        .open = receiver_open,
        .prepare = receiver_prepare,
        .settle = receiver_settle,
        .inherit = receiver_inherit,
        .update_counters = receiver_update_counters,
        .describe = receiver_describe,
        .list = receiver_list,
        .forget = receiver_forget,
        .destroy = receiver_destroy,
};
