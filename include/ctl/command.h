#ifndef MCASTD_CTL_COMMAND_H
#define MCASTD_CTL_COMMAND_H

/* A command of mcastctl. To add one is to write a file, to add its row in ctl/main.c, and its part of
 * mcastctl(1). */
struct command {
        const char *name;
        const char *summary;

        /* Gets the arguments from the command's name on, and returns the exit status. */
        int (*run)(int argc, char *argv[]);
};

#endif
