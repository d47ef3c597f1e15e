/* links.c - which interface is meant: by name, by address, by route. Asks the kernel, keeps nothing. */
#include "os/links.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int link_by_name(const char *name, uint32_t *ret_index)
{
        struct ifreq request = { 0 };
        int fd, r;

        if (strlen(name) >= sizeof request.ifr_name)
                return -ENODEV;
        /* if_nametoindex() would tell that there is no such interface where it has no descriptor left to ask
         * with. */
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        strcpy(request.ifr_name, name);
        r = ioctl(fd, SIOCGIFINDEX, &request) < 0 ? -errno : 0;
        close(fd);
        if (r == 0)
                *ret_index = (uint32_t)request.ifr_ifindex;
        return r;
}

/* The name of the interface that has the address, from the list, or NULL. */
static const char *find_address(const struct ifaddrs *list, const struct address *address)
{
        for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
                struct endpoint e;

                if (!i->ifa_addr)
                        continue;
                endpoint_from_sockaddr(i->ifa_addr, &e);
                if (address_equal(&e.address, address))
                        return i->ifa_name;
        }
        return NULL;
}

int link_by_address(const struct address *address, uint32_t *ret_index)
{
        struct ifaddrs *list;
        const char *name;
        int r;

        if (getifaddrs(&list) < 0)
                return -errno;
        name = find_address(list, address);
        r = name ? link_by_name(name, ret_index) : -EADDRNOTAVAIL;
        freeifaddrs(list);
        return r;
}

/* This host's address on the way to `to`: that of a socket connected to it, which sends nothing for UDP. */
static int address_by_route(const struct endpoint *to, struct address *ret)
{
        struct sockaddr_storage ss;
        socklen_t length = endpoint_to_sockaddr(to, &ss);
        int fd = socket(to->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;
        struct endpoint local;

        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&ss, length) < 0)
                r = -errno;
        length = sizeof ss;
        if (r == 0 && getsockname(fd, (struct sockaddr *)&ss, &length) < 0)
                r = -errno;
        close(fd);
        if (r < 0)
                return r;
        endpoint_from_sockaddr((struct sockaddr *)&ss, &local);
        *ret = local.address;
        return 0;
}

int link_by_route(const struct endpoint *to, uint32_t *ret_index)
{
        struct address local;
        int r = address_by_route(to, &local);

        return r < 0 ? r : link_by_address(&local, ret_index);
}

/* The address of this family in an entry of the list that is about this loopback interface. 0 or -errno. */
static int loopback_address(const struct ifaddrs *entry, uint32_t index, sa_family_t family,
                            struct address *ret)
{
        uint32_t own = 0;
        struct endpoint e;
        int r;

        if (!(entry->ifa_flags & IFF_LOOPBACK) || !entry->ifa_addr || entry->ifa_addr->sa_family != family)
                return -EADDRNOTAVAIL;
        r = link_by_name(entry->ifa_name, &own);
        if (r < 0 || own != index)
                return r < 0 ? r : -EADDRNOTAVAIL;
        endpoint_from_sockaddr(entry->ifa_addr, &e);
        *ret = e.address;
        return 0;
}

int link_loopback_address(uint32_t index, sa_family_t family, struct address *ret)
{
        struct ifaddrs *list;
        int r = -EADDRNOTAVAIL;

        if (getifaddrs(&list) < 0)
                return -errno;
        for (const struct ifaddrs *i = list; i && r == -EADDRNOTAVAIL; i = i->ifa_next)
                r = loopback_address(i, index, family, ret);
        freeifaddrs(list);
        return r;
}

const char *link_name(uint32_t index, char buffer[IFNAMSIZ])
{
        int saved = errno;

        if (!if_indextoname(index, buffer))
                snprintf(buffer, IFNAMSIZ, "?");
        errno = saved;
        return buffer;
}
