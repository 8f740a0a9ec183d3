/* SPDX-License-Identifier: GPL-2.0-only */
/* Children of pcireset recover: one that takes too long is killed with its own, and none runs without supervision. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sysroot.h"
#include "../../cli/cmd/recover/recover.h"

/* Shared with the children. */
static struct {
	volatile pid_t child, grandchild;
} * shared;

static bool is_pidfd_broken;

/* What process.c calls, by the linker. */
long __real_syscall(long number, pid_t pid, unsigned int flags);
long __wrap_syscall(long number, pid_t pid, unsigned int flags);

long __wrap_syscall(long number, pid_t pid, unsigned int flags)
{
	if (number != SYS_pidfd_open || !is_pidfd_broken)
		return __real_syscall(number, pid, flags);
	errno = EMFILE;
	return -1;
}

static int make_shared(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return shared == MAP_FAILED;
}

static int run_forever(void *data)
{
	(void)data;
	signal(SIGTERM, SIG_IGN);
	shared->child = getpid();
	shared->grandchild = fork();
	for (;;)
		pause();
	return 0;
}

/* It takes a small part of its time: a clock with a wrong unit would kill it. */
static int run_briefly(void *data)
{
	(void)data;
	usleep(200000);
	return dprintf(STDOUT_FILENO, "hello") == 5 ? 7 : 8;
}

/* A killed grandchild is a zombie until init, or what takes its place, has waited for it. */
static bool has_ended(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	if (f)
		fclose(f);
	return state == 'Z';
}

/* A busy machine may not have let the child begin. */
static void all_have_ended(void)
{
	if (shared->child)
		assert_true(has_ended(shared->child));
	for (int i = 0; shared->grandchild && i < 3000 && !has_ended(shared->grandchild); i++)
		usleep(10000);
	if (shared->grandchild)
		assert_true(has_ended(shared->grandchild));
}

static void a_child_has_a_status_and_an_output(void **state)
{
	struct child child = { .run = run_briefly, .timeout_ms = 60000, .reads_output = true };

	(void)state;
	assert_int_equal(child_run(&child), 7);
	assert_string_equal(child.output, "hello");
	free(child.output);
}

static void a_child_that_takes_too_long_is_killed(void **state)
{
	struct child child = { .run = run_forever, .timeout_ms = 500 };

	(void)state;
	assert_int_equal(child_run(&child), -ETIMEDOUT);
	all_have_ended();
}

/* It would touch the device at any time, and nobody could end it. */
static void a_child_without_supervision_is_killed(void **state)
{
	struct child child = { .run = run_forever, .timeout_ms = 60000 };

	(void)state;
	shared->child = shared->grandchild = 0;
	is_pidfd_broken = true;
	assert_int_equal(child_run(&child), -EMFILE);
	is_pidfd_broken = false;
	all_have_ended();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_a_status_and_an_output),
		cmocka_unit_test(a_child_that_takes_too_long_is_killed),
		cmocka_unit_test(a_child_without_supervision_is_killed),
	};

	return cmocka_run_group_tests_name("recover-process", tests, make_shared, NULL);
}
