/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine in a file, unpacked into a directory that is removed with the context. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "snapshot/snapshot.h"

/* "FILE#2" is the second dump in FILE, unless there is a file of that name. */
bool replay_split_number(struct pcireset_ctx *ctx, const char *name, char path[PATH_MAX])
{
	const char *mark = strrchr(name, '#');
	size_t digits = mark ? strspn(mark + 1, "0123456789") : 0;
	char *file;
	bool found;

	if (!digits || digits > 6 || mark[1 + digits]) {
		errno = ENOENT;
		return false;
	}
	file = strndup(name, (size_t)(mark - name));
	if (!file)
		return false;
	ctx->dump_number = strtoul(mark + 1, NULL, 10);
	found = ctx->dump_number && realpath(file, path);
	free(file);
	return found;
}

static int read_whole(struct pcireset_ctx *ctx, char **ret_data, size_t *ret_size)
{
	int fd = open(ctx->file, O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n = 0;
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st)) {
		n = -errno;
		goto close_fd;
	}
	if (st.st_size > TREE_MAX_BYTES) {
		n = -EFBIG;
		goto close_fd;
	}
	data = malloc((size_t)st.st_size + 1);
	if (!data) {
		n = -ENOMEM;
		goto close_fd;
	}
	while (size < (size_t)st.st_size &&
	       (n = read(fd, data + size, (size_t)st.st_size - size)) > 0)
		size += (size_t)n;
	if (n < 0) {
		n = -errno;
		free(data);
	} else {
		n = 0;
		data[size] = '\0';
		*ret_data = data;
		*ret_size = size;
	}

close_fd:
	if (fd >= 0)
		close(fd);
	return n ? ctx_error(ctx, (int)n, "%s", strerror((int)-n)) : 0;
}

static int make_directory(struct pcireset_ctx *ctx)
{
	const char *place = secure_getenv("TMPDIR");
	char path[PATH_MAX] = "/bin/sh", *real;
	int r;

	r = ctx->remover = remover_start();
	if (r >= 0)
		r = remover_mkdir(r, place && *place ? place : P_tmpdir, path, sizeof(path));
	if (r == -ENAMETOOLONG)
		return ctx_error(ctx, r, "TMPDIR is too long");
	if (r < 0)
		return ctx_error(ctx, r, "%s: %s", path, strerror(-r));
	real = realpath(path, NULL);
	if (!real)
		return ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	free(ctx->sysroot);
	ctx->sysroot = real;
	ctx->is_unpacked = true;
	return 0;
}

/* A dump may also be compressed. */
static int read_dump(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	char *plain = NULL;
	int r;

	if (!archive_is_compressed(data, size))
		return dump_read(ctx, data, size, tree);
	r = archive_decompress(ctx, data, size, &plain, &size);
	if (!r)
		r = dump_read(ctx, plain, size, tree);
	free(plain);
	return r;
}

static int tree_read_file(struct pcireset_ctx *ctx, struct tree *tree)
{
	char *data = NULL;
	size_t size = 0;
	int r = read_whole(ctx, &data, &size);

	if (r < 0)
		return r;
	r = ctx->is_dump ? read_dump(ctx, data, size, tree) : archive_unpack(ctx, data, size, tree);
	free(data);
	if (!r)
		r = make_directory(ctx);
	return r ? r : tree_write(ctx, tree, ctx->sysroot);
}

/* Unpack once: a second scan uses the same files. After a failure, remove everything. */
int replay_unpack(struct pcireset_ctx *ctx)
{
	struct tree tree = { 0 };
	char why[sizeof(ctx->errmsg)];
	int r;

	if (ctx->is_unpacked)
		return 0;
	r = tree_read_file(ctx, &tree);
	tree_clear(&tree);
	if (r < 0) {
		strcpy(why, ctx->errmsg);
		ctx_error(ctx, r, "%s: %s", ctx->file, why);
		replay_remove(ctx);
	}
	return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void replay_remove(struct pcireset_ctx *ctx)
{
	bool is_removed = ctx->is_unpacked &&
			  !nftw(ctx->sysroot, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	ctx->is_unpacked = false;
	/* Without the stop, the removing process removes what is left. */
	if (is_removed)
		remover_stop(ctx->remover);
	else if (ctx->remover >= 0)
		close(ctx->remover);
	ctx->remover = -1;
	ctx_forget_notes(ctx);
}
