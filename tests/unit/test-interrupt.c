/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals while pcireset waits for a command of the user. Each test is a process: pcireset counts signals until it ends. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "interrupt.h"

/* The library's answer: with the module, nothing but the reset itself blocks signals. */
enum pcireset_backend pcireset_ctx_get_backend(const struct pcireset_ctx *ctx)
{
	(void)ctx;
	return PCIRESET_BACKEND_MODULE;
}

void say(FILE *out, const char *fmt, ...)
{
	(void)out;
	(void)fmt;
}

void error(const char *fmt, ...)
{
	(void)fmt;
}

static void in_process(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		alarm(20);
		interrupt_catch();
		interrupt_begin(NULL);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/*
 * A command that sends its parent SIGTERM so many times, and awaits that of its parent after the first
 * one, which comes once. It ends then, unless it has sent two.
 */
static pid_t command(int nr_signals)
{
	sigset_t term, old;
	int signal;
	pid_t pid;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &old);
	pid = fork();
	if (pid) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		return pid;
	}
	if (nr_signals)
		kill(getppid(), SIGTERM);
	sigwait(&term, &signal);
	if (nr_signals < 2)
		_exit(sigtimedwait(&term, NULL, &(struct timespec){ .tv_nsec = 400000000 }) < 0 ?
			      3 :
			      5);
	kill(getppid(), SIGTERM);
	for (;;)
		pause();
}

static int wait_normally(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		usleep(250000);
		_exit(7);
	}
	if (interrupt_wait(pid, &status) || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
		return 1;
	return interrupt_wait(pid, &status) == -ECHILD ? 0 : 2;
}

static void the_status_is_the_command_s(void **state)
{
	(void)state;
	in_process(wait_normally);
}

static int get_one(void)
{
	int status = -1;
	pid_t pid = command(1);

	if (interrupt_wait(pid, &status) || !interrupt_is_given())
		return 1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : 2;
}

static void the_command_gets_a_signal_of_a_process(void **state)
{
	(void)state;
	in_process(get_one);
}

/* No system call returns early for it. */
static int get_one_before(void)
{
	int status = -1;
	pid_t pid = command(0);

	kill(getpid(), SIGTERM);
	if (!interrupt_is_given())
		return 1;
	if (interrupt_wait(pid, &status))
		return 2;
	return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : 3;
}

static void also_if_it_came_before_the_wait(void **state)
{
	(void)state;
	in_process(get_one_before);
}

static int get_two(void)
{
	int status = -1, r;
	pid_t pid = command(2);

	r = interrupt_wait(pid, &status);
	if (r != -EINTR || kill(pid, 0))
		return 1;
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) == pid ? 0 : 2;
}

static void a_second_signal_ends_the_wait(void **state)
{
	(void)state;
	in_process(get_two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_is_the_command_s),
		cmocka_unit_test(the_command_gets_a_signal_of_a_process),
		cmocka_unit_test(also_if_it_came_before_the_wait),
		cmocka_unit_test(a_second_signal_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
