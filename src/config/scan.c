/* scan.c - our own reading of an INI file: which key stands in which section, on which line.
 * iniparser 4.1 neither tells lines nor refuses what it half understands; this does both, and what passes
 * here has one meaning only. Pure. */
#include "config/scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Letters and digits of ASCII, and these, make a name. */
#define NAME_SIGNS "._-"
#define BLANKS     " \t"

struct scanner {
        struct diag *diag;
        struct ini *ini;
        unsigned line;       /* that is being read, from 1 */
        const char *section; /* NULL before the first */
        bool section_bad;    /* its header was refused: say nothing more about what stands in it */
        size_t section_from; /* its first entry */
        bool continued;      /* the line before was refused because it goes on in this one */
};

static void complain(const struct scanner *s, const char *key, const char *what)
{
        struct diag_place place = { .line = s->line, .section = key ? s->section : NULL, .key = key };

        diag_add(s->diag, DIAG_ERROR, place, "%s", what);
}

/* 0, or 1 where the file has too many entries. */
static int append(struct scanner *s, const char *key, const char *value)
{
        if (s->ini->n == INI_ENTRIES_MAX) {
                diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                         "one too many: at most %u sections and options", INI_ENTRIES_MAX);
                return 1;
        }
        s->ini->entries[s->ini->n++] =
                (struct ini_entry){ .section = s->section, .key = key, .value = value, .line = s->line };
        return 0;
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
        size_t length;

        text += strspn(text, BLANKS);
        for (length = strlen(text); length > 0 && strchr(BLANKS, text[length - 1]); length--)
                text[length - 1] = '\0';
        return text;
}

static bool is_name(const char *text)
{
        for (const char *p = text; *p; p++) {
                bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

                if (!letter && !(*p >= '0' && *p <= '9') && !strchr(NAME_SIGNS, *p))
                        return false;
        }
        return *text != '\0';
}

static void lower(char *text)
{
        for (; *text; text++)
                if (*text >= 'A' && *text <= 'Z')
                        *text = (char)(*text - 'A' + 'a');
}

static int scan_header(struct scanner *s, char *line)
{
        char *end = strchr(line, ']'), *name;
        int r;

        s->section_bad = true;
        if (!end) {
                complain(s, NULL, "no \"]\" behind the name of the section");
                return 0;
        }
        if (end[1]) {
                complain(s, NULL, "text behind the name of the section; a comment needs a line of its own");
                return 0;
        }
        *end = '\0';
        name = trim(line + 1);
        if (!is_name(name)) {
                diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                         "\"%s\" is no name of a section; one has only letters, digits and \"%s\"",
                         TEXT_ESCAPE(name, strlen(name)), NAME_SIGNS);
                return 0;
        }
        lower(name);
        for (size_t i = 0; i < s->ini->n; i++) {
                const struct ini_entry *e = &s->ini->entries[i];

                if (!e->key && strcmp(e->section, name) == 0) {
                        diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                                 "section [%s] is there already, on line %u", name, e->line);
                        s->ini->entries[i].damaged = true;
                        return 0;
                }
        }
        s->section = name;
        s->section_from = s->ini->n;
        r = append(s, NULL, NULL);
        s->section_bad = r != 0;
        return r;
}

/* The value that starts at `text`, in place; NULL after a complaint. */
static char *scan_value(struct scanner *s, const char *key, char *text)
{
        char *end;

        text += strspn(text, BLANKS);
        if (*text == '"' || *text == '\'') {
                end = strchr(text + 1, *text);
                if (!end) {
                        complain(s, key, "the quote is not closed");
                        return NULL;
                }
                *end++ = '\0';
                end += strspn(end, BLANKS);
                if (*end && *end != ';' && *end != '#') {
                        complain(
                                s, key,
                                "text behind the closing quote; put the whole value in quotes that it does not hold itself");
                        return NULL;
                }
                return text + 1;
        }
        end = text + strcspn(text, ";#");
        if (*end && end > text && !strchr(BLANKS, end[-1])) {
                diag_add(
                        s->diag, DIAG_ERROR,
                        (struct diag_place){ .line = s->line, .section = s->section, .key = key },
                        "\"%c\" would cut the value; put the value in quotes, or a blank in front of a comment",
                        *end);
                return NULL;
        }
        *end = '\0';
        return trim(text);
}

static int scan_assignment(struct scanner *s, char *line)
{
        char *equals = strchr(line, '='), *key, *value;

        if (!equals) {
                diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                         "\"%s\" is neither [section] nor key = value", TEXT_ESCAPE(line, strlen(line)));
                return 0;
        }
        *equals = '\0';
        key = trim(line);
        if (!is_name(key)) {
                diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                         "\"%s\" in front of \"=\" is no name of an option", TEXT_ESCAPE(key, strlen(key)));
                return 0;
        }
        if (s->section_bad)
                return 0;
        if (!s->section) {
                complain(s, key, "stands before the first [section]");
                return 0;
        }
        lower(key);
        for (size_t i = s->section_from + 1; i < s->ini->n; i++) {
                if (strcmp(s->ini->entries[i].key, key) == 0) {
                        diag_add(s->diag, DIAG_ERROR,
                                 (struct diag_place){ .line = s->line, .section = s->section, .key = key },
                                 "given already, on line %u", s->ini->entries[i].line);
                        break;
                }
        }
        value = scan_value(s, key, equals + 1);
        return append(s, key, value);
}

static bool ends_in_backslash(const char *line)
{
        size_t length = strlen(line);

        return length > 0 && line[length - 1] == '\\';
}

/* One line, without its newline. */
static int scan_line(struct scanner *s, char *line, size_t length)
{
        bool rest; /* of a value that was begun on the line before */

        if (length > INI_LINE_MAX) {
                diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                         "a line of %zu bytes; at most %u", length, INI_LINE_MAX);
                return 0;
        }
        while (length > 0 && strchr(BLANKS "\r", line[length - 1]))
                line[--length] = '\0';
        for (const char *p = line; *p; p++) {
                if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) {
                        diag_add(s->diag, DIAG_ERROR, (struct diag_place){ .line = s->line },
                                 "control character %s", TEXT_ESCAPE(p, 1));
                        return 0;
                }
        }
        line += strspn(line, BLANKS);
        if (ends_in_backslash(line)) {
                if (!s->continued)
                        complain(
                                s, NULL,
                                "a backslash at the end would join the next line to this one; keep to one line");
                s->continued = *line != ';' && *line != '#';
                return 0;
        }
        rest = s->continued && *line != '[' && !strchr(line, '=');
        s->continued = false;
        if (rest)
                return 0;
        if (*line == '\0' || *line == ';' || *line == '#')
                return 0;
        return *line == '[' ? scan_header(s, line) : scan_assignment(s, line);
}

/* One line, its end replaced by a NUL. 1 where the rest is not worth reading, or 0. */
static int read_line(struct scanner *s, char *line, size_t length)
{
        size_t errors = diag_errors(s->diag), n = s->ini->n;
        int r = 0;

        if (memchr(line, '\0', length)) {
                complain(s, NULL, "a NUL byte; this is no text file");
                r = 1;
        } else {
                r = scan_line(s, line, length);
        }
        if (diag_errors(s->diag) > errors && s->ini->n == n && s->section && !s->section_bad)
                s->ini->entries[s->section_from].damaged = true;
        return r;
}

/* Room for what so many lines can hold. */
static struct ini_entry *make_room(const char *text, size_t length)
{
        size_t lines = 1;

        for (size_t i = 0; i < length && lines < INI_ENTRIES_MAX; i++)
                lines += text[i] == '\n';
        return calloc(lines, sizeof(struct ini_entry));
}

int scan_text(char *text, size_t length, struct diag *diag, struct ini *ret)
{
        struct scanner s = { .diag = diag, .ini = ret, .line = 1 };
        char *end = text + length;

        *ret = (struct ini){ .text = ret->text, .entries = make_room(text, length) };
        if (!ret->entries)
                return -ENOMEM;
        if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
                complain(&s, NULL, "starts with a byte order mark; save the file as UTF-8 without one");
                text += 3;
        }
        for (char *line = text; line < end; s.line++) {
                char *newline = memchr(line, '\n', (size_t)(end - line));
                char *next = newline ? newline + 1 : end;
                size_t n = (size_t)((newline ? newline : end) - line);
                int r;

                line[n] = '\0';
                r = read_line(&s, line, n);
                if (r != 0)
                        return 0;
                line = next;
        }
        return 0;
}
