/* arrivals.c - when the datagrams of a socket came.
 * The kernel tells it with each one, for a twentieth of what it costs to receive it. While they follow each
 * other closely that is now, near enough, and it is not asked. Also those that come then have their time, and
 * tell it as soon as the kernel is asked again. */
#include "loop/arrivals.h"

#include "os/socket.h"

/* It is not asked any more after so many batches in a row that follow each other so closely; and is again
 * after a longer while. */
#define CLOSE_NS     (5 * NS_PER_MS)
#define CLOSE_IN_ROW 16
#define FAR_NS       (10 * NS_PER_MS)

static void ask(struct arrivals *a, bool told)
{
        if (a->told != told && socket_set_timestamps(a->fd, told) == 0)
                a->told = told;
}

void arrivals_begin(struct arrivals *a, int fd, int64_t now_ns)
{
        *a = (struct arrivals){ .fd = fd, .emptied_ns = now_ns, .told = true };
}

/* What waits has come since the socket was last empty. */
void arrivals_choose(struct arrivals *a, int64_t now_ns)
{
        int64_t most_ns = now_ns - a->emptied_ns;

        a->close_in_row = most_ns < CLOSE_NS ? a->close_in_row + 1 : 0;
        if (most_ns > FAR_NS)
                ask(a, true);
        else if (a->close_in_row >= CLOSE_IN_ROW)
                ask(a, false);
}

void arrivals_emptied(struct arrivals *a, int64_t now_ns)
{
        a->emptied_ns = now_ns;
}

/* The kernel tells by the wall clock, and the process may have been held up. If that clock was set meanwhile
 * it is wrong; but the datagram did not come before the socket was last empty. */
int64_t arrivals_at_ns(const struct arrivals *a, const struct datagram *d, const struct moment *moment)
{
        int64_t age_ns = d->wall_ns ? moment->wall_ns - d->wall_ns : 0;
        int64_t most_ns = moment->now_ns - a->emptied_ns;

        if (age_ns < 0)
                age_ns = 0;
        return moment->now_ns - (age_ns < most_ns ? age_ns : most_ns);
}
