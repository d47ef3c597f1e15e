/* common.h - what the small programs of the benchmark share. They end at the first thing that fails. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)

/* An argument that is a number of 1 or more. */
unsigned number(const char *argument);

int64_t now_ns(void);

/* Until CLOCK_MONOTONIC says so. */
void sleep_until(int64_t ns);

/* An IPv4 UDP socket that sends to multicast groups of lo. */
int open_sender(void);

struct sockaddr_in endpoint(const char *address, unsigned port);

/* The group of this number: 239.10.0.1 and so on, as in emitters.py. */
struct sockaddr_in nth_group(unsigned n, unsigned port);
