/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Save all data that the library reads from a machine: from /sys the functions and
 * their devices, from /proc the lines that show the users of a function, and
 * the administrator's rules.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctx/ctx.h"
#include "rules/rules.h"
#include "snapshot/snapshot.h"
#include "users/users.h"

struct recorder {
	struct pcireset_ctx *ctx;
	size_t nr_descriptors; /* of all processes so far */
	struct tree tree;
	uint32_t flags;
	unsigned int nr_macs, nr_btrfs;
};

/* Paths in the archive have no sysroot and no leading slash. */
static const char *path_inside(const struct recorder *rec, const char *real)
{
	return real + strlen(rec->ctx->sysroot) + 1;
}

static int out_of_memory(struct recorder *rec)
{
	return ctx_error(rec->ctx, -ENOMEM, "out of memory");
}

static int add_file(struct recorder *rec, const char *path, const void *data, size_t size)
{
	return tree_add(rec->ctx, &rec->tree, TREE_FILE, path, data, size);
}

static int add_dir(struct recorder *rec, const char *path)
{
	return tree_add(rec->ctx, &rec->tree, TREE_DIR, path, NULL, 0);
}

/*
 * Omit a file without read permission: the reader of the archive has no access either.
 * The users that a broken link hides are noted as unknown. Any other failure to read is an error.
 */
static int leave_out(struct recorder *rec, int error, const char *path)
{
	return is_absent(error) || error == LINK_BROKEN || error == -EACCES ?
		       0 :
		       ctx_fail(rec->ctx, error, path);
}

static int copy_file(struct recorder *rec, const char *path)
{
	char full[PATH_MAX], text[ATTR_MAX];
	int len;

	len = ctx_path(rec->ctx, full, "%s", path);
	if (len >= 0)
		len = read_file(full, text, sizeof(text) - 1);
	if (len < 0)
		return leave_out(rec, len, path);
	text[len++] = '\n';
	return add_file(rec, path, text, (size_t)len);
}

static int copy_link(struct recorder *rec, const char *path)
{
	char full[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	if (ctx_path(rec->ctx, full, "%s", path) < 0)
		return ctx_fail(rec->ctx, -ENAMETOOLONG, path);
	len = readlink(full, target, sizeof(target));
	if (len < 0 && errno != EINVAL)
		return leave_out(rec, -errno, path);
	if (len <= 0 || len == (ssize_t)sizeof(target))
		return 0;
	return tree_add(rec->ctx, &rec->tree, TREE_LINK, path, target, (size_t)len);
}

static int copy_link_in(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", dirname, name) < (int)sizeof(path) ?
		       copy_link(rec, path) :
		       0;
}

/* Add the existing attributes. */
static int add_attributes(struct recorder *rec, const char *path, const char *const *names)
{
	char file[PATH_MAX];
	int r = 0;

	for (; !r && *names; names++)
		if (snprintf(file, sizeof(file), "%s/%s", path, *names) < (int)sizeof(file))
			r = copy_file(rec, file);
	return r;
}

/* ---- functions */

/*
 * Remove the Device Serial Number, which is often a MAC address, and the last data read
 * from VPD.
 */
static void take_serials_out(struct config *c)
{
	size_t vpd = config_find(c, PCI_CAP_ID_VPD), at;

	if (vpd && vpd + PCI_VPD_DATA + 4 <= c->len)
		memset(c->b + vpd + PCI_VPD_DATA, 0, 4);
	for (unsigned int n = 0; (at = config_find_extended(c, PCI_EXT_CAP_ID_DSN, n)); n++)
		for (size_t i = at + 4; i < at + 12 && i < c->len; i++)
			c->b[i] = 0;
}

static int add_config(struct recorder *rec, const struct pcireset_dev *dev, const char *dirname)
{
	char path[PATH_MAX];
	struct config config;
	int r = config_read(dev, &config);

	if (r < 0)
		return ctx_fail(rec->ctx, r, dev->name);
	if (!config.len)
		return 0;
	if (!(rec->flags & PCIRESET_RECORD_SERIALS))
		take_serials_out(&config);
	snprintf(path, sizeof(path), "%s/config", dirname);
	return add_file(rec, path, config.b, config.len);
}

/* The module knows this fact about the driver, and no file of the kernel has it. */
static int add_awareness(struct recorder *rec, const struct pcireset_dev *dev, const char *dirname)
{
	char path[PATH_MAX];

	if (!dev->knows_awareness || !dev_driver(dev))
		return 0;
	snprintf(path, sizeof(path), "%s/" RECORDED_PREPARE, dirname);
	return add_file(rec, path, dev->is_unaware ? "0\n" : "1\n", 2);
}

/*
 * How the power below a port can be cut; see dev_find_power(). Without d3cold_allowed, it is
 * unknown whether firmware has power resources.
 */
static int add_power(struct recorder *rec, const struct pcireset_dev *dev, const char *dirname)
{
	static const char *const files[] = { "d3cold_allowed", NULL };
	char path[PATH_MAX], full[PATH_MAX];
	int r, error;

	if (!pcireset_dev_is_bridge(dev) ||
	    snprintf(path, sizeof(path), "%s/firmware_node/power_resources_D3hot", dirname) >=
		    (int)sizeof(path))
		return 0;
	error = ctx_path(rec->ctx, full, "%s", path);
	if (error >= 0)
		error = access(full, F_OK) ? -errno : 0;
	if (error && !is_absent(error))
		return leave_out(rec, error, path);
	r = add_attributes(rec, dirname, files);
	return r || error ? r : add_dir(rec, path);
}

static int add_vfio_dev(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", dirname, name) < (int)sizeof(path) ?
		       add_dir(rec, path) :
		       0;
}

static int add_hidden_interface(struct recorder *rec, const struct pcireset_dev *dev,
				const char *dirname)
{
	char path[PATH_MAX];
	int r = users_hides_interface(dev);

	if (r <= 0)
		return r;
	snprintf(path, sizeof(path), "%s/net", dirname);
	return add_dir(rec, path);
}

static int add_function(struct recorder *rec, const struct pcireset_dev *dev)
{
	static const char *const files[] = { "vendor",       "device",   "class",
					     "reset_method", "boot_vga", NULL };
	static const char *const links[] = { "driver", "physfn", "iommu_group" };
	const char *dirname = path_inside(rec, dev->path);
	char path[PATH_MAX];
	int r = copy_link_in(rec, "sys/bus/pci/devices", dev->name);

	if (strlen(dirname) >= TREE_MAX_PATH)
		return ctx_error(rec->ctx, -ENAMETOOLONG, "%s: its path is too long", dev->name);
	if (!r)
		r = add_attributes(rec, dirname, files);
	for (size_t i = 0; !r && i < ARRAY_SIZE(links); i++)
		r = copy_link_in(rec, dirname, links[i]);
	if (!r)
		r = add_config(rec, dev, dirname);
	if (!r)
		r = add_awareness(rec, dev, dirname);
	if (!r)
		r = add_power(rec, dev, dirname);
	if (!r)
		r = add_hidden_interface(rec, dev, dirname);
	snprintf(path, sizeof(path), "%s/vfio-dev", dirname);
	return r ? r : ctx_foreach_name(rec->ctx, path, add_vfio_dev, rec);
}

static int add_functions(struct recorder *rec)
{
	struct pcireset_dev *dev;
	int r = add_dir(rec, "sys/bus/pci/devices");

	pcireset_dev_foreach(rec->ctx, dev)
		if (!r)
			r = add_function(rec, dev);
	return r;
}

static int add_slot(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char slot[PATH_MAX], path[PATH_MAX + 16];
	int r;

	if (snprintf(slot, sizeof(slot), "%s/%s", dirname, name) >= (int)sizeof(slot))
		return 0;
	snprintf(path, sizeof(path), "%s/address", slot);
	r = copy_file(rec, path);
	snprintf(path, sizeof(path), "%s/power", slot);
	if (!r)
		r = copy_file(rec, path);
	return r ? r : copy_link_in(rec, slot, "module");
}

/* ---- their devices */

static void note_function(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	(void)ctx;
	(void)addr;
	*(bool *)data = true;
}

static bool is_on_function(struct recorder *rec, const char *real)
{
	bool found = false;

	block_foreach_function(rec->ctx, real, note_function, &found);
	return found;
}

static int copy_controller(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;

	return strncmp(name, "nvme", 4) ? 0 : copy_link_in(rec, dirname, name);
}

/* Add the parts of a stacked disk, or the controllers of a namespace. */
static int add_below(struct recorder *rec, const char *path)
{
	static const char mark[] = "/nvme-subsystem/";
	const char *subsystem = strstr(path, mark);
	char dirname[PATH_MAX];
	char *slash;
	int r;

	if (snprintf(dirname, sizeof(dirname), "%s/slaves", path) >= (int)sizeof(dirname))
		return 0;
	r = ctx_foreach_name(rec->ctx, dirname, copy_link_in, rec);
	strcpy(dirname, path);
	slash = strrchr(dirname, '/');
	if (r < 0 || !slash || (size_t)(slash - dirname) + sizeof("/slaves") > sizeof(dirname))
		return r;
	strcpy(slash, "/slaves");
	r = ctx_foreach_name(rec->ctx, dirname, copy_link_in, rec);
	if (r < 0 || !subsystem)
		return r;
	subsystem += strlen(mark);
	snprintf(dirname, sizeof(dirname), "%.*s",
		 (int)(subsystem - path + (ptrdiff_t)strcspn(subsystem, "/")), path);
	return ctx_foreach_name(rec->ctx, dirname, copy_controller, rec);
}

static int add_block_number(struct recorder *rec, const char *path)
{
	static const char *const names[] = { "dev", NULL };
	char full[PATH_MAX], link[PATH_MAX], number[32];
	unsigned int major, minor;
	int r;

	r = ctx_path(rec->ctx, full, "%s/dev", path);
	if (r >= 0)
		r = read_file(full, number, sizeof(number));
	if (r < 0)
		return leave_out(rec, r, path);
	if (sscanf(number, "%u:%u", &major, &minor) != 2)
		return 0;
	snprintf(link, sizeof(link), "sys/dev/block/%u:%u", major, minor);
	r = copy_link(rec, link);
	return r ? r : add_attributes(rec, path, names);
}

/* The name of a file, which is on a mounted file system, is of no use. */
static int add_backing(struct recorder *rec, const char *path)
{
	char file[PATH_MAX], full[PATH_MAX], node[PATH_MAX];
	int r = snprintf(file, sizeof(file), "%s/" LOOP_FILE, path) < (int)sizeof(file) ?
			ctx_path(rec->ctx, full, "%s", file) :
			-ENOENT;

	if (r >= 0)
		r = read_file(full, node, sizeof(node));
	if (r < 0)
		return leave_out(rec, r, file);
	return strncmp(node, "/dev/", 5) ? 0 : add_file(rec, file, node, strlen(node));
}

static int add_block(struct recorder *rec, const char *path)
{
	int r = add_below(rec, path);

	if (!r)
		r = add_backing(rec, path);
	return r ? r : add_block_number(rec, path);
}

static int add_vtconsole(struct recorder *rec, const char *path)
{
	static const char *const names[] = { "bind", "name", NULL };

	return add_attributes(rec, path, names);
}

/* systemd names an interface after its MAC address if its location is unknown. */
static bool is_named_by_mac(const char *name)
{
	static const char *const kinds[] = { "en", "ib", "sl", "wl", "ww" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(name, kinds[i], 2))
			return name[2] == 'x' && strlen(name) == 15 &&
			       strspn(name + 3, "0123456789abcdef") == 12;
	return false;
}

/* Add a device with a different name in the archive than on this machine. */
static int add_renamed(struct recorder *rec, const char *dirname, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char real[PATH_MAX], link[PATH_MAX + 16], target[PATH_MAX + 16], flags[32];
	int r;

	snprintf(real, sizeof(real), "%.*s%.3s%012x", (int)(base - path), path, base,
		 ++rec->nr_macs);
	snprintf(link, sizeof(link), "%s/%s", dirname, strrchr(real, '/') + 1);
	snprintf(target, sizeof(target), "../../%s", real + strlen("sys/"));
	r = add_dir(rec, real);
	if (!r)
		r = tree_add(rec->ctx, &rec->tree, TREE_LINK, link, target, strlen(target));
	if (r < 0)
		return r;
	r = ctx_path(rec->ctx, target, "%s/flags", path);
	if (r >= 0)
		r = read_file(target, flags, sizeof(flags));
	if (r < 0)
		return leave_out(rec, r, path);
	snprintf(link, sizeof(link), "%s/flags", real);
	return add_file(rec, link, flags, strlen(flags));
}

static int add_interface(struct recorder *rec, const char *path)
{
	static const char *const names[] = { "flags", NULL };

	return add_attributes(rec, path, names);
}

/* A class, and the files to read for each device that belongs to a function. */
static const struct class
{
	const char *name;
	int (*add)(struct recorder *rec, const char *path);
	bool also_elsewhere;
} classes[] = {
	{ "block", add_block, false },        { "drm", NULL, false },
	{ "graphics", NULL, false },          { "misc", NULL, false },
	{ "net", add_interface, false },      { "nvme", NULL, false },
	{ "nvme-generic", add_below, false }, { "tty", NULL, false },
	{ "vtconsole", add_vtconsole, true },
};

static const struct class *class_of(const char *dirname)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(strrchr(dirname, '/') + 1, classes[i].name))
			return &classes[i];
	return NULL;
}

static int add_member(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	const struct class *class = class_of(dirname);
	char real[PATH_MAX];
	const char *path;
	int r = ctx_realpath(rec->ctx, real, "%s/%s", dirname, name);

	if (r < 0)
		return leave_out(rec, r, name);
	if (!class->also_elsewhere && !is_on_function(rec, real))
		return 0;
	path = path_inside(rec, real);
	if (!strcmp(class->name, "net") && !(rec->flags & PCIRESET_RECORD_SERIALS) &&
	    is_named_by_mac(name))
		return add_renamed(rec, dirname, path);
	r = copy_link_in(rec, dirname, name);
	if (!r)
		r = add_dir(rec, path);
	return r || !class->add ? r : class->add(rec, path);
}

static int add_classes(struct recorder *rec)
{
	char dirname[64];
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(classes); i++) {
		snprintf(dirname, sizeof(dirname), "sys/class/%s", classes[i].name);
		r = ctx_foreach_name(rec->ctx, dirname, add_member, rec);
	}
	return r;
}

/* A file system of several devices. The UUID, which is its name here, is omitted. */
static int add_btrfs(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char from[PATH_MAX], full[PATH_MAX], link[PATH_MAX], target[PATH_MAX];
	unsigned int number = rec->nr_btrfs++;
	struct dirent *de;
	int r = 0;
	DIR *dir;

	if (ctx_path(rec->ctx, from, "%s/%s/devices", dirname, name) < 0)
		return 0;
	dir = opendir(from);
	if (!dir)
		return leave_out(rec, -errno, from);
	while (!r && (de = dir_next(dir))) {
		ssize_t len = -1;

		if (snprintf(full, sizeof(full), "%s/%s", from, de->d_name) < (int)sizeof(full))
			len = readlink(full, target, sizeof(target));
		if (len < 0 && errno != EINVAL)
			r = leave_out(rec, -errno, full);
		if (len <= 0)
			continue;
		snprintf(link, sizeof(link), "%s/fs%u/devices/%s", dirname, number, de->d_name);
		r = tree_add(rec->ctx, &rec->tree, TREE_LINK, link, target, (size_t)len);
	}
	if (!r && errno)
		r = ctx_fail(rec->ctx, -errno, from);
	closedir(dir);
	return r;
}

/* ---- their users */

/* Hide the owner: of a mount point below /home, keep only that fact. */
static void hide_owner(const struct recorder *rec, char *mount_point, size_t size)
{
	static const char *const places[] = { "home/", "media/", "run/media/", "run/user/" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t len = strlen(places[i]);

		if (rec->flags & PCIRESET_RECORD_SERIALS ||
		    strncmp(mount_point + 1, places[i], len) || len + 3 > size)
			continue;
		strcpy(mount_point + 1 + len, "*");
	}
}

/* If a lookup fails for lack of memory, the recording fails. */
static bool is_found(struct recorder *rec, int r, const char *what)
{
	if (r < 0)
		leave_out(rec, r, what);
	return !r;
}

/* Find the source by its number if it has one, or by its name in sysfs. */
static bool find_source(struct recorder *rec, const char *number, const char *source,
			char real[PATH_MAX])
{
	const char *base = strrchr(source, '/');
	char node[PATH_MAX];
	unsigned int major, minor;

	if (sscanf(number, "%u:%u", &major, &minor) != 2)
		return false;
	if (major)
		return is_found(rec,
				ctx_realpath(rec->ctx, real, "sys/dev/block/%u:%u", major, minor),
				number);
	if (strncmp(source, "/dev/", 5) || !base || !base[1])
		return false;
	if (!*rec->ctx->sysroot && is_found(rec, realpath(source, node) ? 0 : -errno, source) &&
	    !strncmp(node, "/dev/", 5))
		base = strrchr(node, '/');
	return is_found(rec, ctx_realpath(rec->ctx, real, "sys/class/block/%s", base + 1), source);
}

/* Keep the number, the mount point, the type and the source of a line of mountinfo, but no options. */
static int add_mount(struct recorder *rec, FILE *out, char *line)
{
	char number[32], mount_point[PATH_MAX], source[PATH_MAX], real[PATH_MAX];
	const char *dash = users_mount_separator(line);
	char type[32];

	if (!dash || sscanf(line, "%*s %*s %31s %*s %4095s", number, mount_point) != 2 ||
	    sscanf(dash, " - %31s %4095s", type, source) != 2 ||
	    !find_source(rec, number, source, real) || !is_on_function(rec, real))
		return 0;
	hide_owner(rec, mount_point, sizeof(mount_point));
	return fprintf(out, "0 0 %s / %s - - %s /dev/%s -\n", number, mount_point, type,
		       strrchr(real, '/') + 1) < 0 ?
		       -ENOMEM :
		       0;
}

static int add_swap(struct recorder *rec, FILE *out, char *line)
{
	char real[PATH_MAX];

	line[strcspn(line, " \t")] = '\0';
	if (!find_source(rec, "0:0", line, real) || !is_on_function(rec, real))
		return 0;
	return fprintf(out, "%s partition 0 0 0\n", line) < 0 ? -ENOMEM : 0;
}

static int add_console(struct recorder *rec, FILE *out, char *line)
{
	char real[PATH_MAX];

	line[strcspn(line, " \t")] = '\0';
	if (!*line || strchr(line, '/') || *line == '.' ||
	    !is_found(rec, ctx_realpath(rec->ctx, real, "sys/class/tty/%s", line), line) ||
	    !is_on_function(rec, real))
		return 0;
	return fprintf(out, "%s\n", line) < 0 ? -ENOMEM : 0;
}

/* Add a file of the same name with the lines that add() keeps. */
static int add_lines(struct recorder *rec, const char *file,
		     int (*add)(struct recorder *rec, FILE *out, char *line))
{
	char path[PATH_MAX], *line = NULL, *text = NULL;
	size_t room = 0, size = 0;
	FILE *in, *out;
	int r = 0;

	if (ctx_path(rec->ctx, path, "%s", file) < 0)
		return 0;
	in = fopen(path, "re");
	if (!in)
		return leave_out(rec, -errno, path);
	out = open_memstream(&text, &size);
	if (!out) {
		fclose(in);
		return out_of_memory(rec);
	}
	while (!r && getline(&line, &room, in) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		r = add(rec, out, line);
	}
	if (!r && !feof(in))
		r = ctx_fail(rec->ctx, errno ? -errno : -EIO, path);
	free(line);
	fclose(in);
	if (ferror(out) | fclose(out) || !text)
		r = out_of_memory(rec);
	else if (r < 0)
		r = ctx_fail(rec->ctx, r, path);
	else if (size)
		r = add_file(rec, file, text, size);
	free(text);
	return r;
}

struct open_node {
	struct recorder *rec;
	const char *base;
	const char *real;
};

static int add_to_class(void *data, const char *dirname, const char *name)
{
	struct open_node *open = data;
	char link[PATH_MAX], real[PATH_MAX];
	int r = ctx_realpath(open->rec->ctx, real, "%s/%s/%s", dirname, name, open->base);

	if (r < 0)
		return leave_out(open->rec, r, open->base);
	if (strcmp(real, open->real) ||
	    snprintf(link, sizeof(link), "%s/%s", dirname, name) >= (int)sizeof(link))
		return 0;
	r = copy_link_in(open->rec, link, open->base);
	return r ? r : add_dir(open->rec, path_inside(open->rec, real));
}

/* The reader of an archive finds a node by its name in a class. */
static int add_node(struct recorder *rec, const char *node, const char *real)
{
	struct open_node open = { rec, strrchr(node, '/') + 1, real };

	return ctx_foreach_name(rec->ctx, "sys/class", add_to_class, &open);
}

/* full is the descriptor in /proc. Sets *ret_is_kept. */
static int add_open_node(struct recorder *rec, const char *full, const char *node,
			 bool *ret_is_kept)
{
	char real[PATH_MAX];
	int r;

	*ret_is_kept = false;
	if (strncmp(node, "/dev/", 5))
		return 0;
	if (!strncmp(node, "/dev/vfio/", 10)) {
		*ret_is_kept = strcmp(node + 10, "vfio");
		return 0;
	}
	r = *rec->ctx->sysroot ? node_in_sysfs(rec->ctx, node, real) :
				 node_number_in_sysfs(rec->ctx, full, real);
	if (r < 0 && r != -ENOTBLK)
		return leave_out(rec, r, node);
	if (r < 0 || !is_on_function(rec, real))
		return 0;
	*ret_is_kept = true;
	return add_node(rec, node, real);
}

/* Add the open node of a group, function or device, and the name of the process. */
static int add_descriptor(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char path[PATH_MAX], full[PATH_MAX], target[64];
	bool is_kept;
	ssize_t len;
	int r;

	rec->nr_descriptors++;
	if (snprintf(path, sizeof(path), "%s/%s", dirname, name) >= (int)sizeof(path) ||
	    ctx_path(rec->ctx, full, "%s", path) < 0)
		return 0;
	len = readlink(full, target, sizeof(target) - 1);
	if (len < 0)
		return leave_out(rec, -errno, full);
	target[len] = '\0';
	r = add_open_node(rec, full, target, &is_kept);
	if (r < 0 || !is_kept)
		return r;
	r = copy_link(rec, path);
	snprintf(full, sizeof(full), "%.*s/comm", (int)(strlen(dirname) - strlen("/fd")), dirname);
	return r ? r : copy_file(rec, full);
}

static int add_descriptors(struct recorder *rec, const char *dirname, const char *name)
{
	char path[PATH_MAX], full[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/fd", dirname, name) >= (int)sizeof(path))
		return 0;
	/* The process belongs to another user; users_know_all() has noted that. */
	if (ctx_path(rec->ctx, full, "%s", path) < 0 || (access(full, R_OK) && errno == EACCES))
		return 0;
	return ctx_foreach_name(rec->ctx, path, add_descriptor, rec);
}

static int add_thread(void *data, const char *dirname, const char *name)
{
	return isdigit((unsigned char)*name) ? add_descriptors(data, dirname, name) : 0;
}

/* A process whose first thread has ended has its descriptors in the others. */
static int add_process(void *data, const char *dirname, const char *name)
{
	struct recorder *rec = data;
	char tasks[PATH_MAX];
	size_t before = rec->nr_descriptors;
	int r;

	if (!isdigit((unsigned char)*name) ||
	    snprintf(tasks, sizeof(tasks), "%s/%s/task", dirname, name) >= (int)sizeof(tasks))
		return 0;
	r = add_descriptors(rec, dirname, name);
	return r || rec->nr_descriptors > before ?
		       r :
		       ctx_foreach_name(rec->ctx, tasks, add_thread, rec);
}

/*
 * Without any file of /proc in the archive, the users are unknown. With an empty /proc,
 * there are none.
 */
static int add_empty_proc(struct recorder *rec)
{
	for (size_t i = 0; i < rec->tree.nr; i++)
		if (!strncmp(rec->tree.v[i].path, "proc/", 5))
			return 0;
	return add_dir(rec, "proc");
}

static int add_doubt(struct recorder *rec)
{
	const struct users *users = &rec->ctx->users, *holders = &rec->ctx->holders;
	const char *doubt, *disks = users->disk_doubt;
	int r = users_know_all(rec->ctx);

	doubt = *users->doubt ? users->doubt : holders->doubt;
	if (!r && *disks)
		r = add_file(rec, RECORDED_DISKS, disks, strlen(disks));
	if (r < 0)
		return r;
	return *doubt ? add_file(rec, RECORDED_DOUBT, doubt, strlen(doubt)) : add_empty_proc(rec);
}

/* ---- the kernel, for doctor */

/* Other options may contain secrets. */
static bool is_about_pci(const char *word)
{
	static const char *const starts[] = { "pci", "vfio", "iommu", "intel_iommu", "amd_iommu" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(word, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static int add_command_line(struct recorder *rec, const char *file)
{
	char path[PATH_MAX], text[ATTR_MAX], kept[ATTR_MAX + 2] = "", *save;
	int r = ctx_path(rec->ctx, path, "%s", file);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return leave_out(rec, r, file);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!is_about_pci(word))
			continue;
		strcat(kept, *kept ? " " : "");
		strcat(kept, word);
	}
	strcat(kept, "\n");
	return add_file(rec, file, kept, strlen(kept));
}

static int add_module(struct recorder *rec, const char *path)
{
	static const char *const names[] = { "version", "taint", NULL };

	return ctx_lacks(rec->ctx, path) ? 0 : add_attributes(rec, path, names);
}

static int add_names(struct recorder *rec, const char *dirname)
{
	return ctx_foreach_name(rec->ctx, dirname, copy_link_in, rec);
}

#define EFI_VARIABLES "sys/firmware/efi/efivars"
#define SECURITY      "sys/kernel/security"

/* The name of the variable has the GUID of EFI's own variables (UEFI 2.10, sec 3.3). */
static const struct kernel_file {
	const char *name;
	int (*add)(struct recorder *rec, const char *path);
	const char *file_system; /* where it is mounted, or NULL for sysfs and proc */
} kernel_files[] = {
	{ "proc/cmdline", add_command_line, NULL },
	{ "sys/bus/pci_express/drivers/aer", add_names, NULL },
	{ "sys/bus/pci_express/drivers/dpc", add_names, NULL },
	{ "sys/class/iommu", add_names, NULL },
	{ EFI_VARIABLES "/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", copy_file,
	  EFI_VARIABLES },
	{ SECURITY "/lockdown", copy_file, SECURITY },
	{ "sys/module/pcireset", add_module, NULL },
};

static int count_name(void *data, const char *dirname, const char *name)
{
	(void)dirname;
	(void)name;
	++*(size_t *)data;
	return 0;
}

/* Return 1 if there is no such file system, or if it is mounted. */
static int is_mounted(struct recorder *rec, const char *directory)
{
	size_t nr = 0;
	int r;

	if (!directory || rec->ctx->is_recording || ctx_lacks(rec->ctx, directory))
		return 1;
	r = ctx_foreach_name(rec->ctx, directory, count_name, &nr);
	return r ? r : nr > 0;
}

/* Return 1 if the file can be read, or is known to be absent. */
static int is_known(struct recorder *rec, const struct kernel_file *file)
{
	char path[PATH_MAX];

	if (!pcireset_ctx_has_recorded(rec->ctx, file->name) ||
	    ctx_path(rec->ctx, path, "%s", file->name) < 0)
		return 0;
	if (access(path, R_OK) && !is_absent(-errno))
		return leave_out(rec, -errno, file->name);
	return is_mounted(rec, file->file_system);
}

/* With the list of these files, in which a reader finds whether the absence of one is a fact. */
static int add_kernel_files(struct recorder *rec)
{
	char mark[1024] = "";
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(kernel_files); i++) {
		r = is_known(rec, &kernel_files[i]);
		if (r <= 0)
			continue;
		strcat(strcat(mark, kernel_files[i].name), "\n");
		r = kernel_files[i].add(rec, kernel_files[i].name);
	}
	return r < 0 || !*mark ? r : add_file(rec, RECORDED_MARK, mark, strlen(mark));
}

static int add_rules_file(void *data, const char *path, const char *text, size_t size)
{
	return add_file(data, path, text, size);
}

/* Only the module knows the drivers with reset_prepare. */
static int ask_module(struct recorder *rec)
{
	int r = rec->ctx->backend->knows_drivers ? pcireset_ctx_query(rec->ctx) : 0;

	return r < 0 ? r : 0;
}

static int collect_all(struct recorder *rec)
{
	int r = ask_module(rec);

	if (!r)
		r = add_functions(rec);
	if (!r)
		r = ctx_foreach_name(rec->ctx, "sys/bus/pci_express/drivers/pciehp", copy_link_in,
				     rec);
	if (!r)
		r = ctx_foreach_name(rec->ctx, "sys/bus/pci/slots", add_slot, rec);
	if (!r)
		r = add_classes(rec);
	if (!r)
		r = ctx_foreach_name(rec->ctx, "sys/fs/btrfs", add_btrfs, rec);
	if (!r)
		r = add_lines(rec, "proc/self/mountinfo", add_mount);
	if (!r)
		r = add_lines(rec, "proc/swaps", add_swap);
	if (!r)
		r = add_lines(rec, "proc/consoles", add_console);
	if (!r)
		r = ctx_foreach_name(rec->ctx, "proc", add_process, rec);
	if (!r)
		r = rules_foreach_file(rec->ctx, add_rules_file, rec);
	if (!r)
		r = add_doubt(rec);
	if (!r)
		r = add_kernel_files(rec);
	return r ? r : tree_sort(rec->ctx, &rec->tree);
}

int pcireset_ctx_record(struct pcireset_ctx *ctx, int fd, uint32_t flags)
{
	struct recorder rec = { .ctx = ctx, .flags = flags };
	int before, r;

	if (flags & ~(uint32_t)PCIRESET_RECORD_SERIALS)
		return ctx_error(ctx, -EOPNOTSUPP, "%#x: has unknown bits", flags);
	if (ctx->is_dump)
		return ctx_error(ctx, -EOPNOTSUPP, "a dump of config space is not a whole machine");
	before = ctx_begin(ctx);
	r = ctx_end(ctx, before, collect_all(&rec));
	if (!r) {
		r = archive_pack(&rec.tree, fd);
		if (r < 0)
			ctx_error(ctx, r, "%s", strerror(-r));
	}
	tree_clear(&rec.tree);
	return r;
}
