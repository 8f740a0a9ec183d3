/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file below /run for each function with a changed reset_method. It is the lock on
 * the function, and it has the former content, in case the process is killed before it
 * restores it.
 *
 * Both reset_method and /run are lost at a reboot, and reset_method is lost with the
 * device. An entry that lives longer is detected by its boot ID and by the inode of the
 * function's directory.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "backend/backend.h"

#define DIRECTORY LOCKFILE_DIRECTORY
#define ENTRY_MAX (2 * ATTR_MAX + 512)

/*
 * Content of an entry. "end" is the last word, because a killed process may have
 * written half of it.
 */
struct entry {
	char process[128], boot[64], wrote[ATTR_MAX], was[ATTR_MAX];
	unsigned long long inode;
	unsigned int msix;
	bool is_whole;
};

/* A recording has no boot ID. */
static int read_boot(const struct pcireset_ctx *ctx, char *buf, size_t size)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "proc/sys/kernel/random/boot_id");

	buf[0] = '\0';
	if (r >= 0)
		r = read_file(path, buf, size);
	return r < 0 && (!*ctx->sysroot || !is_absent(r)) ? r : 0;
}

static void take_line(struct entry *entry, const char *line)
{
	const char *value = strchr(line, ' ');

	if (!strcmp(line, "end"))
		entry->is_whole = true;
	if (!value++)
		return;
	if (!strncmp(line, "process ", 8))
		snprintf(entry->process, sizeof(entry->process), "%s", value);
	else if (!strncmp(line, "boot ", 5))
		snprintf(entry->boot, sizeof(entry->boot), "%s", value);
	else if (!strncmp(line, "inode ", 6))
		entry->inode = strtoull(value, NULL, 10);
	else if (!strncmp(line, "msix ", 5))
		entry->msix = (unsigned int)strtoul(value, NULL, 10);
	else if (!strncmp(line, "wrote ", 6))
		snprintf(entry->wrote, sizeof(entry->wrote), "%s", value);
	else if (!strncmp(line, "was ", 4))
		snprintf(entry->was, sizeof(entry->was), "%s", value);
}

static int read_entry(int fd, struct entry *entry)
{
	char text[ENTRY_MAX], *save = NULL;
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	memset(entry, 0, sizeof(*entry));
	if (len < 0)
		return -errno;
	text[len] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(entry, line);
	return 0;
}

/* ---- state of an entry */

static int open_attr(const struct pcireset_ctx *ctx, const char *name, const char *attr, int flags)
{
	char path[PATH_MAX];
	int fd;

	if (ctx_path(ctx, path, "sys/bus/pci/devices/%s/%s", name, attr) < 0)
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Return 1 if it is the same function, 0 if not, or an error. */
static int is_same_function(const struct pcireset_ctx *ctx, const char *name,
			    const struct entry *entry)
{
	char path[PATH_MAX], boot[64];
	struct stat st;
	int r = entry->is_whole ? read_boot(ctx, boot, sizeof(boot)) : 0;

	if (r < 0 || !entry->is_whole || strcmp(entry->boot, boot))
		return r;
	r = ctx_path(ctx, path, "sys/bus/pci/devices/%s", name);
	if (!r && stat(path, &st))
		r = -errno;
	return r < 0 ? (is_absent(r) ? 0 : r) : st.st_ino == entry->inode;
}

/* While MSI-X is off, nobody else uses the bit that serves as proof. It must then be clear. */
static int is_masked(int fd, unsigned int at)
{
	uint16_t flags;
	ssize_t len = at ? pread(fd, &flags, sizeof(flags), at) : 0;

	if (len < 0)
		return -errno;
	return len == sizeof(flags) &&
	       (le16toh(flags) & (PCI_MSIX_FLAGS_MASKALL | PCI_MSIX_FLAGS_ENABLE)) ==
		       PCI_MSIX_FLAGS_MASKALL;
}

static int mask_is_left(const struct pcireset_ctx *ctx, const char *name, unsigned int at)
{
	int fd = open_attr(ctx, name, "config", O_RDONLY), left;

	if (fd < 0)
		return is_absent(fd) ? 0 : fd;
	left = is_masked(fd, at);
	close(fd);
	return left;
}

/* Return one of enum pcireset_leftover, or an error. After an error, nothing is removed. */
static int judge_entry(const struct pcireset_ctx *ctx, const char *name, const struct entry *entry)
{
	char path[PATH_MAX], now[ATTR_MAX];
	int r = is_same_function(ctx, name, entry);

	if (r <= 0)
		return r < 0 ? r : PCIRESET_LEFTOVER_VOID;
	r = ctx_path(ctx, path, "sys/bus/pci/devices/%s/reset_method", name);
	if (r >= 0)
		r = read_file(path, now, sizeof(now));
	if (r < 0)
		return is_absent(r) ? PCIRESET_LEFTOVER_VOID : r;
	if (strcmp(now, entry->was) && strcmp(now, entry->wrote))
		return PCIRESET_LEFTOVER_OVERWRITTEN;
	r = strcmp(now, entry->was) ? 1 : mask_is_left(ctx, name, entry->msix);
	if (r < 0)
		return r;
	return r ? PCIRESET_LEFTOVER_TO_REPAIR : PCIRESET_LEFTOVER_VOID;
}

/* ---- the lock */

static int open_directory(const struct pcireset_ctx *ctx, int *ret_fd)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, DIRECTORY);

	if (r < 0)
		return r;
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int make_directory(const struct pcireset_ctx *ctx, int *ret_fd)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, DIRECTORY);

	if (r < 0)
		return r;
	*ret_fd = lockfile_directory(path);
	return *ret_fd < 0 ? *ret_fd : 0;
}

static int say_who(struct journal *journal, int error, char **ret_message)
{
	struct entry entry;

	if (error != -EAGAIN)
		return error;
	read_entry(journal->fd, &entry);
	*ret_message = format("process %s is resetting it",
			      entry.process[0] ? entry.process : "of another user");
	return -EBUSY;
}

/* An empty file is removed while it is locked; see lockfile_open(). */
void journal_close(struct journal *journal)
{
	if (journal->is_clean)
		unlinkat(journal->dir, journal->name, 0);
	if (journal->fd >= 0)
		close(journal->fd);
	if (journal->dir >= 0)
		close(journal->dir);
	journal->fd = journal->dir = -1;
}

/* There is nothing to restore yet, or any more. The entry still names the owner of the lock. */
static int sign_entry(struct journal *journal)
{
	char comm[64] = "?", text[128];

	read_file("/proc/self/comm", comm, sizeof(comm));
	snprintf(text, sizeof(text), "process %d (%s)\n", (int)getpid(), comm);
	journal->is_clean = true;
	return lockfile_write(journal->fd, text);
}

/*
 * This function restores nothing that a killed process left: the caller requested a
 * reset, not a repair, and would not learn of it.
 */
int journal_open(struct pcireset_dev *dev, struct journal *journal, char **ret_message)
{
	struct entry entry;
	int r;

	journal->fd = journal->dir = -1;
	journal->is_clean = false;
	strcpy(journal->name, dev->name);
	r = make_directory(dev->ctx, &journal->dir);
	if (!r)
		r = lockfile_open(journal->dir, journal->name, &journal->fd);
	if (r < 0) {
		r = say_who(journal, r, ret_message);
		journal_close(journal);
		return r;
	}
	r = read_entry(journal->fd, &entry);
	if (!r)
		r = judge_entry(dev->ctx, dev->name, &entry);
	if (r == PCIRESET_LEFTOVER_TO_REPAIR)
		r = -EUCLEAN;
	if (r >= 0)
		r = sign_entry(journal);
	if (r < 0)
		journal_close(journal);
	return r;
}

int journal_write(struct journal *journal, const struct pcireset_dev *dev,
		  const struct narrowing *narrowing)
{
	char comm[64] = "?", boot[64];
	_cleanup_free_ char *text = NULL;
	int r;

	r = read_boot(dev->ctx, boot, sizeof(boot));
	if (r < 0)
		return r;
	read_file("/proc/self/comm", comm, sizeof(comm));
	text = format("process %d (%s)\nboot %s\ninode %llu\nmsix %u\nwrote %s\nwas %s\nend\n",
		      (int)getpid(), comm, boot, (unsigned long long)narrowing->inode,
		      narrowing->msix, narrowing->word, narrowing->was);
	journal->is_clean = false;
	r = text ? lockfile_write(journal->fd, text) : -ENOMEM;
	return !r && fsync(journal->dir) ? -errno : r;
}

void journal_clear(struct journal *journal)
{
	sign_entry(journal);
}

/* ---- leftovers */

static int write_attr(const struct pcireset_ctx *ctx, const char *name, const char *text)
{
	int fd = open_attr(ctx, name, "reset_method", O_WRONLY);
	int r = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int clear_mask(const struct pcireset_ctx *ctx, const char *name, unsigned int at)
{
	int fd = open_attr(ctx, name, "config", O_RDWR), r = 0;
	uint16_t flags;

	if (fd < 0)
		return fd;
	r = is_masked(fd, at);
	if (r > 0 && pread(fd, &flags, sizeof(flags), at) == sizeof(flags)) {
		flags &= htole16((uint16_t)~PCI_MSIX_FLAGS_MASKALL);
		r = pwrite(fd, &flags, sizeof(flags), at) == sizeof(flags) ? 0 : -EIO;
	}
	close(fd);
	return r;
}

static int put_back(const struct pcireset_ctx *ctx, const char *name, const struct entry *entry)
{
	int r = entry->msix ? clear_mask(ctx, name, entry->msix) : 0;

	if (!r)
		r = write_attr(ctx, name, entry->was);
	if (!r && judge_entry(ctx, name, entry) != PCIRESET_LEFTOVER_VOID)
		r = -EIO;
	return r;
}

static char *describe_leftover(enum pcireset_leftover state, const struct entry *entry)
{
	switch (state) {
	case PCIRESET_LEFTOVER_RUNNING:
		return format("process %s is resetting it", entry->process);
	case PCIRESET_LEFTOVER_TO_REPAIR:
		return format("process %s was killed: reset_method is \"%s\" and was \"%s\"",
			      entry->process, entry->wrote, entry->was);
	case PCIRESET_LEFTOVER_REPAIRED:
		return format("reset_method is \"%s\" again", entry->was);
	case PCIRESET_LEFTOVER_OVERWRITTEN:
		return format("process %s was killed, and another process has changed reset_method "
			      "since: it was \"%s\"",
			      entry->process, entry->was);
	default:
		return format("an entry with nothing to put back");
	}
}

/* If the entry is gone now, its reset has ended normally. */
static void visit_unreadable(struct leftover_walk *walk, const char *name, int error)
{
	_cleanup_free_ char *text = NULL;

	if (error == -ENOENT)
		return;
	text = format("unknown: its entry in /" DIRECTORY " cannot be read: %s", strerror(-error));
	walk->fn(name, PCIRESET_LEFTOVER_UNKNOWN, text ? text : "", walk->data);
}

static void visit_locked(struct leftover_walk *walk, const char *name, const struct entry *entry,
			 int dir)
{
	int r = judge_entry(walk->ctx, name, entry);
	enum pcireset_leftover state = (enum pcireset_leftover)r;
	_cleanup_free_ char *text = NULL;

	if (r < 0) {
		visit_unreadable(walk, name, r);
		return;
	}
	r = 0;
	if (walk->repairs && state == PCIRESET_LEFTOVER_TO_REPAIR) {
		r = put_back(walk->ctx, name, entry);
		if (!r)
			state = PCIRESET_LEFTOVER_REPAIRED;
	}
	/* Nobody else uses this bit. */
	if (walk->repairs && state == PCIRESET_LEFTOVER_OVERWRITTEN && entry->msix)
		clear_mask(walk->ctx, name, entry->msix);
	if (walk->repairs && state != PCIRESET_LEFTOVER_TO_REPAIR)
		unlinkat(dir, name, 0);
	text = r ? format("cannot be put back: %s", strerror(-r)) : describe_leftover(state, entry);
	walk->nr_left += state == PCIRESET_LEFTOVER_TO_REPAIR;
	walk->fn(name, state, text ? text : "", walk->data);
}

static void visit_one(struct leftover_walk *walk, int dir, const char *name)
{
	int mode = walk->repairs ? LOCK_EX : LOCK_SH;
	_cleanup_free_ char *text = NULL;
	struct pcireset_addr addr;
	struct entry entry;
	int fd, r;

	if (!addr_parse(name, strlen(name), &addr))
		return;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : read_entry(fd, &entry);
	if (r < 0) {
		visit_unreadable(walk, name, r);
		if (fd >= 0)
			close(fd);
		return;
	}
	if (!flock(fd, mode | LOCK_NB)) {
		r = read_entry(fd, &entry);
		if (r < 0)
			visit_unreadable(walk, name, r);
		else
			visit_locked(walk, name, &entry, dir);
	} else {
		text = describe_leftover(PCIRESET_LEFTOVER_RUNNING, &entry);
		walk->fn(name, PCIRESET_LEFTOVER_RUNNING, text ? text : "", walk->data);
	}
	close(fd);
}

int journal_foreach_leftover(struct leftover_walk *walk)
{
	int fd, r = open_directory(walk->ctx, &fd);
	struct dirent *de;
	DIR *dir;

	if (r < 0)
		return r == -ENOENT ? 0 :
				      ctx_error(walk->ctx, r, "/" DIRECTORY ": %s", strerror(-r));
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = dir_next(dir)))
		visit_one(walk, dirfd(dir), de->d_name);
	r = -errno;
	closedir(dir);
	return r ? ctx_error(walk->ctx, r, "/" DIRECTORY ": %s", strerror(-r)) : 0;
}
