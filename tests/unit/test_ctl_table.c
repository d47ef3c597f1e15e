/* test_ctl_table.c - ctl/table: columns, what is cut, colours, and what may not be printed. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/table.h"

#define N_COLUMNS 4

static const struct table_column columns[N_COLUMNS] = {
        { "NAME", TABLE_LEFT },
        { "N", TABLE_RIGHT },
        { "WHY", TABLE_LEFT },
        { "PAYLOAD", TABLE_CUT },
};

static const struct {
        const char *name;
        size_t width;
        bool colours;
        enum tone tone;                  /* of all cells */
        const char *cells[2][N_COLUMNS]; /* up to a NULL */
        const char *printed;
} tables[] = {
        { "no rows", SIZE_MAX, false, TONE_PLAIN, { { NULL } }, "" },
        { "as wide as the widest cell",
          SIZE_MAX,
          false,
          TONE_PLAIN,
          { { "a", "10000", "no", "x" }, { "longer", "1", "because", "y" } },
          "NAME        N  WHY      PAYLOAD\n"
          "a       10000  no       x\n"
          "longer      1  because  y\n" },
        { "as wide as the title",
          SIZE_MAX,
          false,
          TONE_PLAIN,
          { { "a", "1", "b", "c" } },
          "NAME  N  WHY  PAYLOAD\n"
          "a     1  b    c\n" },
        { "a column without anything",
          SIZE_MAX,
          false,
          TONE_PLAIN,
          { { "a", "1", "", "x" }, { "b", "2", "", "y" } },
          "NAME  N  PAYLOAD\n"
          "a     1  x\n"
          "b     2  y\n" },
        { "no blanks at the end",
          SIZE_MAX,
          false,
          TONE_PLAIN,
          { { "a", "1", "", "" }, { "b", "2", "why", "" } },
          "NAME  N  WHY\n"
          "a     1\n"
          "b     2  why\n" },
        { "cut to the width",
          33,
          false,
          TONE_PLAIN,
          { { "a", "1", "b", "0123456789012345678" }, { "a", "1", "b", "012345678901234567890" } },
          "NAME  N  WHY  PAYLOAD\n"
          "a     1  b    0123456789012345678\n"
          "a     1  b    0123456789012345...\n" },
        { "never cut below what says something",
          10,
          false,
          TONE_PLAIN,
          { { "a", "1", "b", "0123456789012345" }, { "a", "1", "b", "01234567890123456" } },
          "NAME  N  WHY  PAYLOAD\n"
          "a     1  b    0123456789012345\n"
          "a     1  b    0123456789012...\n" },
        { "only the last column is cut",
          10,
          false,
          TONE_PLAIN,
          { { "a", "1", "a long reason", "x" } },
          "NAME  N  WHY            PAYLOAD\n"
          "a     1  a long reason  x\n" },
        { "colours do not count",
          SIZE_MAX,
          true,
          TONE_GOOD,
          { { "a", "1", "", "x" } },
          "\033[1mNAME\033[0m  \033[1mN\033[0m  \033[1mPAYLOAD\033[0m\n"
          "\033[32ma\033[0m     \033[32m1\033[0m  \033[32mx\033[0m\n" },
        { "plain has no colour",
          SIZE_MAX,
          true,
          TONE_PLAIN,
          { { "a", "", "", "" } },
          "\033[1mNAME\033[0m\n"
          "a\n" },
        { "control characters",
          SIZE_MAX,
          false,
          TONE_PLAIN,
          { { "\033[2J\n\r\x7f\xc2\x9b", "1", "", "" } },
          "NAME       N\n"
          "?[2J?????  1\n" },
};

static void print(size_t i, FILE *to)
{
        struct table *t = table_new(columns, N_COLUMNS);

        assert_non_null(t);
        for (size_t row = 0; row < N_OF(tables[i].cells) && tables[i].cells[row][0]; row++)
                for (size_t column = 0; column < N_COLUMNS; column++)
                        table_cell(t, tables[i].tone, "%s", tables[i].cells[row][column]);
        table_print(t, to, tables[i].width, tables[i].colours);
        table_free(t);
}

static void a_table_is_printed(void **unused)
{
        (void)unused;
        for (size_t i = 0; i < N_OF(tables); i++) {
                char *printed = NULL;
                size_t length;
                FILE *to = open_memstream(&printed, &length);

                assert_non_null(to);
                print(i, to);
                assert_int_equal(fclose(to), 0);
                CHECK_TEXT(tables[i].name, printed, tables[i].printed);
                free(printed);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_table_is_printed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
