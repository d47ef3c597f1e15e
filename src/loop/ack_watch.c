/* ack_watch.c - the acks that come back to an emitter's socket: who acknowledges, how fast, and whether there
 * are enough. Who is told apart from whom is in state/acks.c and state/roster.c. */
#include "loop/ack_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "os/batch.h"
#include "os/socket.h"

_Static_assert(CONFIG_EXPECT_ACKS_MAX <= ACKS_SOURCES_MAX, "EXPECT_ACKS must be countable");

/* Room for all that EXPECT_ACKS may ask for. */
#define ACK_BATCHES (ACKS_SOURCES_MAX / BATCH_MAX + 1)

/* An ack of the message before is no forgery, it is late. */
static bool is_late(const struct ack_watch *w, const struct datagram *d, const struct gate_result *g)
{
        const struct auth_key *key = keyring_find(w->section->env->signer.keys, g->trailer.stamp.key_id);
        struct auth_binding before = w->entrance.binding;

        memcpy(before.request_tag, w->tag_before, AUTH_TAG_SIZE);
        return auth_verify(key, &before, d->payload, g->length + AUTH_TRAILER_SIZE);
}

/* Whether its signature is as AUTH wants it. */
static bool is_let_in(struct ack_watch *w, struct datagram *d, const struct moment *moment)
{
        enum trouble which;
        char detail[ENTRANCE_DETAIL_SIZE];
        struct gate_result g;

        entrance_judge(&w->entrance, d, moment, &g);
        if (g.verdict == GATE_BAD_MAC && is_late(w, d, &g)) {
                w->section->stats.count[STAT_ACKS_STRAY]++;
                return false;
        }
        if (entrance_count(&w->entrance, &g))
                return true;
        which = entrance_trouble(g.verdict);
        if (section_trouble_begins(w->section, which, 1, moment->now_ns))
                section_say_trouble(w->section, which, "ack from %s%s%s",
                                    ENDPOINT_TEXT_ON(&d->source, w->link->name),
                                    entrance_detail(&g, d, moment->wall_ns, detail),
                                    g.verdict == GATE_BAD_MAC ? ", or it answers an older message" : "");
        return false;
}

static void note_ack(struct ack_watch *w, struct datagram *d, const struct moment *moment)
{
        static const enum stat stats[] = {
                [ACK_FIRST] = STAT_ACKS_RECEIVED,
                [ACK_DUPLICATE] = STAT_ACKS_DUPLICATE,
                [ACK_OVERFLOW] = STAT_ACKS_OVERFLOW,
        };
        int64_t now_ns = moment->now_ns;
        enum stat stat = STAT_ACKS_STRAY;
        char signature[SIGNER_TEXT_SIZE];
        struct roster_arrival ack;

        if (!is_let_in(w, d, moment))
                return;
        ack = (struct roster_arrival){ &d->source.address, d->key_id, now_ns - w->sent_ns, now_ns };
        /* An ack comes from the group's port; whoever answers otherwise is no receiver of the group. */
        if (d->source.port == w->section->group.port && w->waiting)
                stat = stats[acks_note(w->acks, &d->source.address, now_ns)];
        if (stat == STAT_ACKS_RECEIVED && !roster_ack(w->roster, &ack))
                w->section->stats.count[STAT_ACKS_OVERFLOW]++;
        w->section->stats.count[stat]++;
        if (stat == STAT_ACKS_RECEIVED && log_enabled(EVENT_ACK_HEARD))
                section_log(w->section, EVENT_ACK_HEARD, "ack from %s for message %" PRIu64 "%s",
                            ENDPOINT_TEXT_ON(&d->source, w->link->name), w->number,
                            signature_text(d, signature));
}

int ack_watch_receive(void *arg)
{
        struct ack_watch *w = arg;
        struct moment moment = clock_moment();
        size_t most = BATCH_MAX;
        int n = batch_receive(w->section->env->batch, w->fd, &most);

        if (n < 0) {
                w->section->stats.count[STAT_RECEIVE_ERRORS]++;
                if (section_trouble_begins(w->section, TROUBLE_RECEIVE, 1, moment.now_ns))
                        section_say_trouble(w->section, TROUBLE_RECEIVE, "%s", strerror(-n));
                return n;
        }
        for (size_t more; (more = batch_next(w->section->env->batch)) > 0;)
                for (size_t i = 0; i < more; i++)
                        note_ack(w, batch_datagram(w->section->env->batch, i), &moment);
        return n;
}

static void judge(struct ack_watch *w, const struct config_emitter *cfg, const struct acks_summary *got,
                  int64_t now_ns)
{
        uint64_t count;

        if (got->sources < cfg->expect_acks) {
                w->section->stats.count[STAT_MESSAGES_SHORT]++;
                if (episode_note(&w->too_few, 1, now_ns))
                        section_log(w->section, EVENT_ACKS_SHORT,
                                    "acks for message %" PRIu64 ": %" PRIu32
                                    ", fewer than EXPECT_ACKS, %" PRIu64,
                                    w->number, got->sources, cfg->expect_acks);
        } else if (episode_healed(&w->too_few, now_ns, cfg->interval_ns, &count)) {
                section_log(w->section, EVENT_ACKS_ENOUGH,
                            "acks for message %" PRIu64 ": %" PRIu32
                            ", enough again; messages with too few: %" PRIu64,
                            w->number, got->sources, count);
        }
}

/* Many who answer at once may find no room. */
static void note_kernel_drops(struct ack_watch *w, int64_t now_ns)
{
        uint32_t drops, more;

        if (w->fd < 0 || socket_drops(w->fd, &drops) < 0 || drops == w->kernel_drops)
                return;
        more = drops - w->kernel_drops;
        w->kernel_drops = drops;
        w->section->stats.count[STAT_DROPPED_KERNEL] += more;
        if (section_trouble_begins(w->section, TROUBLE_KERNEL_DROPS, more, now_ns))
                section_say_trouble(w->section, TROUBLE_KERNEL_DROPS,
                                    "acks that came all at once; see ACK_SPREAD in mcastd.conf(5)");
}

void ack_watch_open(struct ack_watch *w, int fd)
{
        w->fd = fd;
        w->kernel_drops = 0;
}

/* What waits already belongs to the last message, however late we are. */
static void catch_up(struct ack_watch *w)
{
        const struct batch *b = w->section->env->batch;

        for (int i = 0; w->waiting && i < ACK_BATCHES && ack_watch_receive(w) > 0 && batch_is_full(b); i++)
                ;
}

/* Says which acks the last message has drawn until now. False if none was sent since. */
static bool sum_up(struct ack_watch *w, struct acks_summary *ret_got)
{
        if (!w->waiting)
                return false;
        w->waiting = false;
        acks_summary(w->acks, ret_got);
        w->last_acks = ret_got->sources;
        if (ret_got->sources > 0)
                section_log(w->section, EVENT_ACKS,
                            "acks for message %" PRIu64 ": %" PRIu32
                            ", first after %.3f ms, last after %.3f ms",
                            w->number, ret_got->sources, (double)ret_got->first_ns / NS_PER_MS,
                            (double)ret_got->last_ns / NS_PER_MS);
        return true;
}

void ack_watch_conclude(struct ack_watch *w, const struct config_emitter *cfg, bool late, int64_t now_ns)
{
        struct acks_summary got;

        if (w->off_beat) {
                ack_watch_abandon(w);
                return;
        }
        /* Where nobody has ever acknowledged that would be a system call in vain for each message: the first
         * ack of all comes when the loop brings it, if it was not held up. */
        if (late || cfg->expect_acks > 0 || roster_count(w->roster) > 0) {
                catch_up(w);
                note_kernel_drops(w, now_ns);
        }
        if (!sum_up(w, &got))
                return;
        w->section->stats.count[STAT_ACKS_MISSED] += roster_conclude(w->roster);
        judge(w, cfg, &got, now_ns);
}

void ack_watch_abandon(struct ack_watch *w)
{
        struct acks_summary got;

        catch_up(w);
        if (sum_up(w, &got))
                roster_abandon(w->roster);
}

void ack_watch_begin(struct ack_watch *w, uint64_t number, const uint8_t tag[AUTH_TAG_SIZE], int64_t now_ns)
{
        memcpy(w->tag_before, w->entrance.binding.request_tag, AUTH_TAG_SIZE);
        memcpy(w->entrance.binding.request_tag, tag, AUTH_TAG_SIZE);
        w->number = number;
        w->sent_ns = now_ns;
        w->waiting = true;
        acks_begin(w->acks, now_ns);
}

int ack_watch_init(struct ack_watch *w, struct section *section, const struct attachment *link)
{
        int r;

        *w = (struct ack_watch){ .section = section, .link = link, .fd = -1 };
        entrance_init(&w->entrance, section, AUTH_ACK);
        r = acks_new(&section->env->key, &w->acks);
        return r < 0 ? r : roster_new(&section->env->key, &w->roster);
}

void ack_watch_end(struct ack_watch *w)
{
        uint64_t count;

        if (episode_end(&w->too_few, &count))
                section_log(w->section, EVENT_TROUBLE_ENDED,
                            "messages with fewer acks than EXPECT_ACKS: %" PRIu64, count);
        entrance_end(&w->entrance);
        acks_free(w->acks);
        roster_free(w->roster);
}
