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

/* The content of a file, with a NUL behind it. */
struct whole {
	char *data;
	size_t size, room;
};

/* "FILE#2" is the second dump in FILE, unless a file of that name exists. */
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

/* A pipe does not know its size, and a file may grow. Return 0 or a negative errno. */
static int read_to_end(int fd, struct whole *whole)
{
	size_t room = whole->room;
	char *data;
	ssize_t n;

	do {
		if (whole->size + 1 >= room) {
			room *= 2;
			data = realloc(whole->data, room);
			if (!data)
				return -ENOMEM;
			whole->data = data;
		}
		n = read(fd, whole->data + whole->size, room - whole->size - 1);
		if (n < 0)
			return -errno;
		whole->size += (size_t)n;
		if (whole->size > TREE_MAX_BYTES)
			return -EFBIG;
	} while (n);
	whole->data[whole->size] = '\0';
	return 0;
}

static int read_fd(int fd, struct whole *whole)
{
	struct stat st;
	int r;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size > TREE_MAX_BYTES)
		return -EFBIG;
	/* One byte shows the end of the file, and one ends the text. */
	whole->room = (size_t)st.st_size + 2;
	if (S_ISFIFO(st.st_mode))
		whole->room = 65536;
	whole->data = malloc(whole->room);
	r = whole->data ? read_to_end(fd, whole) : -ENOMEM;
	if (r < 0)
		free(whole->data);
	return r;
}

static int read_whole(struct pcireset_ctx *ctx, char **ret_data, size_t *ret_size)
{
	int fd = open(ctx->file, O_RDONLY | O_CLOEXEC);
	struct whole whole = { 0 };
	int r = fd < 0 ? -errno : read_fd(fd, &whole);

	if (fd >= 0)
		close(fd);
	if (r < 0)
		return ctx_error(ctx, r, "%s", strerror(-r));
	*ret_data = whole.data;
	*ret_size = whole.size;
	return 0;
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

/*
 * The only dump among the files of a bundle. Two of them may come from two machines, so that
 * a person must choose. Return 0 or a negative errno.
 */
static int find_dump(struct pcireset_ctx *ctx, const struct tree *files,
		     const struct entry **ret_dump)
{
	const struct entry *first = NULL;

	for (size_t i = 0; i < files->nr; i++) {
		const struct entry *file = &files->v[i];
		int r = dump_text_probe(ctx, file->data, file->size);

		if (r < 0)
			return r;
		if (r && first)
			return ctx_error(ctx, -EBADMSG,
					 "several files of the archive have config space, such as "
					 "%s and %s: extract one of them",
					 first->path, file->path);
		first = r ? file : first;
	}
	if (!first)
		return ctx_error(ctx, -EBADMSG,
				 "no file of the archive has config space, as lspci -xxxx prints "
				 "it; recordings are read with --sysroot");
	*ret_dump = first;
	return 0;
}

static int read_bundle(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	struct tree files = { 0 };
	const struct entry *dump = NULL;
	int r = archive_read_bundle(ctx, data, size, &files);

	if (!r)
		r = find_dump(ctx, &files, &dump);
	if (!r) {
		ctx_note(ctx, "the dump is the file %s of the archive", dump->path);
		r = dump_read(ctx, dump->data, dump->size, tree);
	}
	tree_clear(&files);
	return r;
}

static int read_plain_dump(struct pcireset_ctx *ctx, const char *data, size_t size,
			   struct tree *tree)
{
	return archive_is_bundle(data, size) ? read_bundle(ctx, data, size, tree) :
					       dump_read(ctx, data, size, tree);
}

/* A dump may also be compressed, or one file of an archive. */
static int read_dump(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	char *plain = NULL;
	int r;

	if (!archive_is_compressed(data, size))
		return read_plain_dump(ctx, data, size, tree);
	r = archive_decompress(ctx, data, size, &plain, &size);
	if (!r)
		r = read_plain_dump(ctx, plain, size, tree);
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
