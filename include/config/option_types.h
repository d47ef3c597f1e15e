#ifndef MCASTD_CONFIG_OPTION_TYPES_H
#define MCASTD_CONFIG_OPTION_TYPES_H

#include <stddef.h>

#include "config/options.h"

/* How one type of value is read. `set` follows the contract of option_set(), with the field in place of the
 * object. */
struct option_type {
        size_t size; /* of the field; equal values are equal byte for byte */
        int (*set)(const struct config_option *o, const char *text, void *field, char *why);
};

extern const struct option_type option_type_group;
extern const struct option_type option_type_address;
extern const struct option_type option_type_interface;
extern const struct option_type option_type_port;
extern const struct option_type option_type_number;
extern const struct option_type option_type_duration;
extern const struct option_type option_type_duration_or_off;
extern const struct option_type option_type_duration_or_auto;
extern const struct option_type option_type_folder;
extern const struct option_type option_type_path;
extern const struct option_type option_type_listen;
extern const struct option_type option_type_size;
extern const struct option_type option_type_rate;
extern const struct option_type option_type_boolean;
extern const struct option_type option_type_share;
extern const struct option_type option_type_level;
extern const struct option_type option_type_handlers;
extern const struct option_type option_type_networks;
extern const struct option_type option_type_sources;
extern const struct option_type option_type_ack_text;
extern const struct option_type option_type_template;
extern const struct option_type option_type_node;
extern const struct option_type option_type_key;
extern const struct option_type option_type_auth;

#endif
