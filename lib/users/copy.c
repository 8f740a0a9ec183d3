/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uses in a copy of a machine. A list that every machine has and the copy lacks is unknown,
 * and not empty. A recording omits lists on purpose; see recording_learn().
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "users/users.h"

static bool is_copy(const struct pcireset_ctx *ctx)
{
	return *ctx->sysroot && !ctx->is_recording;
}

void users_expect(struct pcireset_ctx *ctx, const char *file)
{
	if (is_copy(ctx) && ctx_lacks(ctx, file))
		users_note_doubt(&ctx->users, "/%s is missing", file);
}

/* A link to a device below a PCI function leads nowhere, or to a directory without files. */
int users_lost_device(struct pcireset_ctx *ctx, const char *dirname, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX] = "";
	struct pcireset_addr addr;
	int r = *ctx->sysroot ? ctx_realpath(ctx, target, "%s/%s", dirname, name) : -ENOENT;
	ssize_t len;

	if (r == LINK_BROKEN && !ctx_path(ctx, path, "%s/%s", dirname, name)) {
		len = readlink(path, target, sizeof(target) - 1);
		r = len < 0 ? -errno : 0;
		target[len < 0 ? 0 : len] = '\0';
	}
	/* All links of sysfs have this directory in them. */
	if (!r && (addr_in_path(target, &addr) || !strstr(target, "/devices/")))
		users_note_doubt(&ctx->users, "/%s/%s is damaged", dirname, name);
	return users_cannot_find(ctx, r, name);
}

/* A damaged link to a part of a disk. */
void users_lost_part(struct pcireset_ctx *ctx, const char *link)
{
	if (is_copy(ctx))
		users_note_disk_doubt(&ctx->users, "%s leads nowhere", link + strlen(ctx->sysroot));
}

static int expect_interface(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	char file[PATH_MAX];

	(void)dirname;
	if (snprintf(file, sizeof(file), "sys/class/net/%s", name) < (int)sizeof(file) &&
	    ctx_lacks(ctx, file))
		users_note_doubt(&ctx->users, "/%s is missing", file);
	return 0;
}

/* The interfaces of functions, which a recording has in both places. */
static int expect_interfaces(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	char path[PATH_MAX];
	int r = 0;

	pcireset_dev_foreach(ctx, dev) {
		if (r || !dev_attr_path(dev, "net", path))
			continue;
		r = ctx_foreach_name(ctx, path + strlen(ctx->sysroot) + 1, expect_interface, ctx);
	}
	return r;
}

int users_check_copy(struct pcireset_ctx *ctx)
{
	if (!*ctx->sysroot)
		return 0;
	users_expect(ctx, "proc/self/mountinfo");
	users_expect(ctx, "proc/consoles");
	users_expect(ctx, "sys/class/net");
	/* A kernel without virtual terminals has neither. */
	if (ctx_lacks(ctx, "sys/class/tty") || !ctx_lacks(ctx, "sys/class/tty/tty0"))
		users_expect(ctx, "sys/class/vtconsole");
	return expect_interfaces(ctx);
}

/* A process of a copy, whose name is there, but not its descriptors. */
void users_lost_descriptors(struct pcireset_ctx *ctx, const char *fds)
{
	if (is_copy(ctx))
		users_note_doubt(&ctx->holders, "%s is missing", fds + strlen(ctx->sysroot));
}

static int note_process(void *data, const char *dirname, const char *name)
{
	(void)dirname;
	*(bool *)data |= isdigit((unsigned char)*name) != 0;
	return 0;
}

/* A machine has processes, but few copies of one have theirs. */
int users_expect_processes(struct pcireset_ctx *ctx)
{
	bool found = !is_copy(ctx);
	int r = found ? 0 : ctx_foreach_name(ctx, "proc", note_process, &found);

	if (!r && !found)
		users_note_doubt(&ctx->holders, "/proc has no processes");
	return r;
}
