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

/* The files of a bundle that may be a dump. */
struct search {
	struct pcireset_ctx *ctx;
	struct entry *found;
	size_t bytes;               /* of all compressed files, decompressed */
	size_t nr_unread;           /* compressed files that are damaged, or archives themselves */
	const struct entry *unread; /* the first of them */
};

static void leave_unread(struct search *search, const struct entry *file)
{
	if (!search->nr_unread++)
		search->unread = file;
}

/* Return 0, or a negative errno that concerns more than this file. */
static int decompress_file(struct search *search, struct entry *file)
{
	char *plain;
	size_t size;
	int r = archive_decompress(search->ctx, file->data, file->size, &plain, &size);

	if (r == -EBADMSG) {
		leave_unread(search, file);
		*file->data = '\0';
		file->size = 0;
		return 0;
	}
	if (!r && size > TREE_MAX_BYTES - search->bytes) {
		free(plain);
		r = -EFBIG;
	}
	if (r == -EFBIG)
		return ctx_error(search->ctx, r, "%s: no machine is as large as this", file->path);
	if (r < 0)
		return r;
	search->bytes += size;
	free(file->data);
	file->data = plain;
	file->size = size;
	return 0;
}

static bool is_same_text(const struct entry *a, const struct entry *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* A bug report has its files compressed one by one, or a second copy of one. */
static int probe_file(struct search *search, struct entry *file)
{
	struct pcireset_ctx *ctx = search->ctx;
	int r = archive_is_compressed(file->data, file->size) ? decompress_file(search, file) : 0;

	if (r < 0)
		return r;
	if (archive_is_bundle(file->data, file->size)) {
		leave_unread(search, file);
		return 0;
	}
	r = dump_text_probe(ctx, file->data, file->size);
	if (r <= 0 || (search->found && is_same_text(search->found, file)))
		return r < 0 ? r : 0;
	if (search->found)
		return ctx_error(ctx, -EBADMSG,
				 "several files of the archive have config space, such as %s and "
				 "%s: extract one of them",
				 search->found->path, file->path);
	search->found = file;
	return 0;
}

static void tell_unread(const struct search *search)
{
	if (search->nr_unread)
		ctx_note(search->ctx,
			 "%zu file%s of the archive %s left out, damaged or an archive of "
			 "%s own; the first is %s",
			 search->nr_unread, search->nr_unread == 1 ? "" : "s",
			 search->nr_unread == 1 ? "is" : "are",
			 search->nr_unread == 1 ? "its" : "their", search->unread->path);
}

/* A note would be lost with the error, so the error names the file that may have been the dump. */
static int fail_without_dump(const struct search *search)
{
	if (!search->nr_unread)
		return ctx_error(search->ctx, -EBADMSG,
				 "no file of the archive has config space, as lspci -xxxx prints "
				 "it; recordings are read with --sysroot");
	return ctx_error(search->ctx, -EBADMSG,
			 "no file that could be read has config space, as lspci -xxxx prints it; "
			 "%s%s not read, damaged or an archive of %s own: extract %s",
			 search->unread->path, search->nr_unread == 1 ? " was" : " and others were",
			 search->nr_unread == 1 ? "its" : "their",
			 search->nr_unread == 1 ? "it" : "them");
}

/*
 * The only dump among the files of a bundle. Two of them may come from two machines, so that
 * a person must choose. Return 0 or a negative errno.
 */
static int find_dump(struct pcireset_ctx *ctx, struct tree *files, const struct entry **ret_dump)
{
	struct search search = { .ctx = ctx };
	int r = 0;

	for (size_t i = 0; !r && i < files->nr; i++)
		r = probe_file(&search, &files->v[i]);
	if (r < 0)
		return r;
	if (!search.found)
		return fail_without_dump(&search);
	tell_unread(&search);
	*ret_dump = search.found;
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

/* Files that people send, and that are neither text nor an archive which is read here. */
static const struct {
	const char *magic, *name;
} other_formats[] = {
	{ "7z\xbc\xaf\x27\x1c", "7-Zip archive" },
	{ "Rar!\x1a\x07", "RAR archive" },
	{ "!<arch>\n", "package or archive of ar" },
	{ "070701", "cpio archive" },
	{ "070702", "cpio archive" },
	{ "070707", "cpio archive" },
	{ "\xc7\x71", "cpio archive" },
	{ "LZIP", "file compressed with lzip" },
	{ "\x04\x22\x4d\x18", "file compressed with lz4" },
	{ "\x1f\x9d", "file compressed with compress" },
	{ "%PDF-", "PDF file" },
	{ "\x89PNG", "picture" },
	{ "\xff\xd8\xff", "picture" },
	{ "\x7f"
	  "ELF",
	  "program" },
	{ "-----BEGIN PGP MESSAGE", "encrypted file" },
};

static const char *name_of_format(const char *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(other_formats); i++) {
		size_t len = strlen(other_formats[i].magic);

		if (size >= len && !memcmp(data, other_formats[i].magic, len))
			return other_formats[i].name;
	}
	return NULL;
}

static int read_plain_dump(struct pcireset_ctx *ctx, const char *data, size_t size,
			   struct tree *tree)
{
	const char *name = name_of_format(data, size);

	if (name)
		return ctx_error(ctx, -EBADMSG,
				 "this is a %s, and no text as lspci -xxxx prints it", name);
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
