/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices: down through partitions, dm, md and NVMe multipath to PCI functions. */
#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "users/users.h"

#define MAX_STACK 64 /* of block devices on block devices; limits the recursion */

/* One walk down from a device. It visits each path once, because links may form a cycle. */
struct walk {
	struct pcireset_ctx *ctx;
	block_fn fn;
	void *data;
	void *seen; /* by tsearch(): strings */
};

static int by_string(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_first_time(struct walk *walk, const char *path)
{
	char *copy = strdup(path), **found = NULL;

	if (copy)
		found = tsearch(copy, &walk->seen, by_string);
	if (!found)
		ctx_fail(walk->ctx, -ENOMEM, path);
	if (!found || *found != copy)
		free(copy);
	return found && *found == copy;
}

static void foreach_function(struct walk *walk, const char *path, unsigned int depth);

/* Call fn for each entry of a directory that is itself a link in sysfs. */
static bool foreach_link(struct walk *walk, const char *dirname, const char *prefix,
			 unsigned int depth)
{
	char link[PATH_MAX], path[PATH_MAX];
	bool found = false;
	struct dirent *de;
	DIR *dir = opendir(dirname);

	if (!dir) {
		users_cannot_find(walk->ctx, -errno, dirname);
		return false;
	}
	while ((de = dir_next(dir))) {
		if (de->d_name[0] == '.' || strncmp(de->d_name, prefix, strlen(prefix)) ||
		    snprintf(link, sizeof(link), "%s/%s", dirname, de->d_name) >= (int)sizeof(link))
			continue;
		if (readlink(link, path, 1) < 0 || !realpath(link, path)) {
			users_cannot_find(walk->ctx, errno == EINVAL ? 0 : -errno, link);
			continue;
		}
		found = true;
		foreach_function(walk, path, depth + 1);
	}
	users_cannot_find(walk->ctx, -errno, dirname);
	closedir(dir);
	return found;
}

/*
 * A namespace with several possible controllers is a child of none of them. The
 * directory of its subsystem links to the controllers.
 */
static bool foreach_controller(struct walk *walk, const char *path, unsigned int depth)
{
	static const char mark[] = "/nvme-subsystem/";
	const char *subsystem = strstr(path, mark);
	char dirname[PATH_MAX];
	size_t len;

	if (!subsystem)
		return false;
	len = (size_t)(subsystem - path) + strlen(mark);
	len += strcspn(path + len, "/");
	memcpy(dirname, path, len);
	dirname[len] = '\0';
	return foreach_link(walk, dirname, "nvme", depth);
}

static void foreach_slave(struct walk *walk, const char *path, unsigned int depth)
{
	char dirname[PATH_MAX];
	char *slash;

	if (snprintf(dirname, sizeof(dirname), "%s/slaves", path) >= (int)sizeof(dirname) ||
	    foreach_link(walk, dirname, "", depth))
		return;
	/* A partition has no slaves of its own. Use those of its disk. */
	strcpy(dirname, path);
	slash = strrchr(dirname, '/');
	if (slash && (size_t)(slash - dirname) + sizeof("/slaves") < sizeof(dirname)) {
		strcpy(slash, "/slaves");
		foreach_link(walk, dirname, "", depth);
	}
}

static void foreach_function(struct walk *walk, const char *path, unsigned int depth)
{
	struct pcireset_addr addr;

	if (depth > MAX_STACK)
		users_note_doubt(&walk->ctx->users, "%s is a device on too many others", path);
	if (depth > MAX_STACK || !is_first_time(walk, path))
		return;
	if (addr_in_path(path, &addr))
		walk->fn(walk->ctx, &addr, walk->data);
	else if (!foreach_controller(walk, path, depth))
		foreach_slave(walk, path, depth);
}

/* Call fn for each PCI function that stores the block device with this real path. */
void block_foreach_function(struct pcireset_ctx *ctx, const char *path, block_fn fn, void *data)
{
	struct walk walk = { .ctx = ctx, .fn = fn, .data = data };

	foreach_function(&walk, path, 0);
	tdestroy(walk.seen, free);
}

/* The same for each block device that a directory has a link to. */
void block_foreach_link(struct pcireset_ctx *ctx, const char *dirname, block_fn fn, void *data)
{
	struct walk walk = { .ctx = ctx, .fn = fn, .data = data };

	foreach_link(&walk, dirname, "", 0);
	tdestroy(walk.seen, free);
}
