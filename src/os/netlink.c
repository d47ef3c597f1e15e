/* netlink.c - rtnetlink: what the kernel knows of interfaces and routes, and when that changes. */
#include "os/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

/* The kernel sends the parts of an answer in pieces of up to this size, if there is room for them. */
#define BUFFER_SIZE 32768

/* What is read at one time; what remains is read the next time. */
#define WATCH_READS 4096

struct netlink {
        struct mnl_socket *socket;
        uint32_t sequence;
        _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
};

struct netlink_watch {
        struct mnl_socket *socket;
        _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
};

static int open_socket(unsigned groups, struct mnl_socket **ret)
{
        struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int r;

        if (!s)
                return -errno;
        if (mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) < 0) {
                r = -errno;
                mnl_socket_close(s);
                return r;
        }
        *ret = s;
        return 0;
}

/* --- questions --- */

int netlink_new(struct netlink **ret)
{
        struct netlink *n = calloc(1, sizeof *n);
        int r;

        if (!n)
                return -ENOMEM;
        r = open_socket(0, &n->socket);
        if (r < 0) {
                free(n);
                return r;
        }
        *ret = n;
        return 0;
}

struct netlink *netlink_free(struct netlink *n)
{
        if (n)
                mnl_socket_close(n->socket);
        free(n);
        return NULL;
}

/* Throws away what is left of an answer. */
static void drain(struct netlink *n)
{
        for (int i = 0; i < WATCH_READS; i++)
                if (mnl_socket_recvfrom(n->socket, n->buffer, sizeof n->buffer) < 0 && errno == EAGAIN)
                        return;
}

/* Sends the question in the buffer and gives the answer to `each`. 0 or -errno. */
static int ask(struct netlink *n, mnl_cb_t each, void *arg)
{
        struct nlmsghdr *question = (struct nlmsghdr *)n->buffer;
        unsigned port = mnl_socket_get_portid(n->socket);
        ssize_t length;
        int r;

        question->nlmsg_seq = ++n->sequence;
        if (mnl_socket_sendto(n->socket, question, question->nlmsg_len) < 0)
                return -errno;
        do {
                length = mnl_socket_recvfrom(n->socket, n->buffer, sizeof n->buffer);
                r = length < 0 ? MNL_CB_ERROR
                               : mnl_cb_run(n->buffer, (size_t)length, n->sequence, port, each, arg);
        } while (r > MNL_CB_STOP);
        if (r < 0) {
                r = -errno;
                drain(n);
        }
        return r;
}

int netlink_dump(struct netlink *n, uint16_t type, mnl_cb_t each, void *arg)
{
        struct nlmsghdr *question = mnl_nlmsg_put_header(n->buffer);
        struct ifinfomsg *about;

        question->nlmsg_type = type;
        question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        about = mnl_nlmsg_put_extra_header(question, sizeof *about);
        about->ifi_family = AF_UNSPEC;
        if (type == RTM_GETLINK)
                mnl_attr_put_u32(question, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        return ask(n, each, arg);
}

static int note_route_attribute(const struct nlattr *a, void *arg)
{
        if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
                *(uint32_t *)arg = mnl_attr_get_u32(a);
        return MNL_CB_OK;
}

int netlink_note_route(const struct nlmsghdr *message, void *index)
{
        (void)mnl_attr_parse(message, sizeof(struct rtmsg), note_route_attribute, index);
        return MNL_CB_STOP;
}

int netlink_route(struct netlink *n, const struct address *to, uint32_t *ret_index)
{
        size_t size = to->family == AF_INET6 ? 16 : 4;
        struct nlmsghdr *question = mnl_nlmsg_put_header(n->buffer);
        uint32_t index = 0;
        struct rtmsg *about;
        int r;

        question->nlmsg_type = RTM_GETROUTE;
        question->nlmsg_flags = NLM_F_REQUEST;
        about = mnl_nlmsg_put_extra_header(question, sizeof *about);
        about->rtm_family = (unsigned char)to->family;
        about->rtm_dst_len = (unsigned char)(8 * size);
        mnl_attr_put(question, RTA_DST, size, to->bytes);
        r = ask(n, netlink_note_route, &index);
        if (r == 0 && index == 0)
                r = -ENETUNREACH;
        if (r == 0)
                *ret_index = index;
        return r;
}

/* --- news --- */

int netlink_watch_new(struct netlink_watch **ret)
{
        static const unsigned groups =
                RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
        struct netlink_watch *w = calloc(1, sizeof *w);
        int r;

        if (!w)
                return -ENOMEM;
        r = open_socket(groups, &w->socket);
        if (r < 0) {
                free(w);
                return r;
        }
        *ret = w;
        return 0;
}

struct netlink_watch *netlink_watch_free(struct netlink_watch *w)
{
        if (w)
                mnl_socket_close(w->socket);
        free(w);
        return NULL;
}

int netlink_watch_routes(struct netlink_watch *w, bool follow)
{
        static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };

        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
                int group = groups[i];

                if (mnl_socket_setsockopt(w->socket,
                                          follow ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group,
                                          sizeof group) < 0)
                        return -errno;
        }
        return 0;
}

int netlink_watch_fd(const struct netlink_watch *w)
{
        return mnl_socket_get_fd(w->socket);
}

struct news {
        void (*deleted)(void *arg, uint32_t index);
        void *arg;
};

static int note_news(const struct nlmsghdr *message, void *arg)
{
        const struct news *news = arg;
        const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

        /* Of AF_BRIDGE it says that an interface has left its bridge. */
        if (message->nlmsg_type == RTM_DELLINK && mnl_nlmsg_get_payload_len(message) >= sizeof *link &&
            link->ifi_family == AF_UNSPEC)
                news->deleted(news->arg, (uint32_t)link->ifi_index);
        return MNL_CB_OK;
}

void netlink_note_news(const void *bytes, size_t length, void (*deleted)(void *arg, uint32_t index),
                       void *arg)
{
        struct news news = { deleted, arg };

        (void)mnl_cb_run(bytes, length, 0, 0, note_news, &news);
}

int netlink_watch_read(struct netlink_watch *w, void (*deleted)(void *arg, uint32_t index), void *arg)
{
        int r = 0;

        for (int i = 0; i < WATCH_READS; i++) {
                ssize_t length = mnl_socket_recvfrom(w->socket, w->buffer, sizeof w->buffer);

                if (length >= 0)
                        netlink_note_news(w->buffer, (size_t)length, deleted, arg);
                else if (errno == ENOBUFS)
                        /* Until all that waits has been read the kernel drops what comes, and says so no
                         * more. */
                        r = -ENOBUFS;
                else
                        return errno == EAGAIN || errno == EINTR ? r : -errno;
        }
        return r;
}
