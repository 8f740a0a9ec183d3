/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees of files: collect them, sort them, check them, and write them into a directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "snapshot/snapshot.h"

void tree_clear(struct tree *tree)
{
	for (size_t i = 0; i < tree->nr; i++) {
		free(tree->v[i].path);
		free(tree->v[i].data);
	}
	free(tree->v);
	memset(tree, 0, sizeof(*tree));
}

/* The path is relative, and each component is a name. */
static bool is_inside(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!len || !strncmp(path, ".", len) || (len == 2 && !strncmp(path, "..", 2)))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/*
 * An absolute link is allowed only for the open node of a process. It is only read,
 * never followed. It may be in a subdirectory at the top, which is not known yet;
 * tree_strip_top() checks again.
 */
static bool may_be_absolute(const char *path, const char *target)
{
	const char *proc = strncmp(path, "proc/", 5) ? strstr(path, "/proc/") : path;

	return proc && strstr(proc, "/fd/") && !strncmp(target, "/dev/", 5);
}

static int leads_out(struct pcireset_ctx *ctx, const char *path, int size, const char *target)
{
	return ctx_error(ctx, -EBADMSG, "%s: is a link out of the archive, to %.*s", path, size,
			 target);
}

static int check_entry(struct pcireset_ctx *ctx, const struct tree *tree, enum tree_kind kind,
		       const char *path, const char *data, size_t size)
{
	if (strlen(path) >= TREE_MAX_PATH)
		return ctx_error(ctx, -EBADMSG, "%.64s...: the name is too long", path);
	if (!is_inside(path))
		return ctx_error(ctx, -EBADMSG, "\"%s\" leads out of the archive", path);
	if (tree->nr == TREE_MAX_ENTRIES || size > TREE_MAX_BYTES - tree->bytes)
		return ctx_error(ctx, -EFBIG, "%s: no machine is as large as this", path);
	if (kind != TREE_LINK)
		return 0;
	if (!size || size >= TREE_MAX_PATH || memchr(data, '\0', size))
		return ctx_error(ctx, -EBADMSG, "%s: is a link to nothing", path);
	if (*data == '/' && !may_be_absolute(path, data))
		return leads_out(ctx, path, (int)size, data);
	return 0;
}

int tree_add(struct pcireset_ctx *ctx, struct tree *tree, enum tree_kind kind, const char *path,
	     const void *data, size_t size)
{
	struct entry *entry;
	int r = check_entry(ctx, tree, kind, path, data, size);

	if (r < 0)
		return r;
	if (tree->nr == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 256;
		struct entry *v = reallocarray(tree->v, room, sizeof(*v));

		if (!v)
			return ctx_error(ctx, -ENOMEM, "out of memory");
		tree->v = v;
		tree->room = room;
	}
	entry = &tree->v[tree->nr];
	*entry = (struct entry){ strdup(path), kind, malloc(size + 1), size };
	if (!entry->path || !entry->data) {
		free(entry->path);
		free(entry->data);
		return ctx_error(ctx, -ENOMEM, "out of memory");
	}
	if (size)
		memcpy(entry->data, data, size);
	entry->data[size] = '\0';
	tree->bytes += size;
	tree->nr++;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* Sort by path and remove duplicates. Equal duplicates are no contradiction. */
int tree_sort(struct pcireset_ctx *ctx, struct tree *tree)
{
	size_t kept = 0;

	if (tree->nr)
		qsort(tree->v, tree->nr, sizeof(*tree->v), by_path);
	for (size_t i = 0; i < tree->nr; i++) {
		struct entry *entry = &tree->v[i];

		if (kept && !strcmp(tree->v[kept - 1].path, entry->path)) {
			if (!is_same(&tree->v[kept - 1], entry)) {
				int r = ctx_error(ctx, -EBADMSG,
						  "%s: is there twice, and not the same",
						  entry->path);

				/* Close the gap: its entries have moved down, and must not be freed twice. */
				memmove(&tree->v[kept], entry, (tree->nr - i) * sizeof(*entry));
				tree->nr = kept + tree->nr - i;
				return r;
			}
			free(entry->path);
			free(entry->data);
		} else {
			tree->v[kept++] = *entry;
		}
	}
	tree->nr = kept;
	return 0;
}

/* Length of the path before "sys/bus/pci/devices"; SIZE_MAX if the path does not have it. */
static size_t length_of_top(const char *path)
{
	static const char mark[] = "sys/bus/pci/devices";

	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strncmp(p, mark, strlen(mark)) && (!p[strlen(mark)] || p[strlen(mark)] == '/'))
			return (size_t)(p - path);
	}
	return SIZE_MAX;
}

/* Is the entry the top directory, or a parent of it? */
static bool is_above(const struct entry *entry, const char *top)
{
	size_t len = strlen(entry->path);

	return entry->kind == TREE_DIR && !strncmp(entry->path, top, len) &&
	       (!top[len] || top[len] == '/');
}

static void note_left_out(struct pcireset_ctx *ctx, const char *top, size_t nr, const char *first)
{
	if (nr)
		ctx_note(ctx,
			 "%zu entr%s of the archive %s not below %s and left out; the first is %s",
			 nr, nr == 1 ? "y" : "ies", nr == 1 ? "is" : "are", top, first);
}

static void keep_below(struct pcireset_ctx *ctx, struct tree *tree, const char *top)
{
	size_t kept = 0, len = strlen(top), nr_out = 0;
	char *first = NULL;

	for (size_t i = 0; i < tree->nr; i++) {
		struct entry *entry = &tree->v[i];

		if (!strncmp(entry->path, top, len) && entry->path[len]) {
			memmove(entry->path, entry->path + len, strlen(entry->path + len) + 1);
			tree->v[kept++] = *entry;
			continue;
		}
		if (!is_above(entry, top) && !nr_out++)
			first = entry->path;
		else
			free(entry->path);
		free(entry->data);
	}
	tree->nr = kept;
	note_left_out(ctx, top, nr_out, first);
	free(first);
}

static int check_absolute_links(struct pcireset_ctx *ctx, const struct tree *tree)
{
	for (size_t i = 0; i < tree->nr; i++) {
		const struct entry *entry = &tree->v[i];

		if (entry->kind == TREE_LINK && *entry->data == '/' &&
		    strncmp(entry->path, "proc/", 5))
			return leads_out(ctx, entry->path, (int)entry->size, entry->data);
	}
	return 0;
}

/*
 * The machine may be in a subdirectory of the archive. Make this directory the root, drop the
 * files outside of it, and add a note with their number.
 */
int tree_strip_top(struct pcireset_ctx *ctx, struct tree *tree)
{
	const char *path = NULL;
	size_t top = 0;
	char *name;

	for (size_t i = 0; i < tree->nr; i++) {
		size_t len = length_of_top(tree->v[i].path);

		if (len == SIZE_MAX)
			continue;
		if (path && (len != top || strncmp(tree->v[i].path, path, len)))
			return ctx_error(ctx, -EBADMSG,
					 "the archive has more than one machine, %s and %s; "
					 "unpack it and name one of them",
					 path, tree->v[i].path);
		path = tree->v[i].path;
		top = len;
	}
	if (!path)
		return ctx_error(ctx, -EBADMSG,
				 "it contains no machine: sys/bus/pci/devices is missing");
	if (!top)
		return check_absolute_links(ctx, tree);
	name = strndup(path, top);
	if (!name)
		return ctx_error(ctx, -ENOMEM, "out of memory");
	keep_below(ctx, tree, name);
	free(name);
	return check_absolute_links(ctx, tree);
}

static int make_parents(char *full, size_t root)
{
	for (char *slash = full + root; (slash = strchr(slash + 1, '/'));) {
		int r;

		*slash = '\0';
		r = mkdir(full, 0700) && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_file(const char *full, const struct entry *entry)
{
	int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	n = write(fd, entry->data, entry->size);
	r = n < 0 ? -errno : (size_t)n < entry->size ? -ENOSPC : 0;
	close(fd);
	return r;
}

static int write_entry(const char *dirname, const struct entry *entry, bool links)
{
	char full[PATH_MAX];
	int r;

	if (snprintf(full, sizeof(full), "%s/%s", dirname, entry->path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	if (links)
		return entry->kind == TREE_LINK && symlink(entry->data, full) ? -errno : 0;
	r = make_parents(full, strlen(dirname));
	if (r < 0 || entry->kind == TREE_LINK)
		return r;
	if (entry->kind == TREE_DIR)
		return mkdir(full, 0700) && errno != EEXIST ? -errno : 0;
	return write_file(full, entry);
}

/* The target must be inside the directory, through all other links on the way. */
static int check_link(struct pcireset_ctx *ctx, const char *dirname, const struct entry *entry)
{
	char full[PATH_MAX], end[PATH_MAX];
	size_t len = strlen(dirname);

	if (entry->kind != TREE_LINK || *entry->data == '/')
		return 0;
	snprintf(full, sizeof(full), "%s/%s", dirname, entry->path);
	if (!realpath(full, end) || (!strncmp(end, dirname, len) && end[len] == '/'))
		return 0;
	return ctx_error(ctx, -EBADMSG, "%s: is a link out of the archive, to %s", entry->path,
			 entry->data);
}

/*
 * Write into an empty directory, given by its real path. Write the links last, when all
 * directories exist, so that nothing is ever written through a link.
 */
int tree_write(struct pcireset_ctx *ctx, const struct tree *tree, const char *dirname)
{
	int r = 0;

	for (int links = 0; links < 2; links++) {
		for (size_t i = 0; i < tree->nr; i++) {
			r = write_entry(dirname, &tree->v[i], links);
			if (r == -EEXIST || r == -ENOTDIR)
				return ctx_error(ctx, -EBADMSG,
						 "%s: is said to be several things at once",
						 tree->v[i].path);
			if (r < 0)
				return ctx_error(ctx, r, "%s/%s: %s", dirname, tree->v[i].path,
						 strerror(-r));
		}
	}
	for (size_t i = 0; !r && i < tree->nr; i++)
		r = check_link(ctx, dirname, &tree->v[i]);
	return r;
}
