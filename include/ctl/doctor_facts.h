#ifndef MCASTD_CTL_DOCTOR_FACTS_H
#define MCASTD_CTL_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/target.h"
#include "os/bridge.h"
#include "os/links.h"
#include "os/mcfilter.h"
#include "os/socket.h"
#include "os/udp_sockets.h"

#define DOCTOR_CANDIDATES_MAX 8
#define DOCTOR_SOCKETS_MAX    16
#define DOCTOR_SOURCES_MAX    8
#define DOCTOR_JOINED_MAX     64
#define DOCTOR_USER_SIZE      64

/* Another socket on the port. */
struct doctor_socket {
        struct udp_socket socket;
        char user[DOCTOR_USER_SIZE]; /* name or number */
        bool member;                 /* bound to a group that this host has joined on the interface */
};

/* What came of asking the group. Others are other hosts; what this one says to itself proves little. */
struct doctor_talk {
        int error;                     /* 0; or -errno, and `tried` is the end of "cannot …" */
        char tried[SOCKET_TRIED_SIZE]; /* "": nothing was tried */
        bool port_taken;               /* mcastd could not bind with SHARE = no … */
        bool port_shared;              /* … but could with SHARE = any */
        bool listened;                 /* as a member of the group */
        bool watched;                  /* the interface itself; takes CAP_NET_RAW */
        bool heard_self;
        unsigned heard, acks;           /* from others: datagrams of the group, answers to us */
        unsigned wire_heard, wire_acks; /* the same, as seen on the interface */
        struct address from, ack_from;  /* the first ones; family 0: none */
        struct address wire_from, wire_ack_from;
        size_t n_sources;
        struct address sources[DOCTOR_SOURCES_MAX]; /* of wire_heard and heard, each once */
        int64_t filtered; /* datagrams that the reverse-path filter dropped meanwhile */
};

/* All that the checks judge by. Settings are -errno where they cannot be read. */
struct doctor_facts {
        struct endpoint group;
        in_port_t source_port; /* as asked for; 0: any */

        /* The interface. */
        bool by_route;
        int choice_error; /* of links_choose() */
        char why[LINK_WHY_SIZE];
        struct link link; /* index 0: there is none */
        bool has_address; /* of the group's family */
        size_t n_candidates;
        char candidates[DOCTOR_CANDIDATES_MAX][IFNAMSIZ]; /* others that the route could have chosen */

        /* Settings of the kernel. */
        int64_t rp_filter_all, rp_filter;
        int64_t force_version_all, force_version; /* of IGMP or MLD */
        int64_t max_memberships, rmem_max;
        bool default_elsewhere; /* the default route does not leave by the interface */
        struct address
                stray_source; /* was seen on the interface, and has its route elsewhere; family 0: none */

        /* Other programs. */
        int n_sockets; /* on the port, of which DOCTOR_SOCKETS_MAX are listed; or -errno */
        struct doctor_socket sockets[DOCTOR_SOCKETS_MAX];
        bool programs_hidden;
        int members;  /* sockets that had joined the group before us, or -errno */
        int n_joined; /* sources that they have joined it from, of which DOCTOR_JOINED_MAX are listed; or
                         -errno */
        struct mcfilter_source joined[DOCTOR_JOINED_MAX];

        /* The bridge that the interface is, or belongs to; "": none. */
        char bridge_name[IFNAMSIZ];
        struct bridge bridge;

        struct doctor_talk talk;
};

/* Looks, asks the group once, and listens for about a second. 0; or -errno where nothing can be known. */
int doctor_facts_gather(const struct target *target, in_port_t source_port, struct doctor_facts *ret);

#endif
