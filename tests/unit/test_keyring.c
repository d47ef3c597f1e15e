/* test_keyring.c - message/keyring: keys are found by their ids, and their memory is nobody else's. */
#include "test.h"

#include <errno.h>
#include <sodium/core.h>
#include <sodium/utils.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message/keyring.h"

/* The address sanitizer locks no memory, and has too much of it to be searched. */
#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static const struct auth_binding binding = { AUTH_DATA, { { AF_INET, { 239, 1, 1, 1 }, 0 }, 5001 }, { 0 } };
static const struct auth_stamp stamp = { 1, 2, 3, 4 };

/* The bytes of a secret, which stand nowhere in memory. */
static uint8_t secret_byte(size_t i)
{
        return (uint8_t)(0xa7 ^ (i * 41 + 13));
}

static int add(struct keyring *k, uint16_t id, size_t length)
{
        uint8_t secret[AUTH_SECRET_MAX];
        int r;

        for (size_t i = 0; i < length; i++)
                secret[i] = (uint8_t)(secret_byte(i) + id);
        r = keyring_add(k, id, secret, length);
        sodium_memzero(secret, sizeof secret);
        return r;
}

static struct keyring *make(void)
{
        struct keyring *k;

        assert_true(sodium_init() >= 0);
        assert_int_equal(keyring_new(&k), 0);
        return k;
}

/* --- finding --- */

/* The tag that a key makes says which key it is. */
static bool same_key(const struct auth_key *a, const struct auth_key *b)
{
        uint8_t of_a[AUTH_TRAILER_SIZE], of_b[AUTH_TRAILER_SIZE];

        auth_sign(a, &binding, &stamp, NULL, 0, of_a);
        auth_sign(b, &binding, &stamp, NULL, 0, of_b);
        return memcmp(of_a, of_b, sizeof of_a) == 0;
}

static void check_key(const struct keyring *k, uint16_t id, size_t length)
{
        struct keyring *alone = make();
        const struct auth_key *found = keyring_find(k, id);

        assert_int_equal(add(alone, id, length), 0);
        assert_non_null(found);
        assert_true(same_key(found, keyring_find(alone, id)));
        keyring_free(alone);
}

static void test_nothing_is_known_at_first(void **state)
{
        struct keyring *k = make();

        (void)state;
        assert_int_equal(keyring_count(k), 0);
        for (unsigned id = 0; id <= UINT16_MAX; id++)
                assert_null(keyring_find(k, (uint16_t)id));
        assert_null(keyring_free(k));
}

static void test_no_keyring_knows_no_key(void **state)
{
        (void)state;
        assert_null(keyring_find(NULL, 1));
        assert_int_equal(keyring_count(NULL), 0);
        assert_null(keyring_free(NULL));
}

static const struct {
        const char *name;
        size_t n;
        uint16_t ids[5], sorted[5];
} orders[] = {
        { "one", 1, { 7 }, { 7 } },
        { "the lowest and the highest", 2, { 65535, 1 }, { 1, 65535 } },
        { "rising", 5, { 1, 2, 3, 4, 5 }, { 1, 2, 3, 4, 5 } },
        { "falling", 5, { 50, 40, 30, 20, 10 }, { 10, 20, 30, 40, 50 } },
        { "mixed", 5, { 300, 7, 65535, 256, 1 }, { 1, 7, 256, 300, 65535 } },
};

static void test_each_is_found_by_its_id(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(orders); i++) {
                struct keyring *k = make();

                for (size_t j = 0; j < orders[i].n; j++)
                        CHECK_INT(orders[i].name, add(k, orders[i].ids[j], AUTH_SECRET_MIN + j), 0);
                CHECK_INT(orders[i].name, keyring_count(k), orders[i].n);
                for (size_t j = 0; j < orders[i].n; j++) {
                        CHECK_INT(orders[i].name, keyring_id(k, j), orders[i].sorted[j]);
                        check_key(k, orders[i].ids[j], AUTH_SECRET_MIN + j);
                }
                CHECK(orders[i].name, keyring_find(k, 6) == NULL);
                CHECK(orders[i].name, keyring_find(k, 8) == NULL);
                CHECK(orders[i].name, keyring_find(k, 65534) == NULL);
                keyring_free(k);
        }
}

static void test_an_id_is_given_once(void **state)
{
        struct keyring *k = make();

        (void)state;
        assert_int_equal(add(k, 7, AUTH_SECRET_MIN), 0);
        assert_int_equal(add(k, 7, AUTH_SECRET_MAX), -EEXIST);
        assert_int_equal(keyring_count(k), 1);
        check_key(k, 7, AUTH_SECRET_MIN);
        keyring_free(k);
}

static void test_ids_in_words(void **state)
{
        char text[KEYRING_TEXT_SIZE];
        struct keyring *k = make();

        (void)state;
        assert_string_equal(keyring_text(NULL, text), "none");
        assert_string_equal(keyring_text(k, text), "none");
        assert_int_equal(add(k, 65535, AUTH_SECRET_MIN), 0);
        assert_string_equal(keyring_text(k, text), "65535");
        assert_int_equal(add(k, 7, AUTH_SECRET_MIN), 0);
        assert_string_equal(keyring_text(k, text), "7, 65535");
        for (uint16_t id = 10000; keyring_count(k) < KEYRING_MAX; id++)
                assert_int_equal(add(k, id, AUTH_SECRET_MIN), 0);
        assert_string_equal(keyring_text(k, text) + strlen(text) - strlen("10061, 65535"), "10061, 65535");
        keyring_free(k);
}

static void test_there_is_an_end(void **state)
{
        struct keyring *k = make();

        (void)state;
        for (uint16_t i = 0; i < KEYRING_MAX; i++)
                assert_int_equal(add(k, (uint16_t)(1000 - i), AUTH_SECRET_MIN), 0);
        assert_int_equal(add(k, 1, AUTH_SECRET_MIN), -ENOSPC);
        assert_int_equal(add(k, 1001, AUTH_SECRET_MIN), -ENOSPC);
        assert_int_equal(add(k, 1000, AUTH_SECRET_MIN), -EEXIST);
        assert_int_equal(keyring_count(k), KEYRING_MAX);
        for (uint16_t i = 0; i < KEYRING_MAX; i++)
                check_key(k, (uint16_t)(1000 - i), AUTH_SECRET_MIN);
        assert_null(keyring_find(k, 1));
        assert_null(keyring_find(k, 1001));
        keyring_free(k);
}

/* --- its memory --- */

struct region {
        uintptr_t begin, end;
        char rights[5], name[64];
        bool dump, locked;
};

/* The next one of /proc/self/smaps, with the line that begins the one behind it left in `line`. */
static bool next_region(FILE *f, char line[512], struct region *ret)
{
        *ret = (struct region){ .dump = true };
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %63[^\n]", &ret->begin, &ret->end,
                   ret->rights, ret->name) < 3)
                return false;
        while (fgets(line, 512, f) && !strchr("0123456789abcdef", line[0])) {
                if (strncmp(line, "VmFlags:", 8) != 0)
                        continue;
                ret->dump = !strstr(line, " dd");
                ret->locked = strstr(line, " lo") != NULL;
        }
        return true;
}

/* All of them, each handed to a function. */
static void walk(void (*visit)(const struct region *region, void *arg), void *arg)
{
        FILE *f = fopen("/proc/self/smaps", "re");
        char line[512] = "";
        struct region region;

        assert_non_null(f);
        assert_non_null(fgets(line, sizeof line, f));
        while (next_region(f, line, &region)) {
                visit(&region, arg);
                if (feof(f))
                        break;
        }
        fclose(f);
}

/* What lies around an address. */
struct surroundings {
        uintptr_t address;
        struct region before, at, behind, last;
};

static void look_around(const struct region *region, void *arg)
{
        struct surroundings *s = arg;

        if (region->begin <= s->address && s->address < region->end) {
                s->before = s->last;
                s->at = *region;
        } else if (s->at.end && !s->behind.end) {
                s->behind = *region;
        }
        s->last = *region;
}

/* Not everywhere are we allowed to. */
static bool may_lock(void)
{
        static char page[4096];
        bool may = mlock(page, sizeof page) == 0;

        if (may)
                munlock(page, sizeof page);
        return may;
}

static void test_its_memory_is_locked_not_dumped_and_guarded(void **state)
{
        struct keyring *k = make();
        struct surroundings s = { .address = (uintptr_t)k };

        (void)state;
        walk(look_around, &s);
        assert_string_equal(s.at.rights, "rw-p");
        assert_false(s.at.dump);
        if (!SANITIZED) {
                assert_int_equal(s.at.locked, may_lock());
                assert_int_equal(keyring_is_locked(k), s.at.locked);
        }
        assert_int_equal(s.before.end, s.at.begin);
        assert_int_equal(s.at.end, s.behind.begin);
        assert_memory_equal(s.before.rights, "---", 3);
        assert_memory_equal(s.behind.rights, "---", 3);
        keyring_free(k);
}

/* In a process of its own, which is not root and may lock nothing. */
static void test_that_its_memory_cannot_be_locked_is_told(void **state)
{
        pid_t child = fork();
        int status;

        (void)state;
        if (child == 0) {
                const struct rlimit nothing = { 0, 0 };
                struct keyring *k;

                if (setrlimit(RLIMIT_MEMLOCK, &nothing) < 0 || (geteuid() == 0 && seteuid(1) < 0) ||
                    sodium_init() < 0 || keyring_new(&k) < 0)
                        _exit(2);
                _exit(keyring_is_locked(k));
        }
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        /* The address sanitizer says that it locks. */
        assert_int_equal(WEXITSTATUS(status), SANITIZED);
}

/* Bytes that are looked for, each with all its bits turned, so that they are not found here. */
struct needle {
        uint8_t turned[32];
        size_t found;
};

static bool stands_at(const uint8_t *at, const struct needle *n)
{
        size_t i = 0;

        while (i < sizeof n->turned && (at[i] ^ n->turned[i]) == UINT8_MAX)
                i++;
        return i == sizeof n->turned;
}

static void search(const struct region *region, void *arg)
{
        struct needle *n = arg;

        if (strncmp(region->rights, "rw", 2) != 0)
                return;
        for (uintptr_t at = region->begin; at + sizeof n->turned <= region->end; at++)
                n->found += stands_at((const uint8_t *)at, n);
}

static size_t count_in_memory(struct needle *n)
{
        n->found = 0;
        walk(search, n);
        return n->found;
}

static void add_first(struct keyring *k)
{
        assert_int_equal(add(k, 1, AUTH_SECRET_MIN), 0);
}

static void use_first(struct keyring *k)
{
        uint8_t bytes[3 + AUTH_TRAILER_SIZE] = "ack";
        const struct auth_key *key = keyring_find(k, 1);

        auth_sign(key, &binding, &stamp, bytes, 3, bytes + 3);
        assert_true(auth_verify(key, &binding, bytes, sizeof bytes));
        bytes[0] = 'A';
        assert_false(auth_verify(key, &binding, bytes, sizeof bytes));
}

/* Does something so far down the stack that what it leaves there is still there when it is searched. */
static void deep_down(void (*what)(struct keyring *k), struct keyring *k)
{
        volatile uint8_t room[65536];

        room[0] = 0;
        what(k);
        (void)room[0];
}

/* The secret of key 1, and what is made of it. */
static void make_needles(struct needle *secret, struct needle *made)
{
        static const uint8_t purpose[] = "mcastd/1 mac";

        for (size_t i = 0; i < sizeof secret->turned; i++)
                secret->turned[i] = (uint8_t)(secret_byte(i) + 1);
        crypto_auth_hmacsha256(made->turned, purpose, sizeof purpose - 1, secret->turned);
        for (size_t i = 0; i < sizeof secret->turned; i++) {
                secret->turned[i] = (uint8_t)~secret->turned[i];
                made->turned[i] = (uint8_t)~made->turned[i];
        }
}

/* Once the caller has wiped it the secret itself is nowhere: not in the keyring, nor left behind. What is
 * made of it is in the keyring alone, and not as it was. */
static void test_the_secret_is_not_kept(void **state)
{
        struct needle secret, made;
        struct keyring *k;
        uint8_t *planted;

        (void)state;
        if (SANITIZED)
                skip();
        k = make();
        make_needles(&secret, &made);
        deep_down(add_first, k);
        assert_int_equal(count_in_memory(&secret), 0);
        assert_int_equal(count_in_memory(&made), 0);
        /* They would be found. */
        planted = malloc(sizeof made.turned);
        assert_non_null(planted);
        for (size_t i = 0; i < sizeof made.turned; i++)
                planted[i] = (uint8_t)~made.turned[i];
        assert_int_equal(count_in_memory(&made), 1);
        sodium_memzero(planted, sizeof made.turned);
        free(planted);
        keyring_free(k);
}

/* Signing and checking leave no copy of a key behind, and ending the keyring leaves none at all. Looked for
 * is the hash's state after the inner half of the key. */
static void test_a_key_is_nowhere_else(void **state)
{
        const struct auth_key *key;
        struct keyring *k;
        struct needle n;

        (void)state;
        if (SANITIZED)
                skip();
        k = make();
        deep_down(add_first, k);
        key = keyring_find(k, 1);
        for (size_t i = 0; i < sizeof n.turned; i++)
                n.turned[i] = (uint8_t) ~((const uint8_t *)key->state.ictx.state)[i];
        deep_down(use_first, k);
        assert_int_equal(count_in_memory(&n), 1);
        keyring_free(k);
        assert_int_equal(count_in_memory(&n), 0);
}

/* --- wiping --- */

/* What is to be unlocked is looked at: libsodium does so last of all, before it gives the memory back. */
static struct {
        const uint8_t *key;
        size_t length;
        unsigned times;
        bool zero;
} unlocked;

/* Stands before that of the C library. */
int munlock(const void *address, size_t length)
{
        const uint8_t *begin = address;

        if (unlocked.key >= begin && unlocked.key < begin + length) {
                unlocked.times++;
                unlocked.zero = sodium_is_zero(unlocked.key, unlocked.length);
        }
        return (int)syscall(SYS_munlock, address, length);
}

static void test_it_is_wiped_before_it_is_given_back(void **state)
{
        struct keyring *k = make();

        (void)state;
        assert_int_equal(add(k, 1, AUTH_SECRET_MIN), 0);
        unlocked.key = (const uint8_t *)keyring_find(k, 1);
        unlocked.length = sizeof(struct auth_key);
        assert_false(sodium_is_zero(unlocked.key, unlocked.length));
        keyring_free(k);
        assert_int_equal(unlocked.times, 1);
        assert_true(unlocked.zero);
        unlocked.key = NULL;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_is_known_at_first),
                cmocka_unit_test(test_no_keyring_knows_no_key),
                cmocka_unit_test(test_each_is_found_by_its_id),
                cmocka_unit_test(test_an_id_is_given_once),
                cmocka_unit_test(test_ids_in_words),
                cmocka_unit_test(test_there_is_an_end),
                cmocka_unit_test(test_its_memory_is_locked_not_dumped_and_guarded),
                cmocka_unit_test(test_that_its_memory_cannot_be_locked_is_told),
                cmocka_unit_test(test_the_secret_is_not_kept),
                cmocka_unit_test(test_a_key_is_nowhere_else),
                cmocka_unit_test(test_it_is_wiped_before_it_is_given_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
