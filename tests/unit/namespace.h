/* namespace.h - a network of the test's own, with a loopback interface and nothing else. */
#ifndef MCASTD_TESTS_UNIT_NAMESPACE_H
#define MCASTD_TESTS_UNIT_NAMESPACE_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The loopback interface's index, in every network. */
#define LO 1u

static inline bool set_loopback(short flags)
{
        struct ifreq request = { .ifr_name = "lo", .ifr_flags = flags };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = ioctl(fd, SIOCSIFFLAGS, &request);

        close(fd);
        return r == 0;
}

/* False where the system permits no namespaces. In a new network the loopback interface is down. */
static inline bool enter_namespace(void)
{
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

#endif
