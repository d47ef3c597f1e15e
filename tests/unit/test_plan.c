/* test_plan.c - config/plan: what a reload keeps, opens anew, adds and drops. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "config/options.h"
#include "config/plan.h"

#define SECTIONS_MAX 8

/* A configuration in the memory of the test, made from a short form: `a1 b2` are two sections of a kind, with
 * a letter as name and a digit as port. */
struct bench {
        struct config config;
        struct config_receiver receivers[SECTIONS_MAX];
        struct config_emitter emitters[SECTIONS_MAX];
};

static void set_all(enum section_kind kind, const char *name, const char *port, void *object)
{
        struct config_group *at = object;
        char why[OPTION_WHY_SIZE];

        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                if ((o->sections & kind) && o->value)
                        assert_int_equal(option_set(o, o->value, object, why), 0);
        }
        assert_int_equal(option_set(option_find(kind, "MCAST_GROUP"), "239.1.1.1", object, why), 0);
        assert_int_equal(option_set(option_find(kind, "PORT"), port, object, why), 0);
        snprintf(at->section, sizeof at->section, "%s", name);
}

/* The sections of one kind; `size` is that of one object. Returns how many there are. */
static size_t make_sections(enum section_kind kind, const char *form, void *objects, size_t size)
{
        size_t n = 0;

        for (const char *p = form; *p; p += p[2] == ' ' ? 3 : 2) {
                const char name[] = { p[0], 0 }, port[] = { p[1], 0 };

                assert_true(n < SECTIONS_MAX);
                set_all(kind, name, port, (char *)objects + n++ * size);
        }
        return n;
}

static void make(struct bench *b, const char *receivers, const char *emitters)
{
        memset(b, 0, sizeof *b);
        b->config.receivers = b->receivers;
        b->config.emitters = b->emitters;
        b->config.n_receivers =
                make_sections(SECTION_RECEIVER, receivers, b->receivers, sizeof b->receivers[0]);
        b->config.n_emitters = make_sections(SECTION_EMITTER, emitters, b->emitters, sizeof b->emitters[0]);
}

/* In the form of the tables: `keep0 open1 add`. */
static const char *steps_text(const struct plan_step *steps, size_t n, char text[128])
{
        static const char *const names[] = {
                [PLAN_KEEP] = "keep", [PLAN_RETUNE] = "tune", [PLAN_REOPEN] = "open", [PLAN_ADD] = "add"
        };
        char *p = text;

        *p = '\0';
        for (size_t i = 0; i < n; i++) {
                p += sprintf(p, "%s%s", i ? " " : "", names[steps[i].action]);
                if (steps[i].action != PLAN_ADD)
                        p += sprintf(p, "%zu", steps[i].old);
        }
        return text;
}

static const struct {
        const char *name, *before, *after, *steps;
        size_t kept, reopened, added, dropped;
} cases[] = {
        { "nothing at all", "", "", "", 0, 0, 0, 0 },
        { "the same", "a1", "a1", "keep0", 1, 0, 0, 0 },
        { "another port", "a1", "a2", "open0", 0, 1, 0, 0 },
        { "the first", "", "a1", "add", 0, 0, 1, 0 },
        { "the last goes", "a1", "", "", 0, 0, 0, 1 },
        { "another name", "a1", "b1", "add", 0, 0, 1, 1 },
        { "one more in front", "a1", "b2 a1", "add keep0", 1, 0, 1, 0 },
        { "one more behind", "a1", "a1 b2", "keep0 add", 1, 0, 1, 0 },
        { "another order", "a1 b2 c3", "c3 a1 b2", "keep2 keep0 keep1", 3, 0, 0, 0 },
        { "ports change places", "a1 b2", "a2 b1", "open0 open1", 0, 2, 0, 0 },
        { "the middle one goes", "a1 b2 c3", "a1 c3", "keep0 keep2", 2, 0, 0, 1 },
        { "everything else", "a1 b2 c3", "d1 e2 f3", "add add add", 0, 0, 3, 3 },
        { "all four", "a1 b2 c3", "d4 c4 a1", "add open2 keep0", 1, 1, 1, 1 },
};

static void check_counts(size_t i, const struct plan *p)
{
        CHECK_INT(cases[i].name, p->kept, cases[i].kept);
        CHECK_INT(cases[i].name, p->reopened, cases[i].reopened);
        CHECK_INT(cases[i].name, p->added, cases[i].added);
        CHECK_INT(cases[i].name, p->dropped, cases[i].dropped);
}

static void test_receivers(void **state)
{
        static struct bench before, after;

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct plan *p;
                char text[128];

                make(&before, cases[i].before, "");
                make(&after, cases[i].after, "");
                CHECK_INT(cases[i].name, plan_new(&before.config, &after.config, &p), 0);
                CHECK_TEXT(cases[i].name, steps_text(p->receivers, after.config.n_receivers, text),
                           cases[i].steps);
                check_counts(i, p);
                CHECK(cases[i].name, plan_free(p) == NULL);
        }
}

static void test_emitters(void **state)
{
        static struct bench before, after;

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct plan *p;
                char text[128];

                make(&before, "", cases[i].before);
                make(&after, "", cases[i].after);
                CHECK_INT(cases[i].name, plan_new(&before.config, &after.config, &p), 0);
                CHECK_TEXT(cases[i].name, steps_text(p->emitters, after.config.n_emitters, text),
                           cases[i].steps);
                check_counts(i, p);
                CHECK(cases[i].name, plan_free(p) == NULL);
        }
}

/* The two kinds know nothing of each other, but for the counts. */
static void test_both_kinds(void **state)
{
        static struct bench before, after;
        struct plan *p;
        char text[128];

        (void)state;
        make(&before, "a1 b1", "a1 c1");
        make(&after, "a1 c1", "c2 b1 a1");
        assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
        assert_string_equal(steps_text(p->receivers, 2, text), "keep0 add");
        assert_string_equal(steps_text(p->emitters, 3, text), "open1 add keep0");
        assert_int_equal(p->kept, 2);
        assert_int_equal(p->reopened, 1);
        assert_int_equal(p->added, 2);
        assert_int_equal(p->dropped, 1);
        plan_free(p);
        assert_null(plan_free(NULL));
}

/* A value for each option that is not the one of the sections above. */
static const struct {
        const char *key, *other;
} others[] = {
        { "MCAST_GROUP", "239.1.1.2" },
        { "PORT", "65535" },
        { "IP_ADDRESS", "127.0.0.1" },
        { "INTERFACE", "lo" },
        { "HANDLERS", "log, ack" },
        { "SOURCES", "10.0.0.1" },
        { "ALLOW", "0.0.0.0/0" },
        { "ACK_TEXT", "acks" },
        { "ACK_RATE", "11/s" },
        { "ACK_TOTAL", "unlimited" },
        { "ACK_SPREAD", "1ms" },
        { "LOG_RATE", "none" },
        { "EXPECT_EVERY", "1s" },
        { "RECEIVE_BUFFER", "4194303" },
        { "SHARE", "any" },
        { "PEERS", "2" },
        { "DEAD_AFTER", "5s" },
        { "CLOCK_SKEW", "off" },
        { "INTERVAL", "999ms" },
        { "JITTER", "1ms" },
        { "MESSAGE", "ATU {time} " },
        { "TTL", "2" },
        { "LOOP", "no" },
        { "DSCP", "1" },
        { "EXPECT_ACKS", "1" },
        { "KEY", "1" },
        { "AUTH", "receive-only" },
};

static const char *other_value(const char *key)
{
        for (size_t i = 0; i < N_OF(others); i++)
                if (strcmp(others[i].key, key) == 0)
                        return others[i].other;
        fail_msg("%s: has no row in this test", key);
        return NULL;
}

/* Where a section is found in the kernel; to change one of these takes another socket. */
static bool is_of_the_socket(const char *key)
{
        static const char *const keys[] = { "MCAST_GROUP", "PORT", "IP_ADDRESS", "INTERFACE", "SHARE" };

        for (size_t i = 0; i < N_OF(keys); i++)
                if (strcmp(keys[i], key) == 0)
                        return true;
        return false;
}

/* Any option that changes by itself concerns its section and no other, and is known to have changed. */
static void test_each_option_counts(void **state)
{
        static const enum section_kind kinds[] = { SECTION_RECEIVER, SECTION_EMITTER };
        static struct bench before, after;

        (void)state;
        make(&before, "a1 b2", "a1 b2");
        for (size_t i = 0; i < options_count() * N_OF(kinds); i++) {
                const struct config_option *o = option_at(i / N_OF(kinds));
                enum section_kind kind = kinds[i % N_OF(kinds)];
                bool receiver = kind == SECTION_RECEIVER;
                const char *changed = is_of_the_socket(o->key) ? "keep0 open1" : "keep0 tune1";
                char why[OPTION_WHY_SIZE], text[128];
                struct plan *p;

                if (!(o->sections & kind))
                        continue;
                make(&after, "a1 b2", "a1 b2");
                CHECK_INT(o->key,
                          option_set(o, other_value(o->key),
                                     receiver ? (void *)&after.receivers[1] : (void *)&after.emitters[1],
                                     why),
                          0);
                assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
                CHECK_TEXT(o->key, steps_text(p->receivers, 2, text), receiver ? changed : "keep0 keep1");
                CHECK_TEXT(o->key, steps_text(p->emitters, 2, text), receiver ? "keep0 keep1" : changed);
                for (size_t k = 0; k < options_count(); k++)
                        CHECK_INT(o->key, (receiver ? p->receivers : p->emitters)[1].changed >> k & 1,
                                  option_at(k) == o);
                plan_free(p);
        }
}

static const struct {
        const char *name;
        const char *first, *second; /* options that change */
        const char *step;
} pairs[] = {
        { "two that retune", "ALLOW", "LOG_RATE", "tune0" },
        { "how signatures are looked at", "AUTH", "LOG_RATE", "tune0" },
        { "one that reopens", "ALLOW", "SHARE", "open0" },
        { "the other way round", "PORT", "LOG_RATE", "open0" },
        { "two that reopen", "PORT", "INTERFACE", "open0" },
};

static void test_two_options(void **state)
{
        static struct bench before, after;

        (void)state;
        make(&before, "a1", "");
        for (size_t i = 0; i < N_OF(pairs); i++) {
                const char *const keys[] = { pairs[i].first, pairs[i].second };
                char why[OPTION_WHY_SIZE], text[128];
                struct plan *p;

                make(&after, "a1", "");
                for (size_t k = 0; k < N_OF(keys); k++)
                        CHECK_INT(pairs[i].name,
                                  option_set(option_find(SECTION_RECEIVER, keys[k]), other_value(keys[k]),
                                             &after.receivers[0], why),
                                  0);
                assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
                CHECK_TEXT(pairs[i].name, steps_text(p->receivers, 1, text), pairs[i].step);
                CHECK_INT(pairs[i].name, p->retuned + p->reopened, 1);
                plan_free(p);
        }
}

/* A line for each section: as a reload would go about it, and what has changed. */
static void test_print(void **state)
{
        static struct bench before, after;
        static const char expected[] = "apply  [daemon]: LOG_LEVEL NODE KEYS\n"
                                       "later  [daemon]: RUNTIME_DIR\n"
                                       "add    [d]\n"
                                       "retune [c]: ACK_RATE LOG_RATE\n"
                                       "keep   [a]\n"
                                       "drop   [b]\n"
                                       "reopen [x]: PORT\n";
        char why[OPTION_WHY_SIZE], *text = NULL;
        size_t size = 0;
        FILE *to = open_memstream(&text, &size);
        struct plan *p;

        (void)state;
        make(&before, "a1 b2 c3", "x1");
        make(&after, "d4 c3 a1", "x2");
        (void)option_set(option_find(SECTION_RECEIVER, "LOG_RATE"), "none", &after.receivers[1], why);
        (void)option_set(option_find(SECTION_RECEIVER, "ACK_RATE"), "none", &after.receivers[1], why);
        after.config.daemon.log_level = LOG_LEVEL_DEBUG;
        strcpy(after.config.daemon.node, "ups-7");
        strcpy(after.config.daemon.runtime_dir, "/run/b");
        strcpy(after.config.daemon.keys, "/etc/keys");
        assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
        assert_non_null(to);
        plan_print(p, &before.config, &after.config, to);
        assert_int_equal(fclose(to), 0);
        assert_string_equal(text, expected);
        free(text);
        plan_free(p);
}

/* Comments and empty lines above a section, or another level of the log, close no socket. */
static void test_what_does_not_count(void **state)
{
        static struct bench before, after;
        struct plan *p;
        char text[128];

        (void)state;
        make(&before, "a1", "a1");
        make(&after, "a1", "a1");
        after.receivers[0].at.line = 77;
        after.emitters[0].at.line = 78;
        after.config.daemon.log_level = LOG_LEVEL_DEBUG;
        strcpy(after.config.daemon.node, "ups-7");
        assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
        assert_string_equal(steps_text(p->receivers, 1, text), "keep0");
        assert_string_equal(steps_text(p->emitters, 1, text), "keep0");
        plan_free(p);
}

/* What a plan prints, for sections of one kind in the short form. */
static const struct {
        const char *name, *before, *after, *printed;
} printed[] = {
        { "nothing", "", "", "" },
        { "the same", "a1", "a1", "keep   [a]\n" },
        { "another port", "a1", "a2", "reopen [a]: PORT\n" },
        { "the first", "", "a1", "add    [a]\n" },
        { "the last goes", "a1", "", "drop   [a]\n" },
        { "another name", "a1", "b1", "add    [b]\ndrop   [a]\n" },
        { "another order", "a1 b2", "b2 a1", "keep   [b]\nkeep   [a]\n" },
        { "the middle one goes", "a1 b2 c3", "a1 c3", "keep   [a]\nkeep   [c]\ndrop   [b]\n" },
        { "all four", "a1 b2 c3", "d4 c4 a1", "add    [d]\nreopen [c]: PORT\nkeep   [a]\ndrop   [b]\n" },
};

static void test_print_of_sections(void **state)
{
        static struct bench before, after;

        (void)state;
        for (size_t i = 0; i < 2 * N_OF(printed); i++) {
                size_t row = i / 2, size = 0;
                bool receivers = i % 2;
                char *text = NULL;
                FILE *to = open_memstream(&text, &size);
                struct plan *p;

                make(&before, receivers ? printed[row].before : "", receivers ? "" : printed[row].before);
                make(&after, receivers ? printed[row].after : "", receivers ? "" : printed[row].after);
                assert_non_null(to);
                assert_int_equal(plan_new(&before.config, &after.config, &p), 0);
                plan_print(p, &before.config, &after.config, to);
                assert_int_equal(fclose(to), 0);
                CHECK_TEXT(printed[row].name, text, printed[row].printed);
                free(text);
                plan_free(p);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_receivers),         cmocka_unit_test(test_emitters),
                cmocka_unit_test(test_both_kinds),        cmocka_unit_test(test_each_option_counts),
                cmocka_unit_test(test_two_options),       cmocka_unit_test(test_print),
                cmocka_unit_test(test_print_of_sections), cmocka_unit_test(test_what_does_not_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
