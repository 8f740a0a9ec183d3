/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read the facts about a function from VFIO and sysfs. Resets nothing. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "backend/vfio.h"
#include "backend/backend.h"
#include "dev/dev.h"

#define FIRST_ROOM 32
#define MAX_TRIES  8 /* functions may appear and disappear while they are counted */

/* ---- the descriptor */

static bool is_char_device(int fd, dev_t *ret_number)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return false;
	*ret_number = st.st_rdev;
	return true;
}

/* Read the location of a character device in sysfs. */
static int read_char_device(const struct pcireset_ctx *ctx, dev_t number, char target[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t len;
	int r = ctx_path(ctx, path, "sys/dev/char/%u:%u", major(number), minor(number));

	if (r < 0)
		return r;
	len = readlink(path, target, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	return 0;
}

/* Since Linux 6.18, fdinfo of the descriptor has the address. */
static bool read_fdinfo(int fd, char path[PATH_MAX])
{
	static const char key[] = "vfio-device-syspath:";
	char file[64], text[PATH_MAX + 512];
	const char *p;

	snprintf(file, sizeof(file), "/proc/self/fdinfo/%d", fd);
	if (read_file(file, text, sizeof(text)) < 0)
		return false;
	p = strstr(text, key);
	if (!p)
		return false;
	p += strlen(key);
	p += strspn(p, " \t");
	snprintf(path, PATH_MAX, "%.*s", (int)strcspn(p, "\n"), p);
	return true;
}

int vfio_config_offset(int device, uint64_t *ret_offset)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return -errno;
	*ret_offset = info.offset;
	return 0;
}

/* For a VF, VFIO shows the same IDs as sysfs. */
static bool has_ids(const struct pcireset_dev *dev, int device)
{
	uint32_t ids, class;
	uint64_t offset;

	if (vfio_config_offset(device, &offset) < 0 ||
	    pread(device, &ids, sizeof(ids), (off_t)offset + PCI_VENDOR_ID) != sizeof(ids) ||
	    pread(device, &class, sizeof(class), (off_t)offset + PCI_CLASS_REVISION) !=
		    sizeof(class))
		return false;
	return le32toh(ids) == (dev_identity(dev)->device << 16 | dev_identity(dev)->vendor) &&
	       le32toh(class) >> 8 == dev_identity(dev)->class;
}

static bool is_of_function(const struct pcireset_dev *dev, int device)
{
	struct pcireset_addr addr;
	char path[PATH_MAX];
	dev_t number;

	if (is_char_device(device, &number)) {
		if (read_char_device(dev->ctx, number, path) < 0 || !addr_in_path(path, &addr) ||
		    !addr_is(&addr, &dev->addr))
			return false;
	} else if (read_fdinfo(device, path) &&
		   (!addr_in_path(path, &addr) || !addr_is(&addr, &dev->addr))) {
		return false;
	}
	return has_ids(dev, device);
}

static int check_device(struct pcireset_dev *dev, struct vfio_facts *f)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int device = dev->vfio->device;

	if (ioctl(device, VFIO_DEVICE_GET_INFO, &info) < 0) {
		if (errno == ENODEV)
			return ctx_error(dev->ctx, -ENODEV, "%s: is gone", dev->name);
		return ctx_error(dev->ctx, errno == EBADF ? -EBADF : -EINVAL,
				 "%s: descriptor %d is not a VFIO device", dev->name, device);
	}
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) || !is_of_function(dev, device))
		return ctx_error(dev->ctx, -EINVAL, "%s: descriptor %d is another VFIO device",
				 dev->name, device);
	f->has_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	return 0;
}

/* ---- the groups that the caller holds */

/* The file name of a group has its number: "26", or "noiommu-26". */
static int read_group(struct pcireset_ctx *ctx, int fd, uint32_t *ret_id)
{
	static const char prefix[] = "noiommu-";
	char target[PATH_MAX], *end;
	const char *name;
	dev_t number;

	if (!is_char_device(fd, &number) || read_char_device(ctx, number, target) < 0)
		return -EINVAL;
	name = strrchr(target, '/');
	if (!name || !strstr(target, "/vfio/"))
		return -EINVAL;
	name++;
	if (!strncmp(name, prefix, strlen(prefix)))
		name += strlen(prefix);
	*ret_id = (uint32_t)strtoul(name, &end, 10);
	return end != name && !*end ? 0 : -EINVAL;
}

static int read_groups(struct pcireset_dev *dev, struct vfio_facts *f)
{
	const struct vfio_fds *fds = dev->vfio;

	f->group_ids = calloc(fds->nr_groups + 1, sizeof(*f->group_ids));
	if (!f->group_ids)
		return -ENOMEM;
	for (size_t i = 0; i < fds->nr_groups; i++)
		if (read_group(dev->ctx, fds->groups[i], &f->group_ids[i]) < 0)
			return ctx_error(dev->ctx, -EINVAL, "%s: descriptor %d is not a VFIO group",
					 dev->name, fds->groups[i]);
	f->nr_groups = fds->nr_groups;
	return 0;
}

/* ---- hot reset */

/* VFIO reports the number of functions only if the buffer is too small. */
static int ask_hot(int device, uint32_t *room, struct vfio_pci_hot_reset_info **ret_info)
{
	size_t size = sizeof(**ret_info) + *room * sizeof((*ret_info)->devices[0]);
	struct vfio_pci_hot_reset_info *info = calloc(1, size);
	int r;

	if (!info)
		return -ENOMEM;
	info->argsz = (uint32_t)size;
	r = ioctl(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info) < 0 ? -errno : 0;
	if (!r && info->count > *room)
		r = -EPROTO;
	if (r == -ENOSPC)
		*room = info->count;
	if (!r)
		*ret_info = info;
	else
		free(info);
	return r;
}

/*
 * The absence of a hot reset is a valid answer. Any other error makes only this reset
 * unavailable.
 */
static int read_hot(struct pcireset_dev *dev, struct vfio_facts *f)
{
	uint32_t room = FIRST_ROOM;

	for (unsigned int i = 0; i < MAX_TRIES; i++) {
		f->hot_error = ask_hot(dev->vfio->device, &room, &f->hot);
		if (f->hot_error != -ENOSPC && f->hot_error != -EAGAIN)
			break;
	}
	return f->hot_error == -ENOMEM ? -ENOMEM : 0;
}

/* ---- facts from sysfs */

int vfio_read_driver(const struct pcireset_dev *dev, char name[NAME_MAX + 1])
{
	char path[PATH_MAX];

	name[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/driver", dev->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return read_link_name(path, name, NAME_MAX + 1);
}

static void read_driver(const struct pcireset_dev *dev, struct vfio_facts *f)
{
	char name[NAME_MAX + 1];
	int r = vfio_read_driver(dev, name);

	if (r < 0 && !is_absent(r))
		ctx_fail(dev->ctx, r, dev->name);
	f->is_kernels = vfio_is_stock_driver(name);
	/*
	 * The project's sample driver does exactly SLOT or exactly BUS, as the kernel
	 * would, or refuses.
	 */
	f->is_hot_kernels = f->is_kernels || !strcmp(name, "vfio_typed_pci");
}

static int begins_with(void *data, const char *dirname, const char *name)
{
	const char *prefix = data;

	(void)dirname;
	return !strncmp(name, prefix, strlen(prefix));
}

/*
 * Check now, not at the scan: pciehp can be unbound from a port, and the kernel then
 * resets the bus.
 */
static bool has_pciehp(const struct pcireset_dev *port)
{
	char prefix[PCIRESET_ADDR_STR_MAX + 8];

	snprintf(prefix, sizeof(prefix), "%s:pcie", port->name);
	return ctx_foreach_name(port->ctx, "sys/bus/pci_express/drivers/pciehp", begins_with,
				prefix) == 1;
}

/*
 * These hotplug drivers have no reset. A slot without driver and power control is only
 * a name.
 */
static bool is_plain(struct pcireset_ctx *ctx, const char *slot)
{
	static const char *const names[] = { "acpiphp", "shpchp", "ibmphp", "cpqphp" };
	char path[PATH_MAX], driver[NAME_MAX + 1];
	int r;

	if (ctx_path(ctx, path, "sys/bus/pci/slots/%s/module", slot) < 0)
		return false;
	r = read_link_name(path, driver, sizeof(driver));
	if (r < 0 && !is_absent(r))
		return ctx_fail(ctx, r, path) > 0;
	if (r < 0)
		return !ctx_path(ctx, path, "sys/bus/pci/slots/%s/power", slot) &&
		       access(path, F_OK) && is_absent(-errno);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], driver))
			return true;
	return false;
}

struct slot_search {
	const struct pcireset_dev *dev;
	struct vfio_place *place;
};

static int look_at_slot(void *data, const char *dirname, const char *slot)
{
	const struct slot_search *search = data;
	const struct pcireset_dev *dev = search->dev;
	struct vfio_place *place = search->place;
	const struct pcireset_addr *addr = &dev->addr;
	char path[PATH_MAX], text[64], all[32], mine[64];
	int r = ctx_path(dev->ctx, path, "%s/%s/address", dirname, slot);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return is_absent(r) ? 0 : ctx_fail(dev->ctx, r, slot);
	snprintf(all, sizeof(all), "%04x:%02x", addr->domain, addr->bus);
	snprintf(mine, sizeof(mine), "%s:%02x", all, (unsigned int)addr->devfn >> 3);
	if (strcmp(text, all) && strcmp(text, mine))
		return 0;
	place->is_slot_plain = is_plain(dev->ctx, slot) &&
			       (!place->is_in_slot || place->is_slot_plain);
	place->is_in_slot = true;
	return 0;
}

static void read_place(const struct pcireset_dev *dev, struct vfio_facts *f)
{
	const struct pcireset_dev *bridge = dev_upstream(dev);
	struct vfio_place place = {
		.has_bridge = bridge,
		.has_pciehp = bridge && has_pciehp(bridge),
		.has_device_number = dev->addr.devfn >> 3,
	};

	ctx_foreach_name(dev->ctx, "sys/bus/pci/slots", look_at_slot,
			 &(struct slot_search){ dev, &place });
	f->link = vfio_choose_link(&place);
	f->is_vf = dev_is_vf(dev);
}

void vfio_forget(struct vfio_facts *f)
{
	free(f->hot);
	free(f->group_ids);
	free(f);
}

int vfio_look(struct pcireset_dev *dev, struct vfio_facts **ret_facts)
{
	struct vfio_facts *f = calloc(1, sizeof(*f));
	int before, r;

	if (!f)
		return ctx_error(dev->ctx, -ENOMEM, "out of memory");
	r = check_device(dev, f);
	if (!r)
		r = read_groups(dev, f);
	if (!r)
		r = read_hot(dev, f);
	if (r < 0) {
		vfio_forget(f);
		return r == -ENOMEM ? ctx_error(dev->ctx, r, "out of memory") : r;
	}
	before = ctx_begin(dev->ctx);
	read_driver(dev, f);
	read_place(dev, f);
	r = dev_attr(dev, "reset_method", f->text, sizeof(f->text));
	if (r < 0)
		f->text[0] = '\0';
	r = ctx_end(dev->ctx, before, r < 0 && !is_absent(r) ? r : 0);
	if (r < 0) {
		vfio_forget(f);
		return ctx_error(dev->ctx, r, "%s: %s", dev->name, strerror(-r));
	}
	vfio_parse_methods(f->text, &f->methods);
	*ret_facts = f;
	return 0;
}
