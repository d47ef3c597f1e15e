/* pace.c - pace GROUP PORT RATE: numbered messages to a group, RATE a second, a thousandth of them each
 * millisecond. Until it is killed. The kernel is given many at once, so that it has little part in what they
 * cost. */
#include <err.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common.h"

#define EVERY_NS  INT64_C(1000000)
#define SIZE      32
#define BURST_MAX 64

static void send_burst(int fd, const struct sockaddr_in *to, unsigned first, unsigned count)
{
        char text[BURST_MAX * SIZE + 1];

        for (unsigned i = 0; i < count; i++)
                snprintf(text + i * SIZE, SIZE + 1, "ATU 2026-11-21 21:43:12 %08u", (first + i) % 100000000);
        if (sendto(fd, text, count * SIZE, 0, (const struct sockaddr *)to, sizeof *to) < 0)
                err(71, "cannot send");
}

int main(int argc, char **argv)
{
        struct sockaddr_in group;
        unsigned portion, n = 0;
        int fd, size = SIZE;

        if (argc != 4)
                errx(64, "usage: pace GROUP PORT RATE");
        group = endpoint(argv[1], number(argv[2]));
        portion = (unsigned)(number(argv[3]) * EVERY_NS / NS_PER_S);
        fd = open_sender();
        if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof size) < 0)
                err(71, "cannot send many at once");
        for (int64_t due = now_ns();; due += EVERY_NS) {
                sleep_until(due);
                for (unsigned left = portion, count; left > 0; left -= count, n += count) {
                        count = left < BURST_MAX ? left : BURST_MAX;
                        send_burst(fd, &group, n, count);
                }
        }
}
