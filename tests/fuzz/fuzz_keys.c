/* fuzz_keys.c - config/keys: text as a file of keys. Nothing of a secret is told; and what is good has the
 * keys that a plain reading of its lines finds. */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>

#include "config/keys.h"

/* So many digits of a secret would be too many. */
#define TOLD_MAX 8

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        return sodium_init() < 0;
}

/* --- what is said --- */

struct input {
        const uint8_t *bytes;
        size_t length;
};

static void check_message(void *arg, enum diag_severity severity, const char *message)
{
        const struct input *in = arg;
        unsigned line;

        MUST(severity == DIAG_ERROR && is_printable(message));
        MUST(strncmp(message, "keys:", 5) == 0 && strlen(message) > 10);
        MUST(message[5] == ' ' || (sscanf(message, "keys:%u: ", &line) == 1 && line > 0));
        for (const char *p = message; *p; p++)
                if (strspn(p, "0123456789abcdefABCDEF") >= TOLD_MAX)
                        MUST(!memmem(in->bytes, in->length, p, TOLD_MAX));
}

/* --- what is taken --- */

/* The first bytes of what a key makes of nothing. */
static void sign_nothing(const struct auth_key *key, uint8_t ret[AUTH_TRAILER_SIZE])
{
        const struct auth_binding binding = { .type = AUTH_DATA };
        const struct auth_stamp stamp = { .key_id = 1 };

        auth_sign(key, &binding, &stamp, (const uint8_t *)"", 0, ret);
}

/* A line of a good file. Returns how many keys it has. */
static size_t check_line(const struct keyring *k, const char *line)
{
        uint8_t secret[AUTH_SECRET_MAX], expected[AUTH_TRAILER_SIZE], got[AUTH_TRAILER_SIZE];
        char hex[2 * AUTH_SECRET_MAX + 2];
        const struct auth_key *found;
        struct auth_key key;
        size_t length;
        unsigned id;

        line += strspn(line, " \t\r");
        if (*line == '\0' || *line == '#')
                return 0;
        MUST(sscanf(line, "%u %129[0-9a-fA-F]", &id, hex) == 2 && id >= 1 && id <= 65535);
        MUST(sodium_hex2bin(secret, sizeof secret, hex, strlen(hex), NULL, &length, NULL) == 0);
        MUST(length >= AUTH_SECRET_MIN && 2 * length == strlen(hex));
        found = keyring_find(k, (uint16_t)id);
        MUST(found);
        auth_key_init(&key, secret, length);
        sign_nothing(&key, expected);
        sign_nothing(found, got);
        MUST(memcmp(expected, got, sizeof got) == 0);
        return 1;
}

static void check_keys(const struct keyring *k, const struct input *in)
{
        char *text = strndup((const char *)in->bytes, in->length), *rest = text, *line;
        size_t n = 0;

        MUST(text && strlen(text) == in->length);
        while ((line = strsep(&rest, "\n")))
                n += check_line(k, line);
        free(text);
        MUST(n == keyring_count(k) && n <= KEYRING_MAX);
        for (size_t i = 0; i < n; i++) {
                MUST(keyring_find(k, keyring_id(k, i)));
                MUST(i == 0 || keyring_id(k, i - 1) < keyring_id(k, i));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
        struct input in = { bytes, length };
        struct keyring *k = NULL;
        struct diag *diag;
        int r;

        MUST(diag_new("config", &diag) == 0);
        r = keys_parse((const char *)bytes, length, "keys", diag, &k);
        MUST(r == 0 || r == -EINVAL);
        MUST((r == 0) == (k != NULL) && (r < 0) == (diag_errors(diag) > 0));
        /* What is said at the end of too much is of no line: "config: and 7 more". */
        if (diag_errors(diag) <= DIAG_MAX)
                diag_each(diag, check_message, &in);
        diag_free(diag);
        if (k)
                check_keys(k, &in);
        keyring_free(k);
        return 0;
}
