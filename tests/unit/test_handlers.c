/* test_handlers.c - handlers/: when an ack is due and when not, what it holds, and what is recorded. */
#include "test.h"

#include "config/config.h"
#include "config/options.h"
#include "handlers.h"
#include "handlers/ack.h"
#include "handlers/log.h"

/* An ack that goes out is counted by the receiver, once it is sent: here no counter moves. */
#define ANSWERED STAT_N

static const struct {
        const char *name;
        const char *payload;
        struct endpoint source;
        enum stat counter;
} rules[] = {
        { "empty", "", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 47036 }, ANSWERED },
        { "a message", "ATU", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 47036 }, ANSWERED },
        { "lowest port", "ATU", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 1 }, ANSWERED },
        { "highest port", "ATU", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 65535 }, ANSWERED },
        { "nearly an ack", "acks", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 47036 }, ANSWERED },
        { "an ack", "ack", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_ACK },
        { "an ack from the group's port",
          "ack",
          { { AF_INET, { 10, 0, 0, 2 }, 0 }, GROUP_PORT },
          STAT_ACKS_SUPPRESSED_ACK },
        { "an ack from port 0", "ack", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 0 }, STAT_ACKS_SUPPRESSED_ACK },
        { "port 0", "ATU", { { AF_INET, { 10, 0, 0, 2 }, 0 }, 0 }, STAT_ACKS_SUPPRESSED_PORT },
        { "our receiver's",
          "ATU",
          { { AF_INET, { 10, 0, 0, 1 }, 0 }, GROUP_PORT },
          STAT_ACKS_SUPPRESSED_SELF },
        { "an emitter of this host", "ATU", { { AF_INET, { 10, 0, 0, 1 }, 0 }, 47036 }, ANSWERED },
        { "another host's receiver", "ATU", { { AF_INET, { 10, 0, 0, 2 }, 0 }, GROUP_PORT }, ANSWERED },
        { "no source", "ATU", { { AF_INET, { 0 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "source of no family", "ATU", { { 0, { 0 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "just below multicast", "ATU", { { AF_INET, { 223, 255, 255, 255 }, 0 }, 47036 }, ANSWERED },
        { "first multicast", "ATU", { { AF_INET, { 224 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "the group", "ATU", { { AF_INET, { 239, 1, 1, 1 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "last multicast",
          "ATU",
          { { AF_INET, { 239, 255, 255, 255 }, 0 }, 47036 },
          STAT_ACKS_SUPPRESSED_SOURCE },
        { "broadcast",
          "ATU",
          { { AF_INET, { 255, 255, 255, 255 }, 0 }, 47036 },
          STAT_ACKS_SUPPRESSED_SOURCE },
};

/* The counter has the value 1 and all others 0; or all have 0 for ANSWERED. */
static void check_counter(const char *row, const struct stats *s, enum stat counter)
{
        CHECK_INT(row, sum(s), counter == ANSWERED ? 0 : 1);
        CHECK_INT(row, counter == ANSWERED ? 0 : s->count[counter], counter == ANSWERED ? 0 : 1);
}

/* The one record says that the ack was sent, or by the name of its counter why there is none. */
static void check_record(const char *row, const struct bench *b, const struct datagram *d, enum stat counter)
{
        const struct record *r = &b->records.items[0];

        CHECK_INT(row, b->records.n, 1);
        CHECK(row, r->datagram == d);
        if (counter == ANSWERED) {
                CHECK_INT(row, r->event, EVENT_ACKNOWLEDGED);
                CHECK(row, r->reply == &b->out.replies[0]);
        } else {
                CHECK_INT(row, r->event, EVENT_NOT_ACKNOWLEDGED);
                CHECK(row, r->reply == NULL);
                CHECK_TEXT(row, r->reason, stats_name(counter));
        }
}

static void test_who_is_answered(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rules); i++) {
                struct bench *b = bench_new(&handler_ack, &defaults);
                const struct datagram d = datagram_of(rules[i].payload, &rules[i].source);

                handle(b, &d, START_NS);
                check_counter(rules[i].name, &b->stats, rules[i].counter);
                CHECK_INT(rules[i].name, b->out.n, rules[i].counter == ANSWERED);
                check_record(rules[i].name, b, &d, rules[i].counter);
                bench_free(b);
        }
}

/* A host has many addresses, and a receiver of this group on each of them. */
static const struct {
        const char *name, *payload;
        bool own;
        in_port_t port;
        enum stat counter;
} own_rules[] = {
        { "our receiver's, from another address", "ATU", true, GROUP_PORT, STAT_ACKS_SUPPRESSED_SELF },
        { "an emitter of this host", "ATU", true, GROUP_PORT + 1, ANSWERED },
        { "a port below", "ATU", true, GROUP_PORT - 1, ANSWERED },
        { "another host's receiver", "ATU", false, GROUP_PORT, ANSWERED },
        { "our receiver's ack", "ack", true, GROUP_PORT, STAT_ACKS_SUPPRESSED_ACK },
        { "our own, without a port", "ATU", true, 0, STAT_ACKS_SUPPRESSED_PORT },
};

static void test_who_is_ourselves(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(own_rules); i++) {
                const struct endpoint source = { somebody.address, own_rules[i].port };
                const struct datagram d = datagram_of(own_rules[i].payload, &source);
                struct bench *b = bench_new(&handler_ack, &defaults);

                b->own = own_rules[i].own;
                handle(b, &d, START_NS);
                check_counter(own_rules[i].name, &b->stats, own_rules[i].counter);
                CHECK_INT(own_rules[i].name, b->out.n, own_rules[i].counter == ANSWERED);
                bench_free(b);
        }
}

/* The same rules hold for IPv6. */
static const struct {
        const char *name;
        struct endpoint source;
        enum stat counter;
} ipv6_rules[] = {
        { "of its own link", { { AF_INET6, { 0xfe, 0x80, [15] = 2 }, IFINDEX }, 47036 }, ANSWERED },
        { "from anywhere", { { AF_INET6, { 0x20, 1, 0x0d, 0xb8, [15] = 2 }, 0 }, 47036 }, ANSWERED },
        { "loopback", { { AF_INET6, { [15] = 1 }, 0 }, 47036 }, ANSWERED },
        { "no source", { { AF_INET6, { 0 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "just below multicast", { { AF_INET6, { 0xfe, 0xff }, 0 }, 47036 }, ANSWERED },
        { "first multicast", { { AF_INET6, { 0xff }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "of one link", { { AF_INET6, { 0xff, 2, [15] = 1 }, 0 }, 47036 }, STAT_ACKS_SUPPRESSED_SOURCE },
        { "port 0", { { AF_INET6, { 0xfe, 0x80, [15] = 2 }, IFINDEX }, 0 }, STAT_ACKS_SUPPRESSED_PORT },
};

static void test_who_is_answered_by_ipv6(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(ipv6_rules); i++) {
                struct bench *b = bench_new(&handler_ack, &defaults);
                struct datagram d = datagram_of("ATU", &ipv6_rules[i].source);
                bool answered = ipv6_rules[i].counter == ANSWERED;

                /* As the kernel tells it: not by which address the source is answered. */
                d.local = (struct address){ .family = AF_INET6 };
                handle(b, &d, START_NS);
                check_counter(ipv6_rules[i].name, &b->stats, ipv6_rules[i].counter);
                CHECK_INT(ipv6_rules[i].name, b->out.n, answered);
                if (answered) {
                        CHECK(ipv6_rules[i].name,
                              endpoint_equal(&b->out.replies[0].to, &ipv6_rules[i].source));
                        CHECK(ipv6_rules[i].name, address_equal(&b->out.replies[0].from, &d.local));
                        CHECK_INT(ipv6_rules[i].name, b->out.replies[0].ifindex, IFINDEX);
                }
                bench_free(b);
        }
}

static const struct {
        const char *name, *payload;
        enum stat counter;
} ack_texts[] = {
        { "what is configured", "pong", STAT_ACKS_SUPPRESSED_ACK },
        { "what others say by default", "ack", STAT_ACKS_SUPPRESSED_ACK },
        { "anything else", "ping", ANSWERED },
};

static void test_both_ack_texts_are_known(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(ack_texts); i++) {
                struct handler_settings settings = defaults;
                const struct datagram d = datagram_of(ack_texts[i].payload, &somebody);
                struct bench *b;

                settings.ack_text = "pong";
                b = bench_new(&handler_ack, &settings);
                handle(b, &d, START_NS);
                check_counter(ack_texts[i].name, &b->stats, ack_texts[i].counter);
                bench_free(b);
        }
}

/* A trailer says so whatever the text is, and whether or not it was looked at. */
static void test_what_is_flagged_as_an_ack_is_not_answered(void **state)
{
        static const char *const payloads[] = { "", "ATU", "ack", "seq=1" };
        const struct auth_trailer t = { .type = AUTH_ACK, .stamp = { 7, 1, 1, 1 } };

        (void)state;
        for (size_t i = 0; i < 2 * N_OF(payloads); i++) {
                const char *payload = payloads[i / 2];
                const struct datagram d = datagram_of(payload, &somebody);
                struct bench *b = bench_new(&handler_ack, &defaults);

                b->flagged = b->sign = true;
                b->verified = i % 2 ? &t : NULL;
                handle(b, &d, START_NS);
                check_counter(payload, &b->stats, STAT_ACKS_SUPPRESSED_ACK);
                CHECK_INT(payload, b->out.n, 0);
                bench_free(b);
        }
}

/* A good signature is no reason to answer what must not be answered. */
static void test_the_same_rules_hold_for_what_is_signed(void **state)
{
        const struct auth_trailer t = { .type = AUTH_DATA, .stamp = { 7, 1, 1, 1 } };

        (void)state;
        for (size_t i = 0; i < N_OF(rules); i++) {
                struct bench *b = bench_new(&handler_ack, &defaults);
                const struct datagram d = datagram_of(rules[i].payload, &rules[i].source);

                b->verified = &t;
                b->sign = true;
                handle(b, &d, START_NS);
                check_counter(rules[i].name, &b->stats, rules[i].counter);
                CHECK_INT(rules[i].name, b->out.n, rules[i].counter == ANSWERED);
                check_record(rules[i].name, b, &d, rules[i].counter);
                bench_free(b);
        }
}

static const struct {
        const char *name;
        bool verified, sign;
        uint16_t key_id; /* of the answer */
} signatures[] = {
        { "neither signed nor to be", false, false, 0 },
        { "signed, but we sign nothing", true, false, 0 },
        { "plain, and we sign", false, true, 0 },
        { "signed, and we sign", true, true, 4711 },
};

/* Only what was rightly signed is answered with a signature: of its key, for it alone. */
static void test_what_is_answered_with_a_signature(void **state)
{
        static const uint8_t none[AUTH_TAG_SIZE];
        const struct auth_trailer t = { .type = AUTH_DATA,
                                        .stamp = { 4711, 1, 2, 3 },
                                        .tag = { 1, 2, 3, [15] = 16 } };

        (void)state;
        for (size_t i = 0; i < N_OF(signatures); i++) {
                struct bench *b = bench_new(&handler_ack, &defaults);
                const struct datagram d = datagram_of("ATU", &somebody);
                const uint8_t *tag = signatures[i].key_id ? t.tag : none;

                b->verified = signatures[i].verified ? &t : NULL;
                b->sign = signatures[i].sign;
                handle(b, &d, START_NS);
                CHECK_INT(signatures[i].name, b->out.n, 1);
                CHECK_INT(signatures[i].name, b->out.replies[0].key_id, signatures[i].key_id);
                CHECK(signatures[i].name, memcmp(b->out.replies[0].request_tag, tag, AUTH_TAG_SIZE) == 0);
                CHECK_INT(signatures[i].name, b->out.replies[0].length, 3);
                bench_free(b);
        }
}

static void test_reply(void **state)
{
        struct handler_settings settings = defaults;
        const struct datagram d = datagram_of("ATU", &somebody);
        const struct reply *r;
        struct bench *b;

        (void)state;
        settings.ack_text = "pong";
        b = bench_new(&handler_ack, &settings);
        handle(b, &d, START_NS);
        assert_int_equal(b->out.n, 1);
        r = &b->out.replies[0];
        assert_int_equal(r->length, 4);
        assert_memory_equal(r->payload, "pong", 4);
        assert_true(endpoint_equal(&r->to, &somebody));
        assert_true(address_equal(&r->from, &local));
        assert_int_equal(r->ifindex, IFINDEX);
        assert_int_equal(r->error, 0);
        bench_free(b);
}

/* Beyond LOG_RATE a datagram is answered, or not, without a word. */
static void test_nothing_need_be_recorded(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rules); i++) {
                struct bench *b = bench_new(&handler_ack, &defaults);
                const struct datagram d = datagram_of(rules[i].payload, &rules[i].source);

                b->record = false;
                handle(b, &d, START_NS);
                check_counter(rules[i].name, &b->stats, rules[i].counter);
                CHECK_INT(rules[i].name, b->out.n, rules[i].counter == ANSWERED);
                CHECK_INT(rules[i].name, b->records.n, 0);
                bench_free(b);
        }
}

static void test_a_full_outbox_is_counted(void **state)
{
        struct bench *b = bench_new(&handler_ack, &defaults);
        const struct datagram d = datagram_of("ATU", &somebody);

        (void)state;
        while (outbox_append(&b->out))
                ;
        handle(b, &d, START_NS);
        check_counter("full outbox", &b->stats, STAT_ACKS_FAILED);
        assert_int_equal(b->records.n, 0);
        bench_free(b);
}

static const struct {
        const char *name;
        rate_per_s rate, total;
        unsigned answered; /* of 50 questions at one moment */
        enum stat counter; /* of the others */
} rates[] = {
        /* The leak adds one, see below; for those who must not be answered at all there is none. */
        { "no acks", RATE_NONE, RATE_UNLIMITED, 0, STAT_ACKS_SUPPRESSED_RATE },
        { "one a second", 1, RATE_UNLIMITED, 2 + 1, STAT_ACKS_SUPPRESSED_RATE },
        { "default", 10, 1000, 20 + 1, STAT_ACKS_SUPPRESSED_RATE },
        { "unlimited", RATE_UNLIMITED, RATE_UNLIMITED, 50, STAT_ACKS_SUPPRESSED_RATE },
        { "none in all", RATE_UNLIMITED, RATE_NONE, 0, STAT_ACKS_SUPPRESSED_TOTAL },
        { "ten in all", RATE_UNLIMITED, 10, 20, STAT_ACKS_SUPPRESSED_TOTAL },
};

static void test_rates(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rates); i++) {
                struct handler_settings settings = defaults;
                struct bench *b;
                unsigned answered = 0;

                settings.ack_rate = rates[i].rate;
                settings.ack_total = rates[i].total;
                b = bench_new(&handler_ack, &settings);
                for (unsigned n = 0; n < 50; n++)
                        answered += ask(b, &somebody, START_NS);
                CHECK_INT(rates[i].name, answered, rates[i].answered);
                CHECK_INT(rates[i].name, b->stats.count[rates[i].counter], 50 - answered);
                CHECK_INT(rates[i].name, sum(&b->stats) - b->stats.count[STAT_ACKS_LEAKED], 50 - answered);
                bench_free(b);
        }
}

static void test_the_total_holds_for_all_sources_together(void **state)
{
        struct bench *b = bench_new(&handler_ack, &defaults);
        unsigned answered = 0;

        (void)state;
        for (uint32_t n = 0; n < 100000; n++) {
                const struct endpoint source = { nth_address(256 + n % 3000), 47036 };

                answered += ask(b, &source, START_NS + n * 100 * NS_PER_US);
        }
        /* The burst, and ten seconds of the rate; the leak counts as well. */
        assert_int_equal(answered, 2000 + 9999);
        assert_true(b->stats.count[STAT_ACKS_SUPPRESSED_TOTAL] > 0);
        assert_true(sum(&b->stats) - b->stats.count[STAT_ACKS_LEAKED] == 100000 - answered);
        bench_free(b);
}

/* Other settings are in force with the next datagram. */
static void test_retune(void **state)
{
        const struct datagram pong = datagram_of("pong", &somebody), ack = datagram_of("ack", &somebody);
        struct handler_settings settings = defaults;
        struct bench *b = bench_new(&handler_ack, &defaults);

        (void)state;
        handle(b, &pong, START_NS);
        assert_int_equal(b->out.n, 1);
        assert_memory_equal(b->out.replies[0].payload, "ack", 3);
        settings.ack_text = "pong";
        handler_ack.retune(b->state, &settings);
        b->settings = settings;
        handle(b, &pong, START_NS);
        assert_int_equal(b->out.n, 1);
        assert_int_equal(b->stats.count[STAT_ACKS_SUPPRESSED_ACK], 1);
        handle(b, &ack, START_NS);
        assert_int_equal(b->stats.count[STAT_ACKS_SUPPRESSED_ACK], 2);
        outbox_clear(&b->out);
        handle(b, &(struct datagram){ .payload = (const uint8_t *)"ATU", .length = 3, .source = somebody },
               START_NS);
        assert_int_equal(b->out.n, 1);
        assert_int_equal(b->out.replies[0].length, 4);
        assert_memory_equal(b->out.replies[0].payload, "pong", 4);
        bench_free(b);
}

/* How many of 100 questions at one moment are answered before a change, and at the same moment after it.
 * What was used up stays used up, of each source and in all. */
static const struct {
        const char *name;
        rate_per_s rate, total, new_rate, new_total;
        unsigned before, after, a_stranger; /* after it */
} retunes[] = {
        { "nothing", 10, 1000, 10, 1000, 21, 0, 20 },
        { "for each source none", 10, 1000, RATE_NONE, 1000, 21, 0, 0 },
        { "for each source more", 10, 1000, 50, 1000, 21, 0, 100 },
        { "for each source at last some", RATE_NONE, 1000, 10, 1000, 0, 21, 20 },
        { "for each source no end", 10, 1000, RATE_UNLIMITED, 1000, 21, 100, 100 },
        { "in all none", 10, 1000, 10, RATE_NONE, 21, 0, 0 },
        { "in all as before", RATE_UNLIMITED, 10, RATE_UNLIMITED, 10, 20, 0, 0 },
        { "in all at last some", RATE_UNLIMITED, RATE_NONE, RATE_UNLIMITED, 10, 0, 20, 0 },
        { "in all no end", RATE_UNLIMITED, 10, RATE_UNLIMITED, RATE_UNLIMITED, 20, 100, 100 },
};

static unsigned ask_100(struct bench *b, const struct endpoint *source)
{
        unsigned answered = 0;

        for (unsigned n = 0; n < 100; n++)
                answered += ask(b, source, START_NS);
        return answered;
}

static void test_retune_keeps_what_was_used_up(void **state)
{
        const struct endpoint stranger = { nth_address(4711), 40000 };

        (void)state;
        for (size_t i = 0; i < N_OF(retunes); i++) {
                struct handler_settings settings = defaults;
                struct bench *b;

                settings.ack_rate = retunes[i].rate;
                settings.ack_total = retunes[i].total;
                b = bench_new(&handler_ack, &settings);
                CHECK_INT(retunes[i].name, ask_100(b, &somebody), retunes[i].before);
                settings.ack_rate = retunes[i].new_rate;
                settings.ack_total = retunes[i].new_total;
                handler_ack.retune(b->state, &settings);
                CHECK_INT(retunes[i].name, ask_100(b, &somebody), retunes[i].after);
                CHECK_INT(retunes[i].name, ask_100(b, &stranger), retunes[i].a_stranger);
                bench_free(b);
        }
}

static void test_log_records_what_it_may(void **state)
{
        static const bool may[] = { true, false };

        (void)state;
        for (size_t i = 0; i < N_OF(may); i++) {
                const char *row = may[i] ? "to be recorded" : "not to be recorded";
                struct bench *b = bench_new(&handler_log, &defaults);
                const struct datagram d = datagram_of("ATU", &somebody);

                b->record = may[i];
                handle(b, &d, START_NS);
                CHECK_INT(row, b->records.n, may[i]);
                CHECK_INT(row, b->stats.count[STAT_RECORDED], may[i]);
                CHECK_INT(row, sum(&b->stats), may[i]);
                CHECK_INT(row, b->out.n, 0);
                if (may[i]) {
                        CHECK_INT(row, b->records.items[0].event, EVENT_RECEIVED);
                        CHECK(row, b->records.items[0].datagram == &d);
                        CHECK(row, b->records.items[0].reply == NULL);
                }
                bench_free(b);
        }
}

static void test_log_records_acks_as_well(void **state)
{
        struct bench *b = bench_new(&handler_log, &defaults);
        const struct datagram d = datagram_of("ack", &somebody);

        (void)state;
        handle(b, &d, START_NS);
        assert_int_equal(b->records.n, 1);
        bench_free(b);
}

static void test_records_are_bounded(void **state)
{
        struct bench *b = bench_new(&handler_log, &defaults);
        const struct datagram d = datagram_of("ATU", &somebody);

        (void)state;
        for (size_t i = 0; i < 2 * RECORDS_MAX; i++)
                handle(b, &d, START_NS);
        assert_int_equal(b->records.n, RECORDS_MAX);
        bench_free(b);
}

static const struct {
        const char *name;
        const struct handler *handler;
} names[] = {
        { "ack", &handler_ack }, { "log", &handler_log }, { "", NULL },
        { "ac", NULL },          { "acks", NULL },        { "ACK", NULL },
};

static void test_find(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(names); i++)
                CHECK(names[i].name, handler_find(names[i].name) == names[i].handler);
}

static void test_every_handler_of_the_configuration_is_there(void **state)
{
        const struct config_option *o = option_find(SECTION_RECEIVER, "HANDLERS");

        (void)state;
        for (size_t i = 0; i < N_OF(names) && names[i].handler; i++) {
                struct config_receiver cfg;
                char why[OPTION_WHY_SIZE];

                CHECK_INT(names[i].name, option_set(o, names[i].name, &cfg, why), 0);
                CHECK_TEXT(names[i].name, cfg.handlers.names[0], names[i].name);
                CHECK(names[i].name, handler_find(cfg.handlers.names[0])->datagram != NULL);
        }
}

static void test_destroy_of_nothing(void **state)
{
        (void)state;
        handler_ack.destroy(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_is_answered),
                cmocka_unit_test(test_who_is_ourselves),
                cmocka_unit_test(test_who_is_answered_by_ipv6),
                cmocka_unit_test(test_both_ack_texts_are_known),
                cmocka_unit_test(test_what_is_flagged_as_an_ack_is_not_answered),
                cmocka_unit_test(test_the_same_rules_hold_for_what_is_signed),
                cmocka_unit_test(test_what_is_answered_with_a_signature),
                cmocka_unit_test(test_reply),
                cmocka_unit_test(test_nothing_need_be_recorded),
                cmocka_unit_test(test_a_full_outbox_is_counted),
                cmocka_unit_test(test_rates),
                cmocka_unit_test(test_the_total_holds_for_all_sources_together),
                cmocka_unit_test(test_retune),
                cmocka_unit_test(test_retune_keeps_what_was_used_up),
                cmocka_unit_test(test_log_records_what_it_may),
                cmocka_unit_test(test_log_records_acks_as_well),
                cmocka_unit_test(test_records_are_bounded),
                cmocka_unit_test(test_find),
                cmocka_unit_test(test_every_handler_of_the_configuration_is_there),
                cmocka_unit_test(test_destroy_of_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
