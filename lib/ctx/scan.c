/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scan: functions, slots and rules of the machine. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include "ctx/ctx.h"
#include "rules/rules.h"
#include "snapshot/snapshot.h"
#include "users/users.h"

static int by_address(const void *a, const void *b)
{
	const struct pcireset_dev *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

static int add_dev(struct pcireset_ctx *ctx, const char *name, size_t *room)
{
	struct pcireset_addr addr;
	int r;

	if (!addr_parse(name, strlen(name), &addr))
		return 0;
	if (ctx->nr_devs == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct pcireset_dev **v = reallocarray(ctx->devs, more, sizeof(*v));

		if (!v)
			return -ENOMEM;
		ctx->devs = v;
		*room = more;
	}
	r = dev_new(ctx, &addr, &ctx->devs[ctx->nr_devs]);
	if (is_absent(r)) /* removed after its name was read */
		return 0;
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	ctx->devs[ctx->nr_devs++]->listed = true;
	return 0;
}

static int read_devs(struct pcireset_ctx *ctx)
{
	char path[PATH_MAX];
	size_t room = 0;
	struct dirent *de;
	DIR *dir;
	int r = ctx_path(ctx, path, "sys/bus/pci/devices");

	if (r < 0)
		return r;
	dir = opendir(path);
	if (!dir)
		return ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	while (!r && (de = dir_next(dir)))
		r = add_dev(ctx, de->d_name, &room);
	if (!r && errno)
		r = ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	closedir(dir);
	return r;
}

static int by_path(const void *a, const void *b)
{
	const struct pcireset_dev *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static int sort_devs(struct pcireset_ctx *ctx)
{
	ctx->by_path = calloc(ctx->nr_devs + 1, sizeof(struct pcireset_dev *));
	if (!ctx->by_path)
		return -ENOMEM;
	if (!ctx->nr_devs)
		return 0;
	qsort(ctx->devs, ctx->nr_devs, sizeof(*ctx->devs), by_address);
	memcpy(ctx->by_path, ctx->devs, ctx->nr_devs * sizeof(*ctx->devs));
	qsort(ctx->by_path, ctx->nr_devs, sizeof(*ctx->by_path), by_path);
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		ctx->devs[i]->index = i;
		ctx->by_path[i]->path_index = i;
	}
	return 0;
}

/* A port with a slot of pciehp has a link "0000:00:1c.0:pcie004" there. */
static int note_hotplug_port(void *data, const char *dirname, const char *name)
{
	const char *colon = strrchr(name, ':');
	struct pcireset_addr addr;
	struct pcireset_dev *dev;

	(void)dirname;
	if (!colon || strncmp(colon, ":pcie", 5) ||
	    !addr_parse(name, (size_t)(colon - name), &addr))
		return 0;
	dev = pcireset_ctx_get_dev(data, &addr);
	if (dev)
		dev->is_hotplug_port = true;
	return 0;
}

/* Read the address of the device and the name of its driver, "" if it has none. */
static int read_slot(struct pcireset_ctx *ctx, const char *slot, char text[64],
		     char driver[NAME_MAX + 1])
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/address", slot);

	if (r >= 0)
		r = read_file(path, text, 64 - 2);
	if (r < 0)
		return r;
	strcat(text, ".0");
	driver[0] = '\0';
	r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/module", slot);
	if (r >= 0)
		r = read_link_name(path, driver, NAME_MAX + 1);
	return is_absent(r) ? 0 : r;
}

static bool is_same_slot(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->devfn >> 3 == b->devfn >> 3;
}

static int set_slot(struct pcireset_dev *dev, const char *slot, const char *driver)
{
	dev->slot = strdup(slot);
	dev->slot_driver = *driver ? strdup(driver) : NULL;
	return dev->slot && (!*driver || dev->slot_driver) ? 0 : -ENOMEM;
}

/*
 * The address of a slot has no function: it includes every function of that device. These
 * are adjacent.
 */
static int name_slot(void *data, const char *dirname, const char *slot)
{
	struct pcireset_ctx *ctx = data;
	char text[64], driver[NAME_MAX + 1];
	struct pcireset_addr addr;
	int r = read_slot(ctx, slot, text, driver);

	(void)dirname;
	if (r < 0 && !is_absent(r))
		return ctx_fail(ctx, r, slot);
	if (r < 0 || !addr_parse(text, strlen(text), &addr))
		return 0;
	addr.devfn &= 0xf8;
	r = 0;
	for (size_t i = ctx_first_from(ctx, &addr);
	     !r && i < ctx->nr_devs && is_same_slot(&ctx->devs[i]->addr, &addr); i++)
		if (!ctx->devs[i]->slot)
			r = set_slot(ctx->devs[i], slot, driver);
	return r;
}

int pcireset_ctx_scan(struct pcireset_ctx *ctx)
{
	int r = ctx->file ? replay_unpack(ctx) : 0;

	if (r < 0)
		return r;
	ctx_drop_devs(ctx);
	users_forget(ctx);
	ctx->failure = 0;
	r = read_devs(ctx);
	if (!r)
		r = sort_devs(ctx);
	if (!r)
		r = rules_load(ctx);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/bus/pci/slots", name_slot, ctx);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/bus/pci_express/drivers/pciehp", note_hotplug_port,
				     ctx);
	if (!r)
		r = ctx->failure;
	if (r < 0) {
		ctx_drop_devs(ctx);
		return r == -ENOMEM ? ctx_error(ctx, r, "out of memory") : r;
	}
	return (int)ctx->nr_devs;
}
