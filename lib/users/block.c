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
			if (is_absent(-errno))
				users_lost_part(walk->ctx, link);
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

static bool foreach_slave(struct walk *walk, const char *disk, unsigned int depth)
{
	char dirname[PATH_MAX];

	return snprintf(dirname, sizeof(dirname), "%s/slaves", disk) < (int)sizeof(dirname) &&
	       foreach_link(walk, dirname, "", depth);
}

/* A loop device may be on a block device. A file is on a mounted file system. */
static bool foreach_backing(struct walk *walk, const char *disk, unsigned int depth)
{
	char path[PATH_MAX], node[PATH_MAX];
	int r = -ENOENT;

	if (snprintf(path, sizeof(path), "%s/" LOOP_FILE, disk) < (int)sizeof(path))
		r = read_file(path, node, sizeof(node));
	if (r < 0) {
		users_cannot_find(walk->ctx, r, disk);
		return false;
	}
	r = strncmp(node, "/dev/", 5) ? -ENOTBLK : node_in_sysfs(walk->ctx, node, path);
	if (!r)
		foreach_function(walk, path, depth + 1);
	else if (is_absent(r))
		users_note_disk_doubt(&walk->ctx->users, "%s is in use and cannot be found", node);
	else if (r != -ENOTBLK)
		users_cannot_read(walk->ctx, &walk->ctx->users, r, node);
	return true;
}

/* These are in memory, on the network, on flash chips of the board, or on a file. */
static bool is_without_function(const char *disk)
{
	static const char *const kinds[] = { "loop", "ram",      "zram",     "nbd",
					     "rbd",  "mtdblock", "ubiblock", "nullb" };
	const char *name = strrchr(disk, '/') + 1;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(name, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

/* A disk of DRBD or ZFS is on other disks, which sysfs does not name. */
static void note_unknown(struct walk *walk, const char *disk)
{
	static const char mark[] = "/devices/virtual/block/";
	const char *name = strstr(disk, mark);

	if (name && !is_without_function(disk))
		users_note_disk_doubt(&walk->ctx->users, "%s is on unknown disks",
				      name + strlen(mark));
}

/* A partition has no slaves of its own. Use those of its disk. */
static void foreach_below(struct walk *walk, const char *path, unsigned int depth)
{
	char disk[PATH_MAX];

	strcpy(disk, path);
	for (int i = 0; i < 2; i++) {
		if (foreach_slave(walk, disk, depth) || foreach_backing(walk, disk, depth))
			return;
		if (!i)
			*strrchr(disk, '/') = '\0';
	}
	note_unknown(walk, path);
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
		foreach_below(walk, path, depth);
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
