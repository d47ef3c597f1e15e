/* watch.c - the command `mcastctl watch`: a line for each event of the daemon, until somebody stops it. */
#include "ctl/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct options {
        struct client_options daemon;
        const char *level;
};

/* The widest of the names of the levels. */
#define LEVEL_WIDTH 7

static void print_line(const json_t *event)
{
        const char *level = answer_text(event, "level"),
                   *section = answer_text(json_object_get(event, "fields"), "section");
        char when[ANSWER_TIME_SIZE];
        size_t width = strlen(level);

        printf("%s ", answer_local_time(answer_text(event, "time"), true, when));
        output_toned(stdout, output_has_colours(stdout), output_tone(level), level);
        printf("%*s ", (int)(width < LEVEL_WIDTH ? LEVEL_WIDTH - width : 0), "");
        if (*section) {
                putchar('[');
                output_text(stdout, section);
                fputs("] ", stdout);
        }
        output_text(stdout, answer_text(event, "message"));
        putchar('\n');
        fflush(stdout);
}

/* Prints what there is. -EAGAIN when that is all; or another -errno. */
static int print_events(struct client *c, bool json)
{
        json_t *event = NULL;
        int r;

        while ((r = client_next(c, 0, &event)) == 0) {
                if (answer_has(event, "event"))
                        (json ? output_json_line : print_line)(event);
                json_decref(event);
                if (ferror(stdout))
                        return -EIO;
        }
        return r;
}

/* Readable once somebody wants us to stop; or -errno. */
static int open_interrupts(void)
{
        sigset_t interrupts;
        int fd;

        sigemptyset(&interrupts);
        sigaddset(&interrupts, SIGINT);
        sigaddset(&interrupts, SIGTERM);
        sigprocmask(SIG_BLOCK, &interrupts, NULL);
        fd = signalfd(-1, &interrupts, SFD_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* Until it is to stop: 0; or -errno. */
static int watch(struct client *c, bool json)
{
        struct pollfd fds[] = { { open_interrupts(), POLLIN, 0 }, { client_fd(c), POLLIN, 0 } };
        int r;

        if (fds[0].fd < 0)
                return fds[0].fd;
        while ((r = print_events(c, json)) == -EAGAIN) {
                if (poll(fds, 2, -1) < 0 && errno != EINTR) {
                        r = -errno;
                        break;
                }
                if (fds[0].revents) {
                        r = 0;
                        break;
                }
        }
        close(fds[0].fd);
        return r;
}

static int run(int argc, char *argv[])
{
        struct options o = { .level = "notice" };
        struct client *c = NULL;
        json_t *answer = NULL;
        int r = options_parse(&command_watch, argc, argv, &o);

        if (r == 0)
                r = client_open("watch", o.daemon.folder, true, &c);
        if (r == 0)
                r = ask_over("watch", c, o.daemon.json,
                             json_pack("{s:s, s:s}", "verb", "watch", "level", o.level), &answer);
        json_decref(answer);
        if (r == 0) {
                int error = watch(c, o.daemon.json);

                /* What cannot be written is said by who has written it. */
                r = (error == 0 || error == -EIO ? EXIT_SUCCESS : ask_failed("watch", error)) + 1;
        }
        client_close(c);
        return r - 1;
}

static const struct parameter parameters[] = {
        { "level", 'l', ARGUMENT_CHOICE, .word = "LEVEL", .help = "events of this level and above (notice)",
          .offset = offsetof(struct options, level), .choices = option_levels },
        OPTION_SOCKET(struct options),
        { "json", 'j', ARGUMENT_NONE, .help = "print one JSON object a line",
          .offset = offsetof(struct options, daemon.json) },
        { 0 },
};

const struct command command_watch = {
        .name = "watch",
        .summary = "tell what happens, as it happens",
        .about = "Prints a line for each event of the daemon, until it is interrupted.\n"
                 "Levels: error, warning, notice, info, debug.\n",
        .notes =
                "Exit status: 0 it was interrupted, 1 the daemon does not answer or is gone, 64 wrong usage.\n"
                "See mcastctl(1).\n",
        .parameters = parameters,
        .run = run,
};
