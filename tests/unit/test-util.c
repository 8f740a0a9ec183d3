/* SPDX-License-Identifier: GPL-2.0-only */
/* The lowest floor of the library: text, arrays, clock and signals. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../lib/util/lockfile.h"
#include "../../lib/util/util.h"

#define MS 1000000u

static void format_returns_any_text(void **state)
{
	char *empty = format("%s", ""), *words = format("%s:%d", "a", 7);

	(void)state;
	assert_non_null(empty);
	assert_string_equal(empty, "");
	assert_string_equal(words, "a:7");
	free(empty);
	free(words);
}

/* Large elements, so that malloc() has no room to spare. */
static void array_has_room_for_one_more(void **state)
{
	struct element {
		char bytes[256];
	} *v = NULL;

	(void)state;
	for (size_t nr = 0; nr < 100; nr++) {
		v = array_room(v, nr, sizeof(*v));
		assert_non_null(v);
		assert_true(malloc_usable_size(v) >= (nr + 1) * sizeof(*v));
	}
	free(v);
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

static void clock_is_monotonic(void **state)
{
	uint64_t before = monotonic_ns(), now = now_ns();

	(void)state;
	assert_in_range(now, before, monotonic_ns());
}

static void take_signal(int signal)
{
	(void)signal;
}

/* A handler interrupts the pause several times. */
static void pause_lasts_through_signals(void **state)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct sigaction action = { .sa_handler = take_signal };
	uint64_t before = now_ns();

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	pause_ns(20 * MS);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(now_ns() - before >= 20 * MS);
}

/* Signals that arrive while signals are held; 0 is none. */
static void held_signals_wait_unless_ignored(void **state)
{
	static const struct {
		void (*handler)(int signal);
		int signal;
		bool is_waiting, is_fatal;
	} cases[] = {
		{ SIG_DFL, 0, false, false },          { SIG_DFL, SIGTERM, true, true },
		{ take_signal, SIGTERM, true, false }, { SIG_IGN, SIGTERM, false, false },
		{ take_signal, SIGUSR2, true, false }, { SIG_DFL, SIGCHLD, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sigaction action = { .sa_handler = cases[i].handler }, old;
		int signal = cases[i].signal;
		sigset_t mask;

		signals_hold(&mask);
		assert_int_equal(sigaction(signal ? signal : SIGTERM, &action, &old), 0);
		if (signal)
			raise(signal);
		assert_int_equal(signals_are_waiting(), cases[i].is_waiting);
		assert_int_equal(signals_are_fatal(), cases[i].is_fatal);
		/* An ignored signal is no longer pending. */
		sigaction(signal ? signal : SIGTERM, &(struct sigaction){ .sa_handler = SIG_IGN },
			  NULL);
		signals_let_go(&mask);
		sigaction(signal ? signal : SIGTERM, &old, NULL);
	}
}

/* A second owner waits in vain, and may read who has the lock. */
static void lock_has_two_owners(void **state)
{
	char path[] = P_tmpdir "/test-util.XXXXXX";
	int dir, first, second;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(lockfile_open(dir, "lock", &first), 0);
	assert_int_equal(fstat(first, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(lockfile_write(first, "owner"), 0);
	assert_int_equal(lockfile_open(dir, "lock", &second), -EAGAIN);
	assert_true(second >= 0);
	assert_int_equal(close(second), 0);
	assert_int_equal(close(first), 0);
	assert_int_equal(lockfile_open(dir, "lock", &first), 0);
	assert_int_equal(close(first), 0);
	assert_int_equal(unlinkat(dir, "lock", 0), 0);
	assert_int_equal(symlinkat("elsewhere", dir, "lock"), 0);
	assert_int_equal(lockfile_open(dir, "lock", &first), -ELOOP);
	assert_int_equal(first, -1);
	assert_int_equal(unlinkat(dir, "lock", 0), 0);
	assert_int_equal(close(dir), 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_returns_any_text),
		cmocka_unit_test(array_has_room_for_one_more),
		cmocka_unit_test(clock_is_monotonic),
		cmocka_unit_test(pause_lasts_through_signals),
		cmocka_unit_test(held_signals_wait_unless_ignored),
		cmocka_unit_test(lock_has_two_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
