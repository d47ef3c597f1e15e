/* target.c - GROUP:PORT and --interface, which the commands have in common. */
#include "ctl/target.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"

int target_refuse(const char *command, const char *what, const char *text, const char *right)
{
        fprintf(stderr, "mcastctl %s: %s: \"%s\" is not %s\n", command, what, TEXT_ESCAPE(text, strlen(text)),
                right);
        return EX_USAGE + 1;
}

int target_parse_group(const char *command, const char *text, struct target *t)
{
        if (endpoint_parse(text, &t->group, t->zone) < 0)
                return target_refuse(command, "group", text,
                                     "GROUP:PORT, such as 239.1.1.1:5001 or [ff15::1]:5001");
        if (!address_is_multicast(&t->group.address))
                return target_refuse(command, "group", text, "a multicast address: 224.0.0.0/4 or ff00::/8");
        if (t->zone[0] && (t->interface || t->ip_address.family))
                return target_refuse(command, "group", text, "to have a zone where --interface is given");
        return 0;
}

int target_parse_interface(const char *command, const char *text, struct target *t)
{
        t->interface = address_parse(text, &t->ip_address) < 0 ? text : NULL;
        return *text ? 0
                     : target_refuse(command, "--interface", text, "the name or an address of an interface");
}

int target_settle(const char *command, struct target *t)
{
        if (t->ip_address.family && t->ip_address.family != t->group.address.family) {
                fprintf(stderr, "mcastctl %s: --interface: %s is not of the family of the group, %s\n",
                        command, ADDRESS_TEXT(&t->ip_address), ADDRESS_TEXT(&t->group.address));
                return EX_USAGE + 1;
        }
        if (address_needs_link(&t->ip_address))
                return target_refuse(command, "--interface", ADDRESS_TEXT(&t->ip_address),
                                     "of one link only; give its name");
        if (t->zone[0])
                t->interface = t->zone;
        return 0;
}

struct link_choice target_choice(const struct target *t)
{
        return (struct link_choice){ t->interface, &t->ip_address, &t->group.address, "--interface" };
}
