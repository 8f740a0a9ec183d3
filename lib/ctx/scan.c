/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scan: functions, slots and rules of the machine. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctx/ctx.h"
#include "rules/rules.h"
#include "snapshot/snapshot.h"
#include "users/users.h"

struct addrs {
	struct pcireset_addr *v;
	size_t nr;
};

static int add_addr(struct addrs *addrs, const char *name)
{
	struct pcireset_addr addr, *v;

	if (!addr_parse(name, strlen(name), &addr))
		return 0;
	v = array_room(addrs->v, addrs->nr, sizeof(*v));
	if (!v)
		return -ENOMEM;
	addrs->v = v;
	v[addrs->nr++] = addr;
	return 0;
}

static int read_addrs(struct pcireset_ctx *ctx, struct addrs *addrs)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *dir;
	int r = ctx_path(ctx, path, "sys/bus/pci/devices");

	if (r < 0)
		return r;
	dir = opendir(path);
	if (!dir)
		return ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	while (!r && (de = dir_next(dir)))
		r = add_addr(addrs, de->d_name);
	if (!r && errno)
		r = ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	closedir(dir);
	return r;
}

static int by_address(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

/*
 * On the running machine, the function was removed after its name was read. In a sysroot, it is
 * damaged: without it, the reach of its neighbours would be too small.
 */
static int incomplete(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, int error)
{
	static const char *const files[] = { "", "/vendor", "/device", "/class" };
	char name[PCIRESET_ADDR_STR_MAX], path[PATH_MAX];
	size_t i = 0;

	pcireset_addr_to_str(addr, name);
	while (i + 1 < ARRAY_SIZE(files) &&
	       !ctx_path(ctx, path, "sys/bus/pci/devices/%s%s", name, files[i]) &&
	       !access(path, F_OK))
		i++;
	return ctx_error(ctx, error,
			 "%s: /sys/bus/pci/devices/%s%s is missing or leads nowhere; copy or "
			 "record this machine again",
			 name, name, files[i]);
}

static int add_dev(struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	const struct pcireset_dev *last = ctx->nr_devs ? ctx->devs[ctx->nr_devs - 1] : NULL;
	char name[PCIRESET_ADDR_STR_MAX];
	int r = dev_new(ctx, addr, last, &ctx->devs[ctx->nr_devs]);

	if (is_absent(r) || r == LINK_BROKEN)
		return *ctx->sysroot ? incomplete(ctx, addr, r) : 0;
	if (r < 0) {
		pcireset_addr_to_str(addr, name);
		return ctx_error(ctx, r, "%s: %s", name,
				 r == -EBADMSG ? "its vendor, device or class is not a number, or "
						 "its physfn not a function" :
						 strerror(-r));
	}
	ctx->devs[ctx->nr_devs++]->listed = true;
	return 0;
}

/* In the order of addresses, so that the functions of a bus follow each other. */
static int read_devs(struct pcireset_ctx *ctx)
{
	struct addrs addrs = { NULL, 0 };
	int r = read_addrs(ctx, &addrs);

	if (!r && addrs.nr) {
		qsort(addrs.v, addrs.nr, sizeof(*addrs.v), by_address);
		ctx->devs = calloc(addrs.nr, sizeof(struct pcireset_dev *));
		r = ctx->devs ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !r && i < addrs.nr; i++)
		r = add_dev(ctx, &addrs.v[i]);
	free(addrs.v);
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

struct slot {
	const char *name;
	char driver[NAME_MAX + 1];  /* "" if it has none */
	struct pcireset_addr first; /* function 0 of its device */
	bool has_bus;               /* it includes all devices of the bus */
	const char *file;           /* the last one that was read */
};

#define NOT_A_SLOT (-EDOM)

/* "0000:05:00" is a device. "0000:05" is a bus. Any other text is not a slot. */
static int parse_slot(struct slot *slot, const char *text)
{
	char first[64 + sizeof(":00.0")];

	snprintf(first, sizeof(first), "%s.0", text);
	if (addr_parse(first, strlen(first), &slot->first))
		return 0;
	snprintf(first, sizeof(first), "%s:00.0", text);
	slot->has_bus = addr_parse(first, strlen(first), &slot->first);
	return slot->has_bus ? 0 : NOT_A_SLOT;
}

static int read_slot(struct pcireset_ctx *ctx, struct slot *slot)
{
	char path[PATH_MAX], text[64];
	int r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/address", slot->name);

	slot->file = "address";
	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r >= 0)
		r = r ? parse_slot(slot, text) : -EBADMSG;
	if (r < 0)
		return r;
	slot->file = "module";
	r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/module", slot->name);
	if (r >= 0)
		r = read_link_name(path, slot->driver, sizeof(slot->driver));
	return is_absent(r) ? 0 : r;
}

static bool is_in_slot(const struct pcireset_dev *dev, const struct slot *slot)
{
	return dev->addr.domain == slot->first.domain && dev->addr.bus == slot->first.bus &&
	       (slot->has_bus || dev->addr.devfn >> 3 == slot->first.devfn >> 3);
}

static int set_slot(struct pcireset_dev *dev, const struct slot *slot)
{
	dev->slot = strdup(slot->name);
	dev->slot_driver = *slot->driver ? strdup(slot->driver) : NULL;
	return dev->slot && (!*slot->driver || dev->slot_driver) ? 0 : -ENOMEM;
}

/* A slot of pciehp has a bus of its own. Functions with ARI have other device numbers there. */
static bool is_below_hotplug_port(const struct pcireset_dev *dev)
{
	const struct pcireset_dev *port = pcireset_dev_get_parent(dev);

	return port && port->is_hotplug_port;
}

struct slot_scan {
	struct pcireset_ctx *ctx;
	bool wants_bus; /* set the slots that are a bus, and not those that are a device */
	bool has_bus;   /* there is such a slot */
};

/*
 * On the running machine, the slot was removed after its name was read. In a sysroot, its
 * address is lost, and a rule about the slot would match nothing.
 */
static int lost_slot(struct pcireset_ctx *ctx, const struct slot *slot, int error)
{
	const char *why = error == -EBADMSG ? "is empty" : strerror(-error);

	if (error == NOT_A_SLOT || (is_absent(error) && !*ctx->sysroot))
		return 0;
	return ctx_error(ctx, error, "/sys/bus/pci/slots/%s/%s: %s", slot->name, slot->file, why);
}

/* The functions of a slot are adjacent. */
static int name_slot(void *data, const char *dirname, const char *name)
{
	struct slot_scan *scan = data;
	struct pcireset_ctx *ctx = scan->ctx;
	struct slot slot = { .name = name };
	int r = read_slot(ctx, &slot);
	size_t i;

	(void)dirname;
	if (r < 0)
		return lost_slot(ctx, &slot, r);
	scan->has_bus |= slot.has_bus;
	if (slot.has_bus != scan->wants_bus)
		return 0;
	i = ctx_first_from(ctx, &slot.first);
	if (i < ctx->nr_devs && is_in_slot(ctx->devs[i], &slot))
		slot.has_bus |= is_below_hotplug_port(ctx->devs[i]);
	for (; !r && i < ctx->nr_devs && is_in_slot(ctx->devs[i], &slot); i++)
		if (!ctx->devs[i]->slot)
			r = set_slot(ctx->devs[i], &slot);
	return r;
}

/* A slot for one device has precedence over one for its bus. */
static int name_slots(struct pcireset_ctx *ctx)
{
	struct slot_scan scan = { .ctx = ctx };
	int r = ctx_foreach_name(ctx, "sys/bus/pci/slots", name_slot, &scan);

	scan.wants_bus = true;
	return r || !scan.has_bus ? r :
				    ctx_foreach_name(ctx, "sys/bus/pci/slots", name_slot, &scan);
}

int pcireset_ctx_scan(struct pcireset_ctx *ctx)
{
	int r = ctx->file ? replay_unpack(ctx) : 0;

	if (r < 0)
		return r;
	ctx_drop_devs(ctx);
	users_forget(ctx);
	ctx->failure = 0;
	r = recording_learn(ctx);
	if (!r)
		r = read_devs(ctx);
	if (!r)
		r = sort_devs(ctx);
	if (!r && *ctx->sysroot)
		r = ctx_check_unlisted(ctx);
	if (!r)
		r = rules_load(ctx);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/bus/pci_express/drivers/pciehp", note_hotplug_port,
				     ctx);
	if (!r)
		r = name_slots(ctx);
	if (!r)
		r = ctx->failure;
	if (r < 0) {
		ctx_drop_devs(ctx);
		return r == -ENOMEM ? ctx_error(ctx, r, "out of memory") : r;
	}
	return (int)ctx->nr_devs;
}
