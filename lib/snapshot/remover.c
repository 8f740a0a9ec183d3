/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Remove a temporary directory at the end of this process, even after SIGKILL. A shell
 * waits until the other end of its input is closed, which only this process holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "snapshot/snapshot.h"

extern char **environ;

/*
 * The shell runs in the background and is not a child of this process. It saves its
 * standard input first. The full stop keeps newlines, which command substitution
 * removes.
 */
static const char script[] =
	"exec 3<&0 </dev/null; "
	"(d=$(cat <&3; echo .); d=${d%.}; [ -z \"$d\" ] || exec rm -rf -- \"$d\") &";

/* Use a new process group: Ctrl-C on the terminal must not end the shell. */
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

/*
 * rm keeps one descriptor for each level. A limit that would stop it halfway must fail
 * here, before any file exists.
 */
#define REMOVER_NEEDS_FDS 16

static int check_limit_of_files(void)
{
	int fds[REMOVER_NEEDS_FDS], nr, r = 0;

	for (nr = 0; nr < REMOVER_NEEDS_FDS; nr++) {
		fds[nr] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fds[nr] < 0) {
			r = -errno;
			break;
		}
	}
	while (nr)
		close(fds[--nr]);
	return r;
}

int remover_start(void)
{
	int ends[2], r, status;
	pid_t pid;

	r = check_limit_of_files();
	if (r)
		return r;
	/* Use a socket as a pipe, to avoid SIGPIPE if the reader is gone. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	r = start_shell(ends[0], &pid);
	close(ends[0]);
	if (r) {
		close(ends[1]);
		return r;
	}
	/* A program that waits for all of its children may already have reaped it. */
	status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status) {
		close(ends[1]);
		return -EAGAIN;
	}
	return ends[1];
}

/* 128 random bits: nobody else has a directory of this name. */
static int name_randomly(char *name, size_t size)
{
	uint64_t random[2];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -errno;
	snprintf(name, size, "pcireset-%016" PRIx64 "%016" PRIx64, random[0], random[1]);
	return 0;
}

/* Send the name first: SIGKILL between the two calls must not leave a directory. */
int remover_mkdir(int fd, const char *place, char *path, size_t size)
{
	char name[64];
	int r = name_randomly(name, sizeof(name));

	if (r)
		return r;
	if ((size_t)snprintf(path, size, "%s/%s", place, name) >= size)
		return -ENAMETOOLONG;
	if (send(fd, path, strlen(path), MSG_NOSIGNAL) < 0)
		return -errno;
	return mkdir(path, 0700) ? -errno : 0;
}

/* Replace the path by a name that does not exist. */
void remover_stop(int fd)
{
	if (fd < 0)
		return;
	send(fd, ".", 1, MSG_NOSIGNAL);
	close(fd);
}
