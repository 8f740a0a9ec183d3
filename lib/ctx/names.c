/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of a PCI function: addresses, IDs, paths, devices, interfaces, drivers, slots. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctx/ctx.h"
#include "users/users.h"

static int take_dev(struct pcireset_dev *dev, struct pcireset_dev **ret_dev)
{
	*ret_dev = pcireset_dev_ref(dev);
	return 0;
}

/* The matches of a search, and the text for an error that lists them. */
struct matches {
	struct pcireset_dev *first;
	size_t nr;
	char list[256];
};

static void note_match(struct matches *m, struct pcireset_dev *dev)
{
	size_t len = strlen(m->list);

	if (!m->nr++)
		m->first = dev;
	if (len + strlen(dev->name) + 8 < sizeof(m->list))
		sprintf(m->list + len, "%s%s", len ? ", " : "", dev->name);
	else if (len && strcmp(m->list + len - 3, "..."))
		strcpy(m->list + len, " ...");
}

static int take_only(struct pcireset_ctx *ctx, const char *name, const struct matches *m,
		     struct pcireset_dev **ret_dev)
{
	if (!m->nr)
		return ctx_error(ctx, -ENOENT, "%s: there is no such PCI function", name);
	if (m->nr > 1)
		return ctx_error(ctx, -ENOTUNIQ, "%s: matches %zu functions, name one of them: %s",
				 name, m->nr, m->list);
	return take_dev(m->first, ret_dev);
}

static int from_typed(struct pcireset_ctx *ctx, const char *name, const struct addr_typed *t,
		      struct pcireset_dev **ret_dev)
{
	const unsigned long first = t->func == ADDR_ANY_FUNCTION ? 0 : t->func;
	const unsigned long last = t->func == ADDR_ANY_FUNCTION ? 7 : t->func;
	struct matches m = { 0 };

	for (unsigned long func = first; func <= last; func++) {
		struct pcireset_addr addr = {
			.domain = (uint32_t)t->domain,
			.bus = (uint8_t)t->bus,
			.devfn = (uint8_t)(t->dev << 3 | func),
		};
		struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &addr);

		if (dev)
			note_match(&m, dev);
	}
	return take_only(ctx, name, &m, ret_dev);
}

/* IDs have four digits each, which distinguishes them from bus:device. */
static bool ids_parse(const char *name, unsigned long *vendor, unsigned long *device)
{
	return strlen(name) == 9 && name[4] == ':' && addr_parse_field(name, 4, 0xffff, vendor) &&
	       addr_parse_field(name + 5, 4, 0xffff, device);
}

static int from_ids(struct pcireset_ctx *ctx, const char *name, unsigned long vendor,
		    unsigned long device, struct pcireset_dev **ret_dev)
{
	struct matches m = { 0 };
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev)
		if (dev_identity(dev)->vendor == vendor && dev_identity(dev)->device == device)
			note_match(&m, dev);
	return take_only(ctx, name, &m, ret_dev);
}

static bool is_behind_usb(const char *path)
{
	struct pcireset_addr addr;
	const char *usb = strstr(path, "/usb");

	return usb && isdigit((unsigned char)usb[4]) && addr_in_path(path, &addr);
}

static void add_match(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	struct matches *m = data;
	struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, addr);

	if (dev && dev != m->first && !strstr(m->list, dev->name))
		note_match(m, dev);
}

static int usb_error(struct pcireset_ctx *ctx, const char *name)
{
	return ctx_error(ctx, -ENODEV,
			 "%s: is behind a USB host controller; name that one if you mean it", name);
}

/* Find the function of a device with a real path in sysfs. There may be several. */
static int from_real_path(struct pcireset_ctx *ctx, const char *name, const char *path,
			  struct pcireset_dev **ret_dev)
{
	struct matches m = { 0 };
	int before, r;

	if (is_behind_usb(path))
		return usb_error(ctx, name);
	before = ctx_begin(ctx);
	block_foreach_function(ctx, path, add_match, &m);
	r = ctx_end(ctx, before, 0);
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	if (!m.nr)
		return ctx_error(ctx, -ENODEV, "%s: is on no PCI function", name);
	return take_only(ctx, name, &m, ret_dev);
}

static int from_sysfs_path(struct pcireset_ctx *ctx, const char *name,
			   struct pcireset_dev **ret_dev)
{
	size_t root = strlen(ctx->sysroot);
	char path[PATH_MAX];
	struct pcireset_addr addr;
	struct pcireset_dev *dev;
	int r;

	if (!strncmp(name, ctx->sysroot, root) && !strncmp(name + root, "/sys/", 5))
		r = ctx_realpath(ctx, path, "%s", name + root + 1);
	else
		r = ctx_realpath(ctx, path, "%s", name + 1);
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	if (!addr_in_path(path, &addr))
		return from_real_path(ctx, name, path, ret_dev);
	dev = pcireset_ctx_get_dev(ctx, &addr);
	/* A path below the function may belong to a device of another function. */
	if (dev && strcmp(dev->path, path))
		return from_real_path(ctx, name, path, ret_dev);
	if (!dev)
		return ctx_error(ctx, -ENOENT, "%s: there is no such PCI function", name);
	return take_dev(dev, ret_dev);
}

static int from_node(struct pcireset_ctx *ctx, const char *name, struct pcireset_dev **ret_dev)
{
	char path[PATH_MAX];
	int r = node_in_sysfs(ctx, name, path);

	if (r == -ENOTBLK)
		return ctx_error(ctx, -EINVAL, "%s: is neither a block nor a character device",
				 name);
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	return from_real_path(ctx, name, path, ret_dev);
}

/* "slot:101": the functions in a physical slot. */
static int from_slot(struct pcireset_ctx *ctx, const char *name, struct pcireset_dev **ret_dev)
{
	const char *slot = name + strlen("slot:");
	struct matches m = { 0 };
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev)
		if (dev->slot && !strcmp(dev->slot, slot))
			note_match(&m, dev);
	if (!m.nr)
		return ctx_error(ctx, -ENOENT, "%s: no PCI function is in this slot", name);
	return take_only(ctx, name, &m, ret_dev);
}

/*
 * A driver, with or without "driver:". It names a function only if it is bound to
 * exactly one.
 */
static bool from_driver(struct pcireset_ctx *ctx, const char *name, struct pcireset_dev **ret_dev,
			int *ret_error)
{
	bool has_prefix = !strncmp(name, "driver:", 7);
	const char *driver = has_prefix ? name + 7 : name;
	struct matches m = { 0 };
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev)
		if (dev_driver(dev) && !strcmp(dev_driver(dev), driver))
			note_match(&m, dev);
	if (!m.nr && !has_prefix)
		return false;
	if (!m.nr)
		*ret_error = ctx_error(ctx, -ENOENT, "%s: no PCI function is bound to this driver",
				       name);
	else if (m.nr > 1)
		*ret_error = ctx_error(ctx, -ENOTUNIQ,
				       "%s: this driver is bound to %zu functions, name one of "
				       "them: %s",
				       name, m.nr, m.list);
	else
		*ret_error = take_dev(m.first, ret_dev);
	return true;
}

struct class_matches {
	struct pcireset_ctx *ctx;
	const char *name;
	bool is_found, is_behind_usb;
	struct matches m;
};

static int match_in_class(void *data, const char *dirname, const char *class)
{
	struct class_matches *found = data;
	char path[PATH_MAX];
	int r = ctx_realpath(found->ctx, path, "%s/%s/%s", dirname, class, found->name);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	found->is_found = true;
	if (is_behind_usb(path))
		found->is_behind_usb = true;
	else
		block_foreach_function(found->ctx, path, add_match, &found->m);
	return 0;
}

/*
 * "nvme0" or "card0": a device of any class, if all devices of this name belong to the
 * same function. A card0 of drm and a card0 of sound rarely do.
 */
static bool from_class(struct pcireset_ctx *ctx, const char *name, struct pcireset_dev **ret_dev,
		       int *ret_error)
{
	struct class_matches found = { .ctx = ctx, .name = name };
	int r = ctx_foreach_name(ctx, "sys/class", match_in_class, &found);

	if (!found.is_found && (!r || r == -ENOENT))
		return false;
	if (r < 0)
		*ret_error = ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	else if (found.m.nr && found.is_behind_usb)
		*ret_error = ctx_error(ctx, -ENOTUNIQ,
				       "%s: several devices have this name, on %s and behind USB; "
				       "name the PCI function",
				       name, found.m.list);
	else if (found.m.nr)
		*ret_error = take_only(ctx, name, &found.m, ret_dev);
	else if (found.is_behind_usb)
		*ret_error = usb_error(ctx, name);
	else
		*ret_error = ctx_error(ctx, -ENODEV, "%s: is on no PCI function", name);
	return true;
}

/* A word that is not an address: a network interface, or another device, or a driver. */
static bool from_word(struct pcireset_ctx *ctx, const char *name, struct pcireset_dev **ret_dev,
		      int *ret_error)
{
	char path[PATH_MAX];
	int r;

	if (!*name || strlen(name) > NAME_MAX || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	r = ctx_realpath(ctx, path, "sys/class/net/%s", name);
	if (!r) {
		*ret_error = from_real_path(ctx, name, path, ret_dev);
		return true;
	}
	if (!is_absent(r)) {
		*ret_error = ctx_error(ctx, r, "%s: %s", name, strerror(-r));
		return true;
	}
	return from_class(ctx, name, ret_dev, ret_error) ||
	       from_driver(ctx, name, ret_dev, ret_error);
}

int pcireset_dev_from_name(struct pcireset_ctx *ctx, const char *name,
			   struct pcireset_dev **ret_dev)
{
	unsigned long vendor, device;
	struct addr_typed t;
	int r;

	if (strlen(name) >= PATH_MAX - 256)
		return ctx_error(ctx, -EINVAL, "%.32s...: is too long for a name", name);
	if (!strncmp(name, "/dev/", 5))
		return from_node(ctx, name, ret_dev);
	if (name[0] == '/')
		return from_sysfs_path(ctx, name, ret_dev);
	if (ids_parse(name, &vendor, &device))
		return from_ids(ctx, name, vendor, device, ret_dev);
	if (addr_parse_typed(name, strlen(name), &t) && t.has_bus)
		return from_typed(ctx, name, &t, ret_dev);
	if (!strncmp(name, "slot:", 5))
		return from_slot(ctx, name, ret_dev);
	if (from_word(ctx, name, ret_dev, &r))
		return r;
	return ctx_error(ctx, -EINVAL,
			 "\"%.64s\" names no PCI function: it is not an address "
			 "([domain:]bus:device.function), vendor:device, path in /sys or /dev, "
			 "device such as nvme0, network interface, driver or slot:NAME",
			 name);
}
