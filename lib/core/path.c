/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths below the sysroot, and the places of device nodes in sysfs. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "core/core.h"

static int path_vformat(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt,
			va_list ap)
{
	int root = snprintf(buf, PATH_MAX, "%s/", ctx->sysroot);
	int rest;

	if (root >= PATH_MAX)
		return -ENAMETOOLONG;
	rest = vsnprintf(buf + root, (size_t)(PATH_MAX - root), fmt, ap);
	return rest >= PATH_MAX - root ? -ENAMETOOLONG : 0;
}

int ctx_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = path_vformat(ctx, buf, fmt, ap);
	va_end(ap);
	return r;
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/*
 * On the running machine, a link that leads nowhere is that of a device which was just
 * removed. In a sysroot, the device is lost.
 */
int ctx_realpath(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = path_vformat(ctx, path, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	r = realpath(path, buf) ? 0 : -errno;
	return *ctx->sysroot && is_absent(r) && is_link(path) ? LINK_BROKEN : r;
}

/*
 * Find the path of a function in sysfs. On the running machine, the link has it. In a
 * sysroot, the link may be anything.
 */
int ctx_dev_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *name)
{
	static const char up[] = "../../../devices/";
	char link[64], target[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", name);
	len = *ctx->sysroot ? -1 : readlink(link, target, sizeof(target) - 1);
	if (len < 0 || strncmp(target, up, sizeof(up) - 1))
		return ctx_realpath(ctx, buf, "%s", link + 1);
	target[len] = '\0';
	return snprintf(buf, PATH_MAX, "/sys/devices/%s", target + sizeof(up) - 1) < PATH_MAX ?
		       0 :
		       -ENAMETOOLONG;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * Call fn for each name in a directory until it fails. A missing directory has no
 * names. The order is sorted, so that a recorded machine gives the same output.
 */
int ctx_foreach_name(struct pcireset_ctx *ctx, const char *dirname, name_fn fn, void *data)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int nr, r = ctx_path(ctx, path, "%s", dirname);

	if (r < 0)
		return ctx_fail(ctx, r, dirname);
	nr = scandir(path, &entries, NULL, by_name);
	if (nr < 0)
		return is_absent(-errno) ? 0 : ctx_fail(ctx, -errno, path);
	for (int i = 0; i < nr; i++) {
		if (!r && entries[i]->d_name[0] != '.')
			r = fn(data, dirname, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* file is a device node of this machine, or a link to one. */
int node_number_in_sysfs(struct pcireset_ctx *ctx, const char *file, char path[PATH_MAX])
{
	struct stat st;

	if (stat(file, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return -ENOTBLK;
	return ctx_realpath(ctx, path, "sys/dev/%s/%u:%u", S_ISBLK(st.st_mode) ? "block" : "char",
			    major(st.st_rdev), minor(st.st_rdev));
}

struct class_search {
	struct pcireset_ctx *ctx;
	const char *base;
	char *path;
};

static int find_in_class(void *data, const char *dirname, const char *name)
{
	struct class_search *search = data;
	int r = ctx_realpath(search->ctx, search->path, "%s/%s/%s", dirname, name, search->base);

	return !r ? 1 : is_absent(r) ? 0 : r;
}

/* On this machine, find a node by its number. In a sysroot, find it by its name. */
int node_in_sysfs(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX])
{
	/*
	 * These classes precede all others, which may have a device of this name
	 * without a node.
	 */
	static const char *const classes[] = { "block", "nvme", "nvme-generic", "misc", "drm" };
	const char *base = strrchr(node, '/') + 1;
	struct class_search search = { ctx, base, path };
	int r;

	if (!*ctx->sysroot)
		return node_number_in_sysfs(ctx, node, path);
	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		r = ctx_realpath(ctx, path, "sys/class/%s/%s", classes[i], base);

		if (!r || !is_absent(r))
			return r;
	}
	r = ctx_foreach_name(ctx, "sys/class", find_in_class, &search);
	return r < 0 ? r : r ? 0 : -ENOENT;
}

/* Is a file there? Links count even if they lead nowhere. */
int ctx_look(const struct pcireset_ctx *ctx, const char *file, char path[PATH_MAX])
{
	struct stat st;
	int r = ctx_path(ctx, path, "%s", file);

	return r < 0 ? r : lstat(path, &st) ? -errno : 0;
}

/* What cannot be told is there. */
bool ctx_lacks(const struct pcireset_ctx *ctx, const char *file)
{
	char path[PATH_MAX];

	return is_absent(ctx_look(ctx, file, path));
}

const char *pcireset_ctx_get_sysroot(const struct pcireset_ctx *ctx)
{
	return ctx->sysroot;
}
