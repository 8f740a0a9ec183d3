/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removes a temporary directory however this process ends, by SIGKILL too: a shell waits until the other end of its
 * input, which only this process has, is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remover.h"

extern char **environ;

/*
 * In the background, so that it is no child of this process; the shell takes the standard input from what is there.
 * The full stop keeps ends of lines, which command substitution takes away.
 */
static const char script[] =
	"exec 3<&0 </dev/null; "
	"(d=$(cat <&3; echo .); d=${d%.}; [ -z \"$d\" ] || exec rm -rf -- \"$d\") &";

/* Not from the terminal's process group: Ctrl-C is not for it. */
static int start_shell(int from, pid_t *ret_pid)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	r = posix_spawnattr_init(&attr);
	if (r)
		return -r;
	r = posix_spawn_file_actions_init(&actions);
	if (r)
		goto destroy_attr;
	r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY,
						     0);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
						     0);
	if (!r)
		r = posix_spawn(ret_pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);

destroy_attr:
	posix_spawnattr_destroy(&attr);
	return -r;
}

int remover_start(void)
{
	int ends[2], r;
	pid_t pid;

	/* A pipe, but for the signal where its reader is gone. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	r = start_shell(ends[0], &pid);
	close(ends[0]);
	if (r) {
		close(ends[1]);
		return r;
	}
	/* A program that waits for all of its children may have been quicker. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ends[1];
}

int remover_takes(int fd, const char *path)
{
	return send(fd, path, strlen(path), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The name becomes one that mkdtemp() never makes. If that fails, nothing is left to be removed either. */
void remover_stop(int fd)
{
	if (fd < 0)
		return;
	send(fd, ".", 1, MSG_NOSIGNAL);
	close(fd);
}
