/* config.c - the configuration file as the program uses it: sections with typed fields.
 * Pure but for the read in ini.c. Finds everything that is wrong, not just the first. */
#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/ini.h"
#include "config/options.h"
#include "config/signatures.h"

/* Which sections there are, and how often. */
static const struct section_type {
        const char *name; /* lower case */
        enum section_kind kind;
        bool many; /* NAME.anything as well */
} section_types[] = {
        { "mcserver", SECTION_RECEIVER, true },
        { "mcclient", SECTION_EMITTER, true },
        { "daemon", SECTION_DAEMON, false },
};
#define N_SECTION_TYPES (sizeof section_types / sizeof section_types[0])

/* More options than one section can hold: one bit each says which were given. */
typedef uint64_t given_set;

struct loader {
        struct diag *diag;
        const struct ini *ini;
        struct config *config;
        bool daemon_unsure; /* what [DAEMON] says could not all be read */
};

static const struct section_type *section_type_of(const char *section)
{
        for (size_t i = 0; i < N_SECTION_TYPES; i++) {
                const struct section_type *t = &section_types[i];
                size_t n = strlen(t->name);

                if (strncmp(section, t->name, n) != 0)
                        continue;
                if (!section[n] || (t->many && section[n] == '.' && section[n + 1]))
                        return t;
        }
        return NULL;
}

/* The type whose name comes nearest to the part of `section` before the first dot. */
static const struct section_type *nearest_section(const char *section)
{
        char head[CONFIG_SECTION_MAX + 1] = "";
        const struct section_type *nearest = NULL;
        size_t n = strcspn(section, "."), least = 4;

        if (n > CONFIG_SECTION_MAX)
                return NULL;
        memcpy(head, section, n);
        for (size_t i = 0; i < N_SECTION_TYPES; i++) {
                size_t distance = text_distance(head, section_types[i].name);

                if (distance < least) {
                        least = distance;
                        nearest = &section_types[i];
                }
        }
        return nearest;
}

static void unknown_section(struct loader *l, const struct ini_entry *header)
{
        const struct section_type *nearest = nearest_section(header->section);

        if (nearest && nearest->many)
                diag_add(l->diag, DIAG_ERROR, ini_place(header, NULL),
                         "unknown section; did you mean [%s] or [%s.name]?", nearest->name, nearest->name);
        else if (nearest)
                diag_add(l->diag, DIAG_ERROR, ini_place(header, NULL), "unknown section; did you mean [%s]?",
                         nearest->name);
        else
                diag_add(
                        l->diag, DIAG_ERROR, ini_place(header, NULL),
                        "unknown section; known are [MCSERVER], [MCSERVER.name], [MCCLIENT], [MCCLIENT.name] and [DAEMON]");
}

/* The first type of section that knows the option, or NULL. */
static const struct section_type *section_type_with(const char *key)
{
        for (size_t i = 0; i < N_SECTION_TYPES; i++)
                if (option_find(section_types[i].kind, key))
                        return &section_types[i];
        return NULL;
}

static void unknown_key(struct loader *l, const struct ini_entry *e, enum section_kind kind)
{
        const struct section_type *elsewhere = section_type_with(e->key);
        const char *nearest = option_nearest(kind, e->key);

        if (elsewhere)
                diag_add(l->diag, DIAG_ERROR, ini_place(e, e->key),
                         "is an option of [%s], not of this section", elsewhere->name);
        else if (nearest)
                diag_add(l->diag, DIAG_ERROR, ini_place(e, e->key), "unknown option; did you mean %s?",
                         nearest);
        else
                diag_add(l->diag, DIAG_ERROR, ini_place(e, e->key), "unknown option; see mcastd --options");
}

static size_t option_index(const struct config_option *o)
{
        return (size_t)(o - option_at(0));
}

/* Every default is a value of its option: tests/unit holds that. */
static void set_defaults(enum section_kind kind, void *object)
{
        char why[OPTION_WHY_SIZE];

        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                if ((o->sections & kind) && o->value)
                        (void)option_set(o, o->value, object, why);
        }
}

/* Sets what the entries from `header` on give, up to the next header. */
static given_set set_given(struct loader *l, const struct ini_entry *header, enum section_kind kind,
                           void *object)
{
        const struct ini_entry *end = l->ini->entries + l->ini->n;
        char why[OPTION_WHY_SIZE];
        given_set given = 0;

        for (const struct ini_entry *e = header + 1; e < end && e->key; e++) {
                const struct config_option *o = option_find(kind, e->key);

                if (!o) {
                        unknown_key(l, e, kind);
                        continue;
                }
                given |= (given_set)1 << option_index(o);
                if (e->value && option_set(o, e->value, object, why) < 0)
                        diag_add(l->diag, DIAG_ERROR, ini_place(e, o->key), "%s", why);
        }
        return given;
}

static void check_required(struct loader *l, const struct ini_entry *header, enum section_kind kind,
                           given_set given)
{
        for (size_t i = 0; i < options_count(); i++) {
                const struct config_option *o = option_at(i);

                if ((o->sections & kind) && !o->value && !header->damaged && !(given & (given_set)1 << i))
                        diag_add(l->diag, DIAG_ERROR, ini_place(header, o->key), "is missing: %s", o->help);
        }
}

static void load_section(struct loader *l, const struct ini_entry *header, enum section_kind kind,
                         void *object)
{
        set_defaults(kind, object);
        check_required(l, header, kind, set_given(l, header, kind, object));
}

/* Whether everything in the section could be read. */
static bool was_read(const struct loader *l, const struct ini_entry *header)
{
        const struct ini_entry *end = l->ini->entries + l->ini->n;

        for (const struct ini_entry *e = header + 1; e < end && e->key; e++)
                if (!e->value)
                        return false;
        return !header->damaged;
}

/* Whether two addresses can be about the same packets, as far as both were given. */
static bool same_family(const struct address *a, const struct address *b)
{
        return !a->family || !b->family || a->family == b->family;
}

static void check_interface(struct loader *l, const struct ini_entry *header, const struct config_group *at)
{
        bool by_address = at->ip_address.family, by_name = at->interface[0];

        if (by_address && by_name)
                diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "INTERFACE"),
                         "IP_ADDRESS chooses the interface already; give one of them");
        if (!same_family(&at->ip_address, &at->group))
                diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "IP_ADDRESS"),
                         "%s is not of the family of MCAST_GROUP, %s; INTERFACE has no family",
                         ADDRESS_TEXT(&at->ip_address), ADDRESS_TEXT(&at->group));
        if (address_needs_link(&at->group) && !by_address && !by_name && was_read(l, header))
                diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "MCAST_GROUP"),
                         "%s is another group on each link: give INTERFACE", ADDRESS_TEXT(&at->group));
}

/* Returns whether the section is sound. If not, nothing more is to be said of it: what it does not say might
 * be in what could not be read. */
static bool load_group_section(struct loader *l, const struct ini_entry *header, enum section_kind kind,
                               struct config_group *at)
{
        size_t errors = diag_errors(l->diag);

        if (strlen(header->section) > CONFIG_SECTION_MAX) {
                diag_add(l->diag, DIAG_ERROR, ini_place(header, NULL),
                         "the name is too long: at most %d characters", CONFIG_SECTION_MAX);
                return false;
        }
        memcpy(at->section, header->section, strlen(header->section) + 1);
        at->line = header->line;
        load_section(l, header, kind, at);
        check_interface(l, header, at);
        return diag_errors(l->diag) == errors && was_read(l, header);
}

/* Lists of addresses that could never match, and a list that is missing. */
static bool load_receiver(struct loader *l, const struct ini_entry *header, struct config_receiver *r)
{
        size_t errors = diag_errors(l->diag);

        if (!load_group_section(l, header, SECTION_RECEIVER, &r->at))
                return false;
        for (size_t i = 0; i < r->sources.n; i++)
                if (!same_family(&r->sources.addresses[i], &r->at.group))
                        diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "SOURCES"),
                                 "%s is not of the family of MCAST_GROUP, %s",
                                 ADDRESS_TEXT(&r->sources.addresses[i]), ADDRESS_TEXT(&r->at.group));
        for (size_t i = 0; i < r->allow.n; i++)
                if (!same_family(&r->allow.networks[i].address, &r->at.group))
                        diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "ALLOW"),
                                 "%s/%" PRIu32 " is not of the family of MCAST_GROUP, %s",
                                 ADDRESS_TEXT(&r->allow.networks[i].address), r->allow.networks[i].length,
                                 ADDRESS_TEXT(&r->at.group));
        if (address_is_source_specific_group(&r->at.group) && r->sources.n == 0)
                diag_add(l->diag, DIAG_WARNING, ini_place_of(l->ini, header, "MCAST_GROUP"),
                         "%s is for source-specific multicast: networks may deliver nothing without SOURCES",
                         ADDRESS_TEXT(&r->at.group));
        return diag_errors(l->diag) == errors;
}

static bool load_emitter(struct loader *l, const struct ini_entry *header, struct config_emitter *e)
{
        if (!load_group_section(l, header, SECTION_EMITTER, &e->at))
                return false;
        if (e->jitter_ns > e->interval_ns) {
                diag_add(l->diag, DIAG_ERROR, ini_place_of(l->ini, header, "JITTER"),
                         "%s is more than INTERVAL, %s", TEXT_DURATION(e->jitter_ns),
                         TEXT_DURATION(e->interval_ns));
                return false;
        }
        if (!signatures_fit(e, l->ini, header, l->diag))
                return false;
        if (address_is_link_local_group(&e->at.group) && e->ttl > 1)
                diag_add(l->diag, DIAG_WARNING, ini_place_of(l->ini, header, "TTL"),
                         "no router forwards %s, whatever the TTL", ADDRESS_TEXT(&e->at.group));
        return true;
}

static void load_daemon(struct loader *l, const struct ini_entry *header)
{
        size_t errors = diag_errors(l->diag);

        load_section(l, header, SECTION_DAEMON, &l->config->daemon);
        l->daemon_unsure |= diag_errors(l->diag) > errors;
}

static void load_header(struct loader *l, const struct ini_entry *header)
{
        const struct section_type *type = section_type_of(header->section);
        struct config *c = l->config;

        if (!type) {
                unknown_section(l, header);
                l->daemon_unsure = true; /* it may have been meant */
        } else if (type->kind == SECTION_RECEIVER)
                c->n_receivers += load_receiver(l, header, &c->receivers[c->n_receivers]);
        else if (type->kind == SECTION_EMITTER)
                c->n_emitters += load_emitter(l, header, &c->emitters[c->n_emitters]);
        else
                load_daemon(l, header);
}

static bool same_interface(const struct config_group *a, const struct config_group *b)
{
        return address_equal(&a->ip_address, &b->ip_address) && strcmp(a->interface, b->interface) == 0;
}

static bool same_group(const struct config_group *a, const struct config_group *b)
{
        return a->port && a->port == b->port && a->group.family && address_equal(&a->group, &b->group) &&
               same_interface(a, b);
}

static void check_receivers(struct loader *l)
{
        const struct config *c = l->config;

        for (size_t i = 0; i < c->n_receivers; i++) {
                const struct config_group *at = &c->receivers[i].at;
                size_t j = 0;

                while (j < i && !same_group(at, &c->receivers[j].at))
                        j++;
                if (j < i)
                        diag_add(
                                l->diag, DIAG_ERROR,
                                (struct diag_place){ .line = at->line, .section = at->section },
                                "has the group, port and interface of [%s] on line %u: each datagram would be "
                                "handled twice",
                                c->receivers[j].at.section, c->receivers[j].at.line);
        }
}

static bool same_messages(const struct config_emitter *a, const struct config_emitter *b)
{
        return same_group(&a->at, &b->at) && strcmp(a->message, b->message) == 0;
}

static void check_emitters(struct loader *l)
{
        const struct config *c = l->config;

        for (size_t i = 0; i < c->n_emitters; i++) {
                const struct config_emitter *e = &c->emitters[i];
                size_t j = 0;

                while (j < i && !same_messages(e, &c->emitters[j]))
                        j++;
                if (j < i)
                        diag_add(
                                l->diag, DIAG_ERROR,
                                (struct diag_place){ .line = e->at.line, .section = e->at.section },
                                "has the group, port, interface and message of [%s] on line %u: each message "
                                "would be sent twice",
                                c->emitters[j].at.section, c->emitters[j].at.line);
        }
}

/* One element more than there are sections of the kind: calloc(0) may return NULL. */
static int make_room(const struct ini *ini, struct config *c)
{
        size_t receivers = 1, emitters = 1;

        for (size_t i = 0; i < ini->n; i++) {
                const struct section_type *type =
                        ini->entries[i].key ? NULL : section_type_of(ini->entries[i].section);

                receivers += type && type->kind == SECTION_RECEIVER;
                emitters += type && type->kind == SECTION_EMITTER;
        }
        c->receivers = calloc(receivers, sizeof c->receivers[0]);
        c->emitters = calloc(emitters, sizeof c->emitters[0]);
        return c->receivers && c->emitters ? 0 : -ENOMEM;
}

static int load_ini(const struct ini *ini, const struct keys_source *keys, struct diag *diag,
                    struct config *c)
{
        /* A line that could not be read may be one of [DAEMON]. */
        struct loader l = { .diag = diag, .ini = ini, .config = c, .daemon_unsure = diag_errors(diag) > 0 };
        int r = make_room(ini, c);

        if (r < 0)
                return r;
        set_defaults(SECTION_DAEMON, &c->daemon);
        for (size_t i = 0; i < ini->n; i++)
                if (!ini->entries[i].key)
                        load_header(&l, &ini->entries[i]);
        check_receivers(&l);
        check_emitters(&l);
        if (!l.daemon_unsure)
                r = signatures_load_keys(c, ini, keys, diag);
        if (r < 0)
                return r;
        /* An empty file is more likely an accident than a wish; it must not make a running daemon leave its
         * groups. */
        if (c->n_receivers + c->n_emitters == 0 && diag_errors(diag) == 0)
                diag_add(diag, DIAG_ERROR, (struct diag_place){ 0 },
                         "has neither a [MCSERVER] nor a [MCCLIENT] section: there is nothing to do");
        return diag_errors(diag) ? -EINVAL : 0;
}

int config_load(const char *path, const struct keys_source *keys, struct diag *diag, struct config **ret)
{
        struct ini *ini = NULL;
        struct config *c = NULL;
        int r = ini_load(path, diag, &ini);

        if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
                return r;
        if (r < 0)
                return -EINVAL;
        c = calloc(1, sizeof *c);
        r = c ? load_ini(ini, keys, diag, c) : -ENOMEM;
        ini_free(ini);
        if (r < 0) {
                config_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

struct config *config_free(struct config *c)
{
        if (!c)
                return NULL;
        free(c->receivers);
        free(c->emitters);
        keyring_free(c->keys);
        free(c);
        return NULL;
}

struct endpoint config_endpoint(const struct config_group *at)
{
        return (struct endpoint){ .address = at->group, .port = at->port };
}
