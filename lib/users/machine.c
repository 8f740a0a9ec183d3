/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uses by the machine: mounts, swap, interfaces that are up, consoles. */
#include <errno.h>
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
	users_cannot_find(ctx, r, node);
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
	unescape_path(words[4]);
	unescape_path(source);
	user.what = words[4];
	if (major) {
		int r = ctx_realpath(ctx, path, "sys/dev/block/%u:%u", major, minor);

		if (!r)
			block_foreach_function(ctx, path, add_block_user, &user);
		users_cannot_find(ctx, r, words[2]);
	} else if (!strncmp(source, "/dev/", 5)) {
		if (!node_path(ctx, source, path))
			block_foreach_function(ctx, path, add_block_user, &user);
		if (!user.error)
			user.error = foreach_btrfs_device(ctx, source, &user);
	}
	return user.error;
}

/* "/dev/sda2 partition 1048572 0 -2"; a swap file is on a mounted file system. */
static int read_swap(struct pcireset_ctx *ctx, char *line)
{
	struct block_user user = { PCIRESET_USE_SWAP, "swap", line, 0 };
	char path[PATH_MAX];

	line[strcspn(line, " \t")] = '\0';
	unescape_path(line);
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
		return is_absent(-errno) ? 0 : users_cannot_read(ctx, &ctx->users, -errno, path);
	while (!r && (errno = 0, getline(&line, &size, f)) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		r = fn(ctx, line);
	}
	if (!r && !feof(f))
		r = users_cannot_read(ctx, &ctx->users, errno ? -errno : -EIO, path);
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
		return users_cannot_find(ctx, r, name);
	if (!addr_in_path(path, &addr))
		return 0;
	return users_add(&ctx->users, &addr, PCIRESET_USE_NET, format("net:%s", name), NULL);
}

static int add_console(struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	return users_add(&ctx->users, addr, PCIRESET_USE_CONSOLE, format("console"), NULL);
}

static int read_framebuffer(void *data, const char *dirname, const char *name)
{
	struct pcireset_ctx *ctx = data;
	struct pcireset_addr addr;
	char path[PATH_MAX];
	int r = strncmp(name, "fb", 2) ? -ENOENT : ctx_realpath(ctx, path, "%s/%s", dirname, name);

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
	if (r >= 0 && strcmp(text, "1"))
		return 0;
	if (r >= 0)
		r = ctx_path(ctx, path, "%s/%s/name", dirname, name);
	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return users_cannot_find(ctx, r, name);
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

	if (!r && consoles.has_frame_buffer)
		r = ctx_foreach_name(ctx, "sys/class/graphics", read_framebuffer, ctx);
	if (!r && consoles.has_vga)
		r = read_boot_vga(ctx);
	return r;
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
		return users_cannot_find(ctx, r, line);
	return addr_in_path(path, &addr) ? add_console(ctx, &addr) : 0;
}

/* For a recorded machine: the reason why the users there were incomplete. */
static int read_recorded_doubt(struct pcireset_ctx *ctx, struct users *users)
{
	char path[PATH_MAX], text[sizeof(users->doubt)];
	int r = *ctx->sysroot ? ctx_path(ctx, path, RECORDED_DOUBT) : -ENOENT;

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return users_cannot_find(ctx, r, RECORDED_DOUBT);
	users_note_doubt(users, "%s", text);
	return 0;
}

/*
 * Every /proc has this file. Without it, the absence of other files means nothing. A
 * recording may lack this file, but has a part of the directory.
 */
int users_check_proc(struct pcireset_ctx *ctx, struct users *users)
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
		return users_cannot_read(ctx, users, -errno, path);
	users_note_doubt(users, "/proc cannot be read");
	return 0;
}

int users_read_machine(struct pcireset_ctx *ctx)
{
	int r = users_check_proc(ctx, &ctx->users);

	if (!r)
		r = foreach_line(ctx, "proc/self/mountinfo", read_mount);
	if (!r)
		r = foreach_line(ctx, "proc/swaps", read_swap);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/class/net", read_interface, ctx);
	if (!r)
		r = foreach_line(ctx, "proc/consoles", read_console);
	if (!r)
		r = read_vtconsoles(ctx);
	return r;
}
