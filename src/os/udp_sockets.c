/* udp_sockets.c - who has a UDP port, as the kernel lists it in /proc. */
#include "os/udp_sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 256

/* The address in hexadecimal digits: words of 32 bits, each as a number of this machine. */
static bool read_address(const char *digits, struct address *ret)
{
        size_t n = strlen(digits) / 8;
        uint32_t word;

        *ret = (struct address){ .family = n == 4 ? AF_INET6 : AF_INET };
        for (size_t i = 0; i < n; i++) {
                if (sscanf(digits + 8 * i, "%8" SCNx32, &word) != 1)
                        return false;
                memcpy(ret->bytes + 4 * i, &word, sizeof word);
        }
        return n == 1 || n == 4;
}

/* A line of /proc/self/net/udp or udp6: number, local address, remote address, state, queues, timer,
 * retransmissions, user, timeout, inode. */
static bool read_line(const char *line, struct udp_socket *ret)
{
        char digits[33];
        unsigned port, user;

        *ret = (struct udp_socket){ 0 };
        if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %*s %*s %*s %*s %*s %u %*s %" SCNu64, digits, &port, &user,
                   &ret->inode) != 4)
                return false;
        ret->local.port = (in_port_t)port;
        ret->user = user;
        return read_address(digits, &ret->local.address);
}

static bool concerns(const struct udp_socket *s, int family, in_port_t port)
{
        return s->local.port == port &&
               (s->local.address.family == family || address_is_unspecified(&s->local.address));
}

/* Adds what the file lists. Returns how many there are by now, or -errno. */
static int read_file(const char *path, int family, in_port_t port, struct udp_socket *ret, size_t max, int n)
{
        FILE *list = fopen(path, "re");
        char line[LINE_SIZE];
        struct udp_socket s;

        if (!list)
                return -errno;
        while (fgets(line, sizeof line, list)) {
                if (!read_line(line, &s) || !concerns(&s, family, port))
                        continue;
                if ((size_t)n < max)
                        ret[n] = s;
                n++;
        }
        fclose(list);
        return n;
}

int udp_sockets_read(int family, in_port_t port, struct udp_socket *ret, size_t max)
{
        int n = family == AF_INET6 ? 0 : read_file("/proc/self/net/udp", family, port, ret, max, 0);
        int with_ipv6 = n < 0 ? n : read_file("/proc/self/net/udp6", family, port, ret, max, n);

        /* A kernel without IPv6 has no such list. */
        return family == AF_INET && with_ipv6 == -ENOENT ? n : with_ipv6;
}

static void read_program(const char *pid, char ret[PROGRAM_NAME_SIZE])
{
        char path[64];
        FILE *file;
        size_t n;

        snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
        file = fopen(path, "re");
        if (!file)
                return;
        n = fread(ret, 1, PROGRAM_NAME_SIZE - 1, file);
        fclose(file);
        ret[n] = '\0';
        /* The kernel's newline is the last one; others belong to the name. */
        if (n && ret[n - 1] == '\n')
                ret[n - 1] = '\0';
}

static void note_socket(struct udp_socket *sockets, size_t n, uint64_t inode, const char *pid)
{
        for (size_t i = 0; i < n; i++) {
                if (sockets[i].inode != inode || sockets[i].pid)
                        continue;
                sockets[i].pid = (pid_t)atoi(pid);
                read_program(pid, sockets[i].program);
        }
}

static bool is_refusal(int error)
{
        return error == EACCES || error == EPERM;
}

/* Looks through what one process has open. False if we may not: neither the list, nor what its lines mean, is
 * for everybody. */
static bool look_into(const char *pid, struct udp_socket *sockets, size_t n)
{
        char path[64], target[64];
        const struct dirent *entry;
        bool allowed = true;
        uint64_t inode;
        DIR *fds;

        snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
        fds = opendir(path);
        if (!fds)
                return !is_refusal(errno);
        while ((entry = readdir(fds))) {
                ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);

                if (length < 0 && is_refusal(errno))
                        allowed = false;
                if (length <= 0)
                        continue;
                target[length] = '\0';
                if (sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
                        note_socket(sockets, n, inode, pid);
        }
        closedir(fds);
        return allowed;
}

int udp_sockets_find_programs(struct udp_socket *sockets, size_t n, bool *ret_hidden)
{
        DIR *proc = opendir("/proc");
        const struct dirent *entry;

        if (!proc)
                return -errno;
        *ret_hidden = false;
        while ((entry = readdir(proc)))
                if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                    !look_into(entry->d_name, sockets, n))
                        *ret_hidden = true;
        closedir(proc);
        return 0;
}
