/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One PCI function: its facts from sysfs, and its place in the tree. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dev/dev.h"

bool dev_attr_path(const struct pcireset_dev *dev, const char *attr, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", dev->path, attr) < PATH_MAX;
}

int dev_attr(const struct pcireset_dev *dev, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	return dev_attr_path(dev, attr, path) ? read_file(path, buf, size) : -ENAMETOOLONG;
}

static int attr_number(int dir, const char *attr, uint32_t *ret_value)
{
	char text[32], *end;
	unsigned long value;
	int r = read_file_at(dir, attr, text, sizeof(text));

	if (r < 0)
		return r;
	value = strtoul(text, &end, 0);
	/* Not absent: without this function, the reach of its neighbours would be too small. */
	if (end == text || *end || value > UINT32_MAX)
		return -EBADMSG;
	*ret_value = (uint32_t)value;
	return 0;
}

/* One file contains all three: "pci:v00008086d000010D3sv...sd...bc02sc00i00". */
static bool read_modalias(struct dev_facts *facts, int dir)
{
	uint32_t base, sub, interface;
	char text[128];

	if (read_file_at(dir, "modalias", text, sizeof(text)) < 0 ||
	    sscanf(text, "pci:v%8Xd%8Xsv%*8Xsd%*8Xbc%2Xsc%2Xi%2X", &facts->vendor, &facts->device,
		   &base, &sub, &interface) != 5)
		return false;
	facts->class = base << 16 | sub << 8 | interface;
	return true;
}

static int read_identity(struct dev_facts *facts, int dir)
{
	int r;

	if (read_modalias(facts, dir))
		return 0;
	r = attr_number(dir, "vendor", &facts->vendor);
	if (!r)
		r = attr_number(dir, "device", &facts->device);
	if (!r)
		r = attr_number(dir, "class", &facts->class);
	return r;
}

static int read_driver(struct dev_facts *facts, int dir, const char *link)
{
	int r;

	if (facts->knows_driver)
		return 0;
	r = read_link_name_at(dir, link, facts->driver, sizeof(facts->driver));
	if (r < 0)
		facts->driver[0] = '\0';
	if (r < 0 && !is_absent(r))
		return r;
	facts->knows_driver = true;
	return 0;
}

static int read_physfn(struct dev_facts *facts, int dir, const char *link)
{
	char name[NAME_MAX + 1];
	int r;

	if (facts->knows_physfn)
		return 0;
	r = read_link_name_at(dir, link, name, sizeof(name));
	if (r < 0 && !is_absent(r))
		return r;
	facts->knows_physfn = true;
	facts->is_vf = !r && addr_parse(name, strlen(name), &facts->physfn);
	if (!r && !facts->is_vf)
		return -EBADMSG;
	return 0;
}

/*
 * Open the directory, so that the kernel walks the long path only once. A caller that
 * needs one value needs the others, too.
 */
static int read_facts(const struct pcireset_dev *dev)
{
	int dir = open(dev->path, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (dir < 0)
		return -errno;
	r = read_identity(dev->facts, dir);
	if (!r)
		r = read_driver(dev->facts, dir, "driver");
	if (!r)
		r = read_physfn(dev->facts, dir, "physfn");
	close(dir);
	return r;
}

/* The getters cannot fail. The caller of the query finds the error in the context. */
bool dev_has_failed(const struct pcireset_dev *dev, int r)
{
	if (!r || is_absent(r))
		return false;
	ctx_fail(dev->ctx, r, dev->name);
	return true;
}

/* Vendor, device and class. All are 0 if the function was removed before they were read. */
const struct dev_facts *dev_identity(const struct pcireset_dev *dev)
{
	if (!dev->facts->knows_identity)
		dev->facts->knows_identity = !dev_has_failed(dev, read_facts(dev));
	return dev->facts;
}

/* The name of the driver, or NULL. */
const char *dev_driver(const struct pcireset_dev *dev)
{
	char path[PATH_MAX];

	if (!dev->facts->knows_driver && dev_attr_path(dev, "driver", path))
		dev_has_failed(dev, read_driver(dev->facts, AT_FDCWD, path));
	return dev->facts->driver[0] ? dev->facts->driver : NULL;
}

/* Drivers are bound and unbound, so read the name again. In a sysroot it never changes. */
void dev_forget_driver(const struct pcireset_dev *dev)
{
	if (!*dev->ctx->sysroot)
		dev->facts->knows_driver = false;
}

/*
 * A bridge has the IDs in a separate capability (PCI to PCI Bridge r1.2, sec 3.2.4.13),
 * or has none.
 */
static int subsystem_in_config(const struct config *config, uint32_t *ret_vendor,
			       uint32_t *ret_device)
{
	bool is_bridge = config_header_type(config) != PCI_HEADER_TYPE_NORMAL;
	size_t at = is_bridge ? config_find(config, PCI_CAP_ID_SSVID) : 0;
	uint32_t ids;

	if (config->len < PCI_STD_HEADER_SIZEOF || config_is_dead(config) ||
	    (is_bridge && !at && !config_has_all_capabilities(config)))
		return -ENODATA;
	if (is_bridge)
		ids = at ? config_get32(config, at + PCI_SSVID_VENDOR_ID) : 0;
	else
		ids = config_get32(config, PCI_SUBSYSTEM_VENDOR_ID);
	*ret_vendor = ids & 0xffff;
	*ret_device = ids >> 16;
	return 0;
}

/* In a recording, only config space has the IDs. */
static int read_subsystem(const struct pcireset_dev *dev, uint32_t *ret_vendor,
			  uint32_t *ret_device)
{
	int dir = open(dev->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct config config;
	int r = dir < 0 ? -errno : attr_number(dir, "subsystem_vendor", ret_vendor);

	if (!r)
		r = attr_number(dir, "subsystem_device", ret_device);
	if (dir >= 0)
		close(dir);
	if (dir < 0 || r != -ENOENT)
		return r;
	r = config_read(dev, &config);
	return r ? r : subsystem_in_config(&config, ret_vendor, ret_device);
}

/*
 * The first result stays valid until dev_forget_subsystem(), also if it is an error: a
 * rule that matched because of an unknown value must not stop matching while it is
 * applied. -ENODATA: config space is known in part. Any other error also fails the
 * caller's call.
 */
int dev_subsystem(const struct pcireset_dev *dev, uint32_t *ret_vendor, uint32_t *ret_device)
{
	struct dev_facts *facts = dev->facts;

	if (!facts->knows_subsystem) {
		facts->subsystem_error =
			read_subsystem(dev, &facts->subsystem[0], &facts->subsystem[1]);
		if (facts->subsystem_error != -ENODATA)
			dev_has_failed(dev, facts->subsystem_error);
	}
	facts->knows_subsystem = true;
	*ret_vendor = facts->subsystem[0];
	*ret_device = facts->subsystem[1];
	return facts->subsystem_error;
}

void dev_forget_subsystem(const struct pcireset_dev *dev)
{
	dev->facts->knows_subsystem = false;
}

bool dev_is_vf(const struct pcireset_dev *dev)
{
	char path[PATH_MAX];

	if (!dev->facts->knows_physfn && dev_attr_path(dev, "physfn", path))
		dev_has_failed(dev, read_physfn(dev->facts, AT_FDCWD, path));
	return dev->facts->is_vf;
}

/* Build the path from the parent directory and the name of the function. */
static void find_parent(struct pcireset_dev *dev)
{
	const char *end = strrchr(dev->path, '/'), *above = end;

	while (above && above > dev->path && above[-1] != '/')
		above--;
	dev->has_parent = above && addr_parse(above, (size_t)(end - above), &dev->parent);
}

static int note_awareness(struct pcireset_dev *dev, bool is_unaware)
{
	dev->knows_awareness = true;
	dev->is_unaware = is_unaware;
	if (!is_unaware || !dev_driver(dev) || dev->unaware_name)
		return 0;
	dev->unaware_name = format("driver:%s", dev_driver(dev));
	return dev->unaware_name ? 0 : ctx_fail(dev->ctx, -ENOMEM, dev->name);
}

/* The answer of the module on the recorded machine. */
static int read_awareness(struct pcireset_dev *dev)
{
	char text[8];
	int r = dev_attr(dev, RECORDED_PREPARE, text, sizeof(text));

	if (r < 0)
		return is_absent(r) ? 0 : r;
	return strcmp(text, "0") && strcmp(text, "1") ? 0 : note_awareness(dev, *text == '0');
}

/* In a sysroot, the directory may be empty. */
static int find_function(struct pcireset_dev *dev)
{
	int r;

	find_parent(dev);
	if (!*dev->ctx->sysroot)
		return 0;
	r = read_facts(dev);
	dev->facts->knows_identity = !r;
	return r ? r : read_awareness(dev);
}

/*
 * All functions of a bus are in the same directory, so the path of another one is enough.
 * In a sysroot, they may be anywhere.
 */
static int find_path(const struct pcireset_dev *dev, const struct pcireset_dev *other,
		     char path[PATH_MAX])
{
	if (*dev->ctx->sysroot || !other || other->addr.domain != dev->addr.domain ||
	    other->addr.bus != dev->addr.bus)
		return ctx_dev_path(dev->ctx, path, dev->name);
	return snprintf(path, PATH_MAX, "%.*s/%s", (int)(strrchr(other->path, '/') - other->path),
			other->path, dev->name) < PATH_MAX ?
		       0 :
		       -ENAMETOOLONG;
}

/* The functions of a bus are made one after the other: other is the last one, or NULL. */
int dev_new(struct pcireset_ctx *ctx, const struct pcireset_addr *addr,
	    const struct pcireset_dev *other, struct pcireset_dev **ret_dev)
{
	struct pcireset_dev *dev = calloc(1, sizeof(*dev));
	char path[PATH_MAX];
	int r;

	if (!dev)
		return -ENOMEM;
	dev->ctx = ctx;
	dev->addr = *addr;
	pcireset_addr_to_str(addr, dev->name);
	r = find_path(dev, other, path);
	if (r < 0)
		goto free_dev;
	r = -ENOMEM;
	dev->path = strdup(path);
	dev->facts = calloc(1, sizeof(*dev->facts));
	if (!dev->path || !dev->facts)
		goto free_dev;
	r = find_function(dev);
	if (r < 0)
		goto free_dev;
	*ret_dev = dev;
	return 0;

free_dev:
	dev_free(dev);
	return r;
}

void dev_forget_types(struct pcireset_dev *dev)
{
	for (size_t i = 0; i < NR_TYPES; i++) {
		list_unref(dev->state[i].list);
		free(dev->state[i].detail);
	}
	memset(dev->state, 0, sizeof(dev->state));
	dev->types = 0;
}

void dev_free(struct pcireset_dev *dev)
{
	dev_forget_types(dev);
	free(dev->path);
	free(dev->facts);
	free(dev->slot);
	free(dev->slot_driver);
	free(dev->unaware_name);
	free(dev->vfio);
	free(dev);
}

const char *pcireset_dev_get_name(const struct pcireset_dev *dev)
{
	return dev->name;
}

const struct pcireset_addr *pcireset_dev_get_addr(const struct pcireset_dev *dev)
{
	return &dev->addr;
}

uint32_t pcireset_dev_get_vendor(const struct pcireset_dev *dev)
{
	return dev_identity(dev)->vendor;
}

uint32_t pcireset_dev_get_device(const struct pcireset_dev *dev)
{
	return dev_identity(dev)->device;
}

uint32_t pcireset_dev_get_class(const struct pcireset_dev *dev)
{
	return dev_identity(dev)->class;
}

const char *pcireset_dev_get_driver(const struct pcireset_dev *dev)
{
	return dev_driver(dev);
}

const char *pcireset_dev_get_slot(const struct pcireset_dev *dev)
{
	return dev->slot;
}

int pcireset_dev_get_subsystem(const struct pcireset_dev *dev, uint32_t *ret_vendor,
			       uint32_t *ret_device)
{
	return dev_subsystem(dev, ret_vendor, ret_device);
}

bool pcireset_dev_is_bridge(const struct pcireset_dev *dev)
{
	uint32_t class = dev_identity(dev)->class >> 8;

	/* PCI, CardBus and semi-transparent bridges have a bus below them. */
	return class == 0x0604 || class == 0x0607 || class == 0x0609;
}

/*
 * In a sysroot, the function with the parent's address may be elsewhere, even below this
 * one. Then there is no parent.
 */
struct pcireset_dev *pcireset_dev_get_parent(const struct pcireset_dev *dev)
{
	struct pcireset_dev *parent =
		dev->has_parent ? pcireset_ctx_get_dev(dev->ctx, &dev->parent) : NULL;

	return parent && dev_is_below(dev, parent) ? parent : NULL;
}

struct pcireset_dev *pcireset_dev_get_physfn(const struct pcireset_dev *dev)
{
	return dev_is_vf(dev) ? pcireset_ctx_get_dev(dev->ctx, &dev->facts->physfn) : NULL;
}

bool pcireset_dev_has_unknown_parent(const struct pcireset_dev *dev)
{
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(dev);
	char text[8];
	int r;

	if (!dev->ctx->is_dump)
		return false;
	r = dev_attr(physfn ? physfn : dev, DUMP_NO_BRIDGE, text, sizeof(text));
	return r > 0 || (r < 0 && !is_absent(r));
}

/* The bridge whose secondary bus a reset would use. For a VF, it is that of its PF. */
struct pcireset_dev *dev_upstream(const struct pcireset_dev *dev)
{
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(dev);
	struct pcireset_dev *parent = pcireset_dev_get_parent(physfn ? physfn : dev);

	return parent && dev_is_below(dev, parent) ? parent : NULL;
}

/*
 * pci-stub has nothing to lose, nor do the drivers of VFIO: an open VFIO device is a
 * separate use.
 */
bool driver_is_idle(const struct pcireset_dev *dev)
{
	const char *driver = dev_driver(dev);

	return strstr(driver, "vfio") || !strcmp(driver, "pci-stub") || pcireset_dev_is_bridge(dev);
}

bool dev_is_below(const struct pcireset_dev *dev, const struct pcireset_dev *above)
{
	size_t len = strlen(above->path);

	return !strncmp(dev->path, above->path, len) && dev->path[len] == '/';
}

/* Remember from the module whether the driver is a use of the function. */
void dev_note_driver(struct pcireset_ctx *ctx, const struct pcireset_member *member)
{
	const uint32_t aware = PCIRESET_MEMBER_PREPARE | PCIRESET_MEMBER_BRIDGE |
			       PCIRESET_MEMBER_VFIO;
	struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &member->addr);

	if (!dev)
		return;
	if (!(member->flags & PCIRESET_MEMBER_DRIVER)) {
		dev->facts->knows_driver = true;
		dev->facts->driver[0] = '\0';
	} else if (!dev_driver(dev)) {
		dev_forget_driver(dev);
	}
	note_awareness(dev, member->why_not == PCIRESET_WHY_DRIVER ||
				    ((member->flags & PCIRESET_MEMBER_DRIVER) &&
				     !(member->flags & aware)));
}

/* The caller's descriptors for this function take precedence over the context's back end. */
const struct backend *dev_backend(const struct pcireset_dev *dev)
{
	return dev->backend ? dev->backend : dev->ctx->backend;
}

/* A type that the function supports but must not use. */
void dev_refuse(struct pcireset_dev *dev, uint32_t type, uint32_t why,
		const struct pcireset_addr *who)
{
	struct type_state *state = &dev->state[type_index(type)];

	dev->types &= ~type;
	state->list = list_unref(state->list);
	state->view.nr = 0;
	state->scope = 0;
	state->why_not = why;
	state->who = *who;
}

/* If the file's existence is unknown, assume it: then the kernel's list decides. */
static bool has_method_file(const struct pcireset_dev *dev)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/reset_method", dev->path) < (int)sizeof(path) &&
	       (!access(path, F_OK) || !is_absent(-errno));
}

/*
 * Does the kernel of the machine have reset_method? Kernels have it since 5.15. Check
 * once for each scan.
 */
bool ctx_has_reset_methods(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;

	if (ctx->has_methods != METHODS_UNKNOWN)
		return ctx->has_methods == METHODS_SOME;
	ctx->has_methods = METHODS_NONE;
	pcireset_dev_foreach(ctx, dev) {
		if (!has_method_file(dev))
			continue;
		ctx->has_methods = METHODS_SOME;
		break;
	}
	return ctx->has_methods == METHODS_SOME;
}
