/* test_options.c - config/options and option_types: the table holds together, and every type takes and
 * refuses what it should. */
#include "test.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "config/config.h"
#include "config/option_types.h"
#include "config/options.h"

/* Room for an object of any kind of section. */
union object {
        struct config_receiver receiver;
        struct config_emitter emitter;
        struct config_daemon daemon;
        unsigned char bytes[1];
};

static const enum section_kind kinds[] = { SECTION_RECEIVER, SECTION_EMITTER, SECTION_DAEMON };
static const size_t kind_sizes[] = { sizeof(struct config_receiver), sizeof(struct config_emitter),
                                     sizeof(struct config_daemon) };

static int set(enum section_kind kind, const char *key, const char *text, union object *object)
{
        char why[OPTION_WHY_SIZE];
        const struct config_option *o = option_find(kind, key);

        assert_non_null(o);
        return option_set(o, text, object, why);
}

/* --- the table --- */

static void test_rows_are_complete(void **state)
{
        (void)state;
        /* config.c keeps one bit for each option in 64. */
        assert_in_range(options_count(), 1, 64);
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                CHECK_INT(o->key, strspn(o->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(o->key));
                CHECK(o->key, o->sections != 0);
                CHECK(o->key, o->sections <= (SECTION_RECEIVER | SECTION_EMITTER | SECTION_DAEMON));
                CHECK(o->key, o->type && o->type->set && o->type->size > 0);
                CHECK(o->key, o->least <= o->most);
                CHECK(o->key, o->help && o->help[0]);
        }
}

static void test_keys_are_unique_in_each_kind(void **state)
{
        (void)state;
        for (size_t i = 0; i < options_count(); i++)
                for (size_t j = 0; j < i; j++)
                        if (option_at(i)->sections & option_at(j)->sections)
                                CHECK(option_at(i)->key,
                                      strcasecmp(option_at(i)->key, option_at(j)->key) != 0);
}

static bool overlap(const struct config_option *a, const struct config_option *b)
{
        return a->offset < b->offset + b->type->size && b->offset < a->offset + a->type->size;
}

static void test_fields_lie_in_their_object_and_apart(void **state)
{
        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                for (size_t k = 0; k < N_OF(kinds); k++)
                        if (o->sections & kinds[k])
                                CHECK(o->key, o->offset + o->type->size <= kind_sizes[k]);
                for (size_t j = 0; j < i; j++)
                        if (o->sections & option_at(j)->sections)
                                CHECK(o->key, !overlap(o, option_at(j)));
        }
}

static void test_every_default_is_a_value(void **state)
{
        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);
                union object object;
                char why[OPTION_WHY_SIZE] = "";

                if (o->value && option_set(o, o->value, &object, why) != 0)
                        fail_msg("%s: its default is refused: %s", o->key, why);
        }
}

static void test_what_must_be_given(void **state)
{
        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);
                bool required = strcmp(o->key, "MCAST_GROUP") == 0 || strcmp(o->key, "PORT") == 0;

                CHECK_INT(o->key, o->value == NULL, required);
        }
}

static void test_defaults(void **state)
{
        union object r, e, d;
        char why[OPTION_WHY_SIZE];

        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                if (!o->value)
                        continue;
                if (o->sections & SECTION_RECEIVER)
                        assert_int_equal(option_set(o, o->value, &r, why), 0);
                if (o->sections & SECTION_EMITTER)
                        assert_int_equal(option_set(o, o->value, &e, why), 0);
                if (o->sections & SECTION_DAEMON)
                        assert_int_equal(option_set(o, o->value, &d, why), 0);
        }
        assert_int_equal(r.receiver.at.ip_address.family, 0);
        assert_string_equal(r.receiver.at.interface, "");
        assert_int_equal(r.receiver.handlers.n, 1);
        assert_string_equal(r.receiver.handlers.names[0], "log");
        assert_int_equal(r.receiver.sources.n, 0);
        assert_int_equal(r.receiver.allow.n, 0);
        assert_string_equal(r.receiver.ack_text, "ack");
        assert_int_equal(r.receiver.ack_rate, 10);
        assert_int_equal(r.receiver.ack_total, 1000);
        assert_int_equal(r.receiver.ack_spread_ns, 0);
        assert_int_equal(r.receiver.log_rate, 100);
        assert_int_equal(r.receiver.expect_every_ns, 0);
        assert_int_equal(r.receiver.receive_buffer, 4 << 20);
        assert_false(r.receiver.share_any);
        assert_true(e.emitter.interval_ns == INT64_C(1000000000));
        assert_true(e.emitter.jitter_ns == 0);
        assert_string_equal(e.emitter.message, "ATU {time}");
        assert_int_equal(e.emitter.ttl, 1);
        assert_true(e.emitter.loop);
        assert_int_equal(e.emitter.dscp, 0);
        assert_int_equal(e.emitter.expect_acks, 0);
        assert_int_equal(d.daemon.log_level, LOG_LEVEL_INFO);
        assert_string_equal(d.daemon.node, "");
        assert_int_equal(r.receiver.auth, AUTH_OFF);
        assert_int_equal(e.emitter.auth, AUTH_OFF);
        assert_int_equal(e.emitter.key, 0);
        assert_string_equal(d.daemon.keys, "");
}

static void test_print(void **state)
{
        char *text = NULL;
        size_t size = 0;
        FILE *to = open_memstream(&text, &size);

        (void)state;
        assert_non_null(to);
        options_print(to);
        assert_int_equal(fclose(to), 0);
        for (size_t i = 0; i < options_count(); i++) {
                CHECK(option_at(i)->key, strstr(text, option_at(i)->key) != NULL);
                CHECK(option_at(i)->key, strstr(text, option_at(i)->help) != NULL);
        }
        free(text);
}

/* What --options says of a reload is what the reload does: tests/unit/test_plan.c has each option. */
static void test_print_of_the_reload(void **state)
{
        static const char *const words[] = { [RELOAD_REOPENS] = " reopens  ",
                                             [RELOAD_RETUNES] = " retunes  ",
                                             [RELOAD_APPLIES] = " applies  ",
                                             [RELOAD_RESTARTS] = " restarts " };
        char *text = NULL;
        size_t size = 0, lines = 0, expected = 1;
        FILE *to = open_memstream(&text, &size);

        (void)state;
        assert_non_null(to);
        options_print(to);
        assert_int_equal(fclose(to), 0);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
                char key[32];

                assert_int_equal(sscanf(line, "%*s %31s", key), 1);
                for (size_t i = 0; lines > 0 && i < options_count(); i++)
                        if (strcmp(option_at(i)->key, key) == 0)
                                CHECK(key, strstr(line, words[option_at(i)->reload]) != NULL);
        }
        for (size_t i = 0; i < options_count(); i++)
                for (size_t k = 0; k < N_OF(kinds); k++)
                        expected += !!(option_at(i)->sections & kinds[k]);
        assert_int_equal(lines, expected);
        free(text);
}

/* --- finding --- */

static const struct {
        enum section_kind kind;
        const char *key;
        bool found;
} finds[] = {
        { SECTION_RECEIVER, "MCAST_GROUP", true }, { SECTION_EMITTER, "mcast_group", true },
        { SECTION_DAEMON, "MCAST_GROUP", false },  { SECTION_RECEIVER, "Handlers", true },
        { SECTION_EMITTER, "HANDLERS", false },    { SECTION_EMITTER, "ttl", true },
        { SECTION_RECEIVER, "TTL", false },        { SECTION_DAEMON, "log_level", true },
        { SECTION_RECEIVER, "LOG_LEVEL", false },  { SECTION_RECEIVER, "", false },
        { SECTION_RECEIVER, "AUTH", true },        { SECTION_EMITTER, "auth", true },
        { SECTION_DAEMON, "AUTH", false },         { SECTION_RECEIVER, "KEY", false },
        { SECTION_EMITTER, "key", true },          { SECTION_EMITTER, "KEYS", false },
        { SECTION_DAEMON, "keys", true },          { SECTION_DAEMON, "KEY", false },
        { SECTION_RECEIVER, "POR", false },        { SECTION_RECEIVER, "PORTS", false },
};

static void test_find(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(finds); i++) {
                const struct config_option *o = option_find(finds[i].kind, finds[i].key);

                CHECK_INT(finds[i].key, o != NULL, finds[i].found);
                CHECK(finds[i].key, !o || strcasecmp(o->key, finds[i].key) == 0);
        }
}

static const struct {
        enum section_kind kind;
        const char *key, *nearest; /* "": none */
} nearest[] = {
        { SECTION_RECEIVER, "prot", "PORT" },
        { SECTION_EMITTER, "PROT", "PORT" },
        { SECTION_RECEIVER, "PORTS", "PORT" },
        { SECTION_RECEIVER, "mcastgroup", "MCAST_GROUP" },
        { SECTION_RECEIVER, "MCAST_GRUOP", "MCAST_GROUP" },
        { SECTION_RECEIVER, "MCAST_GRP", "MCAST_GROUP" },
        { SECTION_RECEIVER, "IP_ADRESS", "IP_ADDRESS" },
        { SECTION_RECEIVER, "HANDLER", "HANDLERS" },
        { SECTION_RECEIVER, "ACKRATE", "ACK_RATE" },
        { SECTION_EMITTER, "INTERVALL", "INTERVAL" },
        { SECTION_EMITTER, "TLT", "TTL" },
        { SECTION_DAEMON, "LOGLEVEL", "LOG_LEVEL" },
        { SECTION_DAEMON, "NODES", "NODE" },
        { SECTION_EMITTER, "KEYID", "KEY" },
        { SECTION_DAEMON, "KEY", "KEYS" },
        { SECTION_RECEIVER, "AUHT", "AUTH" },
        /* Known, but not in this kind of section. */
        { SECTION_RECEIVER, "TTL", "" },
        { SECTION_DAEMON, "MCAST_GROUP", "" },
        { SECTION_RECEIVER, "", "" },
        { SECTION_RECEIVER, "x", "" },
        { SECTION_RECEIVER, "COLOUR", "" },
        { SECTION_RECEIVER,
          "a_key_that_is_so_long_that_it_comes_near_to_none_of_the_options_whatever_their_names_may_be", "" },
};

static void test_nearest(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(nearest); i++) {
                const char *name = option_nearest(nearest[i].kind, nearest[i].key);

                CHECK_TEXT(nearest[i].key, name ? name : "", nearest[i].nearest);
        }
}

/* --- values --- */

#define TEXT_16   "0123456789abcdef"
#define TEXT_64   TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define TEXT_256  TEXT_64 TEXT_64 TEXT_64 TEXT_64
#define TEXT_254  TEXT_64 TEXT_64 TEXT_64 TEXT_16 TEXT_16 TEXT_16 "0123456789abcd"
#define TEXT_1000 TEXT_256 TEXT_256 TEXT_256 TEXT_64 TEXT_64 TEXT_64 TEXT_16 TEXT_16 "01234567"
_Static_assert(sizeof TEXT_1000 - 1 == TEMPLATE_MAX, "the longest template");

static const struct {
        enum section_kind kind;
        const char *key, *text;
        bool taken;
} texts[] = {
        { SECTION_RECEIVER, "MCAST_GROUP", "", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "223.255.255.255", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "224.0.0.0", true },
        { SECTION_RECEIVER, "MCAST_GROUP", "239.255.255.255", true },
        { SECTION_RECEIVER, "MCAST_GROUP", "240.0.0.0", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "239.1.1", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "localhost", false },
        { SECTION_RECEIVER, "PORT", "", false },
        { SECTION_RECEIVER, "PORT", "0", false },
        { SECTION_RECEIVER, "PORT", "1", true },
        { SECTION_RECEIVER, "PORT", "65535", true },
        { SECTION_RECEIVER, "PORT", "65536", false },
        { SECTION_RECEIVER, "PORT", "65537", false },
        { SECTION_RECEIVER, "PORT", "18446744073709551617", false },
        { SECTION_RECEIVER, "PORT", "12abc", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "", true },
        { SECTION_RECEIVER, "IP_ADDRESS", "127.0.0.1", true },
        { SECTION_RECEIVER, "IP_ADDRESS", "0.0.0.0", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "255.255.255.255", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "224.0.0.1", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "eth0", false },
        { SECTION_RECEIVER, "INTERFACE", "", true },
        { SECTION_RECEIVER, "INTERFACE", "e", true },
        { SECTION_RECEIVER, "INTERFACE", "eth0.100", true },
        { SECTION_RECEIVER, "INTERFACE", "123456789012345", true },
        { SECTION_RECEIVER, "INTERFACE", "1234567890123456", false },
        { SECTION_RECEIVER, "INTERFACE", ".", false },
        { SECTION_RECEIVER, "INTERFACE", "..", false },
        { SECTION_RECEIVER, "INTERFACE", "...", true },
        { SECTION_RECEIVER, "INTERFACE", "eth/0", false },
        { SECTION_RECEIVER, "INTERFACE", "eth0:1", false },
        { SECTION_RECEIVER, "INTERFACE", "eth 0", false },
        { SECTION_RECEIVER, "HANDLERS", "", false },
        { SECTION_RECEIVER, "HANDLERS", "log", true },
        { SECTION_RECEIVER, "HANDLERS", "LOG", true },
        { SECTION_RECEIVER, "HANDLERS", "log,ack", true },
        { SECTION_RECEIVER, "HANDLERS", "ack , log", true },
        { SECTION_RECEIVER, "HANDLERS", "log,log", false },
        { SECTION_RECEIVER, "HANDLERS", "log,LOG", false },
        { SECTION_RECEIVER, "HANDLERS", "log,ack,log", false },
        { SECTION_RECEIVER, "HANDLERS", "log,", false },
        { SECTION_RECEIVER, "HANDLERS", ",log", false },
        { SECTION_RECEIVER, "HANDLERS", "log,,ack", false },
        { SECTION_RECEIVER, "HANDLERS", "log ack", false },
        { SECTION_RECEIVER, "HANDLERS", "relay", false },
        { SECTION_RECEIVER, "HANDLERS", TEXT_64 "log", false },
        { SECTION_RECEIVER, "SOURCES", "", true },
        { SECTION_RECEIVER, "SOURCES", "any", true },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.1,any", false },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.1", true },
        { SECTION_RECEIVER, "SOURCES", "fe80::1 , 2001:db8::1", true },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.1,", false },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.0/8", false },
        { SECTION_RECEIVER, "SOURCES", "224.0.0.1", false },
        { SECTION_RECEIVER, "SOURCES", "ff02::1", false },
        { SECTION_RECEIVER, "SOURCES", "0.0.0.0", false },
        { SECTION_RECEIVER, "SOURCES", "::", false },
        { SECTION_RECEIVER, "SOURCES", "255.255.255.255", false },
        { SECTION_RECEIVER, "SOURCES", "fe80::1%eth0", false },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.1,10.0.0.1", false },
        { SECTION_RECEIVER, "ACK_SPREAD", "0", true },
        { SECTION_RECEIVER, "ACK_SPREAD", "10s", true },
        { SECTION_RECEIVER, "ACK_SPREAD", "10001ms", false },
        { SECTION_RECEIVER, "ACK_SPREAD", "off", false },
        { SECTION_RECEIVER, "EXPECT_EVERY", "off", true },
        { SECTION_RECEIVER, "EXPECT_EVERY", "Off", true },
        { SECTION_RECEIVER, "EXPECT_EVERY", "0", false },
        { SECTION_RECEIVER, "EXPECT_EVERY", "99ms", false },
        { SECTION_RECEIVER, "EXPECT_EVERY", "100ms", true },
        { SECTION_RECEIVER, "EXPECT_EVERY", "24h", true },
        { SECTION_RECEIVER, "EXPECT_EVERY", "25h", false },
        { SECTION_RECEIVER, "EXPECT_EVERY", "offf", false },
        { SECTION_RECEIVER, "PEERS", "0", false },
        { SECTION_RECEIVER, "PEERS", "1", true },
        { SECTION_RECEIVER, "PEERS", "1048576", true },
        { SECTION_RECEIVER, "PEERS", "1048577", false },
        { SECTION_RECEIVER, "DEAD_AFTER", "auto", true },
        { SECTION_RECEIVER, "DEAD_AFTER", "AUTO", true },
        { SECTION_RECEIVER, "DEAD_AFTER", "off", false },
        { SECTION_RECEIVER, "DEAD_AFTER", "99ms", false },
        { SECTION_RECEIVER, "DEAD_AFTER", "100ms", true },
        { SECTION_RECEIVER, "DEAD_AFTER", "24h", true },
        { SECTION_RECEIVER, "CLOCK_SKEW", "off", true },
        { SECTION_RECEIVER, "CLOCK_SKEW", "0.999ms", false },
        { SECTION_RECEIVER, "CLOCK_SKEW", "1ms", true },
        { SECTION_DAEMON, "RUNTIME_DIR", "/", true },
        { SECTION_DAEMON, "RUNTIME_DIR", "run/mcastd", false },
        { SECTION_DAEMON, "HTTP", "off", true },
        { SECTION_DAEMON, "HTTP", "OFF", true },
        { SECTION_DAEMON, "HTTP", "127.0.0.1:9464", true },
        { SECTION_DAEMON, "HTTP", "[::]:1", true },
        { SECTION_DAEMON, "HTTP", "0.0.0.0:65535", true },
        { SECTION_DAEMON, "HTTP", "127.0.0.1:0", false },
        { SECTION_DAEMON, "HTTP", "127.0.0.1", false },
        { SECTION_DAEMON, "HTTP", "[ff02::1]:80", false },
        { SECTION_DAEMON, "HTTP", "255.255.255.255:80", false },
        { SECTION_DAEMON, "HTTP", "[fe80::1%lo]:80", false },
        { SECTION_DAEMON, "HTTP_PEERS", "yes", true },
        { SECTION_DAEMON, "HTTP_PEERS", "all", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "ff02::1", true },
        { SECTION_RECEIVER, "MCAST_GROUP", "ff02::1%eth0", false },
        { SECTION_RECEIVER, "MCAST_GROUP", "fe80::1", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "2001:db8::1", true },
        { SECTION_RECEIVER, "IP_ADDRESS", "::1", true },
        { SECTION_RECEIVER, "IP_ADDRESS", "fe80::1", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "::", false },
        { SECTION_RECEIVER, "IP_ADDRESS", "ff02::1", false },
        { SECTION_RECEIVER, "ALLOW", "", true },
        { SECTION_RECEIVER, "ALLOW", "0.0.0.0/0", true },
        { SECTION_RECEIVER, "ALLOW", "10.0.0.0/8, 192.168.1.1", true },
        { SECTION_RECEIVER, "ALLOW",
          "1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5,1.0.0.6,1.0.0.7,1.0.0.8,"
          "1.0.0.9,1.0.0.10,1.0.0.11,1.0.0.12,1.0.0.13,1.0.0.14,1.0.0.15,1.0.0.16",
          true },
        { SECTION_RECEIVER, "ALLOW",
          "1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5,1.0.0.6,1.0.0.7,1.0.0.8,"
          "1.0.0.9,1.0.0.10,1.0.0.11,1.0.0.12,1.0.0.13,1.0.0.14,1.0.0.15,1.0.0.16,"
          "1.0.0.17",
          false },
        { SECTION_RECEIVER, "ALLOW", "10.0.0.0/8,", false },
        { SECTION_RECEIVER, "ALLOW", ",", false },
        { SECTION_RECEIVER, "ALLOW", "10.0.0.1/8", false },
        { SECTION_RECEIVER, "ALLOW", "any", true },
        { SECTION_RECEIVER, "ALLOW", "Any", true },
        { SECTION_RECEIVER, "ALLOW", "any, 10.0.0.1", false },
        { SECTION_RECEIVER, "ACK_TEXT", "", false },
        { SECTION_RECEIVER, "ACK_TEXT", "x", true },
        { SECTION_RECEIVER, "ACK_TEXT", TEXT_64, true },
        { SECTION_RECEIVER, "ACK_TEXT", TEXT_64 "x", false },
        { SECTION_RECEIVER, "ACK_RATE", "none", true },
        { SECTION_RECEIVER, "ACK_RATE", "unlimited", true },
        { SECTION_RECEIVER, "ACK_RATE", "4294967294/s", true },
        { SECTION_RECEIVER, "ACK_RATE", "4294967295/s", false },
        { SECTION_RECEIVER, "ACK_RATE", "10", false },
        { SECTION_RECEIVER, "ACK_TOTAL", "", false },
        { SECTION_RECEIVER, "LOG_RATE", "100", false },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "4095", false },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "4096", true },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "1G", true },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "1073741825", false },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "17179869184G", false },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "4MB", false },
        { SECTION_RECEIVER, "SHARE", "no", true },
        { SECTION_RECEIVER, "SHARE", "ANY", true },
        { SECTION_RECEIVER, "SHARE", "yes", false },
        { SECTION_RECEIVER, "SHARE", "", false },
        { SECTION_EMITTER, "INTERVAL", "0", false },
        { SECTION_EMITTER, "INTERVAL", "9.999999ms", false },
        { SECTION_EMITTER, "INTERVAL", "10ms", true },
        { SECTION_EMITTER, "INTERVAL", "24h", true },
        { SECTION_EMITTER, "INTERVAL", "86400.000000001", false },
        { SECTION_EMITTER, "INTERVAL", "9223372037", false },
        { SECTION_EMITTER, "INTERVAL", "soon", false },
        { SECTION_EMITTER, "JITTER", "0", true },
        { SECTION_EMITTER, "JITTER", "24h", true },
        { SECTION_EMITTER, "JITTER", "25h", false },
        { SECTION_EMITTER, "JITTER", "9223372037", false },
        { SECTION_EMITTER, "MESSAGE", "", false },
        { SECTION_EMITTER, "MESSAGE", "x", true },
        { SECTION_EMITTER, "MESSAGE", TEXT_1000, true },
        { SECTION_EMITTER, "MESSAGE", TEXT_1000 "x", false },
        { SECTION_EMITTER, "MESSAGE",
          "{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}"
          "{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}",
          true },
        { SECTION_EMITTER, "MESSAGE",
          "{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}"
          "{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}{node}x",
          false },
        { SECTION_EMITTER, "MESSAGE", "ATU {tim}", false },
        { SECTION_EMITTER, "MESSAGE", "}", false },
        { SECTION_EMITTER, "TTL", "0", true },
        { SECTION_EMITTER, "TTL", "255", true },
        { SECTION_EMITTER, "TTL", "256", false },
        { SECTION_EMITTER, "TTL", "-1", false },
        { SECTION_EMITTER, "LOOP", "off", true },
        { SECTION_EMITTER, "LOOP", "", false },
        { SECTION_EMITTER, "DSCP", "63", true },
        { SECTION_EMITTER, "DSCP", "64", false },
        { SECTION_EMITTER, "EXPECT_ACKS", "1024", true },
        { SECTION_EMITTER, "EXPECT_ACKS", "1025", false },
        { SECTION_EMITTER, "KEY", "", true },
        { SECTION_EMITTER, "KEY", "0", false },
        { SECTION_EMITTER, "KEY", "1", true },
        { SECTION_EMITTER, "KEY", "65535", true },
        { SECTION_EMITTER, "KEY", "65536", false },
        { SECTION_EMITTER, "KEY", "18446744073709551617", false },
        { SECTION_EMITTER, "KEY", "07", false },
        { SECTION_EMITTER, "KEY", "+7", false },
        { SECTION_EMITTER, "KEY", "7 ", false },
        { SECTION_EMITTER, "KEY", "0x7", false },
        { SECTION_EMITTER, "KEY", "none", false },
        { SECTION_EMITTER, "KEY", TEXT_64, false },
        { SECTION_RECEIVER, "AUTH", "off", true },
        { SECTION_RECEIVER, "AUTH", "receive-only", true },
        { SECTION_RECEIVER, "AUTH", "permissive", true },
        { SECTION_RECEIVER, "AUTH", "enforce", true },
        { SECTION_RECEIVER, "AUTH", "ENFORCE", true },
        { SECTION_RECEIVER, "AUTH", "", false },
        { SECTION_RECEIVER, "AUTH", "on", false },
        { SECTION_RECEIVER, "AUTH", "receive", false },
        { SECTION_RECEIVER, "AUTH", "receive only", false },
        { SECTION_RECEIVER, "AUTH", "enforced", false },
        { SECTION_EMITTER, "AUTH", "enforce", true },
        { SECTION_EMITTER, "AUTH", "none", false },
        { SECTION_DAEMON, "KEYS", "", true },
        { SECTION_DAEMON, "KEYS", "/", true },
        { SECTION_DAEMON, "KEYS", "/" TEXT_254, true },
        { SECTION_DAEMON, "KEYS", "/" TEXT_254 "x", false },
        { SECTION_DAEMON, "KEYS", "keys", false },
        { SECTION_DAEMON, "KEYS", "~/keys", false },
        { SECTION_DAEMON, "LOG_LEVEL", "error", true },
        { SECTION_DAEMON, "LOG_LEVEL", "Debug", true },
        { SECTION_DAEMON, "LOG_LEVEL", "", false },
        { SECTION_DAEMON, "LOG_LEVEL", "err", false },
        { SECTION_DAEMON, "LOG_LEVEL", "6", false },
        { SECTION_DAEMON, "NODE", "", true },
        { SECTION_DAEMON, "NODE", "~", true },
        { SECTION_DAEMON, "NODE", TEXT_64, true },
        { SECTION_DAEMON, "NODE", TEXT_64 "x", false },
        { SECTION_DAEMON, "NODE", "a b", false },
        { SECTION_DAEMON, "NODE", "a\x7f", false },
        { SECTION_DAEMON, "NODE", "\xc3\xa9", false },
};

/* What is refused leaves the whole object as it was; what is taken changes the field of the option alone. */
static void test_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(texts); i++) {
                const struct config_option *o = option_find(texts[i].kind, texts[i].key);
                union object before, after;
                char why[OPTION_WHY_SIZE] = "", row[128];
                size_t behind;

                snprintf(row, sizeof row, "%s = %s", texts[i].key, texts[i].text);
                CHECK(row, o != NULL);
                behind = o->offset + o->type->size;
                memset(&before, 0xa5, sizeof before);
                memset(&after, 0xa5, sizeof after);
                CHECK_INT(row, option_set(o, texts[i].text, &after, why), texts[i].taken ? 0 : -EINVAL);
                CHECK_INT(row, why[0] != '\0', !texts[i].taken);
                CHECK_INT(row, option_equal(o, &before, &after), !texts[i].taken);
                CHECK(row, memcmp(before.bytes, after.bytes, o->offset) == 0);
                CHECK(row, memcmp(before.bytes + behind, after.bytes + behind, sizeof after - behind) == 0);
        }
}

/* A refusal quotes what it refuses, and fits, whatever that is. */
static void test_refusals_quote_the_value(void **state)
{
        char value[1023];

        (void)state;
        memset(value, 1, sizeof value - 1);
        value[sizeof value - 1] = '\0';
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);
                union object object;
                char why[OPTION_WHY_SIZE];

                memset(why, 'x', sizeof why);
                CHECK_INT(o->key, option_set(o, value, &object, why), -EINVAL);
                CHECK(o->key, memchr(why, '\0', sizeof why) != NULL);
                /* In place of a key's id there may be the secret. */
                CHECK_INT(o->key, strncmp(why, "\"\\x01\\x01", 9) == 0, strcmp(o->key, "KEY") != 0);
                for (const char *p = why; *p; p++)
                        CHECK(o->key, isprint((unsigned char)*p));
        }
}

static void test_lists(void **state)
{
        union object o;

        (void)state;
        assert_int_equal(set(SECTION_RECEIVER, "HANDLERS", "ACK ,\tlog", &o), 0);
        assert_int_equal(o.receiver.handlers.n, 2);
        assert_string_equal(o.receiver.handlers.names[0], "ack");
        assert_string_equal(o.receiver.handlers.names[1], "log");
        assert_int_equal(set(SECTION_RECEIVER, "ALLOW", "10.0.0.0/8 , 192.168.1.1", &o), 0);
        assert_int_equal(o.receiver.allow.n, 2);
        assert_int_equal(o.receiver.allow.networks[0].length, 8);
        assert_string_equal(ADDRESS_TEXT(&o.receiver.allow.networks[1].address), "192.168.1.1");
        assert_int_equal(o.receiver.allow.networks[1].length, 32);
        assert_int_equal(set(SECTION_RECEIVER, "ALLOW", "::/0, fe80::/10, 2001:db8::1", &o), 0);
        assert_int_equal(o.receiver.allow.n, 3);
        assert_int_equal(o.receiver.allow.networks[0].length, 0);
        assert_int_equal(o.receiver.allow.networks[1].length, 10);
        assert_int_equal(o.receiver.allow.networks[2].length, 128);
        assert_int_equal(set(SECTION_RECEIVER, "SOURCES", "FE80::0:1,\t192.0.2.1 ", &o), 0);
        assert_int_equal(o.receiver.sources.n, 2);
        assert_string_equal(ADDRESS_TEXT(&o.receiver.sources.addresses[0]), "fe80::1");
        assert_string_equal(ADDRESS_TEXT(&o.receiver.sources.addresses[1]), "192.0.2.1");
}

/* As many sources as there may be, and one more. */
static void test_most_sources(void **state)
{
        char list[CONFIG_SOURCES_MAX * sizeof "2001:db8::ffff"] = "2001:db8::ffff";
        union object o;

        (void)state;
        for (unsigned n = 1; n < CONFIG_SOURCES_MAX; n++) {
                sprintf(list + strlen(list), ",10.0.0.%u", n);
                assert_int_equal(set(SECTION_RECEIVER, "SOURCES", list, &o), 0);
                assert_int_equal(o.receiver.sources.n, n + 1);
        }
        strcat(list, ",10.0.1.1");
        assert_int_equal(set(SECTION_RECEIVER, "SOURCES", list, &o), -EINVAL);
        assert_int_equal(o.receiver.sources.n, CONFIG_SOURCES_MAX);
}

/* --- equality --- */

/* Each two texts mean the same, but not the third. */
static const struct {
        enum section_kind kind;
        const char *key, *a, *same, *other;
} equals[] = {
        { SECTION_RECEIVER, "MCAST_GROUP", "239.1.1.1", "239.1.1.1", "239.1.1.2" },
        { SECTION_RECEIVER, "PORT", "5001", "5001", "5002" },
        { SECTION_RECEIVER, "IP_ADDRESS", "10.0.0.1", "10.0.0.1", "" },
        { SECTION_RECEIVER, "INTERFACE", "eth0", "eth0", "eth" },
        { SECTION_RECEIVER, "HANDLERS", "log,ack", "LOG, ack", "ack,log" },
        { SECTION_RECEIVER, "SOURCES", "10.0.0.1,::1", "10.0.0.1, 0::1", "::1,10.0.0.1" },
        { SECTION_RECEIVER, "ALLOW", "10.0.0.0/8,1.2.3.4", "10.0.0.0/8, 1.2.3.4/32", "10.0.0.0/8" },
        { SECTION_RECEIVER, "ACK_TEXT", "pong", "pong", "pon" },
        { SECTION_RECEIVER, "ACK_RATE", "0/s", "none", "1/s" },
        { SECTION_RECEIVER, "ACK_TOTAL", "unlimited", "UNLIMITED", "none" },
        { SECTION_RECEIVER, "ACK_SPREAD", "1s", "1000ms", "0" },
        { SECTION_RECEIVER, "EXPECT_EVERY", "off", "OFF", "1s" },
        { SECTION_RECEIVER, "LOG_RATE", "7/s", "7/s", "8/s" },
        { SECTION_RECEIVER, "PEERS", "7", "7", "8" },
        { SECTION_RECEIVER, "DEAD_AFTER", "auto", "Auto", "1s" },
        { SECTION_RECEIVER, "CLOCK_SKEW", "2s", "2000ms", "off" },
        { SECTION_RECEIVER, "RECEIVE_BUFFER", "1M", "1024K", "1048577" },
        { SECTION_RECEIVER, "SHARE", "any", "ANY", "no" },
        { SECTION_EMITTER, "INTERVAL", "1s", "1000ms", "1.000000001" },
        { SECTION_EMITTER, "JITTER", "0", "0h", "1ms" },
        { SECTION_EMITTER, "MESSAGE", "ATU {time}", "ATU {time}", "ATU" },
        { SECTION_EMITTER, "TTL", "2", "2", "3" },
        { SECTION_EMITTER, "LOOP", "yes", "on", "off" },
        { SECTION_EMITTER, "DSCP", "0", "0", "46" },
        { SECTION_EMITTER, "EXPECT_ACKS", "0", "0", "1" },
        { SECTION_EMITTER, "KEY", "7", "7", "" },
        { SECTION_RECEIVER, "AUTH", "permissive", "Permissive", "enforce" },
        { SECTION_EMITTER, "AUTH", "off", "OFF", "receive-only" },
        { SECTION_DAEMON, "KEYS", "/etc/keys", "/etc/keys", "/etc/key" },
        { SECTION_DAEMON, "LOG_LEVEL", "info", "INFO", "notice" },
        { SECTION_DAEMON, "NODE", "ups-7", "ups-7", "ups" },
        { SECTION_DAEMON, "RUNTIME_DIR", "/run/a", "/run/a", "/run" },
        { SECTION_DAEMON, "HTTP", "[::1]:9464", "[0:0::1]:9464", "off" },
        { SECTION_DAEMON, "HTTP_PEERS", "yes", "on", "no" },
};

/* The objects hold different rubbish at first: a field is written whole, or equal values would differ. */
static void test_equal(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(equals); i++) {
                const struct config_option *o = option_find(equals[i].kind, equals[i].key);
                union object a, same, other;

                CHECK(equals[i].key, o != NULL);
                memset(&a, 0, sizeof a);
                memset(&same, 0xff, sizeof same);
                memset(&other, 0, sizeof other);
                CHECK_INT(equals[i].key, set(equals[i].kind, equals[i].key, equals[i].a, &a), 0);
                CHECK_INT(equals[i].key, set(equals[i].kind, equals[i].key, equals[i].same, &same), 0);
                CHECK_INT(equals[i].key, set(equals[i].kind, equals[i].key, equals[i].other, &other), 0);
                CHECK(equals[i].key, option_equal(o, &a, &same));
                CHECK(equals[i].key, !option_equal(o, &a, &other));
        }
}

static void test_every_option_has_a_row_above(void **state)
{
        (void)state;
        for (size_t i = 0; i < options_count(); i++) {
                size_t equal_rows = 0, text_rows = 0;

                for (size_t j = 0; j < N_OF(equals); j++)
                        equal_rows += strcmp(equals[j].key, option_at(i)->key) == 0;
                for (size_t j = 0; j < N_OF(texts); j++)
                        text_rows += strcmp(texts[j].key, option_at(i)->key) == 0;
                CHECK(option_at(i)->key, equal_rows > 0 && text_rows > 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows_are_complete),
                cmocka_unit_test(test_keys_are_unique_in_each_kind),
                cmocka_unit_test(test_fields_lie_in_their_object_and_apart),
                cmocka_unit_test(test_every_default_is_a_value),
                cmocka_unit_test(test_what_must_be_given),
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_print),
                cmocka_unit_test(test_print_of_the_reload),
                cmocka_unit_test(test_find),
                cmocka_unit_test(test_nearest),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_refusals_quote_the_value),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_most_sources),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_every_option_has_a_row_above),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
