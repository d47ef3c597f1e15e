/* test_peers.c - state/peers and state/peer: who is there, who has gone, who is back, and what becomes of
 * them in a flood. test_peers_model.c compares it with something simpler at random. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "peers.h"

/* --- who is there --- */

/* What happens, as words, times in milliseconds: `5+1` source 1 is heard at 5; `0..9/3+1` at 0, 3, 6 and 9;
 * `5` nothing more until then; `5!` the same, but nobody could be heard. And what is told: `5^1` up, `5v1`
 * down, `5<1/4` back after 4. */
static const struct {
        const char *name;
        int64_t dead_after_ms;
        const char *happens;
        const char *told;
} rows[] = {
        { "heard once: who knows when it will be again", 0, "5+1 99999999", "5^1" },
        { "heard twice", 0, "0..1000/1000+1 99999999", "0^1" },
        { "three times: three intervals later it is down", 0, "0..2000/1000+1 9999", "0^1 5000v1" },
        { "… not before", 0, "0..2000/1000+1 4999", "0^1" },
        { "… and just once", 0, "0..2000/1000+1 99999999", "0^1 5000v1" },
        { "at least a second", 0, "0..20/10+1 9999", "0^1 1020v1" },
        { "the edge of that", 0, "0..666/333+1 9999", "0^1 1666v1" },
        { "just beyond it", 0, "0..668/334+1 9999", "0^1 1670v1" },
        { "all at once", 0, "7+1 7+1 7+1 9999", "7^1 1007v1" },
        { "as long as it speaks it is up", 0, "0..99000/1000+1", "0^1" },
        { "heard at the last moment", 0, "0..2000/1000+1 4999+1", "0^1" },
        { "back", 0, "0..2000/1000+1 8000+1", "0^1 5000v1 8000<1/6000" },
        { "down again", 0, "0..2000/1000+1 8000+1 99999", "0^1 5000v1 8000<1/6000 14000v1" },
        { "a longer pause counts at once", 0, "0..2000/1000+1 4500+1 99999", "0^1 12000v1" },
        { "what is no pause, only an absence, counts twice the interval", 0,
          "0..2000/1000+1 3600000+1 99999999", "0^1 5000v1 3600000<1/3598000 3606000v1" },
        { "a burst every five seconds is learned", 0,
          "0..2/1+1 5000..5002/1+1 10000..10002/1+1 15000..15002/1+1 20000..20002/1+1 25000..25002/1+1",
          "0^1 1002v1 5000<1/4998 8001v1 10000<1/4998" },
        { "one lost of every four is no absence", 0, "0..2000/1000+1 4000..6000/1000+1 8000..10000/1000+1",
          "0^1" },
        { "two that are there by turns", 0, "0..2000/1000+1 500..2500/1000+2 9999",
          "0^1 500^2 5000v1 5500v2" },
        { "one dies, the other does not", 0, "0..2000/1000+1 0..9000/1000+2", "0^1 0^2 5000v1" },
        { "an hour between them", 0, "0..7200000/3600000+1 99999999", "0^1 18000000v1" },
        /* DEAD_AFTER. */
        { "dead after half a second", 500, "0..2000/100+1 9999", "0^1 2500v1" },
        { "… even if it was heard once", 500, "0+1 9999", "0^1 500v1" },
        { "… and is back by one datagram", 500, "0+1 700+1 1199", "0^1 500v1 700<1/700" },
        { "… just in time", 500, "0..9980/499+1", "0^1" },
        { "… whatever it was seen to keep", 500, "0..2000/1000+1",
          "0^1 500v1 1000<1/1000 1500v1 2000<1/1000" },
        { "dead after a minute", 60000, "0..20/10+1 60019", "0^1" },
        { "… and a millisecond", 60000, "0..20/10+1 60020", "0^1 60020v1" },
        /* Held up. */
        { "nobody could be heard", 0, "0..2000/1000+1 60000! 60500+1", "0^1" },
        { "… and it is gone indeed", 0, "0..2000/1000+1 60000! 99999", "0^1 63000v1" },
        { "… with DEAD_AFTER", 500, "0..2000/100+1 60000! 99999", "0^1 60500v1" },
        { "… and heard meanwhile", 500, "0..2000/100+1 60000! 60499+1 60900", "0^1" },
        { "a grace that is older than the last datagram", 0, "0..2000/1000+1 2500! 3000+1 99999",
          "0^1 6000v1" },
        { "the gap in which nobody could be heard is not the peer's", 0,
          "0..2000/1000+1 60000! 60500+1 61500+1 99999", "0^1 64500v1" },
        { "… nor a burst after it", 0, "0..2000/1000+1 60000! 60500..60502/1+1 99999", "0^1 63501v1" },
        { "who was down before does not go down again", 0, "0..2000/1000+1 5000 60000! 99999", "0^1 5000v1" },
};

struct telling {
        struct peers *p;
        char told[256];
        size_t n;
};

__attribute__((format(printf, 2, 3))) static void tell(struct telling *t, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        t->n += (size_t)vsnprintf(t->told + t->n, sizeof t->told - t->n, format, args);
        va_end(args);
        assert_true(t->n < sizeof t->told);
}

static unsigned number_of(const struct peer *peer)
{
        return peer->address.bytes[3];
}

/* As a timer would that is never late. */
static void pass_time(struct telling *t, int64_t until_ms)
{
        while (peers_due(t->p) <= until_ms * NS_PER_MS) {
                int64_t now_ns = peers_due(t->p);
                const struct peer *peer;

                while ((peer = peers_next_down(t->p, now_ns)))
                        tell(t, " %jdv%u", (intmax_t)(now_ns / NS_PER_MS), number_of(peer));
                assert_true(peers_due(t->p) > now_ns);
        }
}

static void arrive(struct telling *t, intmax_t at_ms, uint32_t source)
{
        struct peer_news news;

        pass_time(t, at_ms);
        news = hear(t->p, source, at_ms * NS_PER_MS);
        assert_non_null(news.peer);
        if (news.up)
                tell(t, " %jd^%u", at_ms, source);
        if (news.back)
                tell(t, " %jd<%u/%jd", at_ms, source, (intmax_t)(news.away_ns / NS_PER_MS));
        assert_false(news.restarted || news.clock_wrong || news.clock_right || news.untold || news.displaced);
}

static void happen(struct telling *t, const char *word)
{
        char *end;
        long at_ms = strtol(word, &end, 10), last_ms = at_ms, step_ms = 1;

        if (*end == '!')
                peers_grace(t->p, at_ms * NS_PER_MS);
        if (*end == '.') {
                last_ms = strtol(end + 2, &end, 10);
                step_ms = strtol(end + 1, &end, 10);
        }
        if (*end != '+')
                pass_time(t, at_ms);
        else
                for (; at_ms <= last_ms; at_ms += step_ms)
                        arrive(t, at_ms, (uint32_t)strtoul(end, NULL, 10));
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct telling t = { .p = make(3, rows[i].dead_after_ms * NS_PER_MS, 0) };
                char happens[128], *rest = NULL;

                strcpy(happens, rows[i].happens);
                for (char *word = strtok_r(happens, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                        happen(&t, word);
                CHECK_TEXT(rows[i].name, t.told + 1, rows[i].told);
                assert_null(peers_free(t.p));
        }
        assert_null(peers_free(NULL));
}

static void test_state_names(void **state)
{
        (void)state;
        assert_string_equal(peer_state_name(PEER_NEW), "new");
        assert_string_equal(peer_state_name(PEER_UP), "up");
        assert_string_equal(peer_state_name(PEER_DOWN), "down");
}

static void test_the_third_datagram_makes_a_newcomer_established(void **state)
{
        struct peers *p = make(4, 0, 0);

        (void)state;
        assert_int_equal(peers_size(p), 4);
        assert_int_equal(peers_due(p), INT64_MAX);
        assert_counts(p, 0, 0, 0);
        hear(p, 1, 0);
        assert_counts(p, 1, 0, 0);
        hear(p, 1, NS_PER_S);
        assert_int_equal(find(p, 1)->state, PEER_NEW);
        hear(p, 1, 2 * NS_PER_S);
        assert_int_equal(find(p, 1)->state, PEER_UP);
        assert_counts(p, 0, 1, 0);
        assert_non_null(peers_next_down(p, 5 * NS_PER_S));
        assert_counts(p, 0, 0, 1);
        hear(p, 1, 6 * NS_PER_S);
        assert_counts(p, 0, 1, 0);
        peers_free(p);
}

/* Of the last datagram, whatever came before. */
static void test_the_key_that_it_was_signed_with(void **state)
{
        static const uint16_t keys[] = { 0, 7, UINT16_MAX, 1, 0 };
        struct address source = nth_address(1);
        struct peers *p = make(1, 0, 0);

        (void)state;
        for (size_t i = 0; i < N_OF(keys); i++) {
                struct peer_arrival arrival = { .source = &source,
                                                .payload = (const uint8_t *)"",
                                                .message = &plain,
                                                .key_id = keys[i],
                                                .at_ns = (int64_t)i };
                struct peer_news news;

                peers_see(p, &arrival, &news);
                assert_int_equal(news.peer->key_id, keys[i]);
        }
        peers_free(p);
}

static void test_what_is_kept_of_a_datagram(void **state)
{
        static const uint8_t payload[PEER_PAYLOAD_MAX + 100] = { [0] = 'a', [PEER_PAYLOAD_MAX - 1] = 'z' };
        static const size_t lengths[] = { sizeof payload, PEER_PAYLOAD_MAX, 1, 0 };
        struct address source = nth_address(1);
        struct peer_arrival arrival = { .source = &source, .payload = payload, .message = &plain };
        struct peers *p = make(1, 0, 0);
        struct peer_news news;
        uint64_t bytes = 0;

        (void)state;
        for (size_t i = 0; i < N_OF(lengths); i++) {
                arrival.length = lengths[i];
                arrival.at_ns = (int64_t)(i + 7);
                bytes += lengths[i];
                peers_see(p, &arrival, &news);
                assert_int_equal(news.peer->payload_length, lengths[i]);
                assert_int_equal(news.peer->bytes, bytes);
                assert_int_equal(news.peer->datagrams, i + 1);
                assert_int_equal(news.peer->first_ns, 7);
                assert_int_equal(news.peer->last_ns, i + 7);
                assert_int_equal(news.peer->payload[0], 'a');
                assert_int_equal(news.peer->payload[PEER_PAYLOAD_MAX - 1], 'z');
        }
        peers_free(p);
}

/* The time of arrival comes by way of a clock that can be set back. */
static void test_a_datagram_from_before_the_last_one(void **state)
{
        struct peers *p = make(1, 0, 0);

        (void)state;
        hear(p, 1, 10 * NS_PER_S);
        hear(p, 1, 9 * NS_PER_S);
        hear(p, 1, 11 * NS_PER_S);
        assert_int_equal(find(p, 1)->last_ns, 11 * NS_PER_S);
        assert_int_equal(find(p, 1)->interval_ns, NS_PER_S);
        peers_free(p);
}

static void test_restarts_are_told(void **state)
{
        struct peers *p = make(1, 0, 0);
        struct message m = { .has_boot = true, .boot = 5 };

        (void)state;
        assert_false(hear_message(p, 1, 0, &m).restarted);
        assert_false(hear_message(p, 1, 1, &m).restarted);
        m.boot = 6;
        assert_true(hear_message(p, 1, 2, &m).restarted);
        assert_false(hear_message(p, 1, 3, &m).restarted);
        assert_int_equal(find(p, 1)->restarts, 1);
        peers_free(p);
}

/* --- how often it speaks --- */

static void assert_between(int64_t value_ns, int64_t least_ms, int64_t most_ms)
{
        assert_true(value_ns >= least_ms * NS_PER_MS);
        assert_true(value_ns <= most_ms * NS_PER_MS);
}

static int64_t speak(struct peers *p, int64_t from_ns, int n, int64_t gap_ns)
{
        for (int i = 0; i < n; i++, from_ns += gap_ns)
                hear(p, 1, from_ns);
        return from_ns;
}

static void test_the_interval_is_learned(void **state)
{
        struct peers *p = make(1, 0, 0);
        int64_t at_ns = speak(p, 0, 100, NS_PER_S);

        (void)state;
        assert_int_equal(find(p, 1)->interval_ns, NS_PER_S);
        /* One is lost: it counts at once, and is forgotten in a while. */
        at_ns = speak(p, at_ns + NS_PER_S, 1, NS_PER_S);
        assert_int_equal(find(p, 1)->interval_ns, 2 * NS_PER_S);
        at_ns = speak(p, at_ns, 4, NS_PER_S);
        assert_between(find(p, 1)->interval_ns, 1500, 1900);
        at_ns = speak(p, at_ns, 60, NS_PER_S);
        assert_between(find(p, 1)->interval_ns, 1000, 1010);
        /* It speaks faster from now on. */
        at_ns = speak(p, at_ns, 1000, NS_PER_S / 10);
        assert_between(find(p, 1)->interval_ns, 100, 110);
        /* It speaks more slowly. */
        speak(p, at_ns, 2, 2 * NS_PER_S);
        assert_int_equal(find(p, 1)->interval_ns, 2 * NS_PER_S);
        peers_free(p);
}

/* Ten at a time, every ten seconds: what counts is the pause. */
static void test_bursts_do_not_shorten_the_interval(void **state)
{
        struct peers *p = make(1, 0, 0);

        (void)state;
        hear(p, 1, 0);
        for (int i = 1; i < 100; i++) {
                speak(p, i * 10 * NS_PER_S, 10, NS_PER_MS);
                assert_between(find(p, 1)->interval_ns, 9900, 10000);
        }
        peers_free(p);
}

static void test_an_absence_is_no_interval(void **state)
{
        struct peers *p = make(1, 0, 0);
        int64_t at_ns = speak(p, 0, 10, NS_PER_S);

        (void)state;
        assert_non_null(peers_next_down(p, at_ns + HOUR_NS));
        hear(p, 1, at_ns + 2 * HOUR_NS);
        assert_int_equal(find(p, 1)->interval_ns, 2 * NS_PER_S);
        peers_free(p);
}

/* With DEAD_AFTER somebody may be away who was heard only once. */
static void test_an_absence_before_there_was_an_interval(void **state)
{
        struct peers *p = make(1, NS_PER_S, 0);

        (void)state;
        hear(p, 1, 0);
        assert_non_null(peers_next_down(p, HOUR_NS));
        hear(p, 1, HOUR_NS);
        assert_true(find(p, 1)->interval_ns <= PEER_DEAD_MIN_NS);
        peers_free(p);
}

/* --- clocks --- */

/* By how many milliseconds the clock of a peer is ahead of ours with each message, and what is told of it:
 * wrong (w), right (r), nothing (-). The limit is 1 s. */
static const struct {
        const char *name;
        int64_t ahead_ms[6];
        const char *told;
} clocks[] = {
        { "right", { 0, 1, -1, 5 }, "----" },
        { "at the limit", { 1000, -1000 }, "--" },
        { "beyond it, once", { 1001, 1001, 5000 }, "w--" },
        { "behind it", { -1001, -2000 }, "w-" },
        { "right again", { 1001, 0, 0 }, "wr-" },
        { "right again when well within", { 1001, 999, 501, 500 }, "w--r" },
        { "the same behind", { -1001, -999, -501, -500 }, "w--r" },
        { "to and fro at the limit", { 1001, 999, 1001, 999 }, "w---" },
        { "wrong twice", { 1001, 500, 1000, 1001 }, "wr-w" },
        { "from one side to the other", { 1001, -1001, 0 }, "w-r" },
};

/* A message that was sent when its sender's clock was so far ahead. */
static struct message message_at(enum message_clock clock, int64_t ns)
{
        return (struct message){ .clock = clock, .clock_ns = ns };
}

static char letter_of(const struct peer_news *news)
{
        assert_false(news->clock_wrong && news->clock_right);
        if (news->clock_wrong)
                return 'w';
        return news->clock_right ? 'r' : '-';
}

static void play_clock(size_t i, enum message_clock clock, int64_t zone_ns)
{
        const int64_t now_ns = 1795227371 * NS_PER_S;
        struct address source = nth_address(1);
        struct peers *p = make(1, 0, NS_PER_S);

        for (size_t at = 0; clocks[i].told[at]; at++) {
                int64_t ahead_ns = clocks[i].ahead_ms[at] * NS_PER_MS;
                const struct message m =
                        message_at(clock, now_ns + ahead_ns + (clock == MESSAGE_CLOCK_LOCAL ? zone_ns : 0));
                const struct peer_arrival arrival = {
                        .source = &source,
                        .payload = (const uint8_t *)"",
                        .message = &m,
                        .wall_ns = now_ns,
                        .zone_ns = zone_ns,
                };
                struct peer_news news;

                peers_see(p, &arrival, &news);
                CHECK_INT(clocks[i].name, letter_of(&news), clocks[i].told[at]);
                CHECK_INT(clocks[i].name, news.peer->clock_ns, ahead_ns);
                CHECK(clocks[i].name, news.peer->has_clock);
        }
        peers_free(p);
}

static void test_clocks(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(clocks); i++) {
                play_clock(i, MESSAGE_CLOCK_UTC, 0);
                play_clock(i, MESSAGE_CLOCK_UTC, 2 * HOUR_NS);
                play_clock(i, MESSAGE_CLOCK_LOCAL, 0);
                play_clock(i, MESSAGE_CLOCK_LOCAL, 2 * HOUR_NS);
                play_clock(i, MESSAGE_CLOCK_LOCAL, -5 * HOUR_NS);
        }
}

static void test_clock_skew_off(void **state)
{
        struct peers *p = make(1, 0, 0);
        const struct message m = message_at(MESSAGE_CLOCK_UTC, HOUR_NS);

        (void)state;
        assert_int_equal(letter_of(&(struct peer_news[]){ hear_message(p, 1, 0, &m) }[0]), '-');
        assert_int_equal(find(p, 1)->clock_ns, HOUR_NS);
        assert_false(find(p, 1)->clock_wrong);
        peers_free(p);
}

/* Whoever turns it off does not want to hear that all clocks are right. */
static void test_clock_skew_turned_off(void **state)
{
        const struct peers_rule off = { 0, 0 };
        struct peers *p = make(1, 0, NS_PER_S);
        const struct message m = message_at(MESSAGE_CLOCK_UTC, HOUR_NS);
        struct peer_news news = hear_message(p, 1, 0, &m);

        (void)state;
        assert_true(news.clock_wrong);
        peers_set_rule(p, &off);
        news = hear_message(p, 1, 0, &m);
        assert_int_equal(letter_of(&news), '-');
        assert_false(find(p, 1)->clock_wrong);
        peers_free(p);
}

static void test_messages_without_a_clock_tell_nothing_of_it(void **state)
{
        struct peers *p = make(1, 0, NS_PER_S);
        const struct message m = message_at(MESSAGE_CLOCK_UTC, HOUR_NS);
        struct peer_news news;

        (void)state;
        hear(p, 1, 0);
        assert_false(find(p, 1)->has_clock);
        hear_message(p, 1, 0, &m);
        news = hear(p, 1, 0);
        assert_int_equal(letter_of(&news), '-');
        assert_true(find(p, 1)->clock_wrong);
        assert_int_equal(find(p, 1)->clock_ns, HOUR_NS);
        peers_free(p);
}

/* A stranger may name any time. */
static void test_clocks_that_are_centuries_apart(void **state)
{
        static const struct {
                int64_t theirs_ns, ours_ns, difference_ns;
        } pairs[] = {
                { INT64_MIN, 1795227371 * NS_PER_S, -INT64_MAX },
                { INT64_MAX, -NS_PER_S, INT64_MAX },
                { INT64_MAX, 0, INT64_MAX },
                { -INT64_MAX, 0, -INT64_MAX },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(pairs); i++) {
                struct peers *p = make(1, 0, NS_PER_S);
                const struct message m = message_at(MESSAGE_CLOCK_UTC, pairs[i].theirs_ns);

                assert_true(hear_message(p, 1, pairs[i].ours_ns, &m).clock_wrong);
                assert_int_equal(find(p, 1)->clock_ns, pairs[i].difference_ns);
                peers_free(p);
        }
}

/* --- the table as a whole --- */

static void test_forget(void **state)
{
        struct peers *p = make(3, 0, 0);
        const struct address first = nth_address(1), second = nth_address(2), unknown = nth_address(9);

        (void)state;
        establish(p, 1, 1, 0);
        hear(p, 2, 0);
        assert_false(peers_forget(p, &unknown));
        assert_true(peers_forget(p, &first));
        assert_false(peers_forget(p, &first));
        assert_counts(p, 1, 0, 0);
        assert_int_equal(peers_due(p), INT64_MAX);
        assert_true(peers_forget(p, &second));
        assert_counts(p, 0, 0, 0);
        assert_null(peers_next_down(p, HOUR_NS));
        /* It comes back as one that was never heard. */
        assert_true(hear(p, 1, HOUR_NS).up);
        assert_int_equal(find(p, 1)->datagrams, 1);
        assert_int_equal(find(p, 1)->interval_ns, 0);
        peers_free(p);
}

/* Whoever was heard last is remembered: not beyond its place. */
static void test_the_last_one_is_forgotten_with_its_place(void **state)
{
        const struct address first = nth_address(1);
        struct peers *p = make(1, 0, 0);

        (void)state;
        hear(p, 1, 0);
        hear(p, 1, 1);
        assert_true(peers_forget(p, &first));
        peers_refuse(p, &first, GATE_BAD_MAC);
        assert_null(find(p, 1));
        assert_counts(p, 0, 0, 0);
        /* As one that was never heard; another one has the place, and then it again. */
        for (uint32_t i = 0; i < 4; i++) {
                uint32_t source = 1 + i % 2;
                const struct address address = nth_address(source);
                struct peer_news news = hear(p, source, HOUR_NS + i);

                assert_true(news.up);
                assert_int_equal(news.peer->datagrams, 1);
                assert_int_equal(peer_refused(news.peer), GATE_UNCHECKED);
                assert_true(address_equal(&news.peer->address, &address));
                assert_counts(p, 1, 0, 0);
                assert_null(find(p, 3 - source));
        }
        peers_free(p);
}

/* One that is refused, or heard again, is the one who it is: whoever was last. Room grows meanwhile. */
static void test_bursts_of_many(void **state)
{
        enum {
                N = 100
        };
        struct peers *p = make(N, 0, 0), *copy = make(N, 0, 0);

        (void)state;
        for (uint32_t source = 0; source < N; source++)
                for (uint32_t i = 0; i <= source % 5; i++) {
                        const struct address one = nth_address(source), before = nth_address(source / 2);

                        assert_int_equal(hear(p, source, source * NS_PER_MS).peer->datagrams, i + 1);
                        peers_refuse(p, i % 2 ? &one : &before, i % 2 ? GATE_STALE : GATE_BAD_MAC);
                }
        peers_copy(copy, p);
        for (uint32_t source = 0; source < N; source++) {
                uint32_t datagrams = source % 5 + 1;

                assert_int_equal(find(p, source)->datagrams, datagrams);
                assert_int_equal(hear(copy, source, NS_PER_S).peer->datagrams, datagrams + 1);
                assert_int_equal(hear(copy, source, NS_PER_S).peer->datagrams, datagrams + 2);
        }
        peers_free(copy);
        peers_free(p);
}

static void test_one_that_is_down_is_forgotten_as_well(void **state)
{
        struct peers *p = make(3, 0, 0);
        const struct address first = nth_address(1);

        (void)state;
        establish(p, 1, 2, 0);
        down(p, HOUR_NS);
        assert_true(peers_forget(p, &first));
        assert_counts(p, 0, 0, 1);
        assert_true(hear(p, 2, HOUR_NS).back);
        peers_free(p);
}

/* Two that are up, two that are down, three newcomers: 1, 2 and 3, 4 and 5, 6, 7, of which 5 was heard last.
 */
static struct peers *all_kinds(void)
{
        struct peers *p = make(7, 0, 0);

        for (uint32_t n = 5; n <= 7; n++)
                hear(p, n, n * NS_PER_MS);
        establish(p, 3, 2, 10 * NS_PER_MS);
        down(p, 10 * NS_PER_S);
        establish(p, 1, 2, 10 * NS_PER_S);
        hear(p, 5, 10 * NS_PER_S);
        assert_counts(p, 3, 2, 2);
        return p;
}

static const struct {
        size_t size;
        const char *kept; /* their numbers */
        size_t newcomers, up, down;
} copies[] = {
        { 1, "1", 0, 1, 0 },       { 2, "12", 0, 2, 0 },        { 3, "123", 0, 2, 1 },
        { 4, "1234", 0, 2, 2 },    { 5, "12345", 1, 2, 2 },     { 6, "123457", 2, 2, 2 },
        { 7, "1234567", 3, 2, 2 }, { 100, "1234567", 3, 2, 2 },
};

static void test_copy(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(copies); i++) {
                struct peers *from = all_kinds(), *to = make(copies[i].size, 0, 0);
                char row[32], kept[8] = "";

                snprintf(row, sizeof row, "to a table for %zu", copies[i].size);
                peers_copy(to, from);
                for (uint32_t n = 1; n <= 7; n++) {
                        const struct peer *a = find(from, n), *b = find(to, n);

                        if (!b)
                                continue;
                        kept[strlen(kept)] = (char)('0' + n);
                        CHECK(row, memcmp(a, b, sizeof *a) == 0);
                }
                CHECK_TEXT(row, kept, copies[i].kept);
                assert_counts(to, copies[i].newcomers, copies[i].up, copies[i].down);
                assert_int_equal(peers_size(to), copies[i].size);
                peers_free(from);
                peers_free(to);
        }
}

static void test_a_copy_goes_on_like_the_original(void **state)
{
        struct peers *from = all_kinds(), *to = make(8, 0, 0);
        const struct peer *peer;

        (void)state;
        peers_copy(to, from);
        peers_free(from);
        assert_false(hear(to, 8, 10 * NS_PER_S).displaced);
        /* The oldest newcomer is still the oldest. */
        assert_true(hear(to, 9, 10 * NS_PER_S).displaced);
        assert_null(find(to, 6));
        assert_true(hear(to, 3, 10 * NS_PER_S).back);
        peer = peers_next_down(to, 11 * NS_PER_S);
        assert_non_null(peer);
        assert_true(number_of(peer) == 1 || number_of(peer) == 2);
        assert_non_null(peers_next_down(to, 11 * NS_PER_S));
        assert_null(peers_next_down(to, 11 * NS_PER_S));
        peers_free(to);
}

/* What was used of the budget stays used, and a grace is kept. */
static void test_a_copy_takes_over_budget_rule_and_grace(void **state)
{
        struct peers *from = make(200, NS_PER_S, 0), *to = make(300, 0, 0);

        (void)state;
        for (uint32_t n = 0; n < BURST; n++)
                hear(from, n, 0);
        peers_grace(from, 5 * NS_PER_S);
        peers_copy(to, from);
        assert_true(hear(to, 1000, 0).untold);
        assert_null(peers_next_down(to, 6 * NS_PER_S - 1));
        assert_non_null(peers_next_down(to, 6 * NS_PER_S));
        peers_free(from);
        peers_free(to);
}

static void test_another_rule(void **state)
{
        const struct peers_rule minute = { 60 * NS_PER_S, 0 }, half = { NS_PER_S / 2, 0 }, none = { 0, 0 };
        struct peers *p = make(3, 0, 0);

        (void)state;
        establish(p, 1, 1, 0);
        hear(p, 2, 0);
        peers_set_rule(p, &minute);
        assert_int_equal(peers_due(p), 60 * NS_PER_S);
        assert_null(peers_next_down(p, 60 * NS_PER_S - 1));
        peers_set_rule(p, &half);
        assert_int_equal(peers_due(p), NS_PER_S / 2);
        peers_set_rule(p, &none);
        assert_int_equal(peers_due(p), NS_PER_S);
        assert_int_equal(number_of(peers_next_down(p, HOUR_NS)), 1);
        assert_null(peers_next_down(p, HOUR_NS));
        /* Who is down stays down. */
        peers_set_rule(p, &minute);
        assert_int_equal(number_of(peers_next_down(p, HOUR_NS)), 2);
        assert_null(peers_next_down(p, HOUR_NS));
        assert_counts(p, 0, 0, 2);
        peers_free(p);
}

static void test_links_are_told_apart(void **state)
{
        struct peers *p = make(5, 0, 0);

        (void)state;
        for (uint32_t scope = 1; scope <= 5; scope++) {
                const struct address source = { AF_INET6, { 0xfe, 0x80, [15] = 7 }, scope };
                const struct peer_arrival arrival = { .source = &source,
                                                      .payload = (const uint8_t *)"",
                                                      .message = &plain };
                struct peer_news news;

                peers_see(p, &arrival, &news);
                assert_true(news.up);
                assert_false(news.displaced);
        }
        assert_counts(p, 5, 0, 0);
        peers_free(p);
}

/* Somebody who asks has another port each time; so has the seed of all clients, but it goes on and on. */
static void test_who_has_another_port_each_time_is_established_later(void **state)
{
        struct peers *p = make(8, 0, 0);
        struct peer_news news;
        struct message m = { .type = MESSAGE_TEXT };
        struct address a = { .family = 2, .bytes = { 10, 0, 0, 1 } };

        (void)state;
        for (in_port_t port = 1; port <= PEER_ESTABLISHED_ANY; port++) {
                assert_int_equal(peers_clocks_wrong(p), 0);
                assert_counts(p, port > 1, 0, 0);
                peers_see(p,
                          &(struct peer_arrival){ .payload = (const uint8_t *)"",
                                                  .source = &a,
                                                  .port = port,
                                                  .message = &m,
                                                  .at_ns = port * 1000 },
                          &news);
        }
        assert_counts(p, 0, 1, 0);
        peers_free(p);
}

/* --- what is refused --- */

/* Each character: P, U, R: refused for not being signed, for its key, for having been heard before; .: heard;
 * #: other rules. */
static void test_what_is_refused_is_told_until_something_is_heard(void **state)
{
        static const struct {
                const char *events;
                enum gate_verdict refused;
        } cases[] = {
                { ".", GATE_UNCHECKED },       { ".P", GATE_REFUSED },        { ".PU", GATE_UNKNOWN_KEY },
                { ".UUUUP", GATE_REFUSED },    { ".P.", GATE_UNCHECKED },     { ".R", GATE_UNCHECKED },
                { ".RR", GATE_UNCHECKED },     { ".RRR", GATE_REPLAY },       { ".RRRRR", GATE_REPLAY },
                { ".RR.RR", GATE_UNCHECKED },  { ".UR", GATE_UNKNOWN_KEY },   { ".UUR", GATE_UNKNOWN_KEY },
                { ".RRRU", GATE_UNKNOWN_KEY }, { ".URRR", GATE_UNKNOWN_KEY }, { ".RRURR", GATE_UNKNOWN_KEY },
                { ".U#", GATE_UNCHECKED },     { ".RR#R", GATE_UNCHECKED },   { ".RR#RRR", GATE_REPLAY },
        };
        static const enum gate_verdict why[] = {
                ['P'] = GATE_REFUSED, ['U'] = GATE_UNKNOWN_KEY, ['R'] = GATE_REPLAY
        };
        const struct address source = nth_address(1);

        (void)state;
        for (size_t i = 0; i < N_OF(cases); i++) {
                struct peers *p = make(2, 0, 0);

                for (const char *event = cases[i].events; *event; event++)
                        if (*event == '.')
                                hear(p, 1, NS_PER_S);
                        else if (*event == '#')
                                peers_absolve(p);
                        else
                                peers_refuse(p, &source, why[(size_t)*event]);
                CHECK_INT(cases[i].events, peer_refused(find(p, 1)), cases[i].refused);
                peers_free(p);
        }
}

/* What can be sent in anybody's name must not move anybody. */
static void test_what_is_refused_changes_nothing_else(void **state)
{
        struct peers *p = make(2, NS_PER_S, 0);
        const struct address known = nth_address(1), stranger = nth_address(9);
        struct peer before, after;

        (void)state;
        establish(p, 1, 1, NS_PER_S);
        hear(p, 2, NS_PER_S);
        before = *find(p, 1);
        for (int i = 0; i < 1000; i++) {
                peers_refuse(p, &known, GATE_BAD_MAC);
                peers_refuse(p, &stranger, GATE_BAD_MAC);
        }
        after = *find(p, 1);
        assert_int_equal(peer_refused(&after), GATE_BAD_MAC);
        peer_absolve(&after);
        assert_memory_equal(&after, &before, sizeof after);
        assert_null(find(p, 9));
        assert_int_equal(peer_refused(find(p, 2)), GATE_UNCHECKED);
        assert_counts(p, 1, 1, 0);
        down(p, 2 * NS_PER_S);
        assert_counts(p, 0, 0, 2);
        assert_int_equal(peer_refused(find(p, 1)), GATE_BAD_MAC);
        peers_free(p);
}

static void test_why_somebody_is_refused_is_copied_and_forgotten_with_the_peer(void **state)
{
        struct peers *p = make(2, NS_PER_S, 0), *larger = make(4, 0, 0);
        const struct address source = nth_address(1);

        (void)state;
        establish(p, 1, 1, NS_PER_S);
        peers_refuse(p, &source, GATE_STALE);
        peers_copy(larger, p);
        assert_int_equal(peer_refused(find(larger, 1)), GATE_STALE);
        assert_true(peers_forget(larger, &source));
        hear(larger, 1, 2 * NS_PER_S);
        assert_int_equal(peer_refused(find(larger, 1)), GATE_UNCHECKED);
        peers_free(larger);
        peers_free(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_state_names),
                cmocka_unit_test(test_the_third_datagram_makes_a_newcomer_established),
                cmocka_unit_test(test_what_is_kept_of_a_datagram),
                cmocka_unit_test(test_the_key_that_it_was_signed_with),
                cmocka_unit_test(test_a_datagram_from_before_the_last_one),
                cmocka_unit_test(test_restarts_are_told),
                cmocka_unit_test(test_the_interval_is_learned),
                cmocka_unit_test(test_bursts_do_not_shorten_the_interval),
                cmocka_unit_test(test_an_absence_is_no_interval),
                cmocka_unit_test(test_an_absence_before_there_was_an_interval),
                cmocka_unit_test(test_clocks),
                cmocka_unit_test(test_clock_skew_off),
                cmocka_unit_test(test_clock_skew_turned_off),
                cmocka_unit_test(test_messages_without_a_clock_tell_nothing_of_it),
                cmocka_unit_test(test_clocks_that_are_centuries_apart),
                cmocka_unit_test(test_who_has_another_port_each_time_is_established_later),
                cmocka_unit_test(test_forget),
                cmocka_unit_test(test_the_last_one_is_forgotten_with_its_place),
                cmocka_unit_test(test_bursts_of_many),
                cmocka_unit_test(test_one_that_is_down_is_forgotten_as_well),
                cmocka_unit_test(test_copy),
                cmocka_unit_test(test_a_copy_goes_on_like_the_original),
                cmocka_unit_test(test_a_copy_takes_over_budget_rule_and_grace),
                cmocka_unit_test(test_another_rule),
                cmocka_unit_test(test_links_are_told_apart),
                cmocka_unit_test(test_what_is_refused_is_told_until_something_is_heard),
                cmocka_unit_test(test_what_is_refused_changes_nothing_else),
                cmocka_unit_test(test_why_somebody_is_refused_is_copied_and_forgotten_with_the_peer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
