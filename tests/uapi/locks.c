// SPDX-License-Identifier: GPL-2.0-only
/* While somebody else has the disk's device lock, as the guest script sees to: how long a RESET waits, and for what. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "uapi.h"

/* Far more than the module waits for a lock, even on a busy host. */
#define BOUND_MS 60000

static unsigned int now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static unsigned int refuses(int fd, uint32_t flags, int want, const char *what)
{
	struct pcireset_reset arg = { .flags = flags };
	unsigned int start = now_ms();

	gives(reset(fd, PCI_RESET_FLR, &arg), want, "RESET %s", what);
	start = now_ms() - start;
	is(arg.out_why, PCIRESET_WHY_LOCK, "for a lock");
	ok(is_addr(arg.out_who, DISK), "of the disk");
	is(arg.out_issued, 0, "nothing was issued");
	return start;
}

static void test_query(int fd)
{
	struct pcireset_query plan = { 0 };
	unsigned int start = now_ms();

	gives(query(fd, PCI_RESET_FLR, &plan), 0, "QUERY while the lock is held");
	ok(now_ms() - start < BOUND_MS, "in bounded time");
	is(plan.out_type, PCI_RESET_FLR, "it tells the type");
}

/* Whether the process sleeps in the module: the kernel lets it go only for a fatal signal. */
static bool is_waiting(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state == 'D' || state == 'S';
}

static void test_signal(int fd, int signal, const char *name)
{
	unsigned int start;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct pcireset_reset arg = { 0 };

		_exit(reset(fd, PCI_RESET_FLR, &arg));
	}
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	for (unsigned int ms = 0; ms < BOUND_MS && !is_waiting(pid); ms += 10)
		usleep(10000);
	start = now_ms();
	kill(pid, signal);
	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid: %s", strerror(errno));
	ok(WIFSIGNALED(status) && WTERMSIG(status) == signal, "%s ends a process that waits", name);
	if (!WIFSIGNALED(status))
		printf("# it ended with %d\n", WEXITSTATUS(status));
	ok(now_ms() - start < 3000, "and before the module would have given up");
}

void test_locks(void)
{
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	unsigned int tried, waited;

	watch_begin();
	tried = refuses(fd, PCIRESET_RESET_TRY, EAGAIN, "with TRY");
	waited = refuses(fd, 0, EBUSY, "without TRY");
	ok(tried < waited, "with TRY it does not wait");
	ok(waited < BOUND_MS, "without, it waits in bounds");
	test_query(fd);
	test_signal(fd, SIGKILL, "SIGKILL");
	test_signal(fd, SIGTERM, "SIGTERM");
	watch_end("a lock in the way");
	close(fd);
}
