/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that appear complete or not at all, even if the process is killed. A file gets
 * its name when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output.h"

/*
 * A hidden name in the same directory, without the suffix: a program that collects
 * *.prom ignores it.
 */
static char *name_beside(const char *name, const char *end)
{
	const char *base = strrchr(name, '/');

	base = base ? base + 1 : name;
	return text("%.*s.%s.%s", (int)(base - name), name, base, end);
}

static char *directory_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return text(".");
	return text("%.*s", slash == name ? 1 : (int)(slash - name), name);
}

static int open_unnamed(struct output *output, mode_t mode)
{
	char *directory = directory_of(output->name);

	output->fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	free(directory);
	return output->fd < 0 ? -errno : 0;
}

/* For file systems without O_TMPFILE. Only kill -9 leaves this file behind. */
static int open_named(struct output *output, mode_t mode)
{
	mode_t mask = umask(0);

	umask(mask);
	output->temporary = name_beside(output->name, "XXXXXX");
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd < 0)
		return -errno;
	return fchmod(output->fd, mode & ~mask) ? -errno : 0;
}

static int check_name(const struct output *output)
{
	struct stat st;

	if (lstat(output->name, &st))
		return errno == ENOENT ? 0 : -errno;
	if (output->kind == OUTPUT_NEW)
		return -EEXIST;
	/* A device, such as /dev/stdout, must not be replaced by a file. */
	return S_ISREG(st.st_mode) ? 0 : -ENODEV;
}

int output_open(struct output *output, const char *name, enum output_kind kind, mode_t mode)
{
	int r;

	*output = (struct output){ .name = name, .kind = kind, .fd = -1 };
	r = check_name(output);
	if (r)
		return r;
	r = open_unnamed(output, mode);
	if (r == -EOPNOTSUPP || r == -EISDIR || r == -EINVAL)
		r = open_named(output, mode);
	if (r)
		output_discard(output);
	return r;
}

/* The way without /proc needs a capability. */
static int link_to(int fd, const char *name)
{
	char *path;
	int r;

	if (!linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH))
		return 0;
	if (errno != ENOENT)
		return -errno;
	path = text("/proc/self/fd/%d", fd);
	r = linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
	free(path);
	return r;
}

/*
 * A link cannot replace a file. It first gets a fixed name next to the file. Only kill
 * -9 between the two steps leaves that name behind, until the next run.
 */
static int replace_file(struct output *output)
{
	sigset_t all, before;
	int r = link_to(output->fd, output->name);

	if (r != -EEXIST)
		return r;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	output->temporary = name_beside(output->name, "new");
	unlink(output->temporary);
	r = link_to(output->fd, output->temporary);
	if (!r && rename(output->temporary, output->name))
		r = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int give_name(struct output *output)
{
	unsigned int flags = output->kind == OUTPUT_NEW ? RENAME_NOREPLACE : 0;

	if (output->temporary)
		return renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->name, flags) ?
			       -errno :
			       0;
	if (output->kind == OUTPUT_NEW)
		return link_to(output->fd, output->name);
	return replace_file(output);
}

static void forget_file(struct output *output)
{
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	output->temporary = NULL;
	output->fd = -1;
}

int output_commit(struct output *output)
{
	int r = fsync(output->fd) ? -errno : 0;

	if (!r)
		r = give_name(output);
	if (close(output->fd) && !r)
		r = -errno;
	forget_file(output);
	return r;
}

void output_discard(struct output *output)
{
	if (output->fd >= 0)
		close(output->fd);
	forget_file(output);
}
