/* fuzz_netlink.c - os/links, os/netlink: bytes as messages of the kernel about interfaces, addresses and
 * routes. Their headers are always right, since the kernel's library believes them. Each begins with a choice
 * of its type and with its length. */
#include "fuzz.h"

#include <linux/rtnetlink.h>

#include "os/links.h"

#define MESSAGE_BYTES_MAX 512

/* Another type: two bytes of the input. */
static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWADDR, RTM_DELLINK, RTM_NEWROUTE, 0 };

/* The next message, in memory that is just as large; the kernel fills up its last word. */
static struct nlmsghdr *make_message(struct choices *c)
{
        uint16_t type = types[choose(c, sizeof types / sizeof types[0])];
        size_t length;
        const uint8_t *bytes;
        struct nlmsghdr *message;

        if (type == 0)
                type = (uint16_t)choose_bits(c, 2);
        bytes = choose_bytes(c, choose_bits(c, 2) % MESSAGE_BYTES_MAX, &length);
        message = calloc(1, sizeof *message + NLMSG_ALIGN(length));
        MUST(message);
        *message = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(sizeof *message + length), .nlmsg_type = type };
        memcpy(message + 1, bytes, length);
        return message;
}

struct deletions {
        const struct nlmsghdr *message;
        size_t n;
};

static void note_deleted(void *arg, uint32_t index)
{
        struct deletions *d = arg;
        struct ifinfomsg about;

        MUST(d->message->nlmsg_len >= sizeof *d->message + sizeof about);
        memcpy(&about, d->message + 1, sizeof about);
        MUST(d->message->nlmsg_type == RTM_DELLINK && (uint32_t)about.ifi_index == index);
        d->n++;
}

static void note(const struct nlmsghdr *message, struct links *l)
{
        struct deletions deletions = { .message = message };
        uint32_t route = 0;

        (void)mnl_cb_run(message, message->nlmsg_len, 0, 0, links_note, l);
        (void)mnl_cb_run(message, message->nlmsg_len, 0, 0, netlink_note_route, &route);
        netlink_note_news(message, message->nlmsg_len, note_deleted, &deletions);
        MUST(deletions.n <= 1);
}

/* --- what was understood --- */

static void check_choice(const struct links *l, const struct link_choice *choice)
{
        char why[LINK_WHY_SIZE];
        const struct link *found = NULL;
        int r = links_choose(l, NULL, choice, &found);

        MUST(r == 0 ? found != NULL : link_choice_why(choice, r, found, why) == why && why[0]);
        if (found)
                (void)links_source_address(l, found, choice);
}

static void check_link(const struct links *l, const struct link *link)
{
        const struct address group = { .family = AF_INET, .bytes = { 239, 1, 1, 1 } };
        const struct link *same;

        MUST(memchr(link->name, '\0', sizeof link->name));
        same = links_by_name(l, link->name);
        MUST(same && strcmp(same->name, link->name) == 0);
        MUST(links_by_index(l, link->index)->index == link->index);
        MUST(!link_has_carrier(link) || (link->flags & IFF_UP));
        if (link->name[0])
                check_choice(l, &(struct link_choice){ .interface = link->name, .group = &group });
}

static void check_address(const struct links *l, const struct link_address *a)
{
        const struct link *link = links_by_address(l, &a->address);
        size_t width = a->address.family == AF_INET6 ? 16 : 4;

        MUST(a->address.family == AF_INET || a->address.family == AF_INET6);
        for (size_t i = width; i < sizeof a->address.bytes; i++)
                MUST(a->address.bytes[i] == 0);
        MUST(a->address.scope == (address_needs_link(&a->address) ? a->link : 0));
        MUST(!link || links_address_of(l, link->index, a->address.family));
        check_choice(l, &(struct link_choice){ .ip_address = &a->address, .group = &a->address });
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        struct choices c = choices_of(bytes, length);
        struct links *l = calloc(1, sizeof *l);
        size_t n = 0;

        MUST(l);
        for (; choices_left(&c); n++) {
                struct nlmsghdr *message = make_message(&c);

                note(message, l);
                free(message);
        }
        MUST(l->n + l->n_addresses <= n);
        for (size_t i = 0; i < l->n; i++)
                check_link(l, &l->links[i]);
        for (size_t i = 0; i < l->n_addresses; i++)
                check_address(l, &l->addresses[i]);
        links_free(l);
        return 0;
}
