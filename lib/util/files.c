/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short files and links, as sysfs and proc have them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "util/util.h"

/* These errors mean that the object does not exist, or no longer exists. */
bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ENODEV || error == -ENXIO ||
	       error == -ESRCH;
}

/* Return NULL with errno 0 at the end. Otherwise errno has the reason for the failure. */
struct dirent *dir_next(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

#define PAGE 4096

/*
 * Files in sysfs and proc are short. Longer content is truncated. sysfs gives all of them the size
 * of a page, and tar fills its copies with zeros up to this size.
 */
int read_file_at(int dir, const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	/* A file of up to one page is complete after one read. */
	do {
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < size - 1 && len >= PAGE);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	while (len && (buf[len - 1] == '\n' || !buf[len - 1]))
		len--;
	buf[len] = '\0';
	return (int)len;
}

int read_file(const char *path, char *buf, size_t size)
{
	return read_file_at(AT_FDCWD, path, buf, size);
}

/* The last component of the target of a symbolic link. */
int read_link_name_at(int dir, const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dir, path, target, sizeof(target) - 1);
	const char *name;

	if (len < 0)
		return -errno;
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, name);
	return 0;
}

int read_link_name(const char *path, char *buf, size_t size)
{
	return read_link_name_at(AT_FDCWD, path, buf, size);
}
