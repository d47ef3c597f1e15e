/* top.c - the command `mcastctl top`: waits for keys, answers and signals, and has the screen drawn. */
#include "ctl/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/answer.h"
#include "ctl/options.h"
#include "ctl/top_batch.h"
#include "ctl/top_feed.h"
#include "ctl/top_screen.h"

struct options {
        int64_t delay_ns;
        uint64_t iterations; /* 0: no end */
        bool batch;
        struct client_options daemon;
};

struct top {
        struct options options;
        struct top_feed *feed;
        struct top_screen *screen; /* NULL: batch */
        int signals;               /* -1: they end the program by themselves */
        struct top_ui ui;
        struct top_sample *sample; /* the latest */
        uint64_t shown;
        bool gone; /* the daemon, and since when: */
        char since[ANSWER_TIME_SIZE];
};

static int catch_signals(void)
{
        static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
        sigset_t set;
        int fd;

        sigemptyset(&set);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
                sigaddset(&set, numbers[i]);
        sigprocmask(SIG_BLOCK, &set, NULL);
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

static int draw(struct top *t)
{
        struct top_head_text head;

        top_head_write(t->sample, t->gone ? top_feed_trouble(t->feed) : NULL, t->since, &head);
        return t->screen ? top_screen_draw(t->screen, &t->ui, t->sample, &head, t->gone)
                         : top_batch_print(t->sample, &head);
}

/* The local time, as the daemon's times are shown. */
static void note_gone(struct top *t)
{
        time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
        struct tm tm;

        if (!t->gone && localtime_r(&now, &tm))
                strftime(t->since, sizeof t->since, "%H:%M:%S", &tm);
        t->gone = true;
}

/* What has come of asking. 0; 1 where that was the last screen; or -errno. */
static int take_news(struct top *t)
{
        struct top_sample *sample = NULL;
        enum top_news news = top_feed_step(t->feed, clock_monotonic_ns(), &sample);
        int r;

        if (news == TOP_NOTHING)
                return 0;
        if (news == TOP_SAMPLE) {
                top_sample_finish(sample, t->sample);
                top_sample_free(t->sample);
                t->sample = sample;
                t->gone = false;
        } else {
                note_gone(t);
        }
        r = draw(t);
        t->shown++;
        return r < 0 ? r : t->options.iterations && t->shown >= t->options.iterations;
}

/* 0, or 1 where it is to end. */
static int take_keys(struct top *t)
{
        int key;

        while ((key = top_screen_key(t->screen)) >= 0 && !t->ui.quit)
                top_ui_key(&t->ui, key);
        return t->ui.quit;
}

/* 0, or 1 where it is to end: all but a change of the size ask for that. */
static int take_signals(struct top *t)
{
        struct signalfd_siginfo info;

        while (read(t->signals, &info, sizeof info) == (ssize_t)sizeof info)
                if (info.ssi_signo != SIGWINCH)
                        return 1;
        return 0;
}

/* Until something is to be done. An open question is waited for even during a pause. */
static int wait_ms(const struct top *t)
{
        int64_t left_ns = top_feed_due_ns(t->feed) - clock_monotonic_ns();

        if (t->ui.paused && !top_feed_is_asking(t->feed))
                return -1;
        return left_ns > 0 ? (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

/* 0, 1 where it is to end, or -errno. */
static int turn(struct top *t)
{
        struct pollfd fds[] = {
                { t->screen ? STDIN_FILENO : -1, POLLIN, 0 },
                { t->signals, POLLIN, 0 },
                { top_feed_fd(t->feed), POLLIN, 0 },
        };
        int r = 0;

        if (poll(fds, sizeof fds / sizeof fds[0], wait_ms(t)) < 0)
                return errno == EINTR ? 0 : -errno;
        if (fds[1].revents)
                r = take_signals(t);
        /* A terminal that is gone can be read for ever, and has nothing to say. */
        if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
                r = 1;
        else if (r == 0 && fds[0].revents)
                r = take_keys(t);
        if (r == 0 && (fds[0].revents || fds[1].revents))
                r = draw(t);
        if (r == 0 && (!t->ui.paused || top_feed_is_asking(t->feed)))
                r = take_news(t);
        return r;
}

static int open_top(struct top *t, struct client *client)
{
        int r = top_feed_new(client, t->options.daemon.folder, t->options.delay_ns, &t->feed);

        if (r < 0) {
                client_close(client);
                return r;
        }
        top_ui_init(&t->ui);
        t->sample = top_sample_new();
        if (!t->sample)
                return -ENOMEM;
        if (t->options.batch)
                return 0;
        t->signals = catch_signals();
        return t->signals < 0 ? t->signals : top_screen_open(&t->screen);
}

static void close_top(struct top *t)
{
        t->screen = top_screen_close(t->screen);
        if (t->signals >= 0)
                close(t->signals);
        top_sample_free(t->sample);
        top_feed_free(t->feed);
}

static int run(int argc, char *argv[])
{
        struct top t = { .options = { .delay_ns = NS_PER_S }, .signals = -1 };
        struct client *client = NULL;
        int r = options_parse(&command_top, argc, argv, &t.options);

        if (r)
                return r - 1;
        if (!t.options.batch && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))) {
                fputs("mcastctl top: this is no terminal: give --batch for plain text\n", stderr);
                return EX_USAGE;
        }
        r = client_open("top", t.options.daemon.folder, true, &client);
        if (r)
                return r - 1;
        r = open_top(&t, client);
        while (r == 0)
                r = turn(&t);
        close_top(&t);
        /* What cannot be written is said by who has called us. */
        if (r == -ENOTTY)
                fputs("mcastctl top: this terminal cannot show it: give --batch for plain text\n", stderr);
        else if (r < 0 && r != -EIO)
                fprintf(stderr, "mcastctl top: %s\n", strerror(-r));
        return r < 0 || t.gone ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define AT(member) .offset = offsetof(struct options, member)

static const struct parameter parameters[] = {
        { "delay", 'd', ARGUMENT_DURATION, .word = "DURATION", .help = "from one screen to the next (1s)",
          AT(delay_ns), .least = 100 * NS_PER_MS, .most = 3600 * NS_PER_S },
        { "iterations", 'n', ARGUMENT_NUMBER, .word = "N", .help = "end after so many screens",
          AT(iterations), .least = 1, .most = 1000000000 },
        { "batch", 'b', ARGUMENT_NONE, .help = "print plain text, one screen after the other", AT(batch) },
        OPTION_SOCKET(struct options),
        { 0 },
};

const struct command command_top = {
        .name = "top",
        .summary = "watch groups and peers in a live table",
        .about = "Shows the groups and the peers of the mcastd of this host, again and again.\n",
        .notes = "Keys: h tells which there are, q ends.\n"
                 "Exit status: 0; 1 the daemon does not answer, 64 wrong usage. See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
