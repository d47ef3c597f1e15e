/* membership.c - who on this host has joined which groups, as the kernel lists it in /proc. */
#include "os/membership.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 256

/* A line of the list, taken apart. */
struct entry {
        uint32_t link;
        struct address group;
        int users;
};

struct memberships {
        bool ipv4, ipv6; /* whether there is a list */
        size_t n;
        struct entry *entries; /* sorted by compare() */
};

/* In /proc/self/net/igmp an interface has a line that begins with its index, and then one for each group,
 * which is the address as a number of this machine. True if the line is a group. */
static bool read_ipv4(const char *line, struct entry *e)
{
        uint32_t group;

        if (line[0] != '\t') {
                (void)sscanf(line, "%" SCNu32, &e->link);
                return false;
        }
        if (sscanf(line, " %" SCNx32 " %d", &group, &e->users) != 2)
                return false;
        e->group = (struct address){ .family = AF_INET };
        memcpy(e->group.bytes, &group, sizeof group);
        return true;
}

/* In /proc/self/net/igmp6 every line is a group: index, name, 32 hexadecimal digits, users. */
static bool read_ipv6(const char *line, struct entry *e)
{
        char digits[33];

        if (sscanf(line, "%" SCNu32 " %*s %32[0-9a-f] %d", &e->link, digits, &e->users) != 3 ||
            strlen(digits) != 32)
                return false;
        e->group = (struct address){ .family = AF_INET6 };
        for (size_t i = 0; i < sizeof e->group.bytes; i++)
                (void)sscanf(digits + 2 * i, "%2" SCNx8, &e->group.bytes[i]);
        return true;
}

/* Room for one more; 0 or -ENOMEM. The array's size is always a power of two. */
static int append(struct memberships *m, const struct entry *e)
{
        if ((m->n & (m->n - 1)) == 0) {
                struct entry *more = reallocarray(m->entries, m->n ? 2 * m->n : 1, sizeof *more);

                if (!more)
                        return -ENOMEM;
                m->entries = more;
        }
        m->entries[m->n++] = *e;
        return 0;
}

static int read_list(struct memberships *m, const char *path, bool *ret_is_there,
                     bool (*read_line)(const char *, struct entry *))
{
        FILE *list = fopen(path, "re");
        struct entry e = { 0 };
        char line[LINE_SIZE];
        int r = 0;

        *ret_is_there = list;
        if (!list)
                return errno == ENOENT ? 0 : -errno;
        while (r == 0 && fgets(line, sizeof line, list))
                if (read_line(line, &e))
                        r = append(m, &e);
        if (r == 0 && ferror(list))
                r = -EIO;
        fclose(list);
        return r;
}

static int compare(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;
        int order = memcmp(&x->group, &y->group, sizeof x->group);

        return order ? order : (x->link > y->link) - (x->link < y->link);
}

int memberships_read(struct memberships **ret)
{
        struct memberships *m = calloc(1, sizeof *m);
        int r;

        if (!m)
                return -ENOMEM;
        r = read_list(m, "/proc/self/net/igmp", &m->ipv4, read_ipv4);
        if (r == 0)
                r = read_list(m, "/proc/self/net/igmp6", &m->ipv6, read_ipv6);
        if (r < 0) {
                memberships_free(m);
                return r;
        }
        if (m->n)
                qsort(m->entries, m->n, sizeof m->entries[0], compare);
        *ret = m;
        return 0;
}

struct memberships *memberships_free(struct memberships *m)
{
        if (m)
                free(m->entries);
        free(m);
        return NULL;
}

int memberships_count(const struct memberships *m, const struct address *group, uint32_t link)
{
        const struct entry key = { .link = link, .group = *group };
        const struct entry *found = NULL;

        if (!m || !(group->family == AF_INET6 ? m->ipv6 : m->ipv4))
                return -ENOENT;
        if (m->n)
                found = bsearch(&key, m->entries, m->n, sizeof m->entries[0], compare);
        return found ? found->users : 0;
}

int membership_count(const struct address *group, uint32_t link)
{
        struct memberships *m;
        int r = memberships_read(&m);

        if (r < 0)
                return r;
        r = memberships_count(m, group, link);
        memberships_free(m);
        return r;
}
