/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and loads the administrator's rules: of three directories, a file of each name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "rules/rules.h"

#define SUFFIX ".conf"

/* The first that has a file of some name is the one whose file counts. */
static const char *const places[] = {
	"etc/pcireset/rules.d",
	"run/pcireset/rules.d",
	"usr/lib/pcireset/rules.d",
};

/* ---- files */

/* Of another machine no link leads into this one. */
static int open_inside(const struct pcireset_ctx *ctx, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK),
		.resolve = RESOLVE_IN_ROOT,
	};
	char full[PATH_MAX];
	int root, fd;

	if (!*ctx->sysroot) {
		if (ctx_path(ctx, full, "%s", path) < 0)
			return -ENAMETOOLONG;
		fd = open(full, (int)how.flags);
		return fd < 0 ? -errno : fd;
	}
	root = open(ctx->sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(root);
	return fd;
}

static bool is_masked(const struct pcireset_ctx *ctx, const char *path)
{
	static const char null[] = "/dev/null";
	char full[PATH_MAX], target[sizeof(null)];

	return !ctx_path(ctx, full, "%s", path) &&
	       readlink(full, target, sizeof(target)) == (ssize_t)strlen(null) &&
	       !strncmp(target, null, strlen(null));
}

/* Takes the descriptor over. */
static int read_text(int fd, struct rules_file *file)
{
	struct stat st;
	ssize_t n = 1;
	int r = fstat(fd, &st) ? -errno : 0;

	if (!r && !S_ISREG(st.st_mode))
		r = -EISDIR;
	if (!r && st.st_size > RULES_MAX_BYTES)
		r = -EFBIG;
	file->text = r ? NULL : calloc(1, RULES_MAX_BYTES + 2);
	if (!r && !file->text)
		r = -ENOMEM;
	/* The size of fstat() is not binding: the file may grow. */
	while (!r && n && file->size <= RULES_MAX_BYTES) {
		n = read(fd, file->text + file->size, RULES_MAX_BYTES + 1 - file->size);
		r = n < 0 ? -errno : 0;
		file->size += n > 0 ? (size_t)n : 0;
	}
	if (!r && file->size > RULES_MAX_BYTES)
		r = -EFBIG;
	close(fd);
	return r;
}

static void file_clear(struct rules_file *file)
{
	free(file->path);
	free(file->text);
	*file = (struct rules_file){ 0 };
}

/* Takes the file over. */
static int keep_file(struct rules *rules, struct rules_file *file)
{
	struct rules_file *v = array_room(rules->files, rules->nr_files, sizeof(*v));

	if (!v) {
		file_clear(file);
		return -ENOMEM;
	}
	rules->files = v;
	v[rules->nr_files++] = *file;
	return 0;
}

/*
 * What is wrong with a file on the disk is a mistake in the rules; all else, such as too
 * many open files, is a failure to find out.
 */
static int cannot_read(struct pcireset_ctx *ctx, const char *path, int error)
{
	static const int mistakes[] = {
		-EACCES, -EISDIR, -EFBIG, -ELOOP, -ENOENT, -ENOTDIR, -ENXIO
	};

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (error != mistakes[i])
			continue;
		ctx->rules->is_incomplete = true;
		return rules_complain(ctx->rules, "/%s: %s", path,
				      error == -EISDIR ? "is not a file" : strerror(-error));
	}
	return ctx_error(ctx, error, "/%s: %s", path, strerror(-error));
}

/* An empty file, or a link to /dev/null, only keeps others of its name from being read. */
static int load_file(struct pcireset_ctx *ctx, const char *path)
{
	struct rules *rules = ctx->rules;
	struct rules_file file = { .path = format("/%s", path) };
	int fd, r;

	if (!file.path)
		return -ENOMEM;
	if (is_masked(ctx, path)) {
		file_clear(&file);
		return 0;
	}
	fd = open_inside(ctx, path, 0);
	r = fd < 0 ? fd : read_text(fd, &file);
	if (!r && file.size)
		return keep_file(rules, &file);
	if (r)
		r = cannot_read(ctx, path, r);
	file_clear(&file);
	return r;
}

/* ---- directories */

struct names {
	struct rules_name {
		char *name;
		const char *place;
	} * v;
	size_t nr;
};

static int add_name(struct names *names, const char *place, const char *name)
{
	struct rules_name *v = array_room(names->v, names->nr, sizeof(*v));

	if (!v)
		return -ENOMEM;
	names->v = v;
	v[names->nr] = (struct rules_name){ strdup(name), place };
	return v[names->nr].name ? (names->nr++, 0) : -ENOMEM;
}

static bool is_rules_name(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > strlen(SUFFIX) && !strcmp(name + len - strlen(SUFFIX), SUFFIX);
}

static bool is_broken_link(const struct pcireset_ctx *ctx, const char *path)
{
	char full[PATH_MAX];
	struct stat st;
	int fd;

	if (ctx_path(ctx, full, "%s", path) < 0 || lstat(full, &st) || !S_ISLNK(st.st_mode))
		return false;
	fd = open_inside(ctx, path, O_DIRECTORY);
	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

/* A broken link is an error: the rules may be on a file system that is not mounted. */
static int check_absent(struct pcireset_ctx *ctx, const char *place)
{
	char parent[64];

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(place, '/') - place), place);
	if (is_broken_link(ctx, parent))
		return cannot_read(ctx, parent, -ENOENT);
	return is_broken_link(ctx, place) ? cannot_read(ctx, place, -ENOENT) : 0;
}

static int read_place(struct pcireset_ctx *ctx, struct names *names, const char *place)
{
	int fd = open_inside(ctx, place, O_DIRECTORY), r = 0;
	struct dirent *de;
	DIR *dir;

	if (fd == -ENOENT)
		return check_absent(ctx, place);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return cannot_read(ctx, place, r);
	}
	while (!r && (de = dir_next(dir)))
		if (is_rules_name(de->d_name))
			r = add_name(names, place, de->d_name);
	if (!r && errno)
		r = cannot_read(ctx, place, -errno);
	closedir(dir);
	return r;
}

/* By name; of the same name in the order of places. */
static int by_name(const void *a, const void *b)
{
	const struct rules_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	for (size_t i = 0; !order && i < ARRAY_SIZE(places); i++)
		order = (y->place == places[i]) - (x->place == places[i]);
	return order;
}

static int load_names(struct pcireset_ctx *ctx, struct names *names)
{
	char path[PATH_MAX];
	int r = 0;

	if (names->nr)
		qsort(names->v, names->nr, sizeof(*names->v), by_name);
	for (size_t i = 0; !r && i < names->nr; i++) {
		const struct rules_name *name = &names->v[i];

		if (i && !strcmp(name->name, name[-1].name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", name->place, name->name);
		r = load_file(ctx, path);
	}
	for (size_t i = 0; i < names->nr; i++)
		free(names->v[i].name);
	free(names->v);
	return r;
}

/* Who lists functions, and does not ask for a reset, is to know too. */
static void note_errors(struct pcireset_ctx *ctx)
{
	ctx_drop_notes(ctx, RULES_REFUSAL);
	if (rules_error(ctx))
		ctx_note(ctx, RULES_REFUSAL "%s", rules_error(ctx));
}

/* Rules are read with each scan. What is wrong with them is not the scan's failure. */
int rules_load(struct pcireset_ctx *ctx)
{
	struct names names = { 0 };
	int r = 0;

	rules_forget(ctx);
	ctx->rules = calloc(1, sizeof(*ctx->rules));
	if (!ctx->rules)
		return -ENOMEM;
	for (size_t i = 0; !r && !ctx->is_dump && i < ARRAY_SIZE(places); i++)
		r = read_place(ctx, &names, places[i]);
	if (!r)
		r = load_names(ctx, &names);
	for (size_t i = 0; !r && i < ctx->rules->nr_files; i++)
		r = rules_read(ctx, ctx->rules, &ctx->rules->files[i]);
	if (!r)
		note_errors(ctx);
	return r;
}

void rules_forget(struct pcireset_ctx *ctx)
{
	struct rules *rules = ctx->rules;

	if (!rules)
		return;
	for (size_t i = 0; i < NR_TYPES; i++) {
		dev_list_clear(&rules->lists[RULE_DENIES][i]);
		dev_list_clear(&rules->lists[RULE_DELAYS][i]);
	}
	for (size_t i = 0; i < rules->nr_files; i++)
		file_clear(&rules->files[i]);
	for (size_t i = 0; i < rules->nr; i++)
		rule_clear(&rules->v[i]);
	for (size_t i = 0; i < rules->nr_errors; i++)
		free(rules->errors[i]);
	free(rules->files);
	free(rules->v);
	free(rules->errors);
	free(rules);
	ctx->rules = NULL;
}

/* For an archive: those that count, under the names that they have here. */
int rules_foreach_file(struct pcireset_ctx *ctx, rules_file_fn fn, void *data)
{
	const struct rules *rules = ctx->rules;
	int r = 0;

	if (!rules || rules->is_incomplete)
		return ctx_error(ctx, -EIO, "%s", rules_error(ctx));
	for (size_t i = 0; !r && i < rules->nr_files; i++)
		r = fn(data, rules->files[i].path + 1, rules->files[i].text, rules->files[i].size);
	return r;
}
