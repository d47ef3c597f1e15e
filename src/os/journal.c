/* journal.c - log records for the journal.
 * Speaks the native protocol itself, since the journal's own library blocks while journald stands still. A
 * record that cannot be handed over at once is refused, for log.c to count. */
#include "os/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/socket.h"

#define IDENTIFIER "mcastd"

/* Enough for the lines that may wait for a slow journald: net.unix.max_dgram_qlen of them, which systemd sets
 * to 512. */
#define SEND_BUFFER (1 << 20)

struct journal {
        int fd;
};

bool journal_is_stderr(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

int journal_new(struct journal **ret)
{
        struct journal *j = calloc(1, sizeof *j);

        if (!j)
                return -ENOMEM;
        j->fd = socket_open_local(SEND_BUFFER);
        if (j->fd < 0) {
                int r = j->fd;

                free(j);
                return r;
        }
        *ret = j;
        return 0;
}

struct journal *journal_free(struct journal *j)
{
        if (j) {
                close(j->fd);
                free(j);
        }
        return NULL;
}

size_t journal_format(const struct log_record *record, char buffer[JOURNAL_ENTRY_SIZE])
{
        int n = snprintf(buffer, JOURNAL_ENTRY_SIZE,
                         "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE_ID=%s\n", record->message,
                         record->kind->level, IDENTIFIER, record->kind->message_id);

        for (size_t i = 0; i < record->n_fields && n < JOURNAL_ENTRY_SIZE; i++)
                n += snprintf(buffer + n, (size_t)(JOURNAL_ENTRY_SIZE - n), "%s=%s\n", record->fields[i].name,
                              record->fields[i].value);
        return n < JOURNAL_ENTRY_SIZE ? (size_t)n : 0;
}

int journal_write(void *journal, const struct log_record *record)
{
        /* Named each time and not connected: a journald that comes back with a new socket is found again. */
        static const struct sockaddr_un address = { .sun_family = AF_UNIX,
                                                    .sun_path = "/run/systemd/journal/socket" };
        const struct journal *j = journal;
        char entry[JOURNAL_ENTRY_SIZE];
        size_t length = journal_format(record, entry);

        if (length == 0)
                return -EMSGSIZE;
        if (sendto(j->fd, entry, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address,
                   sizeof address) < 0)
                return -errno;
        return 0;
}
