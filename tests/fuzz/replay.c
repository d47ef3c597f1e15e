/* replay.c - runs a fuzz target without a fuzzer: over every file of a folder, its corpus. */
#include "fuzz.h"

#include <dirent.h>

#define INPUT_MAX (2u << 20)

/* A target needs none. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        return 0;
}

/* Each input lies in memory of its own, so that what reads behind its end is seen. */
static void run_file(const char *path)
{
        FILE *file = fopen(path, "r");
        uint8_t *all = malloc(INPUT_MAX), *bytes;
        size_t length;

        MUST(file && all);
        length = fread(all, 1, INPUT_MAX, file);
        MUST(feof(file) && !ferror(file));
        fclose(file);
        bytes = malloc(length);
        MUST(bytes || length == 0);
        if (length > 0)
                memcpy(bytes, all, length);
        free(all);
        (void)LLVMFuzzerTestOneInput(bytes, length);
        free(bytes);
}

static int run_folder(const char *folder)
{
        DIR *files = opendir(folder);
        const struct dirent *file;
        int n = 0;

        if (!files) {
                perror(folder);
                return 0;
        }
        while ((file = readdir(files))) {
                char path[4096];

                if (file->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
                /* Where it ends by a signal, the last line says by which file. */
                printf("%s\n", path);
                fflush(stdout);
                run_file(path);
                n++;
        }
        closedir(files);
        return n;
}

int main(int argc, char **argv)
{
        int n;

        if (argc != 2) {
                fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
                return 64;
        }
        LLVMFuzzerInitialize(&argc, &argv);
        n = run_folder(argv[1]);
        printf("%d inputs\n", n);
        return n > 0 ? 0 : 1;
}
