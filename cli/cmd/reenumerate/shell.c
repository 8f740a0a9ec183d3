/* SPDX-License-Identifier: GPL-2.0-only */
/* COMMAND of --run: starts it, and waits for it. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "interrupt.h"
#include "reenumerate.h"

/* COMMAND gets the signals. It does not get standard output if that is for JSON. */
static pid_t start_shell(const struct request *req)
{
	char sh[] = "sh", c[] = "-c", *copy;
	char *argv[] = { sh, c, NULL, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	pid_t pid = -1;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	if (posix_spawnattr_init(&attr))
		return -1;
	if (posix_spawn_file_actions_init(&files))
		goto destroy_attr;
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (is_given(req, OPT_JSON))
		posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	argv[2] = copy = text("%s", req->command_line);
	if (posix_spawn(&pid, "/bin/sh", &files, &attr, argv, environ))
		pid = -1;
	free(copy);
	posix_spawn_file_actions_destroy(&files);
destroy_attr:
	posix_spawnattr_destroy(&attr);
	return pid;
}

/* Return the status like a shell: 128 plus the number of the signal that ended it. */
int shell_run(const struct request *req)
{
	pid_t pid = start_shell(req);
	int status, r;

	if (pid < 0)
		return 127;
	r = interrupt_wait(pid, &status);
	if (r)
		return r == -EINTR ? 128 + SIGINT : 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
