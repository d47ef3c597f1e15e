/* beat.c - beat COUNT PORT: what a thousand emitters cost at least. Each second one timer, and a message from
 * each of COUNT sockets to a group of its own, with the time at which it is sent, as mcastd writes it. Until
 * it is killed. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

struct emitter {
        int fd;
        struct sockaddr_in group;
};

static size_t write_message(char *to, size_t size)
{
        struct timespec now;
        struct tm tm;

        clock_gettime(CLOCK_REALTIME, &now);
        localtime_r(&now.tv_sec, &tm);
        return (size_t)snprintf(to, size, "ATU %04d-%02d-%02d %02d:%02d:%02d.%06ld", tm.tm_year + 1900,
                                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                                now.tv_nsec / 1000);
}

static void send_all(const struct emitter *emitters, unsigned count)
{
        char text[128];

        for (unsigned i = 0; i < count; i++)
                if (sendto(emitters[i].fd, text, write_message(text, sizeof text), 0,
                           (const struct sockaddr *)&emitters[i].group, sizeof emitters[i].group) < 0)
                        err(71, "cannot send");
}

int main(int argc, char **argv)
{
        const struct itimerspec each_second = { .it_interval.tv_sec = 1, .it_value.tv_nsec = 1 };
        struct emitter *emitters;
        unsigned count, port;
        int timer = timerfd_create(CLOCK_MONOTONIC, 0);

        if (argc != 3)
                errx(64, "usage: beat COUNT PORT");
        count = number(argv[1]);
        port = number(argv[2]);
        emitters = calloc(count, sizeof *emitters);
        if (!emitters || timer < 0 || timerfd_settime(timer, 0, &each_second, NULL) < 0)
                err(71, "no timer");
        for (unsigned i = 0; i < count; i++)
                emitters[i] = (struct emitter){ open_sender(), nth_group(i, port) };
        if (puts("ready") < 0 || fflush(stdout) < 0)
                err(71, "cannot begin");
        for (;;) {
                uint64_t expired;

                if (read(timer, &expired, sizeof expired) < 0)
                        err(71, "no timer");
                send_all(emitters, count);
        }
}
