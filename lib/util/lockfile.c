/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lock files that only their owner may open. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/util.h"

#define TRIES    10
#define PAUSE_US 20000 /* longer than any process needs to read a file */

int lockfile_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The previous owner of the lock may have removed the file after this process opened it. */
static bool has_name(int fd, int dir, const char *name)
{
	struct stat opened, named;

	return !fstat(fd, &opened) && !fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static int try_once(int dir, const char *name, int *ret_fd)
{
	*ret_fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return -errno;
	/* A file from an older version may have a wider mode. */
	if (fchmod(*ret_fd, 0600) || flock(*ret_fd, LOCK_EX | LOCK_NB))
		return -errno;
	return has_name(*ret_fd, dir, name) ? 0 : -EAGAIN;
}

int lockfile_open(int dir, const char *name, int *ret_fd)
{
	int r = -EAGAIN;

	*ret_fd = -1;
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		if (*ret_fd >= 0)
			close(*ret_fd);
		if (i)
			usleep(PAUSE_US);
		r = try_once(dir, name, ret_fd);
	}
	if (r && r != -EAGAIN && *ret_fd >= 0) {
		close(*ret_fd);
		*ret_fd = -1;
	}
	return r;
}

int lockfile_write(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t written;

	if (ftruncate(fd, 0))
		return -errno;
	written = pwrite(fd, text, len, 0);
	if (written != (ssize_t)len)
		return written < 0 ? -errno : -EIO;
	return fsync(fd) ? -errno : 0;
}
