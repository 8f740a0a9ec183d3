/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uses by processes that have a device node open. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "users/users.h"

/* The initial PID namespace always has this inode number, and the others have other numbers. */
#define FIRST_PID_NS 0xeffffffcu

#define MAX_HOLDERS 64 /* of one node; see is_counted() */

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
	if (!*comm)
		strcpy(comm, "?");
	return format("%s, process %.*s", comm, (int)strcspn(pid, "/"), pid);
}

bool users_on_vfio(const struct pcireset_dev *dev)
{
	return dev_driver(dev) && strstr(dev_driver(dev), "vfio");
}

static int add_vfio_node(struct pcireset_dev *dev, const char *prefix, const char *name)
{
	return index_add(&dev->ctx->holders.index, format("%s%s", prefix, name), format("%s", ""),
			 dev);
}

/* The node of the function's own in /dev/vfio/devices. */
static int add_vfio_cdevs(struct pcireset_dev *dev)
{
	char path[PATH_MAX];
	struct dirent *de;
	int r = 0;
	DIR *dir;

	if (!dev_attr_path(dev, "vfio-dev", path))
		return users_cannot_find(dev->ctx, -ENAMETOOLONG, dev->path);
	dir = opendir(path);
	if (!dir)
		return users_cannot_find(dev->ctx, -errno, path);
	while (!r && (de = dir_next(dir)))
		if (de->d_name[0] != '.')
			r = add_vfio_node(dev, "devices/", de->d_name);
	if (!r)
		r = users_cannot_find(dev->ctx, -errno, path);
	closedir(dir);
	return r;
}

/* The node of the function's group, /dev/vfio/NUMBER. */
static int add_vfio_group(struct pcireset_dev *dev)
{
	char path[PATH_MAX], group[NAME_MAX + 1];
	int r = dev_attr_path(dev, "iommu_group", path) ?
			read_link_name(path, group, sizeof(group)) :
			-ENAMETOOLONG;

	return r ? users_cannot_find(dev->ctx, r, dev->path) : add_vfio_node(dev, "", group);
}

/* Which nodes belong to which functions. Only needed if a process has one of them open. */
static int know_vfio_nodes(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	int r = 0;

	if (ctx->holders.index.is_ready)
		return 0;
	pcireset_dev_foreach(ctx, dev) {
		if (r || !users_on_vfio(dev))
			continue;
		r = add_vfio_group(dev);
		if (!r)
			r = add_vfio_cdevs(dev);
	}
	index_sort(&ctx->holders.index);
	return r;
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
	return users_add(&ctx->holders, addr, holder->use, holder->name, process);
}

/*
 * Each process that has the node open is a holder of each function behind the node. The text
 * of a use has room for few processes, so that most of many processes need not be added.
 */
static bool is_counted(struct index_entry *entry, const char *pid)
{
	unsigned long number = strtoul(pid, NULL, 10);

	if (entry->last_pid == number || entry->nr_holders == MAX_HOLDERS)
		return true;
	entry->last_pid = number;
	entry->nr_holders++;
	return false;
}

static int add_vfio_users(struct pcireset_ctx *ctx, const char *node, const char *pid)
{
	struct index_entry *entry;
	int r = know_vfio_nodes(ctx);

	if (!strncmp(node, "noiommu-", 8))
		node += 8;
	for (size_t i = 0; !r && (entry = index_find(&ctx->holders.index, node, i)); i++) {
		if (is_counted(entry, pid))
			continue;
		r = add_holder(ctx, &entry->dev->addr,
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
		open->error = users_cannot_read(ctx, &ctx->holders, r, fd);
	return open->error;
}

static int read_descriptor(struct pcireset_ctx *ctx, const char *fd, const char *pid)
{
	static const char dev[] = "/dev/", vfio[] = "/dev/vfio/";
	struct open_node open = { .pid = pid };
	char target[PATH_MAX];
	ssize_t len = readlink(fd, target, sizeof(target) - 1);

	if (len < 0)
		return is_absent(-errno) ? 0 : users_cannot_read(ctx, &ctx->holders, -errno, fd);
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

/* The process has ended, was not copied, or belongs to another user. */
static int cannot_open_fds(struct pcireset_ctx *ctx, int error, const char *fds)
{
	if (is_absent(error)) {
		users_lost_descriptors(ctx, fds);
		return 0;
	}
	if (error != -EACCES && error != -EPERM)
		return users_cannot_read(ctx, &ctx->holders, error, fds);
	users_note_doubt(&ctx->holders, "cannot read which files other users have open");
	return 0;
}

/* @ret_has_some is not set if the process has no descriptors, or has ended. */
static int read_descriptors(struct pcireset_ctx *ctx, const char *pid, bool *ret_has_some)
{
	char fds[PATH_MAX], path[PATH_MAX];
	struct dirent *de;
	DIR *dir;
	int r = 0;

	if (ctx_path(ctx, fds, "proc/%s/fd", pid) < 0)
		return 0;
	dir = opendir(fds);
	if (!dir)
		return cannot_open_fds(ctx, -errno, fds);
	while (!r && (de = dir_next(dir))) {
		if (de->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", fds, de->d_name) >= (int)sizeof(path))
			continue;
		*ret_has_some = true;
		r = read_descriptor(ctx, path, pid);
	}
	if (!r && errno && !is_absent(-errno))
		r = users_cannot_read(ctx, &ctx->holders, -errno, fds);
	closedir(dir);
	return r;
}

/* @dirname is "proc/PID/task". */
static int read_thread(void *data, const char *dirname, const char *tid)
{
	bool has_some = false;
	char thread[64];

	if (snprintf(thread, sizeof(thread), "%s/%s", dirname + strlen("proc/"), tid) >=
	    (int)sizeof(thread))
		return 0;
	return read_descriptors(data, thread, &has_some);
}

/* The directory has a link for itself, one for its name, and one for each thread. */
static bool has_one_thread(const struct pcireset_ctx *ctx, const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	return !*ctx->sysroot && !ctx_path(ctx, full, "%s", path) && !stat(full, &st) &&
	       st.st_nlink == 3;
}

/*
 * The first thread of a process may end before the others. It has no descriptors then, but the
 * process has.
 */
static int read_process(void *data, const char *dirname, const char *pid)
{
	struct pcireset_ctx *ctx = data;
	bool has_some = false;
	char tasks[64];
	int r;

	if (!isdigit((unsigned char)pid[0]) ||
	    snprintf(tasks, sizeof(tasks), "%s/%s/task", dirname, pid) >= (int)sizeof(tasks))
		return 0;
	r = read_descriptors(ctx, pid, &has_some);
	if (r || has_some || has_one_thread(ctx, tasks))
		return r;
	return ctx_foreach_name(ctx, tasks, read_thread, ctx);
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
		return users_expect_processes(ctx);
	if (access("/proc/1", F_OK) || read_pid_namespace(&number))
		return users_is_shortage(-errno) ?
			       ctx_fail(ctx, -errno, "/proc") :
			       (users_note_doubt(&ctx->holders, "processes are hidden"), 0);
	if (number != FIRST_PID_NS)
		users_note_doubt(&ctx->holders, "processes of other PID namespaces are hidden");
	return 0;
}

int users_read_processes(struct pcireset_ctx *ctx)
{
	int r = users_check_proc(ctx, &ctx->holders);

	if (!r)
		r = check_processes(ctx);
	return r ? r : ctx_foreach_name(ctx, "proc", read_process, ctx);
}
