/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions of a copied machine that /sys/devices has and /sys/bus/pci/devices does not list:
 * the program that copied it lost the link. Without them, the reach of their neighbours would
 * be too small.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctx/ctx.h"

static bool is_listed(const struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	size_t i = ctx_first_from(ctx, addr);

	return i < ctx->nr_devs && addr_is(&ctx->devs[i]->addr, addr);
}

/* Other directories have such names, too, but only a function has a vendor. */
static int check_name(struct pcireset_ctx *ctx, const char *dirname, const char *name)
{
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r = 0;

	if (!addr_parse(name, strlen(name), &addr) || is_listed(ctx, &addr))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/vendor", dirname, name) >= (int)sizeof(path))
		r = -ENAMETOOLONG;
	else if (access(path, F_OK))
		r = -errno;
	if (r)
		return is_absent(r) ? 0 : ctx_error(ctx, r, "%s: %s", path, strerror(-r));
	return ctx_error(ctx, -ENOENT,
			 "%s: /sys/devices has this function, and its link in /sys/bus/pci/devices "
			 "is missing; copy or record this machine again",
			 name);
}

static int check_directory(struct pcireset_ctx *ctx, const char *dirname)
{
	DIR *dir = opendir(dirname);
	struct dirent *de;
	int r = 0;

	if (!dir)
		return is_absent(-errno) ?
			       0 :
			       ctx_error(ctx, -errno, "%s: %s", dirname, strerror(errno));
	while (!r && (de = dir_next(dir)))
		r = check_name(ctx, dirname, de->d_name);
	if (!r && errno)
		r = ctx_error(ctx, -errno, "%s: %s", dirname, strerror(errno));
	closedir(dir);
	return r;
}

/* The host bridge of a root bus: it need not be in /sys/devices itself. */
static int check_above(struct pcireset_ctx *ctx, const struct pcireset_dev *dev,
		       char last[PATH_MAX])
{
	size_t len = (size_t)(strrchr(dev->path, '/') - dev->path);

	if (!strncmp(last, dev->path, len) && !last[len])
		return 0;
	snprintf(last, PATH_MAX, "%.*s", (int)len, dev->path);
	return check_directory(ctx, last);
}

/* A root bus of which no function is listed. */
static int check_root(void *data, const char *dirname, const char *name)
{
	char path[PATH_MAX];
	int r;

	if (strncmp(name, "pci", 3))
		return 0;
	r = ctx_path(data, path, "%s/%s", dirname, name);
	return r < 0 ? ctx_error(data, r, "%s: %s", name, strerror(-r)) :
		       check_directory(data, path);
}

int ctx_check_unlisted(struct pcireset_ctx *ctx)
{
	char last[PATH_MAX] = "";
	int r = ctx_foreach_name(ctx, "sys/devices", check_root, ctx);

	for (size_t i = 0; !r && i < ctx->nr_devs; i++) {
		struct pcireset_dev *dev = ctx->by_path[i];

		if (!pcireset_dev_get_parent(dev))
			r = check_above(ctx, dev, last);
		if (!r && pcireset_dev_is_bridge(dev))
			r = check_directory(ctx, dev->path);
	}
	return r;
}
