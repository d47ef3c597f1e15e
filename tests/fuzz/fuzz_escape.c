/* fuzz_escape.c - base/text, base/log, message/message: whatever a stranger sends is shown as one line of
 * printable ASCII, which can be turned back; and a name that he gives himself is one. */
#include "fuzz.h"

#include "base/log.h"
#include "base/text.h"
#include "message/message.h"

/* The byte that stands at *text, which is moved behind it. */
static uint8_t turn_back(const char **text)
{
        unsigned value;
        int n = 0;

        if (**text != '\\')
                return (uint8_t) * (*text)++;
        MUST(sscanf(*text, "\\x%2x%n", &value, &n) == 1 && n == 4);
        *text += n;
        return (uint8_t)value;
}

static void check_escaped(const uint8_t *bytes, size_t length)
{
        size_t shown = length < TEXT_SHOWN_MAX ? length : TEXT_SHOWN_MAX;
        char buffer[TEXT_ESCAPED_SIZE];
        const char *at = buffer;

        memset(buffer, 'x', sizeof buffer);
        MUST(text_escape(bytes, length, buffer) == buffer);
        MUST(memchr(buffer, '\0', sizeof buffer) && is_printable(buffer));
        for (size_t i = 0; i < shown; i++)
                MUST(turn_back(&at) == bytes[i]);
        MUST(strcmp(at, length > shown ? "..." : "") == 0);
}

/* --- what nobody has escaped is still one line --- */

static int take_record(void *arg, const struct log_record *record)
{
        size_t *length = arg;

        *length = strlen(record->message);
        for (const char *p = record->message; *p; p++)
                MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
        return 0;
}

static void check_logged(const uint8_t *bytes, size_t length)
{
        size_t shown = strnlen((const char *)bytes, length), logged = SIZE_MAX;

        log_set_sink(take_record, &logged);
        log_event(EVENT_RECEIVED, NULL, 0, "%.*s", (int)length, (const char *)bytes);
        log_set_sink(NULL, NULL);
        MUST(logged == (shown < LOG_LINE_SIZE ? shown : LOG_LINE_SIZE - 1));
}

/* --- the name of a node --- */

static bool has(const uint8_t *bytes, size_t length, const char *text)
{
        return memmem(bytes, length, text, strlen(text));
}

/* However much of the payload was kept, it is the same name, or none. */
static void check_node(const uint8_t *bytes, size_t length)
{
        char whole[NODE_NAME_MAX + 1], part[NODE_NAME_MAX + 1];

        memset(whole, 'x', sizeof whole);
        MUST(message_node(bytes, length, length, whole) == whole);
        MUST(memchr(whole, '\0', sizeof whole) && is_printable(whole) && !strchr(whole, ' '));
        MUST(!whole[0] || (has(bytes, length, "node=") && has(bytes, length, whole)));
        message_node(bytes, length, length / 2, part);
        MUST(!part[0] || strcmp(part, whole) == 0);
}

/* --- how far two words are apart --- */

static void check_distance(const uint8_t *bytes, size_t length)
{
        char a[TEXT_DISTANCE_MAX + 2] = "", b[TEXT_DISTANCE_MAX + 2] = "";
        struct choices c = choices_of(bytes, length);
        size_t n, longest, distance;
        const uint8_t *half = choose_bytes(&c, length / 2 < sizeof a ? length / 2 : sizeof a - 1, &n);

        memcpy(a, half, n);
        half = choose_bytes(&c, sizeof b - 1, &n);
        memcpy(b, half, n);
        longest = strlen(a) > strlen(b) ? strlen(a) : strlen(b);
        distance = text_distance(a, b);
        MUST(text_distance(b, a) == distance);
        MUST(longest > TEXT_DISTANCE_MAX ? distance == SIZE_MAX : distance <= longest);
        MUST((distance == 0) == (longest <= TEXT_DISTANCE_MAX && strcasecmp(a, b) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        check_escaped(bytes, length);
        if (length > 0)
                check_logged(bytes, length);
        check_node(bytes, length);
        check_distance(bytes, length);
        return 0;
}
