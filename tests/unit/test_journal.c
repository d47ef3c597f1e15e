/* test_journal.c - os/journal: a record in the journal's native protocol, and whether standard error leads
 * there. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/journal.h"

static const struct log_field fields[] = {
        { "MCASTD_GROUP", "239.1.1.1" },
        { "MCASTD_PORT", "5001" },
        { "MCASTD_PAYLOAD", "" },
};

#define ID "98a750d4fb3c4c04bf1f71cb3d74a046" /* of EVENT_RECEIVED */

static const struct {
        const char *name, *message;
        size_t n_fields;
        const char *entry;
} entries[] = {
        { "empty message", "", 0, "MESSAGE=\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID "\n" },
        { "no fields", "received", 0,
          "MESSAGE=received\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID "\n" },
        { "one field", "received", 1,
          "MESSAGE=received\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID
          "\nMCASTD_GROUP=239.1.1.1\n" },
        { "an empty value", "received", 3,
          "MESSAGE=received\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID
          "\nMCASTD_GROUP=239.1.1.1\nMCASTD_PORT=5001\nMCASTD_PAYLOAD=\n" },
        { "a sign of equality", "a=b", 0,
          "MESSAGE=a=b\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID "\n" },
        { "a conversion", "%s%n", 0,
          "MESSAGE=%s%n\nPRIORITY=6\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=" ID "\n" },
};

static void test_format(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(entries); i++) {
                const struct log_record record = { event_kind(EVENT_RECEIVED), entries[i].message, fields,
                                                   entries[i].n_fields, false };
                char buffer[JOURNAL_ENTRY_SIZE];

                CHECK_INT(entries[i].name, journal_format(&record, buffer), strlen(entries[i].entry));
                CHECK(entries[i].name, memcmp(buffer, entries[i].entry, strlen(entries[i].entry)) == 0);
        }
}

/* Every kind of line says its own priority and id. */
static void test_priority_and_id(void **state)
{
        (void)state;
        for (enum event_id e = 0; e < EVENT_N; e++) {
                const struct log_record record = { event_kind(e), "x", NULL, 0, false };
                char buffer[JOURNAL_ENTRY_SIZE], expected[128];

                snprintf(expected, sizeof expected,
                         "MESSAGE=x\nPRIORITY=%d\nSYSLOG_IDENTIFIER=mcastd\nMESSAGE_ID=%s\n",
                         (int)event_kind(e)->level, event_kind(e)->message_id);
                assert_int_equal(journal_format(&record, buffer), strlen(expected));
                assert_memory_equal(buffer, expected, strlen(expected));
        }
}

/* How much longer than its message and its field's value an entry is. */
static size_t overhead(size_t n_fields)
{
        const struct log_field field = { "F", "" };
        const struct log_record record = { event_kind(EVENT_RECEIVED), "", &field, n_fields, false };
        char buffer[JOURNAL_ENTRY_SIZE];

        return journal_format(&record, buffer);
}

static const struct {
        const char *name;
        int more; /* than just fits, with the NUL behind it */
        bool fits;
} sizes[] = {
        { "a byte less", -1, true },
        { "just fits", 0, true },
        { "a byte too many", 1, false },
        { "far too many", JOURNAL_ENTRY_SIZE, false },
};

static void test_message_that_does_not_fit(void **state)
{
        static char text[3 * JOURNAL_ENTRY_SIZE];

        (void)state;
        for (size_t i = 0; i < N_OF(sizes); i++) {
                size_t length = (size_t)((int)(JOURNAL_ENTRY_SIZE - 1 - overhead(0)) + sizes[i].more);
                const struct log_record record = { event_kind(EVENT_RECEIVED), text, fields, 0, false };
                char buffer[JOURNAL_ENTRY_SIZE];

                memset(text, 0, sizeof text);
                memset(text, 'x', length);
                CHECK_INT(sizes[i].name, journal_format(&record, buffer),
                          sizes[i].fits ? overhead(0) + length : 0);
        }
}

static void test_field_that_does_not_fit(void **state)
{
        static char text[3 * JOURNAL_ENTRY_SIZE];

        (void)state;
        for (size_t i = 0; i < N_OF(sizes); i++) {
                size_t length = (size_t)((int)(JOURNAL_ENTRY_SIZE - 1 - overhead(1)) + sizes[i].more);
                const struct log_field field = { "F", text };
                const struct log_record record = { event_kind(EVENT_RECEIVED), "", &field, 1, false };
                char buffer[JOURNAL_ENTRY_SIZE];

                memset(text, 0, sizeof text);
                memset(text, 'x', length);
                CHECK_INT(sizes[i].name, journal_format(&record, buffer),
                          sizes[i].fits ? overhead(1) + length : 0);
        }
}

/* What does not fit is not written behind the buffer either, whatever still follows. */
static void test_nothing_behind_the_buffer(void **state)
{
        static char text[JOURNAL_ENTRY_SIZE];
        const struct log_record record = { event_kind(EVENT_RECEIVED), text, fields, N_OF(fields), false };
        char buffer[JOURNAL_ENTRY_SIZE + 256], canary[256];

        (void)state;
        memset(text, 'x', sizeof text - 1);
        memset(canary, 0xa5, sizeof canary);
        memcpy(buffer + JOURNAL_ENTRY_SIZE, canary, sizeof canary);
        assert_int_equal(journal_format(&record, buffer), 0);
        assert_memory_equal(buffer + JOURNAL_ENTRY_SIZE, canary, sizeof canary);
}

/* The longest line, with the fields of a datagram whose payload is all escapes. */
static void test_the_longest_record_fits(void **state)
{
        static char line[LOG_LINE_SIZE], payload[TEXT_ESCAPED_SIZE], section[65];
        const struct log_field all[] = {
                { "MCASTD_SECTION", section },
                { "MCASTD_GROUP", "255.255.255.255" },
                { "MCASTD_PORT", "65535" },
                { "MCASTD_PEER", "255.255.255.255:65535" },
                { "MCASTD_BYTES", "18446744073709551615" },
                { "MCASTD_PAYLOAD", payload },
        };
        const struct log_record record = { event_kind(EVENT_RECEIVED), line, all, N_OF(all), false };
        char buffer[JOURNAL_ENTRY_SIZE];

        (void)state;
        memset(line, 'x', sizeof line - 1);
        memset(payload, 'x', sizeof payload - 1);
        memset(section, 'x', sizeof section - 1);
        assert_true(journal_format(&record, buffer) > sizeof line + sizeof payload);
}

static void test_is_stderr(void **state)
{
        struct stat st;
        char same[64], device[64], inode[64];

        (void)state;
        assert_int_equal(fstat(STDERR_FILENO, &st), 0);
        snprintf(same, sizeof same, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        snprintf(device, sizeof device, "%ju:%ju", (uintmax_t)st.st_dev + 1, (uintmax_t)st.st_ino);
        snprintf(inode, sizeof inode, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + 1);
        const struct {
                const char *name, *stream;
                bool is;
        } streams[] = {
                { "not set", NULL, false },        { "empty", "", false },
                { "no number", "journal", false }, { "one number", "1", false },
                { "this one", same, true },        { "another device", device, false },
                { "another inode", inode, false },
        };

        for (size_t i = 0; i < N_OF(streams); i++) {
                if (streams[i].stream)
                        setenv("JOURNAL_STREAM", streams[i].stream, 1);
                else
                        unsetenv("JOURNAL_STREAM");
                CHECK_INT(streams[i].name, journal_is_stderr(), streams[i].is);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_format),
                cmocka_unit_test(test_priority_and_id),
                cmocka_unit_test(test_message_that_does_not_fit),
                cmocka_unit_test(test_field_that_does_not_fit),
                cmocka_unit_test(test_nothing_behind_the_buffer),
                cmocka_unit_test(test_the_longest_record_fits),
                cmocka_unit_test(test_is_stderr),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
