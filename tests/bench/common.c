/* common.c - what the small programs of the benchmark share. */
#include "common.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST_GROUP 0xef0a0001 /* 239.10.0.1 */

unsigned number(const char *argument)
{
        char *end;
        unsigned long value = strtoul(argument, &end, 10);

        if (*end || value == 0 || value > UINT32_MAX)
                errx(64, "%s is not a number of 1 or more", argument);
        return (unsigned)value;
}

int64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void sleep_until(int64_t ns)
{
        const struct timespec until = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
                ;
}

int open_sender(void)
{
        const struct in_addr lo = { htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_DGRAM, 0);

        if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo) < 0)
                err(71, "no socket to send");
        return fd;
}

struct sockaddr_in endpoint(const char *address, unsigned port)
{
        return (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_addr.s_addr = inet_addr(address),
                .sin_port = htons((uint16_t)port),
        };
}

struct sockaddr_in nth_group(unsigned n, unsigned port)
{
        return (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(FIRST_GROUP + n),
                .sin_port = htons((uint16_t)port),
        };
}
