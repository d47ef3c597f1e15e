/* runs.h - bursts over the loopback interface, and when they have arrived. */
#ifndef MCASTD_TESTS_UNIT_RUNS_H
#define MCASTD_TESTS_UNIT_RUNS_H

#include "test.h"

#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>

/* The loopback interface keeps one queue for each processor: on one processor, what was sent later arrives
 * later. */
static inline bool stay_on_one_processor(void)
{
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET((size_t)sched_getcpu(), &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
}

/* Waits until all that was sent so far has arrived. The barrier is a socket that sends to itself. */
static inline void settle(int barrier)
{
        struct pollfd arrived = { .fd = barrier, .events = POLLIN };
        char byte = 0;

        assert_int_equal(send(barrier, &byte, 1, 0), 1);
        assert_int_equal(poll(&arrived, 1, 10000), 1);
        assert_int_equal(recv(barrier, &byte, 1, 0), 1);
}

static inline void set_udp_option(int fd, int option, int value)
{
        assert_int_equal(setsockopt(fd, SOL_UDP, option, &value, sizeof value), 0);
}

/* Many datagrams of this length at once, the last one with what remains. */
static inline void send_run(int fd, const struct endpoint *to, const void *bytes, size_t length,
                            size_t segment)
{
        struct sockaddr_storage ss;
        socklen_t size = endpoint_to_sockaddr(to, &ss);

        set_udp_option(fd, UDP_SEGMENT, (int)segment);
        assert_int_equal(sendto(fd, bytes, length, 0, (struct sockaddr *)&ss, size), length);
        set_udp_option(fd, UDP_SEGMENT, 0);
}

/* Payloads in which each byte tells where it stands. */
static inline void number_bytes(uint8_t *bytes, size_t n)
{
        for (size_t i = 0; i < n; i++)
                bytes[i] = (uint8_t)(i % 251 + i / 251);
}

#endif
