/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that are removed with a device, and their state in the files of the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dev/dev.h"
#include "reenumerate/reenumerate.h"

#define REGION_UNSET 0x20000000 /* IORESOURCE_UNSET, include/linux/ioport.h */
#define ATTR_PATH    128

/* The path on that machine, as it is shown. */
static void attr_path(const char *name, const char *attr, char path[ATTR_PATH])
{
	snprintf(path, ATTR_PATH, "/sys/bus/pci/devices/%s/%s", name, attr);
}

static void read_text(struct subtree *tree, struct pcireset_ctx *ctx, const char *path,
		      char text[ATTR_MAX])
{
	attr_read(ctx, path, &tree->unread, text);
	text[strcspn(text, "\n")] = '\0';
}

static uint32_t read_number(struct subtree *tree, struct pcireset_dev *dev, const char *attr)
{
	char path[ATTR_PATH], text[ATTR_MAX], *end = text;
	uint32_t number;

	attr_path(dev->name, attr, path);
	if (attr_read(dev->ctx, path + 1, &tree->unread, text) < 0)
		return 0;
	number = (uint32_t)strtoul(text, &end, 0);
	if (end == text || *end)
		unread_note(&tree->unread, path, -EINVAL);
	return number;
}

/* Each line has the first address of a region, its last address, and its flags. */
static bool scan_regions(struct subtree_function *f, const char *text)
{
	uint64_t start, end, flags;
	int used;

	for (size_t i = 0; i < NR_REGIONS; i++, text += used) {
		if (sscanf(text, "%" SCNx64 " %" SCNx64 " %" SCNx64 "%n", &start, &end, &flags,
			   &used) != 3)
			return false;
		f->size[i] = flags && end > start ? end - start + 1 : 0;
		f->has_no_room[i] = f->size[i] && flags & REGION_UNSET;
	}
	return true;
}

static void read_regions(struct subtree *tree, struct subtree_function *f, struct pcireset_ctx *ctx)
{
	char path[ATTR_PATH], text[ATTR_MAX];

	attr_path(f->name, "resource", path);
	if (attr_read(ctx, path + 1, &tree->unread, text) >= 0 && !scan_regions(f, text))
		unread_note(&tree->unread, path, -EINVAL);
}

/* The kernel shows "(null)" for no override. */
static void read_override(struct subtree *tree, struct subtree_function *f,
			  struct pcireset_ctx *ctx)
{
	char path[ATTR_PATH], text[ATTR_MAX];

	attr_path(f->name, "driver_override", path);
	read_text(tree, ctx, path + 1, text);
	if (strcmp(text, "(null)"))
		snprintf(f->override, sizeof(f->override), "%.255s", text);
}

static void read_function(struct subtree *tree, struct subtree_function *f,
			  struct pcireset_dev *dev)
{
	const char *driver = dev_driver(dev);
	char path[ATTR_PATH], text[ATTR_MAX];

	f->addr = dev->addr;
	strcpy(f->name, dev->name);
	f->vendor = pcireset_dev_get_vendor(dev);
	f->device = pcireset_dev_get_device(dev);
	f->class = pcireset_dev_get_class(dev);
	f->subsystem = read_number(tree, dev, "subsystem_device") << 16 |
		       read_number(tree, dev, "subsystem_vendor");
	snprintf(f->driver, sizeof(f->driver), "%s", driver ? driver : "");
	read_override(tree, f, dev->ctx);
	attr_path(f->name, "sriov_numvfs", path);
	read_text(tree, dev->ctx, path + 1, text);
	snprintf(f->vfs, sizeof(f->vfs), "%.15s", text);
	read_regions(tree, f, dev->ctx);
}

/* A function of the device itself, right below the port. */
static bool is_top(const struct place *place, const struct pcireset_dev *dev)
{
	const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

	if (!parent || !addr_is(&parent->addr, &place->port) || pcireset_dev_get_physfn(dev))
		return false;
	return place->is_whole_bus || dev->addr.devfn >> 3 == place->device.devfn >> 3;
}

/* The device, all functions below it, and the virtual functions of both. */
bool place_has(const struct place *place, struct pcireset_dev *dev)
{
	for (; dev; dev = pcireset_dev_get_parent(dev)) {
		struct pcireset_dev *physfn = pcireset_dev_get_physfn(dev);

		if (physfn)
			dev = physfn;
		if (is_top(place, dev))
			return true;
	}
	return false;
}

static int add_function(struct subtree *tree, const struct place *place, struct pcireset_dev *dev)
{
	struct subtree_function *v = array_room(tree->v, tree->nr, sizeof(*v));

	if (!v)
		return -ENOMEM;
	tree->v = v;
	v[tree->nr] = (struct subtree_function){
		.is_top = is_top(place, dev),
		.is_vf = pcireset_dev_get_physfn(dev),
		.is_bridge = pcireset_dev_is_bridge(dev),
	};
	read_function(tree, &v[tree->nr++], dev);
	return 0;
}

static void read_link(struct subtree *tree, struct pcireset_ctx *ctx, const struct place *place)
{
	char port[PCIRESET_ADDR_STR_MAX], path[ATTR_PATH], text[ATTR_MAX];

	pcireset_addr_to_str(&place->port, port);
	attr_path(port, "current_link_speed", path);
	read_text(tree, ctx, path + 1, text);
	snprintf(tree->speed, sizeof(tree->speed), "%.63s", text);
	attr_path(port, "current_link_width", path);
	read_text(tree, ctx, path + 1, text);
	snprintf(tree->width, sizeof(tree->width), "%.15s", text);
}

/* Return 0 if the state is known. Otherwise tree->unread has the error and the file, if there is one. */
int subtree_read(struct subtree *tree, struct pcireset_ctx *ctx, const struct place *place)
{
	struct pcireset_dev *dev;
	int before = ctx_begin(ctx), r = 0;

	*tree = (struct subtree){ 0 };
	pcireset_dev_foreach(ctx, dev)
		if (!r && place_has(place, dev))
			r = add_function(tree, place, dev);
	if (!r)
		read_link(tree, ctx, place);
	r = ctx_end(ctx, before, r);
	if (r)
		unread_note(&tree->unread, "a function below the port", r);
	return tree->unread.error;
}

void subtree_clear(struct subtree *tree)
{
	free(tree->v);
	*tree = (struct subtree){ 0 };
}

/* ---- drivers */

/* Return 1 if the driver is bound to the function, 0 if not, or a negative errno. */
static int has_driver(struct pcireset_ctx *ctx, const struct subtree_function *f)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "sys/bus/pci/drivers/%s/%s", f->driver, f->name);

	if (r < 0)
		return r;
	if (!access(path, F_OK))
		return 1;
	return is_absent(-errno) ? 0 : -errno;
}

/*
 * After the rescan, a function has no override, and any driver that matches is bound. Unbind
 * it if the function had an override. Without an override, a driver that matches is as good
 * as the former one. Unbind no driver if it is unknown which one is bound.
 */
static void bind_again(struct pcireset_ctx *ctx, const struct subtree_function *f)
{
	char path[PATH_MAX];

	if (*f->override && !attr_write_of(ctx, f->name, "driver_override", f->override) &&
	    *f->driver && !has_driver(ctx, f))
		attr_write_of(ctx, f->name, "driver/unbind", f->name);
	if (!*f->driver || has_driver(ctx, f))
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/bind", f->driver);
	attr_write(ctx, path, f->name);
}

/* The comparison of the subtrees shows what failed. */
void subtree_bind(struct pcireset_ctx *ctx, const struct subtree *was)
{
	for (size_t i = 0; i < was->nr; i++)
		bind_again(ctx, &was->v[i]);
}
