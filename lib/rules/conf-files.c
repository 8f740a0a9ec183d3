/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Find and read the files of several directories. The first file of each name counts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "rules/conf.h"

#define SUFFIX ".conf"

/* ---- owners */

/*
 * Accept files of root and of the user who runs this. With an ACL, the bits of the group
 * are the mask of all entries, so treat them as an access for others.
 */
static bool is_trusted(const struct stat *st)
{
	bool may_be_group = st->st_uid && geteuid() && st->st_gid == getegid();

	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & S_IWOTH) &&
	       (!(st->st_mode & S_IWGRP) || may_be_group);
}

/* With the sticky bit, only the owner of a file can replace it. */
static bool is_trusted_parent(struct stat st)
{
	if (st.st_mode & S_ISVTX)
		st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return is_trusted(&st);
}

/* The real directory of a file, after all links. @opened is the file that was opened by @path. */
static int stat_parent(const char *path, const struct stat *opened, struct stat *st)
{
	char real[PATH_MAX], *slash;

	/* A rescue system may lack /proc, so do not ask /proc/self/fd. */
	if (!realpath(path, real) || stat(real, st))
		return -errno;
	if (st->st_dev != opened->st_dev || st->st_ino != opened->st_ino)
		return -EAGAIN;
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	return stat(real, st) ? -errno : 0;
}

static int full_path(const struct conf_place *place, char full[PATH_MAX], const char *path)
{
	return snprintf(full, PATH_MAX, "%s/%s", place->sysroot, path) < PATH_MAX ? 0 :
										    -ENAMETOOLONG;
}

/* Return 0 if the file counts. -EPERM is not an error of open(), which returns -EACCES. */
static int check_owner(const struct conf_place *place, const char *path, int fd)
{
	char full[PATH_MAX];
	struct stat st, parent;
	int r;

	if (!place->checks_owners)
		return 0;
	r = full_path(place, full, path);
	if (r)
		return r;
	if (fstat(fd, &st))
		return -errno;
	if (!is_trusted(&st))
		return -EPERM;
	r = stat_parent(full, &st, &parent);
	return r || is_trusted_parent(parent) ? r : -EPERM;
}

/* ---- files */

/* Links in a sysroot do not lead out of it. */
static int open_inside(const struct conf_place *place, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK),
		.resolve = RESOLVE_IN_ROOT,
	};
	char full[PATH_MAX];
	int root, fd;

	if (!*place->sysroot) {
		if (full_path(place, full, path) < 0)
			return -ENAMETOOLONG;
		fd = open(full, (int)how.flags);
		return fd < 0 ? -errno : fd;
	}
	root = open(place->sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(root);
	return fd;
}

static bool is_masked(const struct conf_place *place, const char *path)
{
	static const char null[] = "/dev/null";
	char full[PATH_MAX], target[sizeof(null)];

	return !full_path(place, full, path) &&
	       readlink(full, target, sizeof(target)) == (ssize_t)strlen(null) &&
	       !strncmp(target, null, strlen(null));
}

/* Take over the descriptor. */
static int read_text(int fd, struct conf_file *file)
{
	struct stat st;
	ssize_t n = 1;
	int r = fstat(fd, &st) ? -errno : 0;

	if (!r && !S_ISREG(st.st_mode))
		r = -EISDIR;
	if (!r && st.st_size > CONF_MAX_BYTES)
		r = -EFBIG;
	file->text = r ? NULL : calloc(1, CONF_MAX_BYTES + 2);
	if (!r && !file->text)
		r = -ENOMEM;
	/* The size of fstat() is not binding: the file may grow. */
	while (!r && n && file->size <= CONF_MAX_BYTES) {
		n = read(fd, file->text + file->size, CONF_MAX_BYTES + 1 - file->size);
		r = n < 0 ? -errno : 0;
		file->size += n > 0 ? (size_t)n : 0;
	}
	if (!r && file->size > CONF_MAX_BYTES)
		r = -EFBIG;
	/* An empty file has a meaning. */
	if (!r && !file->size && st.st_size)
		r = -EIO;
	close(fd);
	return r;
}

void conf_file_clear(struct conf_file *file)
{
	free(file->path);
	free(file->text);
	*file = (struct conf_file){ 0 };
}

/*
 * A mistake of the administrator is an error in the configuration. Any other failure,
 * such as too many open files, leaves the configuration unknown.
 */
static int cannot_read(struct conf_place *place, const char *path, int error)
{
	static const int mistakes[] = { -EACCES, -EPERM,  -EISDIR,  -EFBIG,
					-ELOOP,  -ENOENT, -ENOTDIR, -ENXIO };
	static const char foreign[] =
		"another user than root owns it, or can write to it or its directory";
	const char *words = error == -EISDIR ? "is not a file" :
			    error == -EPERM  ? foreign :
					       strerror(-error);
	char message[PATH_MAX + 64];

	snprintf(message, sizeof(message), "/%s: %s", path, words);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (error == mistakes[i])
			return place->complain(place->data, message);
	snprintf(place->failed, sizeof(place->failed), "/%s", path);
	return error;
}

/* An empty file, or a link to /dev/null, only masks the files with its name. */
static int load_file(struct conf_place *place, const char *path)
{
	struct conf_file file = { 0 };
	int fd, r;

	if (is_masked(place, path))
		return 0;
	if (asprintf(&file.path, "/%s", path) < 0)
		return -ENOMEM;
	fd = open_inside(place, path, 0);
	r = fd < 0 ? fd : check_owner(place, path, fd);
	if (!r)
		r = read_text(fd, &file);
	else if (fd >= 0)
		close(fd);
	if (!r && file.size)
		return place->add(place->data, &file);
	if (r)
		r = cannot_read(place, path, r);
	conf_file_clear(&file);
	return r;
}

/* ---- directories */

struct names {
	struct conf_name {
		char *name;
		size_t directory;
	} * v;
	size_t nr;
};

static int add_name(struct names *names, size_t directory, const char *name)
{
	struct conf_name *v = reallocarray(names->v, names->nr + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	names->v = v;
	v[names->nr] = (struct conf_name){ strdup(name), directory };
	return v[names->nr].name ? (names->nr++, 0) : -ENOMEM;
}

static bool is_conf_name(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > strlen(SUFFIX) && !strcmp(name + len - strlen(SUFFIX), SUFFIX);
}

/* Return -ENOENT for a link that leads nowhere, 0 for no link, or another negative errno. */
static int check_link(const struct conf_place *place, const char *path)
{
	char full[PATH_MAX];
	struct stat st;
	int fd, r = full_path(place, full, path);

	if (!r && lstat(full, &st))
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (r || !S_ISLNK(st.st_mode))
		return r;
	fd = open_inside(place, path, O_DIRECTORY);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* A broken link is an error: the files may be on a file system that is not mounted. */
static int check_absent(struct conf_place *place, const char *directory)
{
	const char *slash = strrchr(directory, '/');
	char parent[64];
	int r;

	snprintf(parent, sizeof(parent), "%.*s", (int)(slash ? slash - directory : 0), directory);
	r = *parent ? check_link(place, parent) : 0;
	if (r)
		return cannot_read(place, parent, r);
	r = check_link(place, directory);
	return r ? cannot_read(place, directory, r) : 0;
}

static int read_directory(struct conf_place *place, struct names *names, size_t i)
{
	const char *directory = place->directories[i];
	int fd = open_inside(place, directory, O_DIRECTORY), r = 0;
	struct dirent *de;
	DIR *dir;

	if (fd == -ENOENT)
		return check_absent(place, directory);
	r = fd < 0 ? fd : check_owner(place, directory, fd);
	dir = r ? NULL : fdopendir(fd);
	if (!dir) {
		r = r ? r : -errno;
		if (fd >= 0)
			close(fd);
		return cannot_read(place, directory, r);
	}
	while (!r && (errno = 0, de = readdir(dir)))
		if (is_conf_name(de->d_name))
			r = add_name(names, i, de->d_name);
	if (!r && errno)
		r = cannot_read(place, directory, -errno);
	closedir(dir);
	return r;
}

/* By name, and files with the same name in the order of the directories. */
static int by_name(const void *a, const void *b)
{
	const struct conf_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->directory < y->directory ? -1 : 1;
}

static int load_names(struct conf_place *place, const struct names *names)
{
	char path[PATH_MAX];
	int r = 0;

	if (names->nr)
		qsort(names->v, names->nr, sizeof(*names->v), by_name);
	for (size_t i = 0; !r && i < names->nr; i++) {
		const struct conf_name *name = &names->v[i];

		if (i && !strcmp(name->name, name[-1].name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", place->directories[name->directory],
			 name->name);
		r = load_file(place, path);
	}
	return r;
}

int conf_load(struct conf_place *place)
{
	struct names names = { 0 };
	int r = 0;

	place->failed[0] = '\0';
	for (size_t i = 0; !r && place->directories[i]; i++)
		r = read_directory(place, &names, i);
	if (!r)
		r = load_names(place, &names);
	for (size_t i = 0; i < names.nr; i++)
		free(names.v[i].name);
	free(names.v);
	return r;
}
