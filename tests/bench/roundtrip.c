/* roundtrip.c - roundtrip GROUP PORT COUNT: a datagram each millisecond, and the time until it is
 * acknowledged. Prints the nanoseconds of each, a line for each; a datagram that is not acknowledged within a
 * second ends it. It does not sleep while it waits, so its own awakening is not in the figure. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common.h"

#define EVERY_NS   INT64_C(1000000)
#define GIVE_UP_NS NS_PER_S
#define FIRST      100 /* not counted: caches are cold */

static const char payload[] = "ATU 2026-11-21 21:43:12.123456  ";

static int64_t round_trip(int fd, const struct sockaddr_in *to)
{
        int64_t sent = now_ns(), now;
        char ack[2048];

        if (sendto(fd, payload, sizeof payload - 1, 0, (const struct sockaddr *)to, sizeof *to) < 0)
                err(71, "cannot send");
        while (recv(fd, ack, sizeof ack, MSG_DONTWAIT) < 0) {
                if (errno == EAGAIN && now_ns() - sent > GIVE_UP_NS)
                        errno = ETIMEDOUT;
                if (errno != EAGAIN)
                        err(71, "no acknowledgement");
        }
        now = now_ns();
        return now - sent;
}

int main(int argc, char **argv)
{
        struct sockaddr_in group;
        unsigned count;
        int64_t *took, due;
        int fd;

        if (argc != 4)
                errx(64, "usage: roundtrip GROUP PORT COUNT");
        group = endpoint(argv[1], number(argv[2]));
        count = FIRST + number(argv[3]);
        took = calloc(count, sizeof *took);
        fd = open_sender();
        if (!took)
                err(71, "no memory");
        due = now_ns();
        for (unsigned i = 0; i < count; i++) {
                sleep_until(due);
                took[i] = round_trip(fd, &group);
                /* What was held up is not made up for: each is to find the receiver at rest. */
                due += EVERY_NS;
                if (due < now_ns())
                        due = now_ns() + EVERY_NS;
        }
        for (unsigned i = FIRST; i < count; i++)
                printf("%lld\n", (long long)took[i]);
        free(took);
        return EXIT_SUCCESS;
}
