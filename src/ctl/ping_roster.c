/* ping_roster.c - who should have answered a ping, by what the daemon knows, and who has.
 * Nodes are told apart by their addresses as text, which both sides write in the same way. */
#include "ctl/ping_roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/output.h"
#include "ctl/ping_auth.h"
#include "ctl/table.h"
#include "state/acks.h"

/* Nodes that are listed though the daemon does not know them: without a key anybody can seem to be as many as
 * he likes. */
#define NEW_MAX ACKS_SOURCES_MAX

struct ping_roster {
        /* By address, of a node that the daemon knows: {"sections": ["mcserver"], "state": "up",
         * "silent_s": 0.4}, the last two only if a receiver hears it. */
        json_t *known;
        json_t *answered; /* by address, true: of those */
        json_t *refused;  /* by address, the verdict on what those have answered */
        json_t *new;      /* as `answered`, of others, at most NEW_MAX */
        json_t *sections; /* by name, those of the group on the interface */
};

/* Keeps the names of the sections that are about the group. */
static void choose_sections(struct ping_roster *r, const struct ping_options *o, const json_t *status)
{
        const char *group = ADDRESS_TEXT(&o->target.group.address);
        const json_t *section;
        size_t i;

        json_array_foreach(json_object_get(status, "sections"), i, section)
        {
                if (strcmp(answer_text(section, "group"), group) == 0 &&
                    answer_count(section, "port") == o->target.group.port &&
                    strcmp(answer_text(section, "interface"), o->target.zone) == 0)
                        json_object_set_new(r->sections, answer_text(section, "name"), json_true());
        }
}

/* Takes over the nodes of an array of the answer that belong to one of the sections, without this host. */
static void add_known(struct ping_roster *r, const json_t *nodes)
{
        const json_t *node;
        size_t i;

        json_array_foreach(nodes, i, node)
        {
                const char *section = answer_text(node, "section"), *address = answer_text(node, "address");
                json_t *known = json_object_get(r->known, address);

                if (!json_object_get(r->sections, section) || answer_is(node, "own"))
                        continue;
                if (!known) {
                        known = json_pack("{s:[]}", "sections");
                        json_object_set_new(r->known, address, known);
                }
                json_array_append_new(json_object_get(known, "sections"), json_string(section));
                if (answer_has(node, "state")) {
                        json_object_set(known, "state", json_object_get(node, "state"));
                        json_object_set(known, "silent_s", json_object_get(node, "silent_s"));
                }
        }
}

/* One connection, two requests. 0; or the exit status plus one. */
static int learn(struct ping_roster *r, const struct ping_options *o, struct client *c)
{
        json_t *status = NULL, *peers = NULL;
        int e = ask_over("ping", c, false, json_pack("{s:s}", "verb", "status"), &status);

        if (e)
                return e;
        choose_sections(r, o, status);
        json_decref(status);
        if (json_object_size(r->sections) == 0) {
                fprintf(stderr,
                        "mcastctl ping: --roster: mcastd has neither a receiver nor an emitter for %s on %s\n",
                        ENDPOINT_TEXT(&o->target.group), o->target.zone);
                return EXIT_FAILURE + 1;
        }
        e = ask_over("ping", c, false, json_pack("{s:s}", "verb", "peers"), &peers);
        if (e)
                return e;
        add_known(r, json_object_get(peers, "peers"));
        add_known(r, json_object_get(peers, "acks"));
        json_decref(peers);
        return 0;
}

int ping_roster_ask(const struct ping_options *o, struct ping_roster **ret)
{
        struct ping_roster *r = calloc(1, sizeof *r);
        struct client *c = NULL;
        int e;

        if (!r)
                return ask_failed("ping", -ENOMEM) + 1;
        r->known = json_object();
        r->answered = json_object();
        r->refused = json_object();
        r->new = json_object();
        r->sections = json_object();
        e = client_open("ping", o->daemon.folder, true, &c);
        if (e == 0)
                e = learn(r, o, c);
        client_close(c);
        if (e)
                ping_roster_free(r);
        else
                *ret = r;
        return e;
}

struct ping_roster *ping_roster_free(struct ping_roster *r)
{
        if (r) {
                json_decref(r->known);
                json_decref(r->answered);
                json_decref(r->refused);
                json_decref(r->new);
                json_decref(r->sections);
        }
        free(r);
        return NULL;
}

void ping_roster_note(struct ping_roster *r, const char *address)
{
        bool known = json_object_get(r->known, address);

        if (known || json_object_size(r->new) < NEW_MAX)
                json_object_set_new(known ? r->answered : r->new, address, json_true());
}

void ping_roster_note_refused(struct ping_roster *r, const char *address, enum gate_verdict verdict)
{
        if (json_object_get(r->known, address) && !json_object_get(r->refused, address))
                json_object_set_new(r->refused, address, json_integer(verdict));
}

static bool has_answered(const struct ping_roster *r, const char *address)
{
        return json_object_get(r->answered, address) != NULL;
}

/* Why nothing counts of what a node has answered; GATE_OK where something does, or nothing has come. */
static enum gate_verdict refusal_of(const struct ping_roster *r, const char *address)
{
        const json_t *verdict = json_object_get(r->refused, address);

        if (!verdict || has_answered(r, address))
                return GATE_OK;
        return (enum gate_verdict)json_integer_value(verdict);
}

enum part {
        ANSWERED,
        REFUSED,
        MISSING,
        PARTS
};

static const struct {
        const char *name;
        enum tone tone;
} parts[PARTS] = {
        [ANSWERED] = { "answered", TONE_GOOD },
        [REFUSED] = { "refused", TONE_BAD },
        [MISSING] = { "missing", TONE_BAD },
};

static enum part part_of(const struct ping_roster *r, const char *address)
{
        if (has_answered(r, address))
                return ANSWERED;
        return refusal_of(r, address) == GATE_OK ? MISSING : REFUSED;
}

size_t ping_roster_missing(const struct ping_roster *r)
{
        size_t n = 0;
        const char *address;
        json_t *known;

        json_object_foreach(r->known, address, known) n += !has_answered(r, address);
        return n;
}

/* The sections that know the node, and how long it has been silent. */
static void describe(struct table *t, const json_t *known)
{
        char sections[256] = "";
        const json_t *section;
        size_t i, n = 0;

        json_array_foreach(json_object_get(known, "sections"), i, section)
        {
                if (n < sizeof sections)
                        n += (size_t)snprintf(sections + n, sizeof sections - n, "%s%s", i ? ", " : "",
                                              json_string_value(section));
        }
        table_cell(t, TONE_PLAIN, "%s", sections);
        table_cell(t, output_tone(answer_text(known, "state")), "%s", answer_text(known, "state"));
        if (answer_has(known, "silent_s"))
                table_cell(t, TONE_PLAIN, "%s ago", ANSWER_SPAN(answer_real(known, "silent_s")));
        else
                table_cell(t, TONE_PLAIN, "%s", "");
}

static void list(struct table *t, const char *is, enum tone tone, const char *address, const json_t *known,
                 const char *why)
{
        table_cell(t, tone, "%s", is);
        table_cell(t, TONE_PLAIN, "%s", address);
        describe(t, known);
        table_cell(t, TONE_PLAIN, "%s", why ? why : "");
}

/* Rows of the known who are this. Returns how many there are. */
static size_t list_known(const struct ping_roster *r, struct table *t, enum part part)
{
        size_t n = 0;
        const char *address;
        json_t *known;

        json_object_foreach(r->known, address, known)
        {
                if (part_of(r, address) != part)
                        continue;
                list(t, parts[part].name, parts[part].tone, address, known,
                     ping_auth_refusal(refusal_of(r, address)));
                n++;
        }
        return n;
}

static size_t list_new(const struct ping_roster *r, struct table *t)
{
        const char *address;
        json_t *value;

        json_object_foreach(r->new, address, value) list(t, "new", TONE_FAIR, address, NULL, NULL);
        return json_object_size(r->new);
}

void ping_roster_print(const struct ping_roster *r)
{
        static const struct table_column columns[] = {
                { "ROSTER", TABLE_LEFT }, { "ADDRESS", TABLE_LEFT }, { "SECTIONS", TABLE_LEFT },
                { "STATE", TABLE_LEFT },  { "HEARD", TABLE_LEFT },   { "WHY", TABLE_LEFT },
        };
        struct table *t = table_new(columns, sizeof columns / sizeof columns[0]);
        size_t answered, refused, missing, new;

        if (!t)
                return;
        answered = list_known(r, t, ANSWERED);
        refused = list_known(r, t, REFUSED);
        missing = list_known(r, t, MISSING);
        new = list_new(r, t);
        table_print(t, stdout, output_width(stdout), output_has_colours(stdout));
        printf("roster: %zu answered, ", answered);
        if (refused > 0)
                printf("%zu refused, ", refused);
        printf("%zu missing, %zu new (this host not counted)\n", missing, new);
        table_free(t);
}

static json_t *json_known(const struct ping_roster *r, const char *address, const json_t *known)
{
        const char *why = gate_refusal_name(refusal_of(r, address));
        json_t *node = json_pack(
                "{s:s, s:s, s:O, s:O?}", "address", address, "is", parts[part_of(r, address)].name,
                "sections", json_object_get(known, "sections"), "state", json_object_get(known, "state"));

        if (why)
                json_object_set_new(node, "reason", json_string(why));
        return node;
}

json_t *ping_roster_json(const struct ping_roster *r)
{
        json_t *nodes = json_array();
        const char *address;
        json_t *known, *value;

        json_object_foreach(r->known, address, known)
                json_array_append_new(nodes, json_known(r, address, known));
        json_object_foreach(r->new, address, value)
                json_array_append_new(nodes, json_pack("{s:s, s:s, s:[], s:n}", "address", address, "is",
                                                       "new", "sections", "state"));
        return nodes;
}
