/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uses by the machine: mounts, swap, interfaces that are up, consoles. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "users/users.h"

#define IFF_UP 1u

/* The data that block_foreach_function() passes to add_block_user(). */
struct block_user {
	uint32_t use;
	const char *prefix;
	const char *what;
	int error;
};

static void add_block_user(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	struct block_user *user = data;

	if (!user->error)
		user->error = users_add(&ctx->users, addr, user->use,
					format("%s:%s", user->prefix, user->what), NULL);
}

static bool is_lost(int error)
{
	return is_absent(error) || error == LINK_BROKEN;
}

/*
 * On the running machine, a disk without an entry was removed while it was in use. Without
 * any entries, nothing is known about the disks.
 */
static int number_path(struct pcireset_ctx *ctx, dev_t number, char path[PATH_MAX])
{
	int r = ctx_realpath(ctx, path, "sys/dev/block/%u:%u", major(number), minor(number));

	if (is_absent(r) && is_absent(ctx_realpath(ctx, path, "sys/dev/block")))
		users_note_disk_doubt(&ctx->users, "/sys/dev/block does not exist");
	/* A file system on flash chips needs no block device. */
	if (*ctx->sysroot && is_lost(r) && major(number) != MTD_BLOCK_MAJOR)
		users_note_disk_doubt(&ctx->users, "/sys/dev/block/%u:%u is missing", major(number),
				      minor(number));
	users_cannot_find(ctx, is_lost(r) ? 0 : r, "sys/dev/block");
	return r;
}

static int name_path(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX])
{
	const char *base = strrchr(node, '/');
	int r = base[1] ? ctx_realpath(ctx, path, "sys/class/block/%s", base + 1) : -ENOENT;

	if (r == LINK_BROKEN)
		r = -ENOENT;
	users_cannot_find(ctx, r, node);
	return r;
}

/*
 * Find a node in /dev: by its number on the running machine, or by its name in a sysroot,
 * where it need not be a node. The name also finds a disk if this /dev is not that of the
 * machine. Return an error if there is no disk, or if it is unknown, which is noted.
 */
static int node_path(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX])
{
	struct stat st;
	int r = 0;

	if (!*ctx->sysroot) {
		r = stat(node, &st) ? -errno : S_ISBLK(st.st_mode) ? 0 : -ENOTBLK;
		if (!r)
			return number_path(ctx, st.st_rdev, path);
		if (r == -ENOTBLK)
			return r;
		if (!is_absent(r))
			users_cannot_read(ctx, &ctx->users, r, node);
	}
	r = name_path(ctx, node, path);
	if (is_absent(r))
		users_note_disk_doubt(&ctx->users, "%s is in use and cannot be found", node);
	return r;
}

/* The kernel writes blanks and backslashes in paths as \ooo. */
static void unescape_path(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* For btrfs, the mount names one of the devices, and sysfs names the others. */
static int add_btrfs_device(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;

	return index_add(&ctx->users.index, format("%s", name), format("%s", dirname), NULL);
}

static int read_btrfs(void *data, const char *dirname, const char *name)
{
	char devices[PATH_MAX];

	if (snprintf(devices, sizeof(devices), "%s/%s/devices", dirname, name) >=
	    (int)sizeof(devices))
		return users_cannot_find(data, -ENAMETOOLONG, name);
	return ctx_foreach_name(data, devices, add_btrfs_device, data);
}

static int know_btrfs_devices(struct pcireset_ctx *ctx)
{
	int r = ctx->users.index.is_ready ? 0 :
					    ctx_foreach_name(ctx, "sys/fs/btrfs", read_btrfs, ctx);

	if (!ctx->users.index.is_ready)
		index_sort(&ctx->users.index);
	return r;
}

static int foreach_btrfs_device(struct pcireset_ctx *ctx, const char *source,
				struct block_user *user)
{
	const char *base = strrchr(source, '/') + 1;
	struct index_entry *entry;
	char devices[PATH_MAX];
	int r = know_btrfs_devices(ctx);

	for (size_t i = 0; !r && (entry = index_find(&ctx->users.index, base, i)); i++) {
		r = ctx_path(ctx, devices, "%s", entry->text);
		if (!r)
			block_foreach_link(ctx, devices, add_block_user, user);
	}
	return r;
}

/* One line of mountinfo: "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
struct mount {
	unsigned int major, minor;
	char *mount_point, *type, *source, *options;
};

/* The separator comes after six fields and any number of others. A recorded field may be "-". */
char *users_mount_separator(char *line)
{
	for (int i = 0; line && i < 6; i++)
		line = strchr(line + !!i, ' ');
	return line ? strstr(line, " - ") : NULL;
}

static bool parse_mount(char *line, struct mount *mount)
{
	char *words[5] = { NULL }, *save, *dash = users_mount_separator(line);

	if (!dash)
		return false;
	*dash = '\0';
	words[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < ARRAY_SIZE(words); i++)
		words[i] = words[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	mount->mount_point = words[4];
	mount->type = strtok_r(dash + 3, " ", &save);
	mount->source = mount->type ? strtok_r(NULL, " ", &save) : NULL;
	mount->options = mount->source ? strtok_r(NULL, " ", &save) : NULL;
	if (!words[4] || !mount->source ||
	    sscanf(words[2], "%u:%u", &mount->major, &mount->minor) != 2)
		return false;
	unescape_path(mount->mount_point);
	unescape_path(mount->source);
	return true;
}

static void use_node(struct pcireset_ctx *ctx, const char *node, struct block_user *user)
{
	char path[PATH_MAX];

	if (!node_path(ctx, node, path))
		block_foreach_function(ctx, path, add_block_user, user);
}

/* bcachefs has all its disks in the source: "/dev/sda:/dev/sdb". */
static int use_sources(struct pcireset_ctx *ctx, char *source, struct block_user *user)
{
	char *next;

	for (; source; source = next) {
		next = strstr(source, ":/dev/");
		if (next)
			*next++ = '\0';
		use_node(ctx, source, user);
		if (!user->error)
			user->error = foreach_btrfs_device(ctx, source, user);
	}
	return user->error;
}

/* XFS may have its log or its data on other disks. */
static void use_options(struct pcireset_ctx *ctx, char *options, struct block_user *user)
{
	static const char *const keys[] = { "logdev=/dev/", "rtdev=/dev/" };
	char *save, *option = options ? strtok_r(options, ",", &save) : NULL;

	for (; option; option = strtok_r(NULL, ",", &save))
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (!strncmp(option, keys[i], strlen(keys[i]))) {
				unescape_path(option);
				use_node(ctx, strchr(option, '/'), user);
			}
}

/* File systems without a disk may have any text as their source. */
static bool has_no_disk(const char *type)
{
	static const char *const types[] = { "tmpfs",   "ramfs", "devtmpfs", "devpts",
					     "overlay", "9p",    "virtiofs" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return !strcmp(type, "fuse") || !strncmp(type, "fuse.", 5);
}

/* A line of another format may be a use of any function. */
static int odd_line(struct pcireset_ctx *ctx, const char *line, const char *file)
{
	if (line[strspn(line, " ")])
		users_note_doubt(&ctx->users, "/%s has a line that cannot be read", file);
	return 0;
}

static int read_mount(struct pcireset_ctx *ctx, char *line)
{
	struct block_user user = { PCIRESET_USE_MOUNT, "mount", NULL, 0 };
	struct mount mount;
	char path[PATH_MAX];

	if (!parse_mount(line, &mount))
		return odd_line(ctx, line, "proc/self/mountinfo");
	user.what = mount.mount_point;
	if (!strcmp(mount.type, "btrfs"))
		users_expect(ctx, "sys/fs/btrfs");
	if (!strcmp(mount.type, "zfs"))
		users_note_disk_doubt(&ctx->users, "the disks of ZFS file systems are unknown");
	if (!mount.major && *mount.source == '/' && !strcmp(mount.type, "btrfs") &&
	    strncmp(mount.source, "/dev/", 5))
		users_note_disk_doubt(&ctx->users, "%s is in use and cannot be found",
				      mount.source);
	if (mount.major && !number_path(ctx, makedev(mount.major, mount.minor), path))
		block_foreach_function(ctx, path, add_block_user, &user);
	if (!mount.major && !strncmp(mount.source, "/dev/", 5) && !has_no_disk(mount.type))
		use_sources(ctx, mount.source, &user);
	use_options(ctx, mount.options, &user);
	return user.error;
}

/* "/dev/sda2 partition 1048572 0 -2"; a swap file is on a mounted file system. */
static int read_swap(struct pcireset_ctx *ctx, char *line)
{
	struct block_user user = { PCIRESET_USE_SWAP, "swap", line, 0 };
	char *type = line + strcspn(line, " \t");

	if (*line != '/')
		return strncmp(line, "Filename", strlen("Filename")) ?
			       odd_line(ctx, line, "proc/swaps") :
			       0;
	if (*type)
		*type++ = '\0';
	type += strspn(type, " \t");
	unescape_path(line);
	/* A node need not be in /dev. */
	if (!strncmp(line, "/dev/", 5) || !strncmp(type, "partition", 9))
		use_node(ctx, line, &user);
	return user.error;
}

static int add_console(struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	return users_add(&ctx->users, addr, PCIRESET_USE_CONSOLE, format("console"), NULL);
}

/* "ttyS0                -W- (EC p a)    4:64" */
static int read_console(struct pcireset_ctx *ctx, char *line)
{
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r;

	line[strcspn(line, " \t")] = '\0';
	if (!*line || strchr(line, '/') || line[0] == '.')
		return 0;
	users_expect(ctx, "sys/class/tty");
	r = ctx_realpath(ctx, path, "sys/class/tty/%s", line);
	if (r == LINK_BROKEN)
		return users_lost_device(ctx, "sys/class/tty", line);
	if (r < 0)
		return users_cannot_find(ctx, r, line);
	return addr_in_path(path, &addr) ? add_console(ctx, &addr) : 0;
}

static int read_lines(struct pcireset_ctx *ctx, const char *path, bool may_be_empty,
		      int (*fn)(struct pcireset_ctx *ctx, char *line))
{
	FILE *f = fopen(path, "re");
	bool is_empty = !may_be_empty;
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return is_absent(-errno) ? 0 : users_cannot_read(ctx, &ctx->users, -errno, path);
	while (!r && (errno = 0, getline(&line, &size, f)) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		is_empty = false;
		r = fn(ctx, line);
	}
	if (!r && is_empty && feof(f))
		users_note_doubt(&ctx->users, "%s is empty", path + strlen(ctx->sysroot));
	if (!r && !feof(f))
		r = users_cannot_read(ctx, &ctx->users, errno ? -errno : -EIO, path);
	free(line);
	fclose(f);
	return r;
}

/*
 * A kernel without swap has no such file, and a recording omits empty files. Every mount namespace
 * has a mount, and the list of swaps has a head. A copy may be empty.
 */
static int foreach_line(struct pcireset_ctx *ctx, const char *file, bool may_be_empty,
			int (*fn)(struct pcireset_ctx *ctx, char *line))
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "%s", file);

	return r < 0 ? ctx_fail(ctx, r, file) : read_lines(ctx, path, may_be_empty, fn);
}

static int read_interface(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	char path[PATH_MAX], text[32], *end;
	struct pcireset_addr addr;
	unsigned long flags = 0;

	int r = ctx_path(ctx, path, "%s/%s/flags", dirname, name);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r >= 0) {
		flags = strtoul(text, &end, 0);
		r = end == text || *end ? -EBADMSG : 0;
	}
	if (r >= 0 && !(flags & IFF_UP))
		return 0;
	if (r >= 0)
		r = ctx_realpath(ctx, path, "%s/%s", dirname, name);
	if (is_lost(r))
		return users_lost_device(ctx, dirname, name);
	if (r < 0)
		return users_cannot_find(ctx, r, path);
	if (!addr_in_path(path, &addr))
		return 0;
	return users_add(&ctx->users, &addr, PCIRESET_USE_NET, format("net:%s", name), NULL);
}

/*
 * The kernel hides an interface in another network namespace, such as that of a
 * container, but not the directory that it is in. Return 1 for such a function.
 */
int users_hides_interface(const struct pcireset_dev *dev)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *dir;
	int r;

	if (!dev_attr_path(dev, "net", path))
		return -ENAMETOOLONG;
	/* Most functions have no such directory. This takes one system call, their facts seven. */
	dir = opendir(path);
	if (!dir)
		return is_absent(-errno) ? 0 : -errno;
	while ((de = dir_next(dir)) && de->d_name[0] == '.')
		;
	r = de ? 0 : errno ? -errno : 1;
	closedir(dir);
	return r <= 0 || (dev_identity(dev)->class >> 16 == BASE_CLASS_NETWORK && dev_driver(dev)) ?
		       r :
		       0;
}

/* Only a driver creates interfaces, so this list is read with those of the holders. */
int users_read_hidden_interfaces(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	int r;

	pcireset_dev_foreach(ctx, dev) {
		r = users_hides_interface(dev);
		if (r > 0)
			r = users_add(&ctx->holders, &dev->addr, PCIRESET_USE_NET, format("net:?"),
				      format("an interface in another network namespace"));
		if (r < 0)
			return ctx_fail(ctx, r, dev->name);
	}
	return 0;
}

static int read_framebuffer(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r = strncmp(name, "fb", 2) ? -ENOENT : ctx_realpath(ctx, path, "%s/%s", dirname, name);

	if (r == LINK_BROKEN)
		return users_lost_device(ctx, dirname, name);
	if (r < 0)
		return users_cannot_find(ctx, r, name);
	return addr_in_path(path, &addr) ? add_console(ctx, &addr) : 0;
}

static int read_boot_vga(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	char text[8];

	pcireset_dev_foreach(ctx, dev) {
		int r = dev_identity(dev)->class >> 16 == BASE_CLASS_DISPLAY ?
				dev_attr(dev, "boot_vga", text, 8) :
				0;

		if (r > 0 && !strcmp(text, "1"))
			return add_console(ctx, &dev->addr);
		if (r > 0 && strcmp(text, "0"))
			r = -EBADMSG;
		if (r < 0 && users_cannot_find(ctx, r, dev->name))
			return r;
	}
	return 0;
}

/* The display of the virtual terminals: a frame buffer, VGA text, or no device. */
struct consoles {
	struct pcireset_ctx *ctx;
	bool has_frame_buffer, has_vga;
};

static int read_vtconsole(void *data, const char *dirname, const char *name)
{
	struct consoles *consoles = data;
	struct pcireset_ctx *ctx = consoles->ctx;
	char path[PATH_MAX], text[64];

	int r = ctx_path(ctx, path, "%s/%s/bind", dirname, name);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r >= 0 && !strcmp(text, "0"))
		return 0;
	if (r >= 0 && strcmp(text, "1"))
		r = -EBADMSG;
	if (r >= 0)
		r = ctx_path(ctx, path, "%s/%s/name", dirname, name);
	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (!r)
		r = -EBADMSG;
	if (is_absent(r) && *ctx->sysroot)
		users_note_doubt(&ctx->users, "/%s/%s is damaged", dirname, name);
	if (r < 0)
		return users_cannot_find(ctx, r, path);
	if (strstr(text, "frame buffer"))
		consoles->has_frame_buffer = true;
	else if (strstr(text, "VGA"))
		consoles->has_vga = true;
	return 0;
}

static int read_vtconsoles(struct pcireset_ctx *ctx)
{
	struct consoles consoles = { .ctx = ctx };
	int r = ctx_foreach_name(ctx, "sys/class/vtconsole", read_vtconsole, &consoles);

	if (consoles.has_frame_buffer)
		users_expect(ctx, "sys/class/graphics");
	if (!r && consoles.has_frame_buffer)
		r = ctx_foreach_name(ctx, "sys/class/graphics", read_framebuffer, ctx);
	if (!r && consoles.has_vga)
		r = read_boot_vga(ctx);
	return r;
}

/* For a recorded machine: the reason why the users there were incomplete. */
static int read_recorded_doubt(struct pcireset_ctx *ctx, const char *file, char text[160])
{
	char path[PATH_MAX];
	int r = *ctx->sysroot ? ctx_path(ctx, path, "%s", file) : -ENOENT;

	if (r >= 0)
		r = read_file(path, text, 160);
	return r < 0 ? users_cannot_find(ctx, r, file) : 0;
}

/*
 * Every /proc has this file. Without it, the absence of other files means nothing. A
 * recording may lack this file, but has a part of the directory.
 */
int users_check_proc(struct pcireset_ctx *ctx, struct users *users)
{
	const char *file = *ctx->sysroot ? "proc" : "proc/self/mountinfo";
	char path[PATH_MAX];
	int r = read_recorded_doubt(ctx, RECORDED_DOUBT, users->doubt);

	if (!r)
		r = read_recorded_doubt(ctx, RECORDED_DISKS, users->disk_doubt);
	if (!r)
		r = ctx_path(ctx, path, "%s", file);
	if (r < 0)
		return ctx_fail(ctx, r, file);
	if (!access(path, F_OK))
		return 0;
	if (!is_absent(-errno))
		return users_cannot_read(ctx, users, -errno, path);
	users_note_doubt(users, "/proc cannot be read");
	return 0;
}

/* A mount has other numbers in another mount namespace. */
static bool is_same_mount(const struct statx *a, const struct statx *b, bool has_same_namespace)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor &&
	       (a->stx_mnt_id == b->stx_mnt_id || !has_same_namespace);
}

/* Return 1 if this process has the root directory of process 1, 0 if not, or a negative errno. */
static int has_first_root(void)
{
	const unsigned int mask = STATX_INO | STATX_MNT_ID;
	struct stat here, there;
	struct statx mine, first;

	if (stat("/proc/self/ns/mnt", &here) || stat("/proc/1/ns/mnt", &there) ||
	    statx(AT_FDCWD, "/proc/self/root/", 0, mask, &mine) ||
	    statx(AT_FDCWD, "/proc/1/root/", 0, mask, &first))
		return -errno;
	return is_same_mount(&mine, &first, here.st_ino == there.st_ino);
}

/*
 * In a chroot, the kernel hides the mounts outside of it. If process 1 cannot be read, neither can
 * the nodes that it has open, so the users are unknown anyway.
 */
static int check_root(struct pcireset_ctx *ctx)
{
	int r = *ctx->sysroot ? 1 : has_first_root();

	if (!r)
		users_note_doubt(&ctx->users, "mounts outside of the root directory are hidden");
	if (r >= 0 || r == -EACCES || r == -EPERM || is_absent(r))
		return 0;
	return users_cannot_read(ctx, &ctx->users, r, "/proc/1/root");
}

int users_read_machine(struct pcireset_ctx *ctx)
{
	int r = users_check_proc(ctx, &ctx->users);

	if (!r)
		r = users_check_copy(ctx);
	if (!r)
		r = check_root(ctx);
	if (!r)
		r = foreach_line(ctx, "proc/self/mountinfo", false, read_mount);
	if (!r)
		r = foreach_line(ctx, "proc/swaps", false, read_swap);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/class/net", read_interface, ctx);
	if (!r)
		r = foreach_line(ctx, "proc/consoles", true, read_console);
	if (!r)
		r = read_vtconsoles(ctx);
	return r;
}
