#ifndef MCASTD_CTL_FOLDER_H
#define MCASTD_CTL_FOLDER_H

/* Where the daemon's sockets are by default. */
#define FOLDER_DEFAULT "/run/mcastd"

/* The folder of the daemon's sockets: as `given` by --socket (NULL: it was not), or else as
 * MCASTD_RUNTIME_DIR says, or else by default. */
const char *folder_of_sockets(const char *given);

#endif
