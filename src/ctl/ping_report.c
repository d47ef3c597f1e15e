/* ping_report.c - what mcastctl ping prints: lines for people, or one JSON document. */
#include "ctl/ping_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/ping_auth.h"

/* Times of the first ack to each message. */
struct times {
        uint64_t n;
        int64_t least_ns, most_ns, sum_ns;
};

/* Answers that are shown though they tell nothing new: duplicates, refused ones, those from beyond the nodes
 * that are told apart. A flood brings any number, and neither the document nor a log of the output is to grow
 * with it. First answers have a bound of their own: ACKS_SOURCES_MAX to each message. */
#define EXTRAS_SHOWN_MAX 1000

struct node {
        struct address address;
        struct times times;
        uint64_t duplicates;
};

struct ping_report {
        const struct ping_options *options;
        uint64_t messages;
        uint64_t overflow; /* acks from more nodes than can be told apart */
        uint64_t refused;
        uint64_t extras_shown;
        uint64_t more; /* not shown of the last message */
        struct times times;
        uint64_t duplicates;
        size_t n_nodes;
        struct node nodes[ACKS_SOURCES_MAX];
        json_t *json_messages; /* NULL unless JSON was asked for */
};

static double ms(int64_t ns)
{
        return (double)ns / (double)NS_PER_MS;
}

static void times_add(struct times *t, int64_t ns)
{
        if (t->n == 0 || ns < t->least_ns)
                t->least_ns = ns;
        if (t->n == 0 || ns > t->most_ns)
                t->most_ns = ns;
        t->sum_ns += ns;
        t->n++;
}

static double times_mean_ms(const struct times *t)
{
        return t->n ? ms(t->sum_ns) / (double)t->n : 0;
}

int ping_report_new(const struct ping_options *options, struct ping_report **ret)
{
        struct ping_report *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->options = options;
        if (options->daemon.json)
                r->json_messages = json_array();
        *ret = r;
        return 0;
}

struct ping_report *ping_report_free(struct ping_report *r)
{
        if (r)
                json_decref(r->json_messages);
        free(r);
        return NULL;
}

/* ", signed by key 7"; "" where nothing is signed. */
#define BY_KEY_SIZE 48
static const char *by_key(const struct ping_options *o, char buffer[BY_KEY_SIZE])
{
        if (o->key_id)
                snprintf(buffer, BY_KEY_SIZE, ", signed by key %" PRIu64, o->key_id);
        return buffer;
}

void ping_report_message(struct ping_report *r)
{
        const struct ping_options *o = r->options;

        r->messages++;
        if (o->daemon.json)
                json_array_append_new(r->json_messages,
                                      json_pack("{s:I, s:[], s:[], s:i}", "number", (json_int_t)r->messages,
                                                "acks", "refused", "more", 0));
        else
                printf("sending \"%s\" to %s%s\n", TEXT_ESCAPE(o->message, strlen(o->message)),
                       ENDPOINT_TEXT(&o->target.group), by_key(o, (char[BY_KEY_SIZE]){ 0 }));
        fflush(stdout);
}

/* The node of this address; a new one if need be, NULL where there is no room. */
static struct node *node_of(struct ping_report *r, const struct address *address)
{
        for (size_t i = 0; i < r->n_nodes; i++)
                if (address_equal(&r->nodes[i].address, address))
                        return &r->nodes[i];
        if (r->n_nodes == ACKS_SOURCES_MAX)
                return NULL;
        r->nodes[r->n_nodes].address = *address;
        return &r->nodes[r->n_nodes++];
}

/* Whether it tells something new: it is the first of its node to the message. */
static bool count_ack(struct ping_report *r, const struct ping_answer *a, enum ack_verdict verdict)
{
        struct node *node = verdict == ACK_OVERFLOW ? NULL : node_of(r, &a->source->address);

        if (!node) {
                r->overflow++;
                return false;
        }
        if (verdict == ACK_DUPLICATE) {
                node->duplicates++;
                r->duplicates++;
                return false;
        }
        times_add(&node->times, a->after_ns);
        times_add(&r->times, a->after_ns);
        return true;
}

/* Whether there is room to show one more of those that tell nothing new. */
static bool has_room(struct ping_report *r)
{
        bool room = r->extras_shown < EXTRAS_SHOWN_MAX;

        if (room)
                r->extras_shown++;
        else
                r->more++;
        return room;
}

/* What an answer is in the document. */
static json_t *json_answer(const struct ping_report *r, const struct ping_answer *a)
{
        return json_pack("{s:s, s:i, s:s, s:f}", "address",
                         ADDRESS_TEXT_ON(&a->source->address, r->options->target.zone), "port",
                         a->source->port, "text", TEXT_ESCAPE(a->text, a->length), "ms", ms(a->after_ns));
}

static json_t *last_message(const struct ping_report *r)
{
        return json_array_get(r->json_messages, json_array_size(r->json_messages) - 1);
}

/* Adds it to a list of the last message. */
static void add_json(struct ping_report *r, const char *list, json_t *answer)
{
        json_array_append_new(json_object_get(last_message(r), list), answer);
}

/* How many answers to the last message were not shown. */
static void tell_more(struct ping_report *r)
{
        if (r->more > 0 && r->options->daemon.json)
                json_object_set_new(last_message(r), "more", json_integer((json_int_t)r->more));
        else if (r->more > 0)
                printf("and %" PRIu64 " more that are not shown\n", r->more);
        r->more = 0;
}

static void print_answer(const struct ping_report *r, const char *what, const struct ping_answer *a)
{
        printf("%s \"%s\" from %s after %.3f ms", what, TEXT_ESCAPE(a->text, a->length),
               ENDPOINT_TEXT_ON(a->source, r->options->target.zone), ms(a->after_ns));
}

void ping_report_ack(struct ping_report *r, const struct ping_answer *answer, enum ack_verdict verdict)
{
        bool duplicate = verdict == ACK_DUPLICATE;
        json_t *json;

        if (!count_ack(r, answer, verdict) && !has_room(r))
                return;
        if (r->options->daemon.json) {
                json = json_answer(r, answer);
                json_object_set_new(json, "duplicate", json_boolean(duplicate));
                add_json(r, "acks", json);
                return;
        }
        print_answer(r, "received", answer);
        printf("%s%s\n", by_key(r->options, (char[BY_KEY_SIZE]){ 0 }), duplicate ? " (duplicate)" : "");
        fflush(stdout);
}

void ping_report_refused(struct ping_report *r, const struct ping_answer *answer,
                         const struct gate_result *judged)
{
        json_t *json;

        r->refused++;
        if (!has_room(r))
                return;
        if (r->options->daemon.json) {
                json = json_answer(r, answer);
                json_object_set_new(json, "reason", json_string(gate_refusal_name(judged->verdict)));
                if (judged->is_signed)
                        json_object_set_new(json, "key", json_integer(judged->trailer.stamp.key_id));
                add_json(r, "refused", json);
                return;
        }
        print_answer(r, "refused", answer);
        printf(": %s", ping_auth_refusal(judged->verdict));
        if (judged->is_signed)
                printf(" (key %d)", judged->trailer.stamp.key_id);
        putchar('\n');
        fflush(stdout);
}

void ping_report_timeout(struct ping_report *r)
{
        tell_more(r);
        if (!r->options->daemon.json)
                puts("timed out, no more responses");
        fflush(stdout);
}

/* The share of acks that are missing where every node that answered once had answered every message. */
static double loss_percent(const struct ping_report *r)
{
        double possible = (double)r->messages * (double)r->n_nodes;

        return possible > 0 ? 100.0 * (possible - (double)r->times.n) / possible : 100.0;
}

static void print_summary(const struct ping_report *r)
{
        uint64_t expect = r->options->expect;

        printf("--- %s ---\n", ENDPOINT_TEXT(&r->options->target.group));
        printf("messages: %" PRIu64 ", nodes: %zu, acks: %" PRIu64 ", duplicates: %" PRIu64 ", loss: %.1f %%",
               r->messages, r->n_nodes, r->times.n, r->duplicates, loss_percent(r));
        if (r->options->key_id)
                printf(", refused: %" PRIu64, r->refused);
        /* That nobody at all has answered is said by itself. */
        if (expect > 1 && r->n_nodes < expect)
                printf(", fewer nodes than --expect, %" PRIu64, expect);
        putchar('\n');
        if (r->times.n > 0)
                printf("min/avg/max = %.3f/%.3f/%.3f ms\n", ms(r->times.least_ns), times_mean_ms(&r->times),
                       ms(r->times.most_ns));
        if (r->overflow > 0)
                printf("%" PRIu64 " more acks from beyond the first %d nodes\n", r->overflow,
                       ACKS_SOURCES_MAX);
}

static json_t *json_nodes(const struct ping_report *r)
{
        json_t *nodes = json_array();

        for (size_t i = 0; i < r->n_nodes; i++) {
                const struct node *n = &r->nodes[i];

                json_array_append_new(
                        nodes, json_pack("{s:s, s:I, s:I, s:f, s:f, s:f}", "address",
                                         ADDRESS_TEXT_ON(&n->address, r->options->target.zone), "acks",
                                         (json_int_t)n->times.n, "duplicates", (json_int_t)n->duplicates,
                                         "min_ms", ms(n->times.least_ns), "avg_ms", times_mean_ms(&n->times),
                                         "max_ms", ms(n->times.most_ns)));
        }
        return nodes;
}

static void print_json(const struct ping_report *r, const struct ping_roster *roster)
{
        const struct ping_options *o = r->options;
        json_t *document =
                json_pack("{s:i, s:s, s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:O}", "version", 1,
                          "group", ADDRESS_TEXT(&o->target.group.address), "port", o->target.group.port,
                          "message", TEXT_ESCAPE(o->message, strlen(o->message)), "key",
                          o->key_id ? json_integer((json_int_t)o->key_id) : json_null(), "sent",
                          (json_int_t)r->messages, "acks", (json_int_t)r->times.n, "duplicates",
                          (json_int_t)r->duplicates, "overflow", (json_int_t)r->overflow, "refused",
                          (json_int_t)r->refused, "loss_percent", loss_percent(r), "nodes", json_nodes(r),
                          "messages", r->json_messages);

        if (roster)
                json_object_set_new(document, "roster", ping_roster_json(roster));
        json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(document);
}

void ping_report_end(struct ping_report *r, const struct ping_roster *roster)
{
        /* Of a message whose end was not waited for. */
        tell_more(r);
        if (r->options->daemon.json)
                print_json(r, roster);
        else
                print_summary(r);
        if (roster && !r->options->daemon.json)
                ping_roster_print(roster);
        fflush(stdout);
        if (r->n_nodes == 0 && r->options->key_id)
                fputs("Nobody answered with a right signature. Does a receiver there have ack among its HANDLERS, and AUTH = "
                      "permissive or enforce, and this key, and a clock within 30 s of ours? Its journal says why it "
                      "refuses something. See mcastctl(1).\n",
                      stderr);
        else if (r->n_nodes == 0)
                fputs("Nobody answered. Does a receiver there have ack among its HANDLERS, and does a firewall let the "
                      "answers in? Where AUTH is enforce, only --key gets any. See mcastctl(1).\n",
                      stderr);
}

uint64_t ping_report_nodes(const struct ping_report *r)
{
        return r->n_nodes;
}
