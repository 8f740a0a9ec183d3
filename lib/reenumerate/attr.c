/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a function in sysfs. A file that cannot be read is never taken for an empty one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "reenumerate/reenumerate.h"

/* Only the first unreadable file is kept. */
void unread_note(struct unread *unread, const char *path, int error)
{
	if (unread->error)
		return;
	unread->error = error;
	snprintf(unread->path, sizeof(unread->path), "%s", path);
}

int attr_write(struct pcireset_ctx *ctx, const char *path, const char *value)
{
	char full[PATH_MAX];
	int fd, r = ctx_path(ctx, full, "%s", path);

	if (r < 0)
		return r;
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

int attr_write_of(struct pcireset_ctx *ctx, const char *name, const char *attr, const char *value)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", name, attr) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return attr_write(ctx, path, value);
}

/*
 * Return the length of the text, or a negative errno. A file that exists and cannot be read
 * is noted.
 */
int attr_read(struct pcireset_ctx *ctx, const char *path, struct unread *unread,
	      char text[ATTR_MAX])
{
	char full[PATH_MAX];
	int r = ctx_path(ctx, full, "%s", path);

	text[0] = '\0';
	if (r >= 0)
		r = read_file(full, text, ATTR_MAX);
	if (r < 0 && !is_absent(r))
		unread_note(unread, full + strlen(ctx->sysroot), r);
	return r;
}

/*
 * Rescan the bus and not the port: only this lets the windows of a bridge with an empty
 * bus grow.
 */
int attr_rescan(struct pcireset_ctx *ctx, const char *port, uint32_t domain, unsigned int bus)
{
	char attr[64];

	snprintf(attr, sizeof(attr), "pci_bus/%04x:%02x/rescan", domain, bus);
	return attr_write_of(ctx, port, attr, "1");
}
