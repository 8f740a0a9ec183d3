/* SPDX-License-Identifier: GPL-2.0-only */
/* Children of "pcireset recover", with a time limit. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "recover.h"

#define GRACE_MS   2000
#define OUTPUT_MAX (1 << 20)

extern char **environ;

static void run_in_child(const struct child *child, int output)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	/* Standard output of this command has its own lines. */
	dup2(output >= 0 ? output : STDERR_FILENO, STDOUT_FILENO);
	for (char *const *e = child->environment; e && *e; e++)
		putenv(*e);
	if (child->run)
		_exit(child->run(child->data));
	execv(child->argv[0], child->argv);
	error("%s: %s", child->argv[0], strerror(errno));
	_exit(127);
}

/* Return false at the end of the output. */
static bool read_some(struct child *child, size_t *len, int fd)
{
	ssize_t n;

	if (!child->output)
		child->output = must(calloc(1, OUTPUT_MAX + 1));
	n = read(fd, child->output + *len, OUTPUT_MAX - *len);
	if (n > 0)
		*len += (size_t)n;
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Return true if the child has ended. */
static bool await_child(struct child *child, int pidfd, int *output, int64_t until)
{
	size_t len = child->output ? strlen(child->output) : 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
					{ .fd = *output, .events = POLLIN } };
		int64_t left = until - clock_ms();
		int n = poll(fds, 2, left > 0 ? (int)left : 0);

		if (n > 0 && fds[1].revents && !read_some(child, &len, *output)) {
			close(*output);
			*output = -1;
		} else if (n > 0 && fds[0].revents && !fds[1].revents) {
			return true;
		}
		if (n == 0)
			return false;
	}
}

static int status_of_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The grandchildren as well, if they are in the same group. */
static int stop_child(struct child *child, pid_t pid, int pidfd, int *output)
{
	static const int signals[] = { SIGTERM, SIGKILL };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		kill(-pid, signals[i]);
		if (await_child(child, pidfd, output, clock_ms() + GRACE_MS)) {
			status_of_child(pid);
			kill(-pid, SIGKILL);
			return -ETIMEDOUT;
		}
	}
	return -EDEADLK;
}

/* A child without supervision could touch the device at any time, so it ends at once. */
static int end_unsupervised(pid_t pid, int error)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
	status_of_child(pid);
	return error;
}

static int supervise_child(struct child *child, pid_t pid, int *output)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), r;

	if (pidfd < 0)
		return end_unsupervised(pid, -errno);
	if (await_child(child, pidfd, output, clock_ms() + child->timeout_ms))
		r = status_of_child(pid);
	else
		r = stop_child(child, pid, pidfd, output);
	close(pidfd);
	return r;
}

int child_run(struct child *child)
{
	int fds[2] = { -1, -1 }, r;
	pid_t pid;

	fflush(stdout);
	if (child->reads_output && pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		run_in_child(child, fds[1]);
	r = pid < 0 ? -errno : 0;
	if (fds[1] >= 0)
		close(fds[1]);
	if (!r)
		r = supervise_child(child, pid, &fds[0]);
	if (fds[0] >= 0)
		close(fds[0]);
	return r;
}
