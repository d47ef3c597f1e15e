/* memory.c - memory that runs out when a test wants it to: loaded before the C library by LD_PRELOAD.
 * Counts the calls that ask for memory, and refuses those that it is told to refuse. What it is told, and
 * what it has counted, is in a file that it shares with the test: struct control. It has no effect on what
 * gives memory back. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Names the file, which must have the size of struct control. Without it nothing is refused. */
#define CONTROL "MCASTD_FAULT_MEMORY"

/* A function that this one calls is never refused anything: it does not look at what it is given. See ini.c
 * on what the daemon does about that. */
#define NEVER_REFUSED "dictionary_new"

/* Known to tests/net/memory.py. */
struct control {
        volatile uint64_t calls;   /* so far, by all threads */
        volatile uint64_t first;   /* the number of the first one that is refused; 0: none is */
        volatile uint64_t count;   /* how many are, from there on */
        volatile uint64_t refused; /* so far */
};

static struct control nobody, *control = &nobody;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void (*real_free)(void *);

/* For what dlsym itself asks for, while it is asked where the real functions are. */
static _Alignas(16) char early[4096];
static size_t early_used;
static bool looking;

static void *take_early(size_t size)
{
        void *p = early + early_used;

        size = (size + 15) & ~(size_t)15;
        if (size > sizeof early - early_used)
                return NULL;
        early_used += size;
        return p;
}

static bool is_early(const void *p)
{
        return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static void look(void)
{
        looking = true;
        *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
        *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
        *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
        *(void **)&real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
        *(void **)&real_free = dlsym(RTLD_NEXT, "free");
        looking = false;
}

__attribute__((constructor)) static void begin(void)
{
        const char *path = getenv(CONTROL);
        int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        void *shared =
                fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        if (shared != MAP_FAILED)
                control = shared;
        if (fd >= 0)
                close(fd);
}

/* Whether this call is one of those that fail; says so by errno. */
static bool refused(const void *caller)
{
        uint64_t number = __atomic_add_fetch(&control->calls, 1, __ATOMIC_RELAXED);
        Dl_info who;

        if (!control->first || number < control->first || number - control->first >= control->count)
                return false;
        if (dladdr(caller, &who) && who.dli_sname && strcmp(who.dli_sname, NEVER_REFUSED) == 0)
                return false;
        __atomic_add_fetch(&control->refused, 1, __ATOMIC_RELAXED);
        errno = ENOMEM;
        return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
        if (looking)
                return take_early(size);
        if (!real_malloc)
                look();
        return refused(CALLER) ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
        if (looking)
                return take_early(n * size);
        if (!real_calloc)
                look();
        return refused(CALLER) ? NULL : real_calloc(n, size);
}

static void *move_early(const void *before, size_t size)
{
        size_t most = (size_t)(early + sizeof early - (const char *)before);
        void *p = real_malloc(size);

        if (p)
                memcpy(p, before, size < most ? size : most);
        return p;
}

static void *give_more(void *before, size_t size)
{
        return is_early(before) ? move_early(before, size) : real_realloc(before, size);
}

void *realloc(void *before, size_t size)
{
        if (!real_realloc)
                look();
        return refused(CALLER) ? NULL : give_more(before, size);
}

void *reallocarray(void *before, size_t n, size_t size)
{
        size_t bytes;

        if (!real_realloc)
                look();
        if (__builtin_mul_overflow(n, size, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        return refused(CALLER) ? NULL : give_more(before, bytes);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
        if (!real_posix_memalign)
                look();
        return refused(CALLER) ? ENOMEM : real_posix_memalign(ret, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
        void *p = NULL;
        int error = posix_memalign(&p, alignment, size);

        if (error)
                errno = error;
        return error ? NULL : p;
}

/* A sanitizer's own strdup would ask nobody. */
char *strdup(const char *text)
{
        size_t size = strlen(text) + 1;
        char *copy = malloc(size);

        return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t most)
{
        size_t length = strnlen(text, most);
        char *copy = malloc(length + 1);

        if (!copy)
                return NULL;
        copy[length] = '\0';
        return memcpy(copy, text, length);
}

void free(void *p)
{
        if (is_early(p))
                return;
        if (!real_free)
                look();
        real_free(p);
}
