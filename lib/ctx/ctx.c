/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contexts: the sysroot, the choice of back end, the scan, the error message. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "private.h"

#define PAGE 4096

int ctx_error(struct pcireset_ctx *ctx, int error, const char *fmt, ...)
{
	va_list ap;

	if (!ctx)
		return error;
	va_start(ap, fmt);
	vsnprintf(ctx->errmsg, sizeof(ctx->errmsg), fmt, ap);
	va_end(ap);
	return error;
}

/* These errors mean that the object does not exist, or no longer exists. */
bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ENODEV || error == -ENXIO ||
	       error == -ESRCH;
}

/*
 * Room for one more entry behind nr of them. The room doubles: it is the next power of
 * two. Return the array, or NULL without memory, and then the old array is still valid.
 */
void *array_room(void *v, size_t nr, size_t size)
{
	return nr & (nr - 1) ? v : reallocarray(v, nr ? nr * 2 : 1, size);
}

/* For functions that cannot return an error: their caller gets it from ctx_end(). */
int ctx_fail(struct pcireset_ctx *ctx, int error, const char *what)
{
	if (!ctx->failure)
		ctx->failure = ctx_error(ctx, error, "%s: %s", what, strerror(-error));
	return error;
}

/*
 * A failure between this call and ctx_end() fails the call. An earlier failure is kept
 * for pcireset_ctx_get_failure().
 */
int ctx_begin(struct pcireset_ctx *ctx)
{
	int before = ctx->failure;

	ctx->failure = 0;
	return before;
}

int ctx_end(struct pcireset_ctx *ctx, int before, int error)
{
	int r = ctx->failure;

	if (before)
		ctx->failure = before;
	return r ? r : error;
}

int pcireset_ctx_get_failure(const struct pcireset_ctx *ctx)
{
	return ctx->failure;
}

/* Return NULL with errno 0 at the end. Otherwise errno has the reason for the failure. */
struct dirent *dir_next(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

static int vpath(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, va_list ap)
{
	int root = snprintf(buf, PATH_MAX, "%s/", ctx->sysroot);
	int rest;

	if (root >= PATH_MAX)
		return -ENAMETOOLONG;
	rest = vsnprintf(buf + root, (size_t)(PATH_MAX - root), fmt, ap);
	return rest >= PATH_MAX - root ? -ENAMETOOLONG : 0;
}

int ctx_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vpath(ctx, buf, fmt, ap);
	va_end(ap);
	return r;
}

int ctx_realpath(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vpath(ctx, path, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	return realpath(path, buf) ? 0 : -errno;
}

/*
 * Find the path of a function in sysfs. On the running machine, the link has it. In a
 * sysroot, the link may be anything.
 */
int ctx_dev_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *name)
{
	static const char up[] = "../../../devices/";
	char link[64], target[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", name);
	len = *ctx->sysroot ? -1 : readlink(link, target, sizeof(target) - 1);
	if (len < 0 || strncmp(target, up, sizeof(up) - 1))
		return ctx_realpath(ctx, buf, "%s", link + 1);
	target[len] = '\0';
	return snprintf(buf, PATH_MAX, "/sys/devices/%s", target + sizeof(up) - 1) < PATH_MAX ?
		       0 :
		       -ENAMETOOLONG;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * Call fn for each name in a directory until it fails. A missing directory has no
 * names. The order is sorted, so that a recorded machine gives the same output.
 */
int ctx_foreach_name(struct pcireset_ctx *ctx, const char *dirname, name_fn fn, void *data)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int nr, r = ctx_path(ctx, path, "%s", dirname);

	if (r < 0)
		return ctx_fail(ctx, r, dirname);
	nr = scandir(path, &entries, NULL, by_name);
	if (nr < 0)
		return is_absent(-errno) ? 0 : ctx_fail(ctx, -errno, path);
	for (int i = 0; i < nr; i++) {
		if (!r && entries[i]->d_name[0] != '.')
			r = fn(data, dirname, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Files in sysfs and proc are short. Longer content is truncated. */
int read_file_at(int dir, const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	/* A file of up to one page is complete after one read. */
	do {
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < size - 1 && len >= PAGE);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	while (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return (int)len;
}

int read_file(const char *path, char *buf, size_t size)
{
	return read_file_at(AT_FDCWD, path, buf, size);
}

/* The last component of the target of a symbolic link. */
int read_link_name_at(int dir, const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dir, path, target, sizeof(target) - 1);
	const char *name;

	if (len < 0)
		return -errno;
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, name);
	return 0;
}

int read_link_name(const char *path, char *buf, size_t size)
{
	return read_link_name_at(AT_FDCWD, path, buf, size);
}

/* The scan opens the file, because the scan can report errors in it. */
static int choose_sysroot(struct pcireset_ctx *ctx, const char *sysroot)
{
	char path[PATH_MAX];
	struct stat st;

	if ((!realpath(sysroot ? sysroot : "/", path) &&
	     !(ctx->is_dump && replay_split_number(ctx, sysroot, path))) ||
	    stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode) && ctx->is_dump)
		return -EISDIR;
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return -ENOTDIR;
	ctx->sysroot = strdup(strcmp(path, "/") ? path : "");
	if (S_ISREG(st.st_mode))
		ctx->file = strdup(path);
	return ctx->sysroot && (ctx->file || S_ISDIR(st.st_mode)) ? 0 : -ENOMEM;
}

static int ctx_new(const char *sysroot, bool is_dump, struct pcireset_ctx **ret_ctx)
{
	struct pcireset_ctx *ctx = calloc(1, sizeof(*ctx));
	int r;

	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->fd = -1;
	ctx->remover = -1;
	ctx->is_dump = is_dump;
	r = choose_sysroot(ctx, sysroot);
	if (r < 0) {
		pcireset_ctx_unref(ctx);
		return r;
	}
	ctx->module_error = *ctx->sysroot ? -EROFS : module_open(ctx);
	ctx->backend = ctx->module_error ? &backend_sysfs : &backend_module;
	*ret_ctx = ctx;
	return 0;
}

int pcireset_ctx_new(const char *sysroot, struct pcireset_ctx **ret_ctx)
{
	return ctx_new(sysroot, false, ret_ctx);
}

int pcireset_ctx_new_from_dump(const char *dump, struct pcireset_ctx **ret_ctx)
{
	return ctx_new(dump, true, ret_ctx);
}

bool pcireset_ctx_is_dump(const struct pcireset_ctx *ctx)
{
	return ctx->is_dump;
}

struct pcireset_ctx *pcireset_ctx_ref(struct pcireset_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

static void drop_devs(struct pcireset_ctx *ctx)
{
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		ctx->devs[i]->listed = false;
		if (!ctx->devs[i]->refs)
			dev_free(ctx->devs[i]);
	}
	free(ctx->devs);
	free(ctx->by_path);
	ctx->devs = ctx->by_path = NULL;
	ctx->nr_devs = 0;
	ctx->knows_vfs = false;
	ctx->knows_broken_links = false;
	ctx->has_methods = METHODS_UNKNOWN;
	rules_forget(ctx);
	dev_list_clear(&ctx->broken_links);
	dev_list_clear(&ctx->dead);
}

struct pcireset_ctx *pcireset_ctx_unref(struct pcireset_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return NULL;
	drop_devs(ctx);
	users_forget(ctx);
	if (ctx->fd >= 0)
		close(ctx->fd);
	replay_remove(ctx);
	free(ctx->file);
	free(ctx->sysroot);
	free(ctx);
	return NULL;
}

const char *pcireset_ctx_get_errmsg(const struct pcireset_ctx *ctx)
{
	return ctx->errmsg;
}

enum pcireset_backend pcireset_ctx_get_backend(const struct pcireset_ctx *ctx)
{
	return ctx->backend->id;
}

/* Close the device of a back end that is not used. */
static void forget_module(struct pcireset_ctx *ctx)
{
	if (ctx->fd >= 0)
		close(ctx->fd);
	ctx->fd = -1;
	ctx->backend = &backend_sysfs;
	ctx->module_error = *ctx->sysroot ? -EROFS : -ENOENT;
}

int pcireset_ctx_set_backend(struct pcireset_ctx *ctx, enum pcireset_backend backend)
{
	if (ctx->nr_devs)
		return ctx_error(ctx, -EBUSY, "the context has been scanned");
	switch (backend) {
	case PCIRESET_BACKEND_SYSFS:
		forget_module(ctx);
		return 0;
	case PCIRESET_BACKEND_MODULE:
		if (ctx->backend == &backend_module)
			return 0;
		if (ctx->module_error == -ENOENT)
			return ctx_error(ctx, -ENOENT, "%s",
					 pcireset_why_to_str(PCIRESET_WHY_NO_MODULE, 0));
		return pcireset_ctx_check_reset(ctx);
	default:
		return ctx_error(ctx, -EOPNOTSUPP, "%d: is no back end", (int)backend);
	}
}

bool ctx_resets_by_sysfs(const struct pcireset_ctx *ctx)
{
	return ctx->backend == &backend_sysfs && ctx->module_error == -ENOENT;
}

/* The same as pcireset_ctx_check_reset(), without a message. */
bool ctx_can_reset(const struct pcireset_ctx *ctx)
{
	return !ctx->module_error || (ctx->module_error == -ENOENT && !geteuid());
}

int pcireset_ctx_check_reset(struct pcireset_ctx *ctx)
{
	switch (ctx->module_error) {
	case 0:
		return 0;
	case -ENOENT:
		if (!geteuid())
			return 0;
		return ctx_error(ctx, -EPERM,
				 "only root may reset; with module pcireset, who has "
				 "CAP_SYS_ADMIN");
	case -EPERM:
		return ctx_error(ctx, -EPERM, "%s",
				 pcireset_why_to_str(PCIRESET_WHY_NO_PERMISSION, 0));
	case -EROFS:
		return ctx_error(ctx, -EROFS, "%s", pcireset_why_to_str(PCIRESET_WHY_SYSROOT, 0));
	default:
		return ctx_error(ctx, ctx->module_error, "/dev/pcireset: %s",
				 strerror(-ctx->module_error));
	}
}

static int by_address(const void *a, const void *b)
{
	const struct pcireset_dev *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

static int add_dev(struct pcireset_ctx *ctx, const char *name, size_t *room)
{
	struct pcireset_addr addr;
	int r;

	if (!addr_parse(name, strlen(name), &addr))
		return 0;
	if (ctx->nr_devs == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct pcireset_dev **v = reallocarray(ctx->devs, more, sizeof(*v));

		if (!v)
			return -ENOMEM;
		ctx->devs = v;
		*room = more;
	}
	r = dev_new(ctx, &addr, &ctx->devs[ctx->nr_devs]);
	if (is_absent(r)) /* removed after its name was read */
		return 0;
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", name, strerror(-r));
	ctx->devs[ctx->nr_devs++]->listed = true;
	return 0;
}

static int read_devs(struct pcireset_ctx *ctx)
{
	char path[PATH_MAX];
	size_t room = 0;
	struct dirent *de;
	DIR *dir;
	int r = ctx_path(ctx, path, "sys/bus/pci/devices");

	if (r < 0)
		return r;
	dir = opendir(path);
	if (!dir)
		return ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	while (!r && (de = dir_next(dir)))
		r = add_dev(ctx, de->d_name, &room);
	if (!r && errno)
		r = ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	closedir(dir);
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
	qsort(ctx->devs, ctx->nr_devs, sizeof(*ctx->devs), by_address);
	memcpy(ctx->by_path, ctx->devs, ctx->nr_devs * sizeof(*ctx->devs));
	qsort(ctx->by_path, ctx->nr_devs, sizeof(*ctx->by_path), by_path);
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		ctx->devs[i]->index = i;
		ctx->by_path[i]->path_index = i;
	}
	return 0;
}

/* List the virtual functions of each function, in the order of addresses. */
void ctx_learn_vfs(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev, *physfn;

	if (ctx->knows_vfs)
		return;
	pcireset_dev_foreach(ctx, dev)
		dev->first_vf = NULL;
	for (size_t i = ctx->nr_devs; i-- > 0;) {
		dev = ctx->devs[i];
		physfn = pcireset_dev_get_physfn(dev);
		if (!physfn)
			continue;
		dev->next_vf = physfn->first_vf;
		physfn->first_vf = dev;
	}
	ctx->knows_vfs = true;
}

/* A file that cannot be looked at counts as there: then the kernel's list has the last word. */
static bool has_method_file(const struct pcireset_dev *dev)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/reset_method", dev->path) < (int)sizeof(path) &&
	       (!access(path, F_OK) || !is_absent(-errno));
}

/*
 * Does the kernel of that machine show how it resets functions? It does since 5.15. Each
 * scan looks for it once.
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
	dev = pcireset_dev_from_addr(data, &addr);
	if (dev)
		dev->is_hotplug_port = true;
	return 0;
}

/* Read the address of the device and the name of its driver, "" if it has none. */
static int read_slot(struct pcireset_ctx *ctx, const char *slot, char text[64],
		     char driver[NAME_MAX + 1])
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/address", slot);

	if (r >= 0)
		r = read_file(path, text, 64 - 2);
	if (r < 0)
		return r;
	strcat(text, ".0");
	driver[0] = '\0';
	r = ctx_path(ctx, path, "sys/bus/pci/slots/%s/module", slot);
	if (r >= 0)
		r = read_link_name(path, driver, NAME_MAX + 1);
	return is_absent(r) ? 0 : r;
}

/* Index of the first function whose address is not lower. */
size_t ctx_first_from(const struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	size_t low = 0, high = ctx->nr_devs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_cmp(&ctx->devs[mid]->addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_same_slot(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->devfn >> 3 == b->devfn >> 3;
}

static int set_slot(struct pcireset_dev *dev, const char *slot, const char *driver)
{
	dev->slot = strdup(slot);
	dev->slot_driver = *driver ? strdup(driver) : NULL;
	return dev->slot && (!*driver || dev->slot_driver) ? 0 : -ENOMEM;
}

/*
 * The address of a slot has no function: it includes every function of that device. These
 * are adjacent.
 */
static int name_slot(void *data, const char *dirname, const char *slot)
{
	struct pcireset_ctx *ctx = data;
	char text[64], driver[NAME_MAX + 1];
	struct pcireset_addr addr;
	int r = read_slot(ctx, slot, text, driver);

	(void)dirname;
	if (r < 0 && !is_absent(r))
		return ctx_fail(ctx, r, slot);
	if (r < 0 || !addr_parse(text, strlen(text), &addr))
		return 0;
	addr.devfn &= 0xf8;
	r = 0;
	for (size_t i = ctx_first_from(ctx, &addr);
	     !r && i < ctx->nr_devs && is_same_slot(&ctx->devs[i]->addr, &addr); i++)
		if (!ctx->devs[i]->slot)
			r = set_slot(ctx->devs[i], slot, driver);
	return r;
}

int pcireset_ctx_scan(struct pcireset_ctx *ctx)
{
	int r = ctx->file ? replay_unpack(ctx) : 0;

	if (r < 0)
		return r;
	drop_devs(ctx);
	users_forget(ctx);
	ctx->failure = 0;
	r = read_devs(ctx);
	if (!r)
		r = sort_devs(ctx);
	if (!r)
		r = rules_load(ctx);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/bus/pci/slots", name_slot, ctx);
	if (!r)
		r = ctx_foreach_name(ctx, "sys/bus/pci_express/drivers/pciehp", note_hotplug_port,
				     ctx);
	if (!r)
		r = ctx->failure;
	if (r < 0) {
		drop_devs(ctx);
		return r == -ENOMEM ? ctx_error(ctx, r, "out of memory") : r;
	}
	return (int)ctx->nr_devs;
}

static void drop_gone(struct pcireset_ctx *ctx)
{
	size_t kept = 0;

	ctx->knows_vfs = false;
	for (size_t i = 0; i < ctx->nr_devs; i++)
		if (!ctx->by_path[i]->is_gone) {
			ctx->by_path[i]->path_index = kept;
			ctx->by_path[kept++] = ctx->by_path[i];
		}
	kept = 0;
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		struct pcireset_dev *dev = ctx->devs[i];

		dev->listed = !dev->is_gone;
		dev->index = kept;
		if (dev->listed) {
			ctx->devs[kept++] = dev;
			continue;
		}
		rules_drop(ctx, dev);
		dev_list_remove(&ctx->broken_links, dev);
		dev_list_remove(&ctx->dead, dev);
		if (!dev->refs)
			dev_free(dev);
	}
	ctx->nr_devs = kept;
}

/* In order of address: functions on one bus are adjacent. */
static int query_all(struct pcireset_ctx *ctx)
{
	const struct pcireset_dev *sibling = NULL;

	for (size_t i = 0; i < ctx->nr_devs; i++) {
		int r = dev_query(ctx->devs[i], sibling);

		ctx->devs[i]->is_gone = r == -ENODEV;
		if (r < 0 && r != -ENODEV)
			return r;
		/* Facts from VFIO apply to its user only. */
		if (!r && !ctx->devs[i]->vfio)
			sibling = ctx->devs[i];
	}
	return 0;
}

int pcireset_ctx_query(struct pcireset_ctx *ctx)
{
	int r;

	ctx->shares_lists = true;
	r = query_all(ctx);
	ctx->shares_lists = false;
	for (size_t i = 0; i < ctx->nr_devs; i++)
		ctx->devs[i]->below = list_unref(ctx->devs[i]->below);
	if (r < 0)
		return r;
	drop_gone(ctx);
	for (size_t i = 0; i < ctx->nr_devs; i++)
		dev_review(ctx->devs[i]);
	return (int)ctx->nr_devs;
}

struct pcireset_dev *pcireset_dev_first(struct pcireset_ctx *ctx)
{
	return ctx->nr_devs ? ctx->devs[0] : NULL;
}

struct pcireset_dev *pcireset_dev_next(struct pcireset_dev *dev)
{
	struct pcireset_ctx *ctx = dev->ctx;

	return dev->listed && dev->index + 1 < ctx->nr_devs ? ctx->devs[dev->index + 1] : NULL;
}

struct pcireset_dev *pcireset_dev_from_addr(struct pcireset_ctx *ctx,
					    const struct pcireset_addr *addr)
{
	size_t at = ctx_first_from(ctx, addr);

	return at < ctx->nr_devs && addr_is(&ctx->devs[at]->addr, addr) ? ctx->devs[at] : NULL;
}
