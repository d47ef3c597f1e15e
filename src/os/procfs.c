/* procfs.c - numbers from /proc: settings of the network and its counters. */
#include "os/procfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 160

int64_t procfs_sysctl(const char *format, ...)
{
        char path[PATH_SIZE] = "/proc/sys/net/";
        size_t n = strlen(path);
        int64_t number;
        va_list args;
        FILE *file;
        int found;

        va_start(args, format);
        vsnprintf(path + n, sizeof path - n, format, args);
        va_end(args);
        file = fopen(path, "re");
        if (!file)
                return -errno;
        found = fscanf(file, "%" SCNd64, &number);
        fclose(file);
        return found == 1 && number >= 0 ? number : -EINVAL;
}

/* The column of this name, in a line of words. Returns its number from 0, or -1. */
static int column_of(char *line, const char *name)
{
        char *rest = NULL;
        int column = 0;

        for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest), column++)
                if (strcmp(word, name) == 0)
                        return column;
        return -1;
}

static int64_t number_in_column(char *line, int column)
{
        char *rest = NULL, *word = strtok_r(line, " \n", &rest);

        while (word && column-- > 0)
                word = strtok_r(NULL, " \n", &rest);
        return word ? strtoll(word, NULL, 10) : -EINVAL;
}

/* The file has pairs of lines, both beginning with the same word: names, and below them numbers. */
int64_t procfs_netstat(const char *name)
{
        FILE *file = fopen("/proc/self/net/netstat", "re");
        char *line = NULL;
        size_t size = 0;
        int64_t number = -ENOENT;

        if (!file)
                return -errno;
        while (number == -ENOENT && getline(&line, &size, file) > 0) {
                int column = column_of(line, name);

                if (getline(&line, &size, file) > 0 && column > 0)
                        number = number_in_column(line, column);
        }
        free(line);
        fclose(file);
        return number;
}
