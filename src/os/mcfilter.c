/* mcfilter.c - from which sources this host has joined a group, as the kernel lists it in /proc. */
#include "os/mcfilter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 256

/* The bytes in hexadecimal digits: of IPv4 behind 0x, of IPv6 without. */
static bool read_address(const char *digits, int family, struct address *ret)
{
        size_t length = family == AF_INET6 ? 16 : 4;

        if (strncmp(digits, "0x", 2) == 0)
                digits += 2;
        *ret = (struct address){ .family = family };
        if (strlen(digits) != 2 * length)
                return false;
        for (size_t i = 0; i < length; i++)
                if (sscanf(digits + 2 * i, "%2" SCNx8, &ret->bytes[i]) != 1)
                        return false;
        return true;
}

/* A line: the interface's index and name, group, source, how many sockets include it, how many exclude it. */
static bool read_line(const char *line, const struct address *group, uint32_t link,
                      struct mcfilter_source *ret)
{
        char group_digits[33], source_digits[33];
        struct address line_group;
        uint32_t line_link;

        return sscanf(line, "%" SCNu32 " %*s %32s %32s %lu", &line_link, group_digits, source_digits,
                      &ret->sockets) == 4 &&
               line_link == link && ret->sockets > 0 &&
               read_address(group_digits, group->family, &line_group) && address_equal(&line_group, group) &&
               read_address(source_digits, group->family, &ret->address);
}

int mcfilter_read(const struct address *group, uint32_t link, struct mcfilter_source *ret, size_t max)
{
        const char *path = group->family == AF_INET6 ? "/proc/self/net/mcfilter6" : "/proc/self/net/mcfilter";
        FILE *list = fopen(path, "re");
        struct mcfilter_source source;
        char line[LINE_SIZE];
        int n = 0;

        if (!list)
                return -errno;
        while (fgets(line, sizeof line, list)) {
                if (!read_line(line, group, link, &source))
                        continue;
                if ((size_t)n < max)
                        ret[n] = source;
                n++;
        }
        fclose(list);
        return n;
}
