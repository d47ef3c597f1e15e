/* option_types.c - how each type of value is read from its text, and what is said of a wrong one. Pure. */
#include "config/option_types.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/config.h"
#include "config/values.h"

#define HANDLER_NAMES "ack, log"
static const char *const handler_names[] = { "ack", "log" };
#define N_HANDLERS (sizeof handler_names / sizeof handler_names[0])
_Static_assert(N_HANDLERS <= CONFIG_HANDLERS_MAX, "HANDLERS may name each of them once");

/* Longer than any list item that could be right. */
#define ITEM_SIZE 64

__attribute__((format(printf, 3, 4))) static int refuse(char *why, const char *text, const char *format, ...)
{
        int n = snprintf(why, OPTION_WHY_SIZE, "\"%s\" ", TEXT_ESCAPE(text, strlen(text)));
        va_list args;

        va_start(args, format);
        vsnprintf(why + n, OPTION_WHY_SIZE - (size_t)n, format, args);
        va_end(args);
        return -EINVAL;
}

/* Texts are stored with zeroes behind them, so that equal ones are equal byte for byte. */
static void store_text(char *field, size_t size, const char *text)
{
        memset(field, 0, size);
        memcpy(field, text, strlen(text));
}

static int set_group(const struct config_option *o, const char *text, void *field, char *why)
{
        struct address a;

        (void)o;
        if (strchr(text, '%'))
                return refuse(why, text, "names an interface: that is what INTERFACE is for");
        if (address_parse(text, &a) < 0)
                return refuse(why, text, "is not an address such as 239.1.1.1 or ff15::1");
        if (!address_is_multicast(&a))
                return refuse(why, text,
                              "is not a multicast address: 224.0.0.0 to 239.255.255.255, or ff00::/8");
        *(struct address *)field = a;
        return 0;
}

static bool is_unicast(const struct address *a)
{
        return !address_is_multicast(a) && !address_is_unspecified(a) && !address_is_broadcast(a);
}

static int set_address(const struct config_option *o, const char *text, void *field, char *why)
{
        struct address a = { 0 };

        (void)o;
        if (!*text) {
                *(struct address *)field = a;
                return 0;
        }
        if (address_parse(text, &a) < 0)
                return refuse(why, text,
                              "is not an address such as 192.0.2.1 or 2001:db8::1; for a name use INTERFACE");
        if (!is_unicast(&a))
                return refuse(
                        why, text,
                        "is no address that an interface can have; without IP_ADDRESS, the route decides");
        if (address_needs_link(&a))
                return refuse(why, text, "does not tell one link from another; use INTERFACE");
        *(struct address *)field = a;
        return 0;
}

static int set_interface(const struct config_option *o, const char *text, void *field, char *why)
{
        struct address a;

        if (address_parse(text, &a) == 0)
                return refuse(why, text, "is an address, not the name of an interface; use IP_ADDRESS");
        /* As the kernel's dev_valid_name(). */
        if (strlen(text) > o->most || strpbrk(text, "/: \t") || strcmp(text, ".") == 0 ||
            strcmp(text, "..") == 0)
                return refuse(why, text,
                              "is not the name of an interface: at most %" PRIu64
                              " characters, no / : or blank",
                              o->most);
        store_text(field, IFNAMSIZ, text);
        return 0;
}

static int parse_number(const struct config_option *o, const char *text, uint64_t *ret, char *why)
{
        uint64_t number;
        int r = value_number(text, &number);

        if (r == -EINVAL)
                return refuse(why, text,
                              "is not a number from %" PRIu64 " to %" PRIu64 ": digits only, no leading zero",
                              o->least, o->most);
        if (r < 0 || number < o->least || number > o->most)
                return refuse(why, text, "is out of range: %" PRIu64 " to %" PRIu64, o->least, o->most);
        *ret = number;
        return 0;
}

static int set_number(const struct config_option *o, const char *text, void *field, char *why)
{
        return parse_number(o, text, field, why);
}

static int set_port(const struct config_option *o, const char *text, void *field, char *why)
{
        uint64_t port = 0;
        int r = parse_number(o, text, &port, why);

        if (r == 0)
                *(in_port_t *)field = (in_port_t)port;
        return r;
}

static int set_duration(const struct config_option *o, const char *text, void *field, char *why)
{
        int64_t ns, least = (int64_t)o->least, most = (int64_t)o->most;
        int r = value_duration(text, &ns);

        if (r == -EINVAL)
                return refuse(why, text, "is not a duration such as 250ms, 5s, 2m or 1h");
        if (r < 0 || ns < least || ns > most)
                return refuse(why, text, "is out of range: %s to %s", least ? TEXT_DURATION(least) : "0",
                              TEXT_DURATION(most));
        *(int64_t *)field = ns;
        return 0;
}

static int set_duration_or_off(const struct config_option *o, const char *text, void *field, char *why)
{
        if (strcasecmp(text, "off") != 0)
                return set_duration(o, text, field, why);
        *(int64_t *)field = 0;
        return 0;
}

static int set_duration_or_auto(const struct config_option *o, const char *text, void *field, char *why)
{
        if (strcasecmp(text, "auto") != 0)
                return set_duration(o, text, field, why);
        *(int64_t *)field = 0;
        return 0;
}

static int set_size(const struct config_option *o, const char *text, void *field, char *why)
{
        uint64_t bytes;
        int r = value_size(text, &bytes);

        if (r == -EINVAL)
                return refuse(why, text, "is not a size such as 65536, 64K or 4M");
        if (r < 0 || bytes < o->least || bytes > o->most)
                return refuse(why, text, "is out of range: %" PRIu64 " to %" PRIu64 " bytes", o->least,
                              o->most);
        *(uint64_t *)field = bytes;
        return 0;
}

static int set_rate(const struct config_option *o, const char *text, void *field, char *why)
{
        int r = value_rate(text, field);

        (void)o;
        if (r == -ERANGE)
                return refuse(why, text, "is out of range: at most %" PRIu32 "/s, or unlimited",
                              RATE_UNLIMITED - 1);
        return r < 0 ? refuse(why, text, "is not a rate such as 10/s, none or unlimited") : 0;
}

/* Of the length that the field has room for. */
static int set_path(const struct config_option *o, const char *text, void *field, char *why)
{
        if (*text && *text != '/')
                return refuse(why, text, "is not a path that begins with /");
        if (strlen(text) > o->most)
                return refuse(why, text, "is too long: at most %" PRIu64 " bytes", o->most);
        store_text(field, o->type->size, text);
        return 0;
}

static int set_listen(const struct config_option *o, const char *text, void *field, char *why)
{
        struct endpoint e, *to = field;
        char zone[IFNAMSIZ] = "";

        (void)o;
        if (strcasecmp(text, "off") == 0) {
                memset(to, 0, sizeof *to);
                return 0;
        }
        if (endpoint_parse(text, &e, zone) < 0 || zone[0])
                return refuse(why, text,
                              "is not ADDRESS:PORT, such as 127.0.0.1:9464 or [::1]:9464; nor is it off");
        if (address_is_multicast(&e.address) || address_is_broadcast(&e.address))
                return refuse(why, text, "is not an address that a server can have");
        memset(to, 0, sizeof *to);
        to->address = e.address;
        to->port = e.port;
        return 0;
}

static int set_boolean(const struct config_option *o, const char *text, void *field, char *why)
{
        (void)o;
        if (value_boolean(text, field) < 0)
                return refuse(why, text, "is neither yes nor no");
        return 0;
}

static int set_share(const struct config_option *o, const char *text, void *field, char *why)
{
        (void)o;
        if (strcasecmp(text, "no") != 0 && strcasecmp(text, "any") != 0)
                return refuse(why, text, "is neither no nor any");
        *(bool *)field = strcasecmp(text, "any") == 0;
        return 0;
}

static int set_level(const struct config_option *o, const char *text, void *field, char *why)
{
        (void)o;
        if (log_level_parse(text, field) < 0)
                return refuse(why, text, "is not a level: error, warning, notice, info or debug");
        return 0;
}

/* Takes the next item of a comma list into `item`, without the blanks around it, and moves *text behind it.
 * False at the end. An item that is too long is cut, and so no longer the name of anything. */
static bool next_item(const char **text, char item[ITEM_SIZE])
{
        const char *start, *end;
        size_t length;

        if (!*text)
                return false;
        start = *text + strspn(*text, " \t");
        end = start + strcspn(start, ",");
        *text = *end ? end + 1 : NULL;
        length = (size_t)(end - start);
        while (length > 0 && strchr(" \t", start[length - 1]))
                length--;
        if (length >= ITEM_SIZE)
                length = ITEM_SIZE - 1;
        memcpy(item, start, length);
        item[length] = '\0';
        return true;
}

static const char *handler_name(const char *text)
{
        for (size_t i = 0; i < N_HANDLERS; i++)
                if (strcasecmp(handler_names[i], text) == 0)
                        return handler_names[i];
        return NULL;
}

static int set_handlers(const struct config_option *o, const char *text, void *field, char *why)
{
        struct config_handlers list = { 0 };
        char item[ITEM_SIZE];

        (void)o;
        while (next_item(&text, item)) {
                const char *name = handler_name(item);

                if (!name)
                        return refuse(why, item,
                                      "is not a handler; known are " HANDLER_NAMES ", separated by commas");
                for (size_t i = 0; i < list.n; i++)
                        if (list.names[i] == name)
                                return refuse(why, item, "stands in the list twice");
                list.names[list.n++] = name;
        }
        memcpy(field, &list, sizeof list);
        return 0;
}

/* No list: everybody. */
static bool is_any(const char *text)
{
        return !*text || strcasecmp(text, "any") == 0;
}

static int set_networks(const struct config_option *o, const char *text, void *field, char *why)
{
        struct config_networks list;
        char item[ITEM_SIZE];

        (void)o;
        memset(&list, 0, sizeof list);
        if (is_any(text))
                text = NULL;
        while (next_item(&text, item)) {
                if (list.n == CONFIG_ALLOW_MAX)
                        return refuse(why, item, "is one network too many: at most %d", CONFIG_ALLOW_MAX);
                if (network_parse(item, &list.networks[list.n]) < 0)
                        return refuse(
                                why, item,
                                "is not a network, such as 10.1.0.0/16 (no bits set behind the length), 10.1.2.3 or 2001:db8::/32");
                list.n++;
        }
        memcpy(field, &list, sizeof list);
        return 0;
}

static bool list_has(const struct config_sources *list, const struct address *a)
{
        for (size_t i = 0; i < list->n; i++)
                if (address_equal(&list->addresses[i], a))
                        return true;
        return false;
}

static int set_sources(const struct config_option *o, const char *text, void *field, char *why)
{
        struct config_sources list = { 0 };
        char item[ITEM_SIZE];

        (void)o;
        if (is_any(text))
                text = NULL;
        while (next_item(&text, item)) {
                struct address a;

                if (list.n == CONFIG_SOURCES_MAX)
                        return refuse(why, item, "is one source too many: at most %d", CONFIG_SOURCES_MAX);
                if (address_parse(item, &a) < 0 || !is_unicast(&a))
                        return refuse(why, item,
                                      "is not the address of a sender, such as 192.0.2.1 or 2001:db8::1");
                if (list_has(&list, &a))
                        return refuse(why, item, "stands in the list twice");
                list.addresses[list.n++] = a;
        }
        memcpy(field, &list, sizeof list);
        return 0;
}

static int check_length(const struct config_option *o, const char *text, char *why)
{
        if (strlen(text) < o->least || strlen(text) > o->most)
                return refuse(why, text, "is not a text of %" PRIu64 " to %" PRIu64 " bytes", o->least,
                              o->most);
        return 0;
}

static int set_ack_text(const struct config_option *o, const char *text, void *field, char *why)
{
        int r = check_length(o, text, why);

        if (r == 0)
                store_text(field, MESSAGE_ACK_TEXT_MAX + 1, text);
        return r;
}

static int set_template(const struct config_option *o, const char *text, void *field, char *why)
{
        size_t at;
        int r = check_length(o, text, why);

        if (r < 0)
                return r;
        r = template_check(text, &at);
        if (r == -EINVAL) {
                char brace[ITEM_SIZE];

                snprintf(brace, sizeof brace, "%.*s", (int)strcspn(text + at, "}") + 1, text + at);
                return refuse(why, brace, "is not understood; known are %s", template_placeholders());
        }
        if (r < 0)
                return refuse(why, text, "can become longer than %d bytes", MESSAGE_MAX);
        store_text(field, TEMPLATE_MAX + 1, text);
        return 0;
}

static int set_node(const struct config_option *o, const char *text, void *field, char *why)
{
        if (*text) {
                int r = check_length(o, text, why);

                if (r < 0)
                        return r;
        }
        for (const char *p = text; *p; p++)
                if (*p <= 0x20 || *p > 0x7e)
                        return refuse(why, text, "is not a name: printable ASCII without blanks");
        store_text(field, NODE_NAME_MAX + 1, text);
        return 0;
}

/* Somebody may have taken the secret for the key: what is refused is not quoted. */
static int set_key(const struct config_option *o, const char *text, void *field, char *why)
{
        uint64_t id = 0;

        if (*text && (value_number(text, &id) < 0 || id < o->least || id > o->most)) {
                snprintf(why, OPTION_WHY_SIZE,
                         "is not the id of a key: a number from %" PRIu64 " to %" PRIu64
                         "; the secret itself stands in the file of keys",
                         o->least, o->most);
                return -EINVAL;
        }
        *(uint64_t *)field = id;
        return 0;
}

static int set_auth(const struct config_option *o, const char *text, void *field, char *why)
{
        (void)o;
        for (enum auth_mode mode = AUTH_OFF; mode <= AUTH_ENFORCE; mode++) {
                if (strcasecmp(text, auth_mode_name(mode)) == 0) {
                        *(enum auth_mode *)field = mode;
                        return 0;
                }
        }
        return refuse(why, text, "is not one of off, receive-only, permissive and enforce");
}

const struct option_type option_type_group = { sizeof(struct address), set_group };
const struct option_type option_type_address = { sizeof(struct address), set_address };
const struct option_type option_type_interface = { IFNAMSIZ, set_interface };
const struct option_type option_type_port = { sizeof(in_port_t), set_port };
const struct option_type option_type_number = { sizeof(uint64_t), set_number };
const struct option_type option_type_duration = { sizeof(int64_t), set_duration };
const struct option_type option_type_duration_or_off = { sizeof(int64_t), set_duration_or_off };
const struct option_type option_type_duration_or_auto = { sizeof(int64_t), set_duration_or_auto };
const struct option_type option_type_folder = { CONFIG_RUNTIME_DIR_MAX + 1, set_path };
const struct option_type option_type_path = { CONFIG_PATH_MAX + 1, set_path };
const struct option_type option_type_listen = { sizeof(struct endpoint), set_listen };
const struct option_type option_type_size = { sizeof(uint64_t), set_size };
const struct option_type option_type_rate = { sizeof(rate_per_s), set_rate };
const struct option_type option_type_boolean = { sizeof(bool), set_boolean };
const struct option_type option_type_share = { sizeof(bool), set_share };
const struct option_type option_type_level = { sizeof(enum log_level), set_level };
const struct option_type option_type_handlers = { sizeof(struct config_handlers), set_handlers };
const struct option_type option_type_networks = { sizeof(struct config_networks), set_networks };
const struct option_type option_type_sources = { sizeof(struct config_sources), set_sources };
const struct option_type option_type_ack_text = { MESSAGE_ACK_TEXT_MAX + 1, set_ack_text };
const struct option_type option_type_template = { TEMPLATE_MAX + 1, set_template };
const struct option_type option_type_node = { NODE_NAME_MAX + 1, set_node };
const struct option_type option_type_key = { sizeof(uint64_t), set_key };
const struct option_type option_type_auth = { sizeof(enum auth_mode), set_auth };
