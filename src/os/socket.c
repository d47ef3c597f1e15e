/* socket.c - sockets with their options set: the only file that calls setsockopt.
 * What differs between address families stands in family.c. Knows nothing of sections; names the option of
 * the configuration that a failure comes from, for the caller's message. */
#include "os/socket.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/family.h"

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

static int group_request(int fd, int option, const struct endpoint *group, uint32_t link)
{
        struct group_req request = { .gr_interface = link };

        (void)endpoint_to_sockaddr(group, &request.gr_group);
        return setsockopt(fd, family_of(group->address.family)->level, option, &request, sizeof request) < 0
                       ? -errno
                       : 0;
}

static int source_request(int fd, const struct socket_receiver *spec, const struct address *source)
{
        const struct endpoint from = { .address = *source };
        struct group_source_req request = { .gsr_interface = spec->link };

        (void)endpoint_to_sockaddr(&spec->group, &request.gsr_group);
        (void)endpoint_to_sockaddr(&from, &request.gsr_source);
        return setsockopt(fd, family_of(spec->group.address.family)->level, MCAST_JOIN_SOURCE_GROUP, &request,
                          sizeof request) < 0
                       ? -errno
                       : 0;
}

/* Which limit of the kernel an error of a join may come from. */
static const char *join_hint(const struct socket_receiver *spec, int error)
{
        bool ipv6 = spec->group.address.family == AF_INET6;

        if (error != -ENOBUFS)
                return "";
        if (spec->n_sources)
                return ipv6 ? " (more sources than sysctl net.ipv6.mld_max_msf)"
                            : " (more sources than sysctl net.ipv4.igmp_max_msf)";
        return ipv6 ? "" : " (see sysctl net.ipv4.igmp_max_memberships)";
}

int socket_join(int fd, const struct socket_receiver *spec, struct socket_failure *f)
{
        int r = 0;

        if (spec->n_sources == 0)
                r = group_request(fd, MCAST_JOIN_GROUP, &spec->group, spec->link);
        for (size_t i = 0; r == 0 && i < spec->n_sources; i++)
                r = source_request(fd, spec, &spec->sources[i]);
        return r < 0 ? fail(f, r, spec->n_sources ? "SOURCES" : "MCAST_GROUP", "join %s on %s%s",
                            ADDRESS_TEXT(&spec->group.address), spec->link_name, join_hint(spec, r))
                     : 0;
}

/* The whole filter at once (RFC 3678), so that there is no moment between the old one and the new one. */
int socket_set_sources(int fd, const struct socket_receiver *spec, struct socket_failure *f)
{
        _Alignas(struct group_filter) char buffer[GROUP_FILTER_SIZE(SOCKET_SOURCES_MAX)] = { 0 };
        struct group_filter *filter = (struct group_filter *)buffer;
        int r;

        if (spec->n_sources > SOCKET_SOURCES_MAX)
                return fail(f, -EINVAL, "SOURCES", "have more than %d sources", SOCKET_SOURCES_MAX);
        filter->gf_interface = spec->link;
        (void)endpoint_to_sockaddr(&spec->group, &filter->gf_group);
        /* To hear all is to exclude none. */
        filter->gf_fmode = spec->n_sources ? MCAST_INCLUDE : MCAST_EXCLUDE;
        filter->gf_numsrc = (uint32_t)spec->n_sources;
        for (size_t i = 0; i < spec->n_sources; i++) {
                const struct endpoint from = { .address = spec->sources[i] };

                (void)endpoint_to_sockaddr(&from, &filter->gf_slist[i]);
        }
        r = setsockopt(fd, family_of(spec->group.address.family)->level, MCAST_MSFILTER, filter,
                       (socklen_t)GROUP_FILTER_SIZE(spec->n_sources)) < 0
                    ? -errno
                    : 0;
        return r < 0 ? fail(f, r, "SOURCES", "change the sources of %s on %s%s",
                            ADDRESS_TEXT(&spec->group.address), spec->link_name, join_hint(spec, r))
                     : 0;
}

/* The kernel doubles what it is asked for, for its own bookkeeping. */
uint64_t socket_receive_buffer(int fd)
{
        int granted = 0;
        socklen_t size = sizeof granted;

        (void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
        return (uint64_t)granted / 2;
}

int socket_set_receive_buffer(int fd, uint64_t bytes, uint64_t *ret_granted, struct socket_failure *f)
{
        int asked = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes;
        int r = set_int(fd, SOL_SOCKET, SO_RCVBUF, asked);

        *ret_granted = socket_receive_buffer(fd);
        return r < 0 ? fail(f, r, "RECEIVE_BUFFER", "set the receive buffer") : 0;
}

int socket_set_timestamps(int fd, bool told)
{
        return set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, told);
}

static int set_receiver_options(int fd, const struct socket_receiver *spec, uint64_t *ret_buffer,
                                struct socket_failure *f)
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
        if (r == 0)
                r = socket_set_timestamps(fd, true);
        if (r == 0) {
                /* Where the kernel has it: it was made for streams, but a burst is one. */
                (void)set_int(fd, SOL_UDP, UDP_GRO, 1);
                /* The membership alone would do, were it not for SO_REUSEPORT: since Linux 6.6 early
                 * demultiplexing draws lots among all sockets that share address, port and device, whatever
                 * they have joined. */
                r = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)spec->link);
        }
        if (r < 0)
                return fail(f, r, "MCAST_GROUP", "prepare a socket for %s",
                            ADDRESS_TEXT(&spec->group.address));
        return socket_set_receive_buffer(fd, spec->receive_buffer, ret_buffer, f);
}

static const char *bind_hint(int error)
{
        if (error == -EADDRINUSE)
                return " (another program has the port; see SHARE)";
        if (error == -EACCES)
                return " (below 1024; see CHANGING THE SERVICE in mcastd(8))";
        return "";
}

static int bind_to(int fd, const struct endpoint *local, const char *option, struct socket_failure *f)
{
        struct sockaddr_storage ss;
        socklen_t length = endpoint_to_sockaddr(local, &ss);
        int r = bind(fd, (struct sockaddr *)&ss, length) < 0 ? -errno : 0;

        return r < 0 ? fail(f, r, option, "bind to %s%s", ENDPOINT_TEXT(local), bind_hint(r)) : 0;
}

static int open_datagram(const struct endpoint *group, struct socket_failure *f)
{
        int fd = socket(group->address.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int r = fd < 0 ? -errno : 0;

        /* An IPv6 socket would hear IPv4 as well. */
        if (r == 0 && group->address.family == AF_INET6)
                r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        if (r < 0) {
                if (fd >= 0)
                        close(fd);
                return fail(f, r, "MCAST_GROUP", "open a socket for %s", ADDRESS_TEXT(&group->address));
        }
        return fd;
}

int socket_open_receiver(const struct socket_receiver *spec, uint64_t *ret_buffer,
                         struct socket_failure *ret_failure)
{
        int fd = open_datagram(&spec->group, ret_failure), r;

        if (fd < 0)
                return fd;
        r = set_receiver_options(fd, spec, ret_buffer, ret_failure);
        if (r == 0)
                r = bind_to(fd, &spec->group, "PORT", ret_failure);
        if (r == 0)
                r = socket_join(fd, spec, ret_failure);
        if (r < 0) {
                close(fd);
                return r;
        }
        return fd;
}

static int prepare_tap(int fd, const struct socket_receiver *spec, struct socket_failure *f)
{
        const struct family *family = family_of(spec->group.address.family);
        const struct endpoint every_port = { .address = spec->group.address };
        int r = set_int(fd, family->level, family->multicast_all, 0);

        if (r == 0)
                r = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)spec->link);
        if (r < 0)
                return fail(f, r, "MCAST_GROUP", "prepare a socket for %s",
                            ADDRESS_TEXT(&spec->group.address));
        r = bind_to(fd, &every_port, "MCAST_GROUP", f);
        return r < 0 ? r : socket_join(fd, spec, f);
}

int socket_open_tap(const struct socket_receiver *spec, struct socket_failure *ret_failure)
{
        int fd = socket(spec->group.address.family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
        int r = fd < 0 ? fail(ret_failure, -errno, "MCAST_GROUP", "open a raw socket")
                       : prepare_tap(fd, spec, ret_failure);

        if (r < 0) {
                if (fd >= 0)
                        close(fd);
                return r;
        }
        return fd;
}

int socket_drops(int fd, uint32_t *ret)
{
        uint32_t info[SK_MEMINFO_VARS];
        socklen_t size = sizeof info;

        if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) < 0)
                return -errno;
        *ret = info[SK_MEMINFO_DROPS];
        return 0;
}

bool socket_takes_runs(int fd)
{
        int segment;
        socklen_t size = sizeof segment;

        return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &size) == 0;
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
static int send_by(int fd, const struct socket_emitter *spec, struct socket_failure *f)
{
        const struct family *family = family_of(spec->group.address.family);
        char value[FAMILY_VALUE_MAX];
        size_t size = family->interface_value(spec->link, value);

        if (setsockopt(fd, family->level, family->multicast_if, value, (socklen_t)size) < 0)
                return fail(f, -errno, "INTERFACE", "send on %s", spec->link_name);
        return 0;
}

static int send_from(int fd, const struct socket_emitter *spec, struct socket_failure *f)
{
        struct endpoint local = { .address.family = spec->group.address.family, .port = spec->source_port };

        if (spec->from)
                local.address = *spec->from;
        return spec->from || spec->source_port ? bind_to(fd, &local, "IP_ADDRESS", f) : 0;
}

int socket_set_emitter_options(int fd, const struct socket_emitter *spec, struct socket_failure *f)
{
        const struct family *family = family_of(spec->group.address.family);
        int r = set_int(fd, family->level, family->multicast_ttl, spec->ttl);

        if (r < 0)
                return fail(f, r, "TTL", "set the TTL to %u", spec->ttl);
        r = set_int(fd, family->level, family->multicast_loop, spec->loop);
        if (r < 0)
                return fail(f, r, "LOOP", "set whether this host hears it");
        /* The code point is the upper six bits of the byte, the lower two belong to ECN (RFC 3168). */
        r = set_int(fd, family->level, family->traffic_class, spec->dscp << 2);
        return r < 0 ? fail(f, r, "DSCP", "set the code point to %u", spec->dscp) : 0;
}

int socket_open_emitter(const struct socket_emitter *spec, struct socket_failure *ret_failure)
{
        int fd = open_datagram(&spec->group, ret_failure), r;

        if (fd < 0)
                return fd;
        r = send_by(fd, spec, ret_failure);
        if (r == 0)
                r = send_from(fd, spec, ret_failure);
        if (r == 0)
                r = socket_set_emitter_options(fd, spec, ret_failure);
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

int socket_port(int fd, in_port_t *ret)
{
        struct sockaddr_storage ss;
        socklen_t size = sizeof ss;
        struct endpoint local;

        if (getsockname(fd, (struct sockaddr *)&ss, &size) < 0)
                return -errno;
        endpoint_from_sockaddr((struct sockaddr *)&ss, &local);
        *ret = local.port;
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

int socket_open_listener(const struct endpoint *where)
{
        bool ipv6 = where->address.family == AF_INET6;
        struct sockaddr_storage to;
        socklen_t length = endpoint_to_sockaddr(where, &to);
        int fd = socket(where->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (r == 0)
                r = set_int(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_FREEBIND : IP_FREEBIND, 1);
        if (r == 0 && bind(fd, (struct sockaddr *)&to, length) < 0)
                r = -errno;
        if (r == 0)
                return fd;
        close(fd);
        return r;
}
