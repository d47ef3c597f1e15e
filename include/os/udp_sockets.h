#ifndef MCASTD_OS_UDP_SOCKETS_H
#define MCASTD_OS_UDP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"

/* A program's name as the kernel keeps it, see TASK_COMM_LEN in proc(5): any bytes, chosen by the program. */
#define PROGRAM_NAME_SIZE 16

struct udp_socket {
        struct endpoint local;
        uid_t user;
        uint64_t inode;
        pid_t pid; /* 0: not seen */
        char program[PROGRAM_NAME_SIZE];
};

/* The UDP sockets of this network namespace that are bound to a port, on any address of the family. An IPv4
 * port can be had by an IPv6 socket that is bound to no address as well; such ones are listed, too. Returns
 * how many there are, of which the first `max` are written; or -errno. */
int udp_sockets_read(int family, in_port_t port, struct udp_socket *ret, size_t max);

/* Finds the programs that hold the sockets. Without rights only one's own can be seen: *ret_hidden says
 * whether there were others. 0 or -errno. */
int udp_sockets_find_programs(struct udp_socket *sockets, size_t n, bool *ret_hidden);

#endif
