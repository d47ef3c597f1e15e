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

/* Times of the first ack to each message. */
struct times {
        uint64_t n;
        int64_t least_ns, most_ns, sum_ns;
};

struct node {
        struct address address;
        struct times times;
        uint64_t duplicates;
};

struct ping_report {
        const struct ping_options *options;
        uint64_t messages;
        uint64_t overflow; /* acks from more nodes than can be told apart */
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

void ping_report_message(struct ping_report *r)
{
        const struct ping_options *o = r->options;

        r->messages++;
        if (o->daemon.json)
                json_array_append_new(r->json_messages,
                                      json_pack("{s:I, s:[]}", "number", (json_int_t)r->messages, "acks"));
        else
                printf("sending \"%s\" to %s\n", TEXT_ESCAPE(o->message, strlen(o->message)),
                       ENDPOINT_TEXT(&o->target.group));
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

static void count_ack(struct ping_report *r, const struct datagram *d, enum ack_verdict verdict,
                      int64_t after_ns)
{
        struct node *node = verdict == ACK_OVERFLOW ? NULL : node_of(r, &d->source.address);

        if (!node) {
                r->overflow++;
                return;
        }
        if (verdict == ACK_DUPLICATE) {
                node->duplicates++;
                r->duplicates++;
                return;
        }
        times_add(&node->times, after_ns);
        times_add(&r->times, after_ns);
}

void ping_report_ack(struct ping_report *r, const struct datagram *d, enum ack_verdict verdict,
                     int64_t after_ns)
{
        char text[TEXT_ESCAPED_SIZE];
        json_t *message;

        count_ack(r, d, verdict, after_ns);
        (void)text_escape(d->payload, d->length, text);
        if (!r->options->daemon.json) {
                printf("received \"%s\" from %s after %.3f ms%s\n", text,
                       ENDPOINT_TEXT_ON(&d->source, r->options->target.zone), ms(after_ns),
                       verdict == ACK_DUPLICATE ? " (duplicate)" : "");
                fflush(stdout);
                return;
        }
        message = json_array_get(r->json_messages, json_array_size(r->json_messages) - 1);
        json_array_append_new(json_object_get(message, "acks"),
                              json_pack("{s:s, s:i, s:s, s:f, s:b}", "address",
                                        ADDRESS_TEXT_ON(&d->source.address, r->options->target.zone), "port",
                                        d->source.port, "text", text, "ms", ms(after_ns), "duplicate",
                                        verdict == ACK_DUPLICATE));
}

void ping_report_timeout(struct ping_report *r)
{
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
                json_pack("{s:i, s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:f, s:o, s:O}", "version", 1, "group",
                          ADDRESS_TEXT(&o->target.group.address), "port", o->target.group.port, "message",
                          TEXT_ESCAPE(o->message, strlen(o->message)), "sent", (json_int_t)r->messages,
                          "acks", (json_int_t)r->times.n, "duplicates", (json_int_t)r->duplicates, "overflow",
                          (json_int_t)r->overflow, "loss_percent", loss_percent(r), "nodes", json_nodes(r),
                          "messages", r->json_messages);

        if (roster)
                json_object_set_new(document, "roster", ping_roster_json(roster));
        json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(document);
}

void ping_report_end(struct ping_report *r, const struct ping_roster *roster)
{
        if (r->options->daemon.json)
                print_json(r, roster);
        else
                print_summary(r);
        if (roster && !r->options->daemon.json)
                ping_roster_print(roster);
        fflush(stdout);
        if (r->n_nodes == 0)
                fputs("Nobody answered. Does a receiver there have ack among its HANDLERS, and does a firewall let the "
                      "answers in? See mcastctl(1).\n",
                      stderr);
}

uint64_t ping_report_nodes(const struct ping_report *r)
{
        return r->n_nodes;
}
