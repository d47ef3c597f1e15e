/* options.c - the table of all options, and what can be done with a row.
 * Pure. How a type of value is read stands in option_types.c. To add an option: a field in config.h, a row
 * here, a paragraph in mcastd.conf(5). */
#include "config/options.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "config/option_types.h"

#define GROUP(field)    offsetof(struct config_group, field)
#define RECEIVER(field) offsetof(struct config_receiver, field)
#define EMITTER(field)  offsetof(struct config_emitter, field)
#define DAEMON(field)   offsetof(struct config_daemon, field)
#define BOTH            (SECTION_RECEIVER | SECTION_EMITTER)
#define DAY             ((uint64_t)(24 * 3600 * NS_PER_S))

_Static_assert(RECEIVER(at) == 0 && EMITTER(at) == 0,
               "the rows for both kinds use the offsets of config_group");

/* clang-format off */
static const struct config_option options[] = {
        { "MCAST_GROUP", BOTH, &option_type_group, GROUP(group), 0, 0, NULL, RELOAD_REOPENS,
          "multicast address of the group" },
        { "PORT", BOTH, &option_type_port, GROUP(port), 1, 65535, NULL, RELOAD_REOPENS,
          "UDP port of the group" },
        { "IP_ADDRESS", BOTH, &option_type_address, GROUP(ip_address), 0, 0, "", RELOAD_REOPENS,
          "the interface that has this address" },
        { "INTERFACE", BOTH, &option_type_interface, GROUP(interface), 1, IFNAMSIZ - 1, "", RELOAD_REOPENS,
          "the interface of this name" },
        { "AUTH", SECTION_RECEIVER, &option_type_auth, RECEIVER(auth), 0, 0, "off", RELOAD_RETUNES,
          "what is asked of signatures: off, receive-only, permissive, enforce" },
        { "HANDLERS", SECTION_RECEIVER, &option_type_handlers, RECEIVER(handlers), 0, 0, "log", RELOAD_RETUNES,
          "what is done with a datagram, in this order: log, ack" },
        { "SOURCES", SECTION_RECEIVER, &option_type_sources, RECEIVER(sources), 0, 0, "any", RELOAD_RETUNES,
          "sources that the network is asked for, and no others" },
        { "ALLOW", SECTION_RECEIVER, &option_type_networks, RECEIVER(allow), 0, 0, "any", RELOAD_RETUNES,
          "networks whose datagrams are handled; others are counted and dropped" },
        { "ACK_TEXT", SECTION_RECEIVER, &option_type_ack_text, RECEIVER(ack_text), 1, MESSAGE_ACK_TEXT_MAX,
          MESSAGE_ACK_TEXT, RELOAD_RETUNES, "what an ack says" },
        { "ACK_RATE", SECTION_RECEIVER, &option_type_rate, RECEIVER(ack_rate), 0, 0, "10/s", RELOAD_RETUNES,
          "acks for one source address" },
        { "ACK_TOTAL", SECTION_RECEIVER, &option_type_rate, RECEIVER(ack_total), 0, 0, "1000/s", RELOAD_RETUNES,
          "acks in all" },
        { "ACK_SPREAD", SECTION_RECEIVER, &option_type_duration, RECEIVER(ack_spread_ns), 0, 10 * NS_PER_S, "0",
          RELOAD_RETUNES, "an ack is sent after a random time up to this" },
        { "LOG_RATE", SECTION_RECEIVER, &option_type_rate, RECEIVER(log_rate), 0, 0, "100/s", RELOAD_RETUNES,
          "datagrams recorded; the rest are counted" },
        { "EXPECT_EVERY", SECTION_RECEIVER, &option_type_duration_or_off, RECEIVER(expect_every_ns),
          100 * NS_PER_MS, DAY, "off", RELOAD_RETUNES,
          "silence longer than this is reported, and the group left and joined" },
        { "PEERS", SECTION_RECEIVER, &option_type_number, RECEIVER(peers), 1, 1u << 20, "1024", RELOAD_RETUNES,
          "senders that are kept apart, and told of" },
        { "DEAD_AFTER", SECTION_RECEIVER, &option_type_duration_or_auto, RECEIVER(dead_after_ns), 100 * NS_PER_MS,
          DAY, "auto", RELOAD_RETUNES, "a peer silent for longer is down; auto: three times what it kept" },
        { "CLOCK_SKEW", SECTION_RECEIVER, &option_type_duration_or_off, RECEIVER(clock_skew_ns), NS_PER_MS, DAY,
          "2s", RELOAD_RETUNES, "a peer's clock that differs by more is reported" },
        { "RECEIVE_BUFFER", SECTION_RECEIVER, &option_type_size, RECEIVER(receive_buffer), 4096, 1u << 30, "4M",
          RELOAD_RETUNES, "bytes that may wait in the kernel" },
        { "SHARE", SECTION_RECEIVER, &option_type_share, RECEIVER(share_any), 0, 0, "no", RELOAD_REOPENS,
          "any: other users' programs may bind the same group and port" },
        { "INTERVAL", SECTION_EMITTER, &option_type_duration, EMITTER(interval_ns), 10 * NS_PER_MS, DAY, "1s",
          RELOAD_RETUNES, "time from one message to the next" },
        { "JITTER", SECTION_EMITTER, &option_type_duration, EMITTER(jitter_ns), 0, DAY, "0", RELOAD_RETUNES,
          "the first message is sent after a random time up to this" },
        { "MESSAGE", SECTION_EMITTER, &option_type_template, EMITTER(message), 1, TEMPLATE_MAX, "ATU {time}",
          RELOAD_RETUNES, "what is sent: {time} {utc} {node} {boot} {seq} {uptime}" },
        { "TTL", SECTION_EMITTER, &option_type_number, EMITTER(ttl), 0, 255, "1", RELOAD_RETUNES,
          "how many routers may forward it, and one" },
        { "LOOP", SECTION_EMITTER, &option_type_boolean, EMITTER(loop), 0, 0, "yes", RELOAD_RETUNES,
          "whether this host hears it as well" },
        { "DSCP", SECTION_EMITTER, &option_type_number, EMITTER(dscp), 0, 63, "0", RELOAD_RETUNES,
          "differentiated services code point" },
        { "EXPECT_ACKS", SECTION_EMITTER, &option_type_number, EMITTER(expect_acks), 0, CONFIG_EXPECT_ACKS_MAX, "0",
          RELOAD_RETUNES, "fewer nodes than this acknowledging a message are reported" },
        { "KEY", SECTION_EMITTER, &option_type_key, EMITTER(key), 1, 65535, "", RELOAD_RETUNES,
          "id of the key that messages are signed with" },
        { "AUTH", SECTION_EMITTER, &option_type_auth, EMITTER(auth), 0, 0, "off", RELOAD_RETUNES,
          "what is asked of the signatures of acks: as for receivers; needs KEY" },
        { "LOG_LEVEL", SECTION_DAEMON, &option_type_level, DAEMON(log_level), 0, 0, "info", RELOAD_APPLIES,
          "least serious level that is logged" },
        { "NODE", SECTION_DAEMON, &option_type_node, DAEMON(node), 1, NODE_NAME_MAX, "", RELOAD_APPLIES,
          "this node's name, for {node}; the host's name by default" },
        { "RUNTIME_DIR", SECTION_DAEMON, &option_type_folder, DAEMON(runtime_dir), 1, CONFIG_RUNTIME_DIR_MAX, "",
          RELOAD_RESTARTS, "folder of control.sock and status.sock; $RUNTIME_DIRECTORY or /run/mcastd by default" },
        { "HTTP", SECTION_DAEMON, &option_type_listen, DAEMON(http), 0, 0, "off", RELOAD_APPLIES,
          "address:port of the page, /metrics, /healthz and /status.json" },
        { "HTTP_PEERS", SECTION_DAEMON, &option_type_boolean, DAEMON(http_peers), 0, 0, "no", RELOAD_APPLIES,
          "whether /metrics tells of each peer, with its address" },
        { "KEYS", SECTION_DAEMON, &option_type_path, DAEMON(keys), 1, CONFIG_PATH_MAX, "", RELOAD_APPLIES,
          "file of the keys; $CREDENTIALS_DIRECTORY/keys or /etc/mcastd/keys by default" },
};
/* clang-format on */
#define N_OPTIONS (sizeof options / sizeof options[0])

static const struct {
        enum section_kind kind;
        const char *name;
} kinds[] = {
        { SECTION_RECEIVER, "[MCSERVER...]" },
        { SECTION_EMITTER, "[MCCLIENT...]" },
        { SECTION_DAEMON, "[DAEMON]" },
};

size_t options_count(void)
{
        return N_OPTIONS;
}

const struct config_option *option_at(size_t i)
{
        return &options[i];
}

const struct config_option *option_find(enum section_kind kind, const char *key)
{
        for (size_t i = 0; i < N_OPTIONS; i++)
                if ((options[i].sections & kind) && strcasecmp(options[i].key, key) == 0)
                        return &options[i];
        return NULL;
}

const char *option_nearest(enum section_kind kind, const char *key)
{
        const char *nearest = NULL;
        size_t least =
                strlen(key) / 3 + 2; /* as many slips as somebody makes in a word of this length, and one */

        for (size_t i = 0; i < N_OPTIONS; i++) {
                size_t distance = text_distance(options[i].key, key);

                if ((options[i].sections & kind) && distance < least) {
                        least = distance;
                        nearest = options[i].key;
                }
        }
        return nearest;
}

int option_set(const struct config_option *o, const char *text, void *object, char *why)
{
        return o->type->set(o, text, (char *)object + o->offset, why);
}

bool option_equal(const struct config_option *o, const void *a, const void *b)
{
        return memcmp((const char *)a + o->offset, (const char *)b + o->offset, o->type->size) == 0;
}

static const char *default_text(const struct config_option *o)
{
        if (!o->value)
                return "(required)";
        return o->value[0] ? o->value : "-";
}

void options_print(FILE *to)
{
        static const char *const reloads[] = {
                [RELOAD_REOPENS] = "reopens",
                [RELOAD_RETUNES] = "retunes",
                [RELOAD_APPLIES] = "applies",
                [RELOAD_RESTARTS] = "restarts",
        };

        fprintf(to, "%-14s  %-16s %-12s %-8s %s\n", "SECTION", "OPTION", "DEFAULT", "RELOAD", "MEANING");
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
                for (size_t i = 0; i < N_OPTIONS; i++)
                        if (options[i].sections & kinds[k].kind)
                                fprintf(to, "%-14s  %-16s %-12s %-8s %s\n", kinds[k].name, options[i].key,
                                        default_text(&options[i]), reloads[options[i].reload],
                                        options[i].help);
}
