/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes when a device is removed, and what the kernel knows of each function of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "reenumerate.h"

#define REGION_UNSET 0x20000000 /* IORESOURCE_UNSET, include/linux/ioport.h */

static char *attr_path(const char *name, const char *attr)
{
	return text("/sys/bus/pci/devices/%s/%s", name, attr);
}

static int file_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

int attr_write(const char *name, const char *attr, const char *value)
{
	char *path = attr_path(name, attr);
	int r = file_write(path, value);

	free(path);
	return r;
}

/* The file does not exist, or its device was removed. */
static bool is_no_file(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ENXIO;
}

void unread_note(struct unread *unread, const char *path, int error)
{
	if (unread->error)
		return;
	unread->error = -error;
	unread->path = text("%s", path);
}

void unread_clear(struct unread *unread)
{
	free(unread->path);
	*unread = (struct unread){ 0 };
}

/* Return the first line, or NULL if there is none, or if it cannot be read: see unread. */
char *file_read(const char *path, struct unread *unread)
{
	char line[256], *value = NULL;
	FILE *f = fopen(path, "re");

	if (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		value = text("%s", line);
	} else if ((!f || ferror(f)) && !is_no_file(errno)) {
		unread_note(unread, path, errno);
	}
	if (f)
		fclose(f);
	return value;
}

char *attr_read(const char *name, const char *attr, struct unread *unread)
{
	char *path = attr_path(name, attr), *value = file_read(path, unread);

	free(path);
	return value;
}

static uint32_t read_number(const char *name, const char *attr, struct unread *unread)
{
	char *value = attr_read(name, attr, unread), *path, *end = NULL;
	uint32_t number = value ? (uint32_t)strtoul(value, &end, 0) : 0;

	if (value && (end == value || *end)) {
		path = attr_path(name, attr);
		unread_note(unread, path, EINVAL);
		free(path);
	}
	free(value);
	return number;
}

static char *read_override(const char *name, struct unread *unread)
{
	char *value = attr_read(name, "driver_override", unread);

	if (value && strcmp(value, "(null)") && *value)
		return value;
	free(value);
	return NULL;
}

/* A line for each region: its first address, its last, and its flags. */
static int scan_regions(struct function *f, FILE *file)
{
	uint64_t start, end, flags;

	for (size_t i = 0; i < NR_REGIONS; i++) {
		errno = EINVAL;
		if (fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
			return errno;
		f->size[i] = flags && end > start ? end - start + 1 : 0;
		f->has_no_room[i] = f->size[i] && flags & REGION_UNSET;
	}
	return 0;
}

static void read_regions(struct function *f, struct unread *unread)
{
	char *path = attr_path(f->name, "resource");
	FILE *file = fopen(path, "re");
	int error = file ? scan_regions(f, file) : errno;

	if (error && !is_no_file(error))
		unread_note(unread, path, error);
	if (file)
		fclose(file);
	free(path);
}

static void read_function(struct function *f, struct pcireset_dev *dev, struct unread *unread)
{
	const char *driver = pcireset_dev_get_driver(dev);

	f->name = text("%s", pcireset_dev_get_name(dev));
	f->vendor = pcireset_dev_get_vendor(dev);
	f->device = pcireset_dev_get_device(dev);
	f->class = pcireset_dev_get_class(dev);
	f->subsystem = read_number(f->name, "subsystem_device", unread) << 16 |
		       read_number(f->name, "subsystem_vendor", unread);
	f->driver = driver ? text("%s", driver) : NULL;
	f->override = read_override(f->name, unread);
	f->vfs = attr_read(f->name, "sriov_numvfs", unread);
	read_regions(f, unread);
}

static bool is_at(const struct pcireset_dev *dev, const struct pcireset_addr *addr)
{
	const struct pcireset_addr *a = pcireset_dev_get_addr(dev);

	return a->domain == addr->domain && a->bus == addr->bus && a->devfn == addr->devfn;
}

/* A function of the device itself, right below the port. */
static bool is_top(const struct place *place, struct pcireset_dev *dev)
{
	const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

	if (!parent || !is_at(parent, &place->port) || pcireset_dev_get_physfn(dev))
		return false;
	return place->is_whole_bus ||
	       pcireset_dev_get_addr(dev)->devfn >> 3 == place->device.devfn >> 3;
}

/* The device, all that is below it, and the virtual functions of either. */
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

int subtree_read(struct subtree *tree, struct pcireset_ctx *ctx, const struct place *place)
{
	char port[PCIRESET_ADDR_STR_MAX];
	struct pcireset_dev *dev;

	*tree = (struct subtree){ 0 };
	pcireset_dev_foreach(ctx, dev) {
		if (!place_has(place, dev))
			continue;
		tree->v = must(reallocarray(tree->v, tree->nr + 1, sizeof(*tree->v)));
		tree->v[tree->nr] = (struct function){
			.is_top = is_top(place, dev),
			.is_vf = pcireset_dev_get_physfn(dev),
			.is_bridge = pcireset_dev_is_bridge(dev),
		};
		read_function(&tree->v[tree->nr++], dev, &tree->unread);
	}
	pcireset_addr_to_str(&place->port, port);
	tree->speed = attr_read(port, "current_link_speed", &tree->unread);
	tree->width = attr_read(port, "current_link_width", &tree->unread);
	return tree->unread.error;
}

void subtree_clear(struct subtree *tree)
{
	for (size_t i = 0; i < tree->nr; i++) {
		free(tree->v[i].name);
		free(tree->v[i].driver);
		free(tree->v[i].override);
		free(tree->v[i].vfs);
	}
	free(tree->v);
	free(tree->speed);
	free(tree->width);
	unread_clear(&tree->unread);
}

/* ---- drivers */

static bool has_driver(const char *name, const char *driver)
{
	char *path = text("/sys/bus/pci/drivers/%s/%s", driver, name);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

/*
 * Found anew, a function has no override, and whichever driver matches is bound already: that
 * one has to go. Without an override a driver that matches is as good as the former.
 */
static void bind_again(const struct function *f)
{
	char *path;

	if (f->override && !attr_write(f->name, "driver_override", f->override) && f->driver &&
	    !has_driver(f->name, f->driver))
		attr_write(f->name, "driver/unbind", f->name);
	if (!f->driver || has_driver(f->name, f->driver))
		return;
	path = text("/sys/bus/pci/drivers/%s/bind", f->driver);
	file_write(path, f->name);
	free(path);
}

/* What fails is seen when the subtree is compared. */
void subtree_bind(const struct subtree *was)
{
	for (size_t i = 0; i < was->nr; i++)
		bind_again(&was->v[i]);
}
