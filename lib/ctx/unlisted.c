/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions of a copied machine that /sys/devices has and /sys/bus/pci/devices does not list:
 * the program that copied it lost the link. Without them, the reach of their neighbours would
 * be too small.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctx/ctx.h"

/* Other directories have such names, too, but only a function has a vendor. */
static int check_name(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r;

	if (!addr_parse(name, strlen(name), &addr) || pcireset_ctx_get_dev(ctx, &addr))
		return 0;
	r = ctx_path(ctx, path, "%s/%s/vendor", dirname, name);
	if (!r && access(path, F_OK))
		r = -errno;
	if (r)
		return is_absent(r) ? 0 : ctx_fail(ctx, r, path);
	return ctx_error(ctx, -ENOENT,
			 "%s: /sys/devices has this function, and its link in /sys/bus/pci/devices "
			 "is missing; copy or record this machine again",
			 name);
}

static int check_directory(struct pcireset_ctx *ctx, const char *path)
{
	return ctx_foreach_name(ctx, path + strlen(ctx->sysroot) + 1, check_name, ctx);
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

	if (strncmp(name, "pci", 3))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", dirname, name) >= (int)sizeof(path))
		return ctx_fail(data, -ENAMETOOLONG, name);
	return ctx_foreach_name(data, path, check_name, data);
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
