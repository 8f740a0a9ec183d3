// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail-nth N FILE COMMAND...: runs COMMAND with the Nth allocation that the kernel makes for it failed, as far as the kernel's fault
 * injection counts allocations, and exits with its status. FILE gets what is left of N: 0 if that happened, more if COMMAND ended before.
 *
 * What is left of N is gone with the process, so it is read when that is about to exit: a tracer is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	USAGE = 2,
	BROKEN = 111,
	KILLED = 112
};

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "fail-nth: %s: %s\n", what, strerror(errno));
	exit(BROKEN);
}

static int open_counter(pid_t pid, int mode)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", pid, pid);
	fd = open(path, mode | O_CLOEXEC);
	if (fd < 0)
		broken(path);
	return fd;
}

static void set_counter(pid_t pid, const char *value)
{
	int fd = open_counter(pid, O_WRONLY);

	if (write(fd, value, strlen(value)) < 0)
		broken("write");
	close(fd);
}

static int read_counter(pid_t pid)
{
	char value[16] = "";
	int fd = open_counter(pid, O_RDONLY);

	if (read(fd, value, sizeof(value) - 1) <= 0)
		broken("read");
	close(fd);
	return atoi(value);
}

static void tell(const char *path, int left)
{
	FILE *file = fopen(path, "we");

	if (!file || fprintf(file, "%d\n", left) < 0 || fclose(file))
		broken(path);
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		broken("fork");
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[0], argv);
		broken(argv[0]);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		broken("waitpid");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL))
		broken("ptrace");
	return pid;
}

/* Returns its status as waitpid() tells it. */
static int follow(pid_t pid, const char *path)
{
	int status, signal = 0;

	for (;;) {
		if (ptrace(PTRACE_CONT, pid, NULL, signal))
			broken("ptrace");
		if (waitpid(pid, &status, 0) < 0)
			broken("waitpid");
		if (!WIFSTOPPED(status))
			return status;
		signal = WSTOPSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			tell(path, read_counter(pid));
		/* One comes of exec() too. */
		if (signal == SIGTRAP)
			signal = 0;
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 4 || atoi(argv[1]) < 1) {
		fputs("usage: fail-nth N FILE COMMAND...\n", stderr);
		return USAGE;
	}
	pid = start(argv + 3);
	set_counter(pid, argv[1]);
	status = follow(pid, argv[2]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}
