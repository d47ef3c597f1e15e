/* test_snapshot.c - state/snapshot: what is to be seen of it at a glance. */
#include "test.h"

#include "state/snapshot.h"

static void test_names(void **state)
{
        static const char *const names[SECTION_STATES] = { "active", "waiting", "silent", "failed" };

        (void)state;
        for (enum section_state s = 0; s < SECTION_STATES; s++)
                assert_string_equal(section_state_name(s), names[s]);
}

static void test_a_new_one_is_empty(void **state)
{
        struct snapshot *s = snapshot_new(0, 0);
        struct snapshot_summary summary;

        (void)state;
        assert_non_null(s);
        assert_int_equal(s->n_sections + s->n_peers + s->n_ack_sources, 0);
        snapshot_summary(s, &summary);
        assert_int_equal(summary.joined + summary.emitting, 0);
        assert_null(summary.worst);
        assert_null(summary.unwell);
        assert_null(snapshot_free(s));
        assert_null(snapshot_free(NULL));
}

/* A section is a letter: the first one of its state, in capitals if it is an emitter. */
#define NONE (-1)
static const struct {
        const char *sections;
        size_t joined, emitting, active, waiting, silent, failed;
        int worst, unwell; /* index of the section */
} rows[] = {
        { "a", 1, 0, 1, 0, 0, 0, NONE, NONE },    { "A", 0, 1, 1, 0, 0, 0, NONE, NONE },
        { "aaAA", 2, 2, 4, 0, 0, 0, NONE, NONE }, { "w", 0, 0, 0, 1, 0, 0, 0, NONE },
        { "awW", 1, 0, 1, 2, 0, 0, 1, NONE },     { "aW", 1, 0, 1, 1, 0, 0, 1, NONE },
        { "s", 0, 0, 0, 0, 1, 0, 0, 0 },          { "asA", 1, 1, 2, 0, 1, 0, 1, 1 },
        { "f", 0, 0, 0, 0, 0, 1, 0, 0 },          { "aF", 1, 0, 1, 0, 0, 1, 1, 1 },
        { "sw", 0, 0, 0, 1, 1, 0, 1, 0 },         { "ws", 0, 0, 0, 1, 1, 0, 0, 1 },
        { "wsf", 0, 0, 0, 1, 1, 1, 2, 2 },        { "swaF", 1, 0, 1, 1, 1, 1, 3, 3 },
        { "sffF", 0, 0, 0, 0, 1, 3, 1, 1 },       { "ssww", 0, 0, 0, 2, 2, 0, 2, 0 },
};

static enum section_state state_of(char letter)
{
        static const char letters[] = { 'a', 'w', 's', 'f' };
        enum section_state s = 0;

        while (letters[s] != (letter | 0x20))
                s++;
        return s;
}

static int index_of(const struct snapshot *s, const struct snapshot_section *section)
{
        return section ? (int)(section - s->sections) : NONE;
}

static void test_summary(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                const char *row = rows[i].sections;
                struct snapshot *s = snapshot_new(strlen(row), 0);
                struct snapshot_summary got;

                assert_non_null(s);
                s->n_sections = strlen(row);
                for (size_t at = 0; row[at]; at++) {
                        s->sections[at].state = state_of(row[at]);
                        s->sections[at].emitter = row[at] < 'a';
                }
                memset(&got, 'x', sizeof got);
                snapshot_summary(s, &got);
                CHECK_INT(row, got.joined, rows[i].joined);
                CHECK_INT(row, got.emitting, rows[i].emitting);
                CHECK_INT(row, got.states[SECTION_ACTIVE], rows[i].active);
                CHECK_INT(row, got.states[SECTION_WAITING], rows[i].waiting);
                CHECK_INT(row, got.states[SECTION_SILENT], rows[i].silent);
                CHECK_INT(row, got.states[SECTION_FAILED], rows[i].failed);
                CHECK_INT(row, index_of(s, got.worst), rows[i].worst);
                CHECK_INT(row, index_of(s, got.unwell), rows[i].unwell);
                CHECK_INT(row, got.received, 0);
                snapshot_free(s);
        }
}

static void test_what_is_counted_is_added_up(void **state)
{
        struct snapshot *s = snapshot_new(3, 7);
        struct snapshot_summary got;

        (void)state;
        assert_non_null(s);
        s->n_sections = 3;
        s->sections[0].peers[PEER_NEW] = 1;
        s->sections[0].peers[PEER_UP] = 20;
        s->sections[1].peers[PEER_UP] = 3;
        s->sections[1].peers[PEER_DOWN] = 400;
        s->sections[0].stats.count[STAT_RECEIVED] = 5;
        s->sections[1].stats.count[STAT_RECEIVED] = 60;
        s->sections[2].emitter = true;
        s->sections[2].stats.count[STAT_SENT] = 700;
        snapshot_summary(s, &got);
        assert_int_equal(got.peers[PEER_NEW], 1);
        assert_int_equal(got.peers[PEER_UP], 23);
        assert_int_equal(got.peers[PEER_DOWN], 400);
        assert_int_equal(got.received, 65);
        snapshot_free(s);
}

/* There is room for all that was asked for, as a sanitizer would tell. */
static void test_room(void **state)
{
        struct snapshot *s = snapshot_new(2, 3);

        (void)state;
        assert_non_null(s);
        s->sections[1].state = SECTION_FAILED;
        s->peers[2].section = s->ack_sources[2].section = 1;
        assert_int_equal(s->sections[0].state, SECTION_ACTIVE);
        assert_int_equal(s->peers[1].section + s->ack_sources[1].section, 0);
        snapshot_free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),   cmocka_unit_test(test_a_new_one_is_empty),
                cmocka_unit_test(test_summary), cmocka_unit_test(test_what_is_counted_is_added_up),
                cmocka_unit_test(test_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
