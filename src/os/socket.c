/* socket.c - sockets with their options set: the only file that calls setsockopt.
 * What differs between address families stands in family.c. Knows nothing of sections; names the option of
 * the configuration that a failure comes from, for the caller's message. */
#include "os/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/family.h"
#include "os/links.h"

/* Notes what failed, and passes the error on. */
__attribute__((format(printf, 4, 5))) static int fail(struct socket_failure *f, int error, const char *option,
                                                      const char *format, ...)
{
        va_list args;

        f->option = option;
        va_start(args, format);
        vsnprintf(f->tried, sizeof f->tried, format, args);
        va_end(args);
        return error;
}

static int set_int(int fd, int level, int option, int value)
{
        return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int find_link(const struct socket_link *link, const struct endpoint *group, uint32_t *ret,
                     struct socket_failure *f)
{
        int r;

        if (link->interface && link->interface[0]) {
                r = link_by_name(link->interface, ret);
                return r < 0 ? fail(f, r, "INTERFACE", "find the interface %s", link->interface) : 0;
        }
        if (link->ip_address && link->ip_address->family) {
                r = link_by_address(link->ip_address, ret);
                return r < 0 ? fail(f, r, "IP_ADDRESS", "find the interface that has %s",
                                    ADDRESS_TEXT(link->ip_address))
                             : 0;
        }
        r = link_by_route(group, ret);
        return r < 0 ? fail(f, r, "INTERFACE",
                            "find an interface by the route to %s (give INTERFACE or IP_ADDRESS)",
                            ADDRESS_TEXT(&group->address))
                     : 0;
}

static int group_request(int fd, int option, const struct endpoint *group, uint32_t link)
{
        struct group_req request = { .gr_interface = link };

        (void)endpoint_to_sockaddr(group, &request.gr_group);
        return setsockopt(fd, family_of(group->address.family)->level, option, &request, sizeof request) < 0
                       ? -errno
                       : 0;
}

/* Asks for the buffer and reads back what the kernel gave. It doubles what it is asked for, for its own
 * bookkeeping. */
static int set_receive_buffer(int fd, uint64_t bytes, uint64_t *ret_granted)
{
        int asked = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes, granted;
        socklen_t size = sizeof granted;
        int r = set_int(fd, SOL_SOCKET, SO_RCVBUF, asked);

        if (r < 0)
                return r;
        if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size) < 0)
                return -errno;
        *ret_granted = (uint64_t)granted / 2;
        return 0;
}

static int set_receiver_options(int fd, const struct socket_receiver *spec, uint32_t link,
                                uint64_t *ret_buffer, struct socket_failure *f)
{
        const struct family *family = family_of(spec->group.address.family);
        int r = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);

        if (r == 0 && spec->share_any)
                r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (r < 0)
                return fail(f, r, "SHARE", "share the port");
        r = set_int(fd, family->level, family->multicast_all, 0);
        if (r == 0)
                r = set_int(fd, family->level, family->receive_packet_info, 1);
        if (r == 0)
                r = set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
        /* The membership alone would do, were it not for SO_REUSEPORT: since Linux 6.6 early demultiplexing
         * draws lots among all sockets that share address, port and device, whatever they have joined. */
        if (r == 0)
                r = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)link);
        if (r < 0)
                return fail(f, r, "MCAST_GROUP", "prepare a socket for %s",
                            ADDRESS_TEXT(&spec->group.address));
        r = set_receive_buffer(fd, spec->receive_buffer, ret_buffer);
        if (r < 0)
                return fail(f, r, "RECEIVE_BUFFER", "set the receive buffer");
        return 0;
}

static const char *bind_hint(int error)
{
        if (error == -EADDRINUSE)
                return " (another program has the port; see SHARE)";
        if (error == -EACCES)
                return " (below 1024; see CHANGING THE SERVICE in mcastd(8))";
        return "";
}

static int bind_and_join(int fd, const struct socket_receiver *spec, uint32_t link, struct socket_failure *f)
{
        char name[IFNAMSIZ];
        struct sockaddr_storage ss;
        socklen_t length = endpoint_to_sockaddr(&spec->group, &ss);
        int r;

        if (bind(fd, (struct sockaddr *)&ss, length) < 0) {
                r = -errno;
                return fail(f, r, "PORT", "bind to %s%s", ENDPOINT_TEXT(&spec->group), bind_hint(r));
        }
        r = group_request(fd, MCAST_JOIN_GROUP, &spec->group, link);
        if (r < 0)
                return fail(f, r, "MCAST_GROUP", "join %s on %s", ADDRESS_TEXT(&spec->group.address),
                            link_name(link, name));
        return 0;
}

static int open_datagram(const struct endpoint *group, struct socket_failure *f)
{
        int fd = socket(group->address.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        return fd < 0 ? fail(f, -errno, "MCAST_GROUP", "open a socket for %s", ADDRESS_TEXT(&group->address))
                      : fd;
}

int socket_open_receiver(const struct socket_receiver *spec, uint32_t *ret_link, uint64_t *ret_buffer,
                         struct socket_failure *ret_failure)
{
        int r = find_link(&spec->link, &spec->group, ret_link, ret_failure), fd;

        if (r < 0)
                return r;
        fd = open_datagram(&spec->group, ret_failure);
        if (fd < 0)
                return fd;
        r = set_receiver_options(fd, spec, *ret_link, ret_buffer, ret_failure);
        if (r == 0)
                r = bind_and_join(fd, spec, *ret_link, ret_failure);
        if (r < 0) {
                close(fd);
                return r;
        }
        return fd;
}

int socket_retire(int fd, const struct endpoint *group)
{
        struct sockaddr_storage ss;
        socklen_t length = endpoint_to_sockaddr(group, &ss);

        /* A connected socket hears its peer only, and no datagram has a group as its source. Nor does it take
         * part when one socket of a SO_REUSEPORT group is chosen, in which it stays until it is closed. */
        return connect(fd, (struct sockaddr *)&ss, length) < 0 ? -errno : 0;
}

int socket_leave(int fd, const struct endpoint *group, uint32_t link)
{
        return group_request(fd, MCAST_LEAVE_GROUP, group, link);
}

/* To join the group on the interface, as simple senders do, does not choose it; this does. */
static int send_by(int fd, const struct family *family, uint32_t link, const struct address *from)
{
        char value[FAMILY_VALUE_MAX];
        size_t size = family->interface_value(link, from, value);

        return setsockopt(fd, family->level, family->multicast_if, value, (socklen_t)size) < 0 ? -errno : 0;
}

static int set_emitter_link(int fd, const struct socket_emitter *spec, uint32_t link,
                            struct socket_failure *f)
{
        const struct address *from = spec->link.ip_address;
        const char *option = "IP_ADDRESS";
        char name[IFNAMSIZ];
        struct address loopback;
        int r;

        if (spec->link.interface && spec->link.interface[0]) {
                option = "INTERFACE";
                /* The kernel chooses among the addresses of the interface, but never one of host scope: by
                 * itself it would send from 0.0.0.0, which nobody can answer. */
                r = link_loopback_address(link, spec->group.address.family, &loopback);
                if (r < 0 && r != -EADDRNOTAVAIL)
                        return fail(f, r, option, "find the address of %s", spec->link.interface);
                from = r == 0 ? &loopback : NULL;
        }
        r = send_by(fd, family_of(spec->group.address.family), link, from);
        return r < 0 ? fail(f, r, option, "send on %s", link_name(link, name)) : 0;
}

static int set_emitter_options(int fd, const struct socket_emitter *spec, uint32_t link,
                               struct socket_failure *f)
{
        const struct family *family = family_of(spec->group.address.family);
        int r = link ? set_emitter_link(fd, spec, link, f) : 0;

        if (r < 0)
                return r;
        r = set_int(fd, family->level, family->multicast_ttl, spec->ttl);
        if (r < 0)
                return fail(f, r, "TTL", "set the TTL to %u", spec->ttl);
        r = set_int(fd, family->level, family->multicast_loop, spec->loop);
        if (r < 0)
                return fail(f, r, "LOOP", "set whether this host hears it");
        /* The code point is the upper six bits of the byte, the lower two belong to ECN (RFC 3168). */
        r = set_int(fd, family->level, family->traffic_class, spec->dscp << 2);
        return r < 0 ? fail(f, r, "DSCP", "set the code point to %u", spec->dscp) : 0;
}

int socket_open_emitter(const struct socket_emitter *spec, uint32_t *ret_link,
                        struct socket_failure *ret_failure)
{
        bool by_route = !(spec->link.interface && spec->link.interface[0]) &&
                        !(spec->link.ip_address && spec->link.ip_address->family);
        int r = 0, fd;

        *ret_link = 0;
        if (!by_route)
                r = find_link(&spec->link, &spec->group, ret_link, ret_failure);
        if (r < 0)
                return r;
        fd = open_datagram(&spec->group, ret_failure);
        if (fd < 0)
                return fd;
        r = set_emitter_options(fd, spec, *ret_link, ret_failure);
        if (r < 0) {
                close(fd);
                return r;
        }
        return fd;
}

int socket_send(int fd, const struct endpoint *to, const void *payload, size_t length)
{
        struct sockaddr_storage ss;
        socklen_t size = endpoint_to_sockaddr(to, &ss);

        if (sendto(fd, payload, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&ss, size) < 0)
                return -errno;
        return 0;
}

int socket_open_local(int send_buffer)
{
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        /* A smaller buffer than asked for is no failure: it only means that less may wait. */
        (void)set_int(fd, SOL_SOCKET, SO_SNDBUF, send_buffer);
        return fd;
}
