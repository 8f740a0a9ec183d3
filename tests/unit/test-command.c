/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of commands, whose end no name marks; errors after which an answer is not complete; children. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../cli/request.h"

/* The last row is behind the end of the table. */
static const struct command rows[] = {
	{ .name = "one", .options = OPT_TYPE | OPT_JSON },
	{ .name = "two", .options = OPT_JSON },
	{ .name = "behind", .options = OPT_TYPE | OPT_JSON | OPT_RAW },
};

static int use_table(void **state)
{
	(void)state;
	commands_set(rows, 2);
	return 0;
}

static void names_end_with_the_table(void **state)
{
	(void)state;
	assert_string_equal(command_at(0), "one");
	assert_string_equal(command_at(1), "two");
	assert_null(command_at(2));
	assert_null(command_at(SIZE_MAX));
}

static void only_commands_of_the_table_are_found(void **state)
{
	(void)state;
	assert_ptr_equal(command_find("two"), &rows[1]);
	assert_null(command_find("behind"));
	assert_null(command_find("tw"));
}

static void commands_with_an_option(void **state)
{
	static const struct {
		enum option_id id;
		const char *names;
	} wanted[] = { { OPT_JSON, "one, two" }, { OPT_TYPE, "one" }, { OPT_RAW, "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char *names = commands_with(wanted[i].id);

		assert_string_equal(names, wanted[i].names);
		free(names);
	}
}

static void too_little_of_anything_is_exhausted(void **state)
{
	static const int exhausted[] = { ENOMEM, EFBIG, EMFILE, ENFILE, EIO };
	static const int others[] = { 0, ENOENT, EPERM, EINVAL, EBADF };

	(void)state;
	for (size_t i = 0; i < sizeof(exhausted) / sizeof(exhausted[0]); i++) {
		errno = exhausted[i];
		assert_true(is_exhausted());
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		errno = others[i];
		assert_false(is_exhausted());
	}
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A child that ends after 0.2 s; a signal comes every 20 ms. */
static void a_signal_does_not_end_the_wait_for_a_child(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { 0 };
	int status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	pid = fork();
	if (!pid) {
		usleep(200000);
		_exit(7);
	}
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(child_wait(pid, &status), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(child_wait(pid, &status), -ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_end_with_the_table),
		cmocka_unit_test(only_commands_of_the_table_are_found),
		cmocka_unit_test(commands_with_an_option),
		cmocka_unit_test(too_little_of_anything_is_exhausted),
		cmocka_unit_test(a_signal_does_not_end_the_wait_for_a_child),
	};

	return cmocka_run_group_tests(tests, use_table, NULL);
}
