/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of a PCI function: addresses, IDs, paths, devices, interfaces, drivers, slots. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "private.h"

#define ANY_FUNCTION 0x100 /* no function was given */

/* An address from the command line. It distinguishes missing fields from 0. */
struct typed {
	unsigned long domain, bus, dev, func;
	bool has_bus;
};

int addr_cmp(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	return (int)a->devfn - (int)b->devfn;
}

static char *put_hex(char *to, uint32_t value, int digits)
{
	while (digits < 8 && value >> 4 * digits)
		digits++;
	while (digits--)
		*to++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return to;
}

/* Without printf(), for speed: every affected function of every reset needs this. */
const char *pcireset_addr_to_str(const struct pcireset_addr *addr, char buf[PCIRESET_ADDR_STR_MAX])
{
	char *end = put_hex(buf, addr->domain, 4);

	*end++ = ':';
	end = put_hex(end, addr->bus, 2);
	*end++ = ':';
	end = put_hex(end, addr->devfn >> 3, 2);
	*end++ = '.';
	*put_hex(end, addr->devfn & 7, 1) = '\0';
	return buf;
}

/* Parse a field of exactly 1 to 8 hexadecimal digits, not greater than max. */
static bool field(const char *str, size_t len, unsigned long max, unsigned long *ret_value)
{
	unsigned long value = 0;

	if (!len || len > 8)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)str[i];

		if (!isxdigit(c))
			return false;
		value = value << 4 | (c <= '9' ? (unsigned int)c - '0' : (c | 0x20u) - 'a' + 10u);
	}
	*ret_value = value;
	return value <= max;
}

static bool typed_parse(const char *str, size_t len, struct typed *t)
{
	const char *end = str + len, *dot = memchr(str, '.', len);
	const char *dev_end = dot ? dot : end;
	const char *c1 = memchr(str, ':', (size_t)(dev_end - str)), *c2 = NULL;

	*t = (struct typed){ .func = ANY_FUNCTION, .has_bus = c1 };
	if (dot && !field(dot + 1, (size_t)(end - dot - 1), 7, &t->func))
		return false;
	if (!c1)
		return dot && field(str, (size_t)(dev_end - str), 0x1f, &t->dev);
	c2 = memchr(c1 + 1, ':', (size_t)(dev_end - c1 - 1));
	if (c2 && !field(str, (size_t)(c1 - str), UINT32_MAX, &t->domain))
		return false;
	if (!c2)
		c2 = c1, c1 = str - 1;
	return field(c1 + 1, (size_t)(c2 - c1 - 1), 0xff, &t->bus) &&
	       field(c2 + 1, (size_t)(dev_end - c2 - 1), 0x1f, &t->dev);
}

/*
 * Parse a complete address exactly in the format of sysfs. A looser match would be
 * wrong: the directory of a serial port may be called "00:00:0.0".
 */
bool addr_parse(const char *str, size_t len, struct pcireset_addr *ret_addr)
{
	char exact[PCIRESET_ADDR_STR_MAX];
	struct typed t;

	if (!typed_parse(str, len, &t) || t.func == ANY_FUNCTION || !t.has_bus)
		return false;
	*ret_addr = (struct pcireset_addr){
		.domain = (uint32_t)t.domain,
		.bus = (uint8_t)t.bus,
		.devfn = (uint8_t)(t.dev << 3 | t.func),
	};
	pcireset_addr_to_str(ret_addr, exact);
	return strlen(exact) == len && !memcmp(exact, str, len);
}

/* The innermost PCI function in a real path in sysfs. */
bool addr_in_path(const char *path, struct pcireset_addr *ret_addr)
{
	bool found = false;

	while (*path) {
		size_t len = strcspn(path, "/");
		struct pcireset_addr addr;

		if (addr_parse(path, len, &addr)) {
			*ret_addr = addr;
			found = true;
		}
		path += len;
		path += strspn(path, "/");
	}
	return found;
}

static int take(struct pcireset_dev *dev, struct pcireset_dev **ret_dev)
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

static void match(struct matches *m, struct pcireset_dev *dev)
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
		return ctx_error(ctx, -ENOTUNIQ, "%s: fits %zu functions, name one of them: %s",
				 name, m->nr, m->list);
	return take(m->first, ret_dev);
}

static int from_typed(struct pcireset_ctx *ctx, const char *name, const struct typed *t,
		      struct pcireset_dev **ret_dev)
{
	const unsigned long first = t->func == ANY_FUNCTION ? 0 : t->func;
	const unsigned long last = t->func == ANY_FUNCTION ? 7 : t->func;
	struct matches m = { 0 };

	for (unsigned long func = first; func <= last; func++) {
		struct pcireset_addr addr = {
			.domain = (uint32_t)t->domain,
			.bus = (uint8_t)t->bus,
			.devfn = (uint8_t)(t->dev << 3 | func),
		};
		struct pcireset_dev *dev = pcireset_dev_from_addr(ctx, &addr);

		if (dev)
			match(&m, dev);
	}
	return take_only(ctx, name, &m, ret_dev);
}

/* IDs have four digits each, which distinguishes them from bus:device. */
static bool ids_parse(const char *name, unsigned long *vendor, unsigned long *device)
{
	return strlen(name) == 9 && name[4] == ':' && field(name, 4, 0xffff, vendor) &&
	       field(name + 5, 4, 0xffff, device);
}

static int from_ids(struct pcireset_ctx *ctx, const char *name, unsigned long vendor,
		    unsigned long device, struct pcireset_dev **ret_dev)
{
	struct matches m = { 0 };
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev)
		if (dev_identity(dev)->vendor == vendor && dev_identity(dev)->device == device)
			match(&m, dev);
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
	struct pcireset_dev *dev = pcireset_dev_from_addr(ctx, addr);

	if (dev && dev != m->first && !strstr(m->list, dev->name))
		match(m, dev);
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
	dev = pcireset_dev_from_addr(ctx, &addr);
	/* A path below the function may belong to a device of another function. */
	if (dev && strcmp(dev->path, path))
		return from_real_path(ctx, name, path, ret_dev);
	if (!dev)
		return ctx_error(ctx, -ENOENT, "%s: there is no such PCI function", name);
	return take(dev, ret_dev);
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

	return !ctx_realpath(search->ctx, search->path, "%s/%s/%s", dirname, name, search->base);
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

	if (!*ctx->sysroot)
		return node_number_in_sysfs(ctx, node, path);
	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		int r = ctx_realpath(ctx, path, "sys/class/%s/%s", classes[i], base);

		if (!r || !is_absent(r))
			return r;
	}
	return ctx_foreach_name(ctx, "sys/class", find_in_class, &search) == 1 ? 0 : -ENOENT;
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
			match(&m, dev);
	if (!m.nr)
		return ctx_error(ctx, -ENOENT, "%s: no PCI function is in such a slot", name);
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
			match(&m, dev);
	if (!m.nr && !has_prefix)
		return false;
	if (!m.nr)
		*ret_error = ctx_error(ctx, -ENOENT, "%s: no PCI function has such a driver", name);
	else if (m.nr > 1)
		*ret_error = ctx_error(ctx, -ENOTUNIQ,
				       "%s: this driver is bound to %zu functions, name one of "
				       "them: %s",
				       name, m.nr, m.list);
	else
		*ret_error = take(m.first, ret_dev);
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
	struct typed t;
	int r;

	if (strlen(name) >= PATH_MAX - 256)
		return ctx_error(ctx, -EINVAL, "%.32s...: is too long for a name", name);
	if (!strncmp(name, "/dev/", 5))
		return from_node(ctx, name, ret_dev);
	if (name[0] == '/')
		return from_sysfs_path(ctx, name, ret_dev);
	if (ids_parse(name, &vendor, &device))
		return from_ids(ctx, name, vendor, device, ret_dev);
	if (typed_parse(name, strlen(name), &t) && t.has_bus)
		return from_typed(ctx, name, &t, ret_dev);
	if (!strncmp(name, "slot:", 5))
		return from_slot(ctx, name, ret_dev);
	if (from_word(ctx, name, ret_dev, &r))
		return r;
	return ctx_error(ctx, -EINVAL,
			 "\"%.64s\" names no PCI function: it is no address "
			 "([domain:]bus:device.function), vendor:device, path in /sys or /dev, "
			 "device such as nvme0, network interface, driver or slot:NAME",
			 name);
}
