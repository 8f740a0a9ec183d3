/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users of functions: mounts, swap, interfaces that are up, VFIO, consoles, open device
 * nodes.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "private.h"

#define MAX_STACK          64         /* of block devices on block devices; limits the recursion */
#define MAX_DETAIL         160        /* of one use, short enough to read */
#define FRESH_NS           100000000u /* so that consecutive plans read only once */
#define IFF_UP             1u
#define BASE_CLASS_DISPLAY 0x03

/* The initial PID namespace always has this inode number, and the others have other numbers. */
#define FIRST_PID_NS 0xeffffffcu

/* The data that block_foreach_function() passes to add_block_user(). */
struct block_user {
	uint32_t use;
	const char *prefix;
	const char *what;
	int error;
};

static void user_clear(struct user *user)
{
	free(user->name);
	free(user->detail);
}

static void users_clear(struct users *users)
{
	for (size_t i = 0; i < users->nr; i++)
		user_clear(&users->v[i]);
	free(users->v);
	memset(users, 0, sizeof(*users));
}

/* The first reason is sufficient. */
static void doubt(struct users *users, const char *fmt, ...) PRINTF(2, 3);
static void doubt(struct users *users, const char *fmt, ...)
{
	va_list ap;

	if (*users->doubt)
		return;
	va_start(ap, fmt);
	vsnprintf(users->doubt, sizeof(users->doubt), fmt, ap);
	va_end(ap);
}

/* Out of descriptors or memory: this call fails, but the next one may succeed. */
static bool is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/*
 * A file of the machine cannot be read, so there may be other users. Return an error
 * only for a shortage.
 */
static int cannot_read(struct pcireset_ctx *ctx, struct users *users, int error, const char *file)
{
	if (is_shortage(error))
		return ctx_fail(ctx, error, file);
	doubt(users, "%s cannot be read: %s", file + strlen(ctx->sysroot), strerror(-error));
	return 0;
}

/* An unreadable file in sysfs fails the call, because the users cannot be determined at all. */
static int cannot_find(struct pcireset_ctx *ctx, int error, const char *file)
{
	return !error || is_absent(error) ? 0 : ctx_fail(ctx, error, file);
}

static int add_user(struct users *users, const struct pcireset_addr *addr, uint32_t use, char *name,
		    char *detail)
{
	struct user *v = name ? array_room(users->v, users->nr, sizeof(*v)) : NULL;

	if (!v) {
		free(name);
		free(detail);
		return -ENOMEM;
	}
	users->v = v;
	v[users->nr] = (struct user){ *addr, users->nr, use, name, detail };
	users->nr++;
	return 0;
}

static int by_function(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);

	return order ? order : x->number < y->number ? -1 : 1;
}

/* Equal uses of one function are adjacent, in the order in which they were found. */
static int by_name(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);

	order = order ? order : strcmp(x->name, y->name);
	return order ? order : x->number < y->number ? -1 : 1;
}

static bool is_same_use(const struct user *a, const struct user *b)
{
	return addr_is(&a->addr, &b->addr) && !strcmp(a->name, b->name);
}

static bool ends_with(const char *str, const char *end)
{
	size_t len = strlen(str), nr = strlen(end);

	return len >= nr && !strcmp(str + len - nr, end);
}

/* Add another process to a known use. The descriptors of one process are consecutive. */
static int add_detail(struct user *known, const char *detail)
{
	char *both;

	if (!known->detail || !detail || ends_with(known->detail, detail) ||
	    ends_with(known->detail, "..."))
		return 0;
	both = format("%s; %s", known->detail, strlen(known->detail) > MAX_DETAIL ? "..." : detail);
	if (!both)
		return -ENOMEM;
	free(known->detail);
	known->detail = both;
	return 0;
}

/* Sort the users and remove duplicates. */
int users_sort(struct users *users)
{
	size_t nr = users->nr;
	int r = 0;

	if (!nr)
		return 0;
	qsort(users->v, nr, sizeof(*users->v), by_name);
	users->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		struct user *known = users->nr ? &users->v[users->nr - 1] : NULL;

		if (!known || !is_same_use(known, &users->v[i])) {
			users->v[users->nr++] = users->v[i];
			continue;
		}
		if (!r)
			r = add_detail(known, users->v[i].detail);
		user_clear(&users->v[i]);
	}
	qsort(users->v, users->nr, sizeof(*users->v), by_function);
	return r;
}

/* Index of the first user whose address compares with that of the function as the order, or higher. */
static size_t place_of(const struct users *users, const struct pcireset_dev *dev, int order)
{
	size_t low = 0, high = users->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_cmp(&users->v[mid].addr, &dev->addr) < order)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- block devices: down through partitions, dm, md and NVMe multipath */

/* One walk down from a device. It visits each path once, because links may form a cycle. */
struct walk {
	struct pcireset_ctx *ctx;
	block_fn fn;
	void *data;
	void *seen; /* by tsearch(): strings */
};

static int by_string(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_first_time(struct walk *walk, const char *path)
{
	char *copy = strdup(path), **found = NULL;

	if (copy)
		found = tsearch(copy, &walk->seen, by_string);
	if (!found)
		ctx_fail(walk->ctx, -ENOMEM, path);
	if (!found || *found != copy)
		free(copy);
	return found && *found == copy;
}

static void foreach_function(struct walk *walk, const char *path, unsigned int depth);

/* Call fn for each entry of a directory that is itself a link in sysfs. */
static bool foreach_link(struct walk *walk, const char *dirname, const char *prefix,
			 unsigned int depth)
{
	char link[PATH_MAX], path[PATH_MAX];
	bool found = false;
	struct dirent *de;
	DIR *dir = opendir(dirname);

	if (!dir) {
		cannot_find(walk->ctx, -errno, dirname);
		return false;
	}
	while ((de = dir_next(dir))) {
		if (de->d_name[0] == '.' || strncmp(de->d_name, prefix, strlen(prefix)) ||
		    snprintf(link, sizeof(link), "%s/%s", dirname, de->d_name) >= (int)sizeof(link))
			continue;
		if (readlink(link, path, 1) < 0 || !realpath(link, path)) {
			cannot_find(walk->ctx, errno == EINVAL ? 0 : -errno, link);
			continue;
		}
		found = true;
		foreach_function(walk, path, depth + 1);
	}
	cannot_find(walk->ctx, -errno, dirname);
	closedir(dir);
	return found;
}

/*
 * A namespace with several possible controllers is a child of none of them. The
 * directory of its subsystem links to the controllers.
 */
static bool foreach_controller(struct walk *walk, const char *path, unsigned int depth)
{
	static const char mark[] = "/nvme-subsystem/";
	const char *subsystem = strstr(path, mark);
	char dirname[PATH_MAX];
	size_t len;

	if (!subsystem)
		return false;
	len = (size_t)(subsystem - path) + strlen(mark);
	len += strcspn(path + len, "/");
	memcpy(dirname, path, len);
	dirname[len] = '\0';
	return foreach_link(walk, dirname, "nvme", depth);
}

static void foreach_slave(struct walk *walk, const char *path, unsigned int depth)
{
	char dirname[PATH_MAX];
	char *slash;

	if (snprintf(dirname, sizeof(dirname), "%s/slaves", path) >= (int)sizeof(dirname) ||
	    foreach_link(walk, dirname, "", depth))
		return;
	/* A partition has no slaves of its own. Use those of its disk. */
	strcpy(dirname, path);
	slash = strrchr(dirname, '/');
	if (slash && (size_t)(slash - dirname) + sizeof("/slaves") < sizeof(dirname)) {
		strcpy(slash, "/slaves");
		foreach_link(walk, dirname, "", depth);
	}
}

static void foreach_function(struct walk *walk, const char *path, unsigned int depth)
{
	struct pcireset_addr addr;

	if (depth > MAX_STACK)
		doubt(&walk->ctx->users, "%s is a device on too many others", path);
	if (depth > MAX_STACK || !is_first_time(walk, path))
		return;
	if (addr_in_path(path, &addr))
		walk->fn(walk->ctx, &addr, walk->data);
	else if (!foreach_controller(walk, path, depth))
		foreach_slave(walk, path, depth);
}

/* Call fn for each PCI function that stores the block device with this real path. */
void block_foreach_function(struct pcireset_ctx *ctx, const char *path, block_fn fn, void *data)
{
	struct walk walk = { .ctx = ctx, .fn = fn, .data = data };

	foreach_function(&walk, path, 0);
	tdestroy(walk.seen, free);
}

static void add_block_user(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	struct block_user *user = data;

	if (!user->error)
		user->error = add_user(&ctx->users, addr, user->use,
				       format("%s:%s", user->prefix, user->what), NULL);
}

/* Use the name: in a sysroot, the nodes in /dev need not be device nodes. */
static int node_path(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX])
{
	const char *base = strrchr(node, '/');
	struct stat st;
	int r;

	if (!*ctx->sysroot && !stat(node, &st) && S_ISBLK(st.st_mode))
		r = ctx_realpath(ctx, path, "sys/dev/block/%u:%u", major(st.st_rdev),
				 minor(st.st_rdev));
	else if (!base || !base[1])
		return -ENOENT;
	else
		r = ctx_realpath(ctx, path, "sys/class/block/%s", base + 1);
	cannot_find(ctx, r, node);
	return r;
}

/* ---- mounts and swap */

/* The kernel writes blanks and backslashes in paths as \ooo. */
static void unescape(char *s)
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
struct btrfs_search {
	struct pcireset_ctx *ctx;
	const char *base;
	struct block_user *user;
};

static int read_btrfs(void *data, const char *dirname, const char *name)
{
	struct btrfs_search *search = data;
	struct pcireset_ctx *ctx = search->ctx;
	struct walk walk = { .ctx = ctx, .fn = add_block_user, .data = search->user };
	char devices[PATH_MAX], path[PATH_MAX];
	int r = ctx_realpath(ctx, path, "%s/%s/devices/%s", dirname, name, search->base);

	if (!r)
		r = ctx_path(ctx, devices, "%s/%s/devices", dirname, name);
	if (r < 0)
		return cannot_find(ctx, r, name);
	foreach_link(&walk, devices, "", 0);
	tdestroy(walk.seen, free);
	return 0;
}

static void foreach_btrfs_device(struct pcireset_ctx *ctx, const char *source,
				 struct block_user *user)
{
	struct btrfs_search search = { ctx, strrchr(source, '/') + 1, user };

	ctx_foreach_name(ctx, "sys/fs/btrfs", read_btrfs, &search);
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static int read_mount(struct pcireset_ctx *ctx, char *line)
{
	struct block_user user = { PCIRESET_USE_MOUNT, "mount", NULL, 0 };
	char *words[7] = { NULL }, *save, *source;
	char path[PATH_MAX];
	unsigned int major, minor;
	char *dash = strstr(line, " - ");

	if (!dash)
		return 0;
	*dash = '\0';
	words[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < 5; i++)
		words[i] = words[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	strtok_r(dash + 3, " ", &save);
	source = strtok_r(NULL, " ", &save);
	if (!words[4] || !source || sscanf(words[2], "%u:%u", &major, &minor) != 2)
		return 0;
	unescape(words[4]);
	unescape(source);
	user.what = words[4];
	if (major) {
		int r = ctx_realpath(ctx, path, "sys/dev/block/%u:%u", major, minor);

		if (!r)
			block_foreach_function(ctx, path, add_block_user, &user);
		cannot_find(ctx, r, words[2]);
	} else if (!strncmp(source, "/dev/", 5)) {
		if (!node_path(ctx, source, path))
			block_foreach_function(ctx, path, add_block_user, &user);
		foreach_btrfs_device(ctx, source, &user);
	}
	return user.error;
}

/* "/dev/sda2 partition 1048572 0 -2"; a swap file is on a mounted file system. */
static int read_swap(struct pcireset_ctx *ctx, char *line)
{
	struct block_user user = { PCIRESET_USE_SWAP, "swap", line, 0 };
	char path[PATH_MAX];

	line[strcspn(line, " \t")] = '\0';
	unescape(line);
	if (!strncmp(line, "/dev/", 5) && !node_path(ctx, line, path))
		block_foreach_function(ctx, path, add_block_user, &user);
	return user.error;
}

static int read_lines(struct pcireset_ctx *ctx, const char *path,
		      int (*fn)(struct pcireset_ctx *ctx, char *line))
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return is_absent(-errno) ? 0 : cannot_read(ctx, &ctx->users, -errno, path);
	while (!r && (errno = 0, getline(&line, &size, f)) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		r = fn(ctx, line);
	}
	if (!r && !feof(f))
		r = cannot_read(ctx, &ctx->users, errno ? -errno : -EIO, path);
	free(line);
	fclose(f);
	return r;
}

/* A kernel without swap has no such file, and a recording omits empty files. */
static int foreach_line(struct pcireset_ctx *ctx, const char *file,
			int (*fn)(struct pcireset_ctx *ctx, char *line))
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "%s", file);

	return r < 0 ? ctx_fail(ctx, r, file) : read_lines(ctx, path, fn);
}

/* ---- everything that has an entry in a class */

static int read_interface(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	char path[PATH_MAX], text[32];
	struct pcireset_addr addr;

	int r = ctx_path(ctx, path, "%s/%s/flags", dirname, name);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r >= 0 && !(strtoul(text, NULL, 0) & IFF_UP))
		return 0;
	if (r >= 0)
		r = ctx_realpath(ctx, path, "%s/%s", dirname, name);
	if (r < 0)
		return cannot_find(ctx, r, name);
	if (!addr_in_path(path, &addr))
		return 0;
	return add_user(&ctx->users, &addr, PCIRESET_USE_NET, format("net:%s", name), NULL);
}

/* ---- consoles */

static int add_console(struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	return add_user(&ctx->users, addr, PCIRESET_USE_CONSOLE, format("console"), NULL);
}

static int read_framebuffer(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r = strncmp(name, "fb", 2) ? -ENOENT : ctx_realpath(ctx, path, "%s/%s", dirname, name);

	if (r < 0)
		return cannot_find(ctx, r, name);
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
		if (r < 0 && cannot_find(ctx, r, dev->name))
			return r;
	}
	return 0;
}

/* A frame buffer or VGA text shows the virtual terminals, or no device does. */
static int read_vtconsole(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	char path[PATH_MAX], text[64];

	int r = ctx_path(ctx, path, "%s/%s/bind", dirname, name);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r >= 0 && strcmp(text, "1"))
		return 0;
	if (r >= 0)
		r = ctx_path(ctx, path, "%s/%s/name", dirname, name);
	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return cannot_find(ctx, r, name);
	if (strstr(text, "frame buffer"))
		return ctx_foreach_name(ctx, "sys/class/graphics", read_framebuffer, ctx);
	return strstr(text, "VGA") ? read_boot_vga(ctx) : 0;
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
	r = ctx_realpath(ctx, path, "sys/class/tty/%s", line);
	if (r < 0)
		return cannot_find(ctx, r, line);
	return addr_in_path(path, &addr) ? add_console(ctx, &addr) : 0;
}

/* ---- processes: names and open device nodes */

static bool is_this_process(const struct pcireset_ctx *ctx, const char *pid)
{
	return !*ctx->sysroot && strtol(pid, NULL, 10) == getpid();
}

/* A use by a process. */
struct holder {
	uint32_t use;
	char *name;
	const char *pid;
};

/* The process as text, so that the user can find it. */
static char *process_text(struct pcireset_ctx *ctx, const char *pid)
{
	char path[PATH_MAX], comm[64] = "?";
	int r;

	if (is_this_process(ctx, pid))
		return strdup("this process");
	r = ctx_path(ctx, path, "proc/%s/comm", pid);
	if (!r)
		r = read_file(path, comm, sizeof(comm));
	if (r < 0 && !is_absent(r) && ctx_fail(ctx, r, path))
		return NULL;
	return format("%s, process %s", comm, pid);
}

/* For VFIO, the node belongs to the group or to the function. */

bool users_on_vfio(const struct pcireset_dev *dev)
{
	return dev_driver(dev) && strstr(dev_driver(dev), "vfio");
}

static bool vfio_node_is(const struct pcireset_dev *dev, const char *node)
{
	char path[PATH_MAX], group[NAME_MAX + 1];
	int r;

	if (!strncmp(node, "devices/", 8)) {
		snprintf(path, sizeof(path), "%s/vfio-dev/%s", dev->path, node + 8);
		r = access(path, F_OK) ? -errno : 0;
		cannot_find(dev->ctx, r, path);
		return !r;
	}
	if (!strncmp(node, "noiommu-", 8))
		node += 8;
	snprintf(path, sizeof(path), "%s/iommu_group", dev->path);
	r = read_link_name(path, group, sizeof(group));
	cannot_find(dev->ctx, r, path);
	return !r && !strcmp(group, node);
}

/* Add the name of the process. Fail rather than lose it. */
static int add_holder(struct pcireset_ctx *ctx, const struct pcireset_addr *addr,
		      const struct holder *holder)
{
	char *process = process_text(ctx, holder->pid);

	if (!process) {
		free(holder->name);
		return -ENOMEM;
	}
	return add_user(&ctx->holders, addr, holder->use, holder->name, process);
}

static int add_vfio_users(struct pcireset_ctx *ctx, const char *node, const char *pid)
{
	struct pcireset_dev *dev;
	int r = 0;

	pcireset_dev_foreach(ctx, dev) {
		if (r || !users_on_vfio(dev) || !vfio_node_is(dev, node))
			continue;
		r = add_holder(ctx, &dev->addr,
			       &(struct holder){ PCIRESET_USE_VFIO, format("vfio"), pid });
	}
	return r;
}

/* One node that one process has open. */
struct open_node {
	const char *node;
	const char *pid;
	int error;
};

static void add_node_user(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	struct open_node *open = data;

	if (!open->error)
		open->error =
			add_holder(ctx, addr,
				   &(struct holder){ PCIRESET_USE_OPEN,
						     format("open:%s", open->node), open->pid });
}

/* Most open nodes in /dev are one of these, and none of them belongs to a device. */
static bool is_everybodys(const char *node)
{
	return !strcmp(node, "null") || !strncmp(node, "pts/", 4) || !strncmp(node, "shm/", 4);
}

/*
 * fd is the descriptor in /proc. Its name is for messages only: the process may be in a
 * container with another /dev.
 */
static int add_node_users(struct pcireset_ctx *ctx, const char *fd, struct open_node *open)
{
	char path[PATH_MAX];
	int r = *ctx->sysroot ? node_in_sysfs(ctx, open->node, path) :
				node_number_in_sysfs(ctx, fd, path);

	if (!r)
		block_foreach_function(ctx, path, add_node_user, open);
	else if (r != -ENOTBLK && !is_absent(r))
		open->error = cannot_read(ctx, &ctx->holders, r, fd);
	return open->error;
}

static int read_descriptor(struct pcireset_ctx *ctx, const char *fd, const char *pid)
{
	static const char dev[] = "/dev/", vfio[] = "/dev/vfio/";
	struct open_node open = { .pid = pid };
	char target[PATH_MAX];
	ssize_t len = readlink(fd, target, sizeof(target) - 1);

	if (len < 0)
		return is_absent(-errno) ? 0 : cannot_read(ctx, &ctx->holders, -errno, fd);
	target[len] = '\0';
	open.node = target;
	if (!strncmp(target, vfio, strlen(vfio)))
		return add_vfio_users(ctx, target + strlen(vfio), pid);
	/* The calling process knows its own open nodes. */
	if (strncmp(target, dev, strlen(dev)) || is_everybodys(target + strlen(dev)) ||
	    is_this_process(ctx, pid))
		return 0;
	return add_node_users(ctx, fd, &open);
}

/* The process has ended, or belongs to another user. */
static int cannot_open_fds(struct pcireset_ctx *ctx, int error, const char *fds)
{
	if (is_absent(error))
		return 0;
	if (error != -EACCES && error != -EPERM)
		return cannot_read(ctx, &ctx->holders, error, fds);
	doubt(&ctx->holders, "what other users' processes have open cannot be read");
	return 0;
}

static int read_process(void *data, const char *dirname, const char *pid)
{
	struct pcireset_ctx *ctx = data;
	char fds[PATH_MAX], path[PATH_MAX];
	struct dirent *de;
	DIR *dir;
	int r = 0;

	if (!isdigit((unsigned char)pid[0]) || ctx_path(ctx, fds, "%s/%s/fd", dirname, pid) < 0)
		return 0;
	dir = opendir(fds);
	if (!dir)
		return cannot_open_fds(ctx, -errno, fds);
	while (!r && (de = dir_next(dir)))
		if (de->d_name[0] != '.' &&
		    snprintf(path, sizeof(path), "%s/%s", fds, de->d_name) < (int)sizeof(path))
			r = read_descriptor(ctx, path, pid);
	if (!r && errno && !is_absent(-errno))
		r = cannot_read(ctx, &ctx->holders, -errno, fds);
	closedir(dir);
	return r;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* For a recorded machine: the reason why the users there were incomplete. */
static int read_recorded_doubt(struct pcireset_ctx *ctx, struct users *users)
{
	char path[PATH_MAX], text[sizeof(users->doubt)];
	int r = *ctx->sysroot ? ctx_path(ctx, path, RECORDED_DOUBT) : -ENOENT;

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return cannot_find(ctx, r, RECORDED_DOUBT);
	doubt(users, "%s", text);
	return 0;
}

/*
 * Every /proc has this file. Without it, the absence of other files means nothing. A
 * recording may lack this file, but has a part of the directory.
 */
static int check_proc(struct pcireset_ctx *ctx, struct users *users)
{
	const char *file = *ctx->sysroot ? "proc" : "proc/self/mountinfo";
	char path[PATH_MAX];
	int r = read_recorded_doubt(ctx, users);

	if (!r)
		r = ctx_path(ctx, path, "%s", file);
	if (r < 0)
		return ctx_fail(ctx, r, file);
	if (!access(path, F_OK))
		return 0;
	if (!is_absent(-errno))
		return cannot_read(ctx, users, -errno, path);
	doubt(users, "/proc cannot be read");
	return 0;
}

static int read_users(struct pcireset_ctx *ctx)
{
	int r = check_proc(ctx, &ctx->users);

	if (!r)
		r = foreach_line(ctx, "proc/self/mountinfo", read_mount);
	if (!r)
		r = foreach_line(ctx, "proc/swaps", read_swap);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/class/net", read_interface, ctx);
	if (!r)
		r = foreach_line(ctx, "proc/consoles", read_console);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/class/vtconsole", read_vtconsole, ctx);
	return r;
}

/* Without CONFIG_PID_NS the kernel has one PID namespace and no file for it. */
static int read_pid_namespace(ino_t *ret_number)
{
	struct stat st;

	*ret_number = FIRST_PID_NS;
	if (!stat("/proc/self/ns/pid", &st))
		*ret_number = st.st_ino;
	else if (errno != ENOENT || access("/proc/self/ns", F_OK))
		return -errno;
	return 0;
}

/* Processes may be hidden (hidepid, a PID namespace), but process 1 always exists. */
static int check_processes(struct pcireset_ctx *ctx)
{
	ino_t number;

	if (*ctx->sysroot)
		return 0;
	if (access("/proc/1", F_OK) || read_pid_namespace(&number))
		return is_shortage(-errno) ? ctx_fail(ctx, -errno, "/proc") :
					     (doubt(&ctx->holders, "processes are hidden"), 0);
	if (number != FIRST_PID_NS)
		doubt(&ctx->holders, "processes of other PID namespaces are hidden");
	return 0;
}

static int read_holders(struct pcireset_ctx *ctx)
{
	int r = check_proc(ctx, &ctx->holders);

	if (!r)
		r = check_processes(ctx);
	return r ? r : ctx_foreach_name(ctx, "proc", read_process, ctx);
}

static bool is_fresh(const struct users *users)
{
	return users->is_read && now_ns() - users->read_ns < FRESH_NS;
}

static int read_once(struct pcireset_ctx *ctx, struct users *users,
		     int (*fn)(struct pcireset_ctx *ctx))
{
	int before, r;

	if (users->is_read)
		return 0;
	before = ctx_begin(ctx);
	r = fn(ctx);
	if (!r)
		r = users_sort(users);
	r = ctx_end(ctx, before, r);
	if (r < 0) {
		users_clear(users);
		return ctx_fail(ctx, r, "who uses what");
	}
	users->is_read = true;
	users->read_ns = now_ns();
	return 0;
}

/*
 * Can another process have nodes of this function open? Only a driver creates nodes,
 * and no driver of a bridge does.
 */
static bool may_have_nodes(const struct pcireset_dev *dev)
{
	return dev_driver(dev) && !pcireset_dev_is_bridge(dev);
}

/*
 * Find the users of the function. Scan all processes only if one of them could have a
 * node of a function open, because this scan takes longer than everything else.
 */
int users_know(const struct pcireset_dev *dev)
{
	struct pcireset_ctx *ctx = dev->ctx;
	int r = read_once(ctx, &ctx->users, read_users);

	return !r && may_have_nodes(dev) ? read_once(ctx, &ctx->holders, read_holders) : r;
}

/* Read the users again at the next request. */
void users_forget(struct pcireset_ctx *ctx)
{
	users_clear(&ctx->users);
	users_clear(&ctx->holders);
}

/* A recording needs the users of all functions. */
int users_know_all(struct pcireset_ctx *ctx)
{
	int r = read_once(ctx, &ctx->users, read_users);

	return r ? r : read_once(ctx, &ctx->holders, read_holders);
}

/*
 * The reason why there may be unknown users, or NULL. Without a driver, only a display
 * can have users.
 */
const char *users_doubt(const struct pcireset_dev *dev)
{
	const struct pcireset_ctx *ctx = dev->ctx;

	if (ctx->is_dump)
		return NULL; /* this applies to each function of a dump, and not only to users */
	if (!may_have_nodes(dev) && dev_identity(dev)->class >> 16 != BASE_CLASS_DISPLAY)
		return NULL;
	if (*ctx->users.doubt)
		return ctx->users.doubt;
	return may_have_nodes(dev) && *ctx->holders.doubt ? ctx->holders.doubt : NULL;
}

/* Users change all the time, so a plan uses no older data than this. */
void users_refresh(struct pcireset_ctx *ctx)
{
	if (!is_fresh(&ctx->users))
		users_clear(&ctx->users);
	if (!is_fresh(&ctx->holders))
		users_clear(&ctx->holders);
}

static size_t first_user(const struct users *users, const struct pcireset_dev *dev)
{
	return place_of(users, dev, 0);
}

static size_t nr_users_in(const struct users *users, const struct pcireset_dev *dev)
{
	return place_of(users, dev, 1) - first_user(users, dev);
}

static const struct user *user_at(const struct pcireset_dev *dev, size_t i)
{
	const struct users *users = &dev->ctx->users, *holders = &dev->ctx->holders;
	size_t nr;

	if (users_know(dev) < 0)
		return NULL;
	nr = nr_users_in(users, dev);
	if (i < nr)
		return &users->v[first_user(users, dev) + i];
	return i - nr < nr_users_in(holders, dev) ? &holders->v[first_user(holders, dev) + i - nr] :
						    NULL;
}

static size_t nr_read_users(const struct pcireset_dev *dev)
{
	if (users_know(dev) < 0)
		return 0;
	return nr_users_in(&dev->ctx->users, dev) + nr_users_in(&dev->ctx->holders, dev);
}

static bool has_unaware_driver(const struct pcireset_dev *dev)
{
	return dev->is_unaware && dev->unaware_name;
}

size_t pcireset_dev_get_nr_users(const struct pcireset_dev *dev)
{
	return nr_read_users(dev) + has_unaware_driver(dev) + !!users_doubt(dev);
}

/* The order is: the users from files, the driver, then the possible unknown users. */
const char *pcireset_dev_get_user(const struct pcireset_dev *dev, size_t i, uint32_t *ret_use)
{
	const struct user *user = user_at(dev, i);
	bool is_driver = !user && has_unaware_driver(dev) && i == nr_read_users(dev);

	if (!user && i >= pcireset_dev_get_nr_users(dev))
		return NULL;
	if (ret_use)
		*ret_use = user      ? user->use :
			   is_driver ? PCIRESET_USE_DRIVER :
				       PCIRESET_USE_UNKNOWN;
	return user ? user->name : is_driver ? dev->unaware_name : "unknown";
}

const char *pcireset_dev_get_user_detail(const struct pcireset_dev *dev, size_t i)
{
	const struct user *user = user_at(dev, i);
	uint32_t use;

	if (user)
		return user->detail;
	return pcireset_dev_get_user(dev, i, &use) && use == PCIRESET_USE_UNKNOWN ?
		       users_doubt(dev) :
		       NULL;
}
