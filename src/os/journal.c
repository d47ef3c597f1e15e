/* journal.c - log records for the journal.
 * Speaks the native protocol itself, since the journal's own library blocks while journald stands still, and
 * sends each record by itself. Here they wait, formatted, until they are flushed, many with one system call.
 * What journald has no room for goes on waiting; what does not fit in here either is refused, for log.c to
 * count. */
#include "os/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
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

/* What waits here: some hundred lines. Resident only as far as it was ever used. */
#define ROOM (256 << 10)

/* Entries that are sent with one system call. */
#define BATCH 64

struct journal {
        int fd;
        bool connected; /* to the socket that journald had when it last took something */
        struct sockaddr_un address;
        size_t n; /* entries that wait, each behind its length: from `first` to `end` */
        size_t first, end;
        struct mmsghdr messages[BATCH];
        struct iovec iov[BATCH];
        char room[ROOM];
};

bool journal_is_stderr(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

int journal_new(const char *path, struct journal **ret)
{
        struct journal *j;

        if (strlen(path) >= sizeof j->address.sun_path)
                return -ENAMETOOLONG;
        j = calloc(1, sizeof *j);
        if (!j)
                return -ENOMEM;
        j->fd = socket_open_local(SEND_BUFFER);
        if (j->fd < 0) {
                int r = j->fd;

                free(j);
                return r;
        }
        j->address.sun_family = AF_UNIX;
        memcpy(j->address.sun_path, path, strlen(path));
        for (size_t i = 0; i < BATCH; i++)
                j->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &j->iov[i], .msg_iovlen = 1 };
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

/* --- one entry --- */

/* A part of an entry that is being written; `at` is NULL once it was too long. */
struct draft {
        char *at, *end;
};

static void put(struct draft *d, const char *text, size_t length)
{
        /* One byte is left over always, as behind a string. */
        if (!d->at || length >= (size_t)(d->end - d->at)) {
                d->at = NULL;
                return;
        }
        memcpy(d->at, text, length);
        d->at += length;
}

static void put_field(struct draft *d, const char *name, const char *value)
{
        put(d, name, strlen(name));
        put(d, "=", 1);
        put(d, value, strlen(value));
        put(d, "\n", 1);
}

size_t journal_format(const struct log_record *record, char buffer[JOURNAL_ENTRY_SIZE])
{
        struct draft d = { buffer, buffer + JOURNAL_ENTRY_SIZE };
        const char priority[] = { (char)('0' + record->kind->level), '\0' };

        put_field(&d, "MESSAGE", record->message);
        put_field(&d, "PRIORITY", priority);
        put_field(&d, "SYSLOG_IDENTIFIER", IDENTIFIER);
        put_field(&d, "MESSAGE_ID", record->kind->message_id);
        for (size_t i = 0; i < record->n_fields; i++)
                put_field(&d, record->fields[i].name, record->fields[i].value);
        return d.at ? (size_t)(d.at - buffer) : 0;
}

/* --- the entries that wait --- */

/* The length of the entry at `at`, which follows it. */
typedef uint16_t entry_length;

_Static_assert(JOURNAL_ENTRY_SIZE <= UINT16_MAX, "the length of an entry has two bytes");

static void forget_all(struct journal *j)
{
        j->n = j->first = j->end = 0;
}

/* Those that went are no more. What waits is moved only once it is no more than what went before it, so that
 * no byte is moved for nothing again and again. */
static bool make_room(struct journal *j)
{
        size_t waiting = j->end - j->first;

        if (ROOM - j->end >= sizeof(entry_length) + JOURNAL_ENTRY_SIZE)
                return true;
        if (waiting > j->first)
                return false;
        memcpy(j->room, j->room + j->first, waiting);
        j->first = 0;
        j->end = waiting;
        return true;
}

static int append(struct journal *j, const struct log_record *record)
{
        char *at = j->room + j->end;
        entry_length length;

        length = (entry_length)journal_format(record, at + sizeof length);
        if (length == 0)
                return -EMSGSIZE;
        memcpy(at, &length, sizeof length);
        j->end += sizeof length + length;
        j->n++;
        return 0;
}

/* Points to the first of those that wait, as many as go at once; how many. */
static unsigned gather(struct journal *j)
{
        char *at = j->room + j->first;
        unsigned n = 0;

        for (; n < BATCH && n < j->n; n++) {
                entry_length length;

                memcpy(&length, at, sizeof length);
                j->iov[n] = (struct iovec){ at + sizeof length, length };
                at += sizeof length + length;
        }
        return n;
}

static void drop_first(struct journal *j, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                j->first += sizeof(entry_length) + j->iov[i].iov_len;
        j->n -= n;
        if (j->n == 0)
                forget_all(j);
}

/* 0 or -errno. */
static int find_journald(struct journal *j)
{
        j->connected = connect(j->fd, (const struct sockaddr *)&j->address, sizeof j->address) == 0;
        return j->connected ? 0 : -errno;
}

/* How many went, or -errno. */
static int send_first(struct journal *j, unsigned n)
{
        int sent = sendmmsg(j->fd, j->messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);

        return sent < 0 ? -errno : sent;
}

/* The same, of as many as go at once. The socket is connected, since to look its name up takes as long for
 * each entry as all the rest. A journald that has come back with a new socket is found again. */
static int send_some(struct journal *j)
{
        unsigned n = gather(j);
        bool found_before = j->connected;
        int r = found_before ? 0 : find_journald(j);

        if (r == 0)
                r = send_first(j, n);
        if (r < 0 && r != -EAGAIN && found_before) {
                r = find_journald(j);
                if (r == 0)
                        r = send_first(j, n);
        }
        return r;
}

size_t journal_flush(void *journal, size_t *ret_lost)
{
        struct journal *j = journal;

        *ret_lost = 0;
        while (j->n > 0) {
                int r = send_some(j);

                if (r > 0) {
                        drop_first(j, (unsigned)r);
                        continue;
                }
                /* Whoever does not read may have been replaced, too: it is looked for anew the next time. */
                j->connected = false;
                if (r == -EAGAIN)
                        break;
                *ret_lost = j->n;
                forget_all(j);
        }
        return j->n;
}

int journal_write(void *journal, const struct log_record *record)
{
        struct journal *j = journal;
        size_t lost = 0;
        int r;

        if ((record->at_once && j->n > 0) || !make_room(j))
                return -EAGAIN;
        r = append(j, record);
        if (r < 0 || !record->at_once)
                return r;
        if (journal_flush(j, &lost) > 0 || lost > 0)
                r = -EAGAIN;
        forget_all(j);
        return r;
}
