/* event.c - the table of what mcastd logs: how serious it is, and the id by which the journal finds it. Pure.
 * An id, once released, belongs to its event for ever: people filter by it. */
#include "base/event.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

/* clang-format off */
static const struct event_kind kinds[EVENT_N] = {
        [EVENT_STARTED] = { .name = "started", .level = LOG_LEVEL_NOTICE, .message_id = "56e31b0c506a43b180f694595082e0a2" },
        [EVENT_FAILED] = { .name = "failed", .level = LOG_LEVEL_ERROR, .message_id = "ed053c3073f5454aa449bb1e55c32169" },
        [EVENT_STOPPING] = { .name = "stopping", .level = LOG_LEVEL_NOTICE, .message_id = "5485fab35ed84c8a8ea60476f28944e3" },
        [EVENT_STOPPED] = { .name = "stopped", .level = LOG_LEVEL_NOTICE, .message_id = "373957d8098d459e8dce368b1396b536" },
        [EVENT_CONFIG_ERROR] = { .name = "config-error", .level = LOG_LEVEL_ERROR, .message_id = "6d5565c321a5427eb538301466ec9702" },
        [EVENT_CONFIG_WARNING] = { .name = "config-warning", .level = LOG_LEVEL_WARNING, .message_id = "119b0bf9e6bb4626ad42a89a62254f45" },
        [EVENT_KEYS] = { .name = "keys", .level = LOG_LEVEL_NOTICE, .message_id = "c02d28a669574156a383a090629b976e" },
        [EVENT_RELOADED] = { .name = "reloaded", .level = LOG_LEVEL_NOTICE, .message_id = "068651fa0abf4df09f4faf5e8f9a8472" },
        [EVENT_RELOAD_REFUSED] = { .name = "reload-refused", .level = LOG_LEVEL_ERROR, .message_id = "50812c4bfd8f482f9213b951a11f0edc" },
        [EVENT_OPEN_FAILED] = { .name = "open-failed", .level = LOG_LEVEL_ERROR, .message_id = "7398752716af4fc092214e9762a0a29c" },
        [EVENT_WAITING] = { .name = "waiting", .level = LOG_LEVEL_WARNING, .message_id = "25116746bffd42d197427dd590096002" },
        [EVENT_BUFFER_SMALL] = { .name = "buffer-small", .level = LOG_LEVEL_NOTICE, .message_id = "24e65cedf91e48d38f9b207990298d6a" },
        [EVENT_JOINED] = { .name = "joined", .level = LOG_LEVEL_NOTICE, .message_id = "aaa1c89a0a66400a98dfc1ddaea38946" },
        [EVENT_LEFT] = { .name = "left", .level = LOG_LEVEL_NOTICE, .message_id = "3beb0c2360cd4f3ab7b43d374cc8f4e0" },
        [EVENT_LINK] = { .name = "link", .level = LOG_LEVEL_WARNING, .message_id = "d02a0a6811d44bc795e484c74e1411c1" },
        [EVENT_LINKS_LOST] = { .name = "links-lost", .level = LOG_LEVEL_WARNING, .message_id = "ef71a022991a4669ae49d33ff677749c" },
        [EVENT_LINKS_UNKNOWN] = { .name = "links-unknown", .level = LOG_LEVEL_ERROR, .message_id = "ffa584b6cd68418cb32c32f0cc590c5a" },
        [EVENT_SILENT] = { .name = "silent", .level = LOG_LEVEL_WARNING, .message_id = "c22104939f46454282ff217a8d4c13da" },
        [EVENT_HEARD_AGAIN] = { .name = "heard-again", .level = LOG_LEVEL_NOTICE, .message_id = "4d5db952bee44b9e894928cf81a39464" },
        [EVENT_EMITTING] = { .name = "emitting", .level = LOG_LEVEL_NOTICE, .message_id = "1e6b1089f3e446b88eea2748a0e61d28" },
        [EVENT_EMITTER_STOPPED] = { .name = "emitter-stopped", .level = LOG_LEVEL_NOTICE, .message_id = "32044c891b0144229ab3899846fee320" },
        [EVENT_RECEIVED] = { .name = "received", .level = LOG_LEVEL_INFO, .message_id = "98a750d4fb3c4c04bf1f71cb3d74a046" },
        [EVENT_ACKNOWLEDGED] = { .name = "acknowledged", .level = LOG_LEVEL_INFO, .message_id = "51903b30428a4322ae5aab429f565e38" },
        [EVENT_NOT_ACKNOWLEDGED] = { .name = "not-acknowledged", .level = LOG_LEVEL_DEBUG, .message_id = "acf9c965247e4db1b515385a87d16c3d" },
        [EVENT_SENT] = { .name = "sent", .level = LOG_LEVEL_INFO, .message_id = "39508a852745443e9b98455f0268715c" },
        [EVENT_ACK_HEARD] = { .name = "ack-heard", .level = LOG_LEVEL_DEBUG, .message_id = "33b1c9d1a87a43c084503eb6263f9eb8" },
        [EVENT_ACKS] = { .name = "acks", .level = LOG_LEVEL_INFO, .message_id = "4f6b9d7fb4dd4af6b09860c0f375a3a8" },
        [EVENT_ACKS_SHORT] = { .name = "acks-short", .level = LOG_LEVEL_WARNING, .message_id = "07770ac085ba4ea79003ba92184e4d0f" },
        [EVENT_ACKS_ENOUGH] = { .name = "acks-enough", .level = LOG_LEVEL_NOTICE, .message_id = "deabc4303cbe48ba804e4753f86a0532" },
        [EVENT_BEATS_MISSED] = { .name = "beats-missed", .level = LOG_LEVEL_WARNING, .message_id = "590202d23b87459aa8d328468005d8f0" },
        [EVENT_TROUBLE_BEGAN] = { .name = "trouble-began", .level = LOG_LEVEL_WARNING, .message_id = "e47b5036ffa74936a26177a0270052c1" },
        [EVENT_TROUBLE_ENDED] = { .name = "trouble-ended", .level = LOG_LEVEL_NOTICE, .message_id = "9803530cdb5b4f9ead7235d68b4d37d0" },
        [EVENT_PEER_UP] = { .name = "peer-up", .level = LOG_LEVEL_NOTICE, .message_id = "43596a07c96c4ddeaf51ce5e0f7beec3" },
        [EVENT_PEER_DOWN] = { .name = "peer-down", .level = LOG_LEVEL_WARNING, .message_id = "1cfdb8081d6f44c2b2b80f899ae3a3e0" },
        [EVENT_PEER_BACK] = { .name = "peer-back", .level = LOG_LEVEL_NOTICE, .message_id = "f1b7e18984a24a48b368ede8f324759a" },
        [EVENT_PEER_RESTARTED] = { .name = "peer-restarted", .level = LOG_LEVEL_NOTICE, .message_id = "6e28e8293cfe4d649ad332f4a1fa75f4" },
        [EVENT_PEER_CLOCK_WRONG] = { .name = "peer-clock-wrong", .level = LOG_LEVEL_WARNING, .message_id = "162303d182e54cb7b2563c09872dbc03" },
        [EVENT_PEER_CLOCK_RIGHT] = { .name = "peer-clock-right", .level = LOG_LEVEL_NOTICE, .message_id = "8818b9f902c14ee1a024f0b200e941f3" },
        [EVENT_ASKED] = { .name = "asked", .level = LOG_LEVEL_NOTICE, .message_id = "8c6dbd1778b04ce69933dd78cc235a21" },
        [EVENT_CONTROL] = { .name = "control", .level = LOG_LEVEL_WARNING, .message_id = "d2ade35c8e8a4e2f9252f9d6da843a9a" },
        [EVENT_HTTP_FAILED] = { .name = "http-failed", .level = LOG_LEVEL_ERROR, .message_id = "f1c467e472f4427ebfb42da56760b70d" },
        [EVENT_HTTP] = { .name = "http", .level = LOG_LEVEL_NOTICE, .message_id = "60dec4857d3b41e484191992088082fc" },
        [EVENT_UNRECORDED] = { .name = "unrecorded", .level = LOG_LEVEL_NOTICE, .message_id = "9a88673a218e4c35a79b3cf947e60b4d" },
        [EVENT_LOG_LOST] = { .name = "log-lost", .level = LOG_LEVEL_WARNING, .message_id = "be1dd78ce6814889b6ff9d8f282aa1bb", .always = true },
        [EVENT_COUNTERS] = { .name = "counters", .level = LOG_LEVEL_NOTICE, .message_id = "e96e64cfc36e44fc9ee10998a075578a", .always = true },
        [EVENT_LIBRARY] = { .name = "library", .level = LOG_LEVEL_WARNING, .message_id = "35cb454a10d741cfbf0dc60032bb54ec" },
};
/* clang-format on */

const struct event_kind *event_kind(enum event_id event)
{
        return &kinds[event];
}

static const char *const level_names[] = {
        [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
        [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

const char *log_level_name(enum log_level level)
{
        return level_names[level];
}

int log_level_parse(const char *text, enum log_level *ret)
{
        for (enum log_level l = LOG_LEVEL_ERROR; l <= LOG_LEVEL_DEBUG; l++) {
                if (strcasecmp(text, level_names[l]) == 0) {
                        *ret = l;
                        return 0;
                }
        }
        return -EINVAL;
}
