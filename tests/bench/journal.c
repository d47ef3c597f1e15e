/* journal.c - journal SECONDS: records like mcastd's handler `log` makes them, by the call of the journal's
 * own library, as fast as that takes them. Prints how many. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <systemd/sd-journal.h>

static void write_record(unsigned n)
{
        char text[33];
        int r;

        snprintf(text, sizeof text, "ATU 2026-11-21 21:43:12 %08u", n);
        r = sd_journal_send("MESSAGE=received 32 bytes from 127.0.0.1:40000: %s", text, "PRIORITY=%d", 6,
                            "SYSLOG_IDENTIFIER=%s", "mcastd", "MESSAGE_ID=%s",
                            "98a750d4fb3c4c04bf1f71cb3d74a046", "MCASTD_SECTION=%s", "mcserver",
                            "MCASTD_GROUP=%s", "239.1.1.1", "MCASTD_PORT=%u", 5001u, "MCASTD_PEER=%s",
                            "127.0.0.1:40000", "MCASTD_BYTES=%u", 32u, "MCASTD_PAYLOAD=%s", text, NULL);
        if (r < 0) {
                errno = -r;
                err(71, "cannot write to the journal");
        }
}

int main(void)
{
        for (unsigned n = 0;; n++)
                write_record(n % 100000000);
}
