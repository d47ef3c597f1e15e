#ifndef MCASTD_CONFIG_CONFIG_H
#define MCASTD_CONFIG_CONFIG_H

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/event.h"
#include "base/rate.h"
#include "config/diag.h"
#include "config/keys.h"
#include "message/auth.h"
#include "message/keyring.h"
#include "message/message.h"
#include "message/template.h"

#define CONFIG_SECTION_MAX     64
#define CONFIG_HANDLERS_MAX    4
#define CONFIG_ALLOW_MAX       16
#define CONFIG_SOURCES_MAX     32
#define CONFIG_EXPECT_ACKS_MAX 1024
#define CONFIG_PATH_MAX        255
#define CONFIG_RUNTIME_DIR_MAX                                                                               \
        90 /* with the name of a socket behind it no longer than struct sockaddr_un has room for */

/* What receivers and emitters have in common: the group and the interface. Where neither ip_address nor
 * interface is set, the route to the group decides. */
struct config_group {
        char section[CONFIG_SECTION_MAX + 1]; /* lower case */
        unsigned line;                        /* of its header */
        struct address group;
        in_port_t port;
        struct address ip_address; /* family 0: not set */
        char interface[IFNAMSIZ];  /* "": not set */
};

struct config_handlers {
        size_t n;
        const char *names[CONFIG_HANDLERS_MAX]; /* static */
};

struct config_networks {
        size_t n; /* 0: every source is allowed */
        struct network networks[CONFIG_ALLOW_MAX];
};

struct config_sources {
        size_t n;                                     /* 0: any source */
        struct address addresses[CONFIG_SOURCES_MAX]; /* without scope: they are on the section's link */
};

struct config_receiver {
        struct config_group at;
        enum auth_mode auth; /* of what is heard */
        struct config_sources sources;
        struct config_handlers handlers;
        struct config_networks allow;
        char ack_text[MESSAGE_ACK_TEXT_MAX + 1];
        rate_per_s ack_rate;
        rate_per_s ack_total;
        int64_t ack_spread_ns;
        rate_per_s log_rate;
        int64_t expect_every_ns; /* 0: silence is no news */
        uint64_t peers;          /* how many are kept */
        int64_t dead_after_ns;   /* 0: as the peer was seen to keep */
        int64_t clock_skew_ns;   /* 0: a clock is never wrong */
        uint64_t receive_buffer; /* bytes */
        bool share_any;
};

struct config_emitter {
        struct config_group at;
        int64_t interval_ns;
        int64_t jitter_ns;
        char message[TEMPLATE_MAX + 1];
        uint64_t ttl;
        bool loop;
        uint64_t dscp;
        uint64_t expect_acks;
        uint64_t key;        /* id of the one that messages are signed with; 0: they are not */
        enum auth_mode auth; /* of the acks; AUTH_OFF without a key */
};

struct config_daemon {
        enum log_level log_level;
        char node[NODE_NAME_MAX + 1];                 /* "": the host's name */
        char runtime_dir[CONFIG_RUNTIME_DIR_MAX + 1]; /* "": the default */
        struct endpoint http;                         /* family 0: off */
        bool http_peers;
        char keys[CONFIG_PATH_MAX + 1]; /* file of the keys; "": where the caller says */
};

struct config {
        struct config_daemon daemon;
        size_t n_receivers, n_emitters;
        struct config_receiver *receivers; /* in the order of the file */
        struct config_emitter *emitters;
        struct keyring *keys;     /* NULL: no section needs any */
        char keys_path[PATH_MAX]; /* where they were read from */
};

/* Reads and checks a file, and the keys that it uses: from `keys` unless the file says where. 0; or -EINVAL
 * where diag has errors, -ENOMEM, or -ENOSYS where libsodium does not work. Warnings in diag are no reason to
 * fail. The config belongs to the caller. */
int config_load(const char *path, const struct keys_source *keys, struct diag *diag, struct config **ret);
struct config *config_free(struct config *c);

struct endpoint config_endpoint(const struct config_group *at);

#endif
