/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read archives and decompress dumps with libarchive.
 *
 * The library is loaded on first use, because most programs that link with libpcireset
 * never open an archive, and libarchive depends on more than 30 MB of other libraries.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include "snapshot/snapshot.h"

#define LIBRARY "libarchive.so.13"
#define CHUNK   65536u

/* The functions in use, with the types from their header. */
#define SYMBOLS(X)                           \
	X(archive_read_new)                  \
	X(archive_read_free)                 \
	X(archive_read_support_filter_gzip)  \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_xz)    \
	X(archive_read_support_filter_lzma)  \
	X(archive_read_support_filter_zstd)  \
	X(archive_read_support_format_tar)   \
	X(archive_read_support_format_zip)   \
	X(archive_read_support_format_raw)   \
	X(archive_read_open_memory)          \
	X(archive_read_next_header)          \
	X(archive_read_header_position)      \
	X(archive_filter_bytes)              \
	X(archive_format)                    \
	X(archive_filter_count)              \
	X(archive_read_data)                 \
	X(archive_error_string)              \
	X(archive_errno)                     \
	X(archive_entry_pathname)            \
	X(archive_entry_symlink)             \
	X(archive_entry_hardlink)            \
	X(archive_entry_filetype)            \
	X(archive_entry_size)                \
	X(archive_entry_size_is_set)         \
	X(archive_entry_sparse_count)

struct library {
	void *handle;
#define DECLARE(name) __typeof__(name) *name;
	SYMBOLS(DECLARE)
};

struct reader {
	struct pcireset_ctx *ctx;
	struct library lib;
	struct archive *archive;
	struct tree *tree;
	bool is_bundle; /* files of any kind, among them a dump */
	size_t nr;      /* entries so far */
	size_t bytes;   /* sum of the sizes in their headers */
	int64_t end;    /* end of the last entry */
};

static int no_library(struct reader *reader)
{
	const char *why = dlerror();

	return ctx_error(reader->ctx, -ENOTSUP,
			 "archives and compressed files are read with " LIBRARY
			 ", which cannot be loaded (%s): install libarchive",
			 why ? why : "no reason is known");
}

static int library_load(struct reader *reader)
{
	struct library *lib = &reader->lib;

	lib->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		return no_library(reader);
#define LOAD(name)                                        \
	*(void **)&lib->name = dlsym(lib->handle, #name); \
	if (!lib->name)                                   \
		return no_library(reader);
	SYMBOLS(LOAD)
	return 0;
}

/*
 * A shortage of memory does not mean that the file is damaged. libarchive returns no error number
 * for some failed allocations, and for a gzip file that is cut off within its last bytes.
 */
static bool is_out_of_memory(const struct reader *reader)
{
	int error = reader->lib.archive_errno(reader->archive);

	return !error || error == ENOMEM;
}

static int out_of_memory(const struct reader *reader)
{
	return ctx_error(reader->ctx, -ENOMEM, "%s",
			 reader->lib.archive_errno(reader->archive) ?
				 "out of memory" :
				 "the file is cut off, or out of memory");
}

/* Reject external programs, which libarchive starts if it lacks a decompressor. */
static int support_filters(struct reader *reader)
{
	const struct library *lib = &reader->lib;
	struct archive *a = reader->archive;

	if (lib->archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    lib->archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
	    lib->archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    lib->archive_read_support_filter_lzma(a) != ARCHIVE_OK ||
	    lib->archive_read_support_filter_zstd(a) != ARCHIVE_OK)
		return is_out_of_memory(reader) ?
			       ctx_error(reader->ctx, -ENOMEM, "out of memory") :
			       ctx_error(reader->ctx, -ENOTSUP,
					 LIBRARY " lacks gzip, bzip2, xz, lzma or zstd");
	return 0;
}

static int support_format(struct reader *reader)
{
	const struct library *lib = &reader->lib;
	int r = reader->tree ? lib->archive_read_support_format_tar(reader->archive) :
			       lib->archive_read_support_format_raw(reader->archive);

	if (r == ARCHIVE_OK && reader->is_bundle)
		r = lib->archive_read_support_format_zip(reader->archive);
	return r == ARCHIVE_OK ? 0 : ctx_error(reader->ctx, -ENOMEM, "out of memory");
}

static int reader_damaged(const struct reader *reader)
{
	const char *why = reader->lib.archive_error_string(reader->archive);

	if (is_out_of_memory(reader))
		return out_of_memory(reader);
	return ctx_error(reader->ctx, -EBADMSG, "the file is damaged or cut off: %s",
			 why ? why : "libarchive gives no reason");
}

static int no_archive(const struct reader *reader)
{
	if (is_out_of_memory(reader))
		return ctx_error(reader->ctx, -ENOMEM, "out of memory");
	return ctx_error(reader->ctx, -EBADMSG, "this is not a %s archive, or it is truncated%s",
			 reader->is_bundle ? "tar or zip" : "tar",
			 reader->is_bundle ? "" : "; dumps of lspci are read with --file");
}

/*
 * libarchive recognizes a compressed file by more bytes than archive_is_compressed()
 * reads. A file that is cut off within these bytes has no decompressor. Decompressors are
 * not stacked, because the size of the file would not limit the work.
 */
static int check_filters(struct reader *reader)
{
	int nr = reader->lib.archive_filter_count(reader->archive) - 1;

	if (nr > 1)
		return ctx_error(reader->ctx, -EBADMSG, "the file is compressed more than once");
	if (!nr && !reader->tree)
		return ctx_error(reader->ctx, -EBADMSG,
				 "the file is damaged or cut off: too little of it is left");
	return 0;
}

static int reader_open(struct reader *reader, const char *data, size_t size)
{
	int r = library_load(reader);

	if (r < 0)
		return r;
	reader->archive = reader->lib.archive_read_new();
	if (!reader->archive)
		return ctx_error(reader->ctx, -ENOMEM, "out of memory");
	r = support_filters(reader);
	if (!r)
		r = support_format(reader);
	if (r < 0)
		return r;
	if (reader->lib.archive_read_open_memory(reader->archive, data, size) == ARCHIVE_OK)
		return check_filters(reader);
	return reader->tree ? no_archive(reader) : reader_damaged(reader);
}

static void reader_close(struct reader *reader)
{
	if (reader->archive)
		reader->lib.archive_read_free(reader->archive);
	if (reader->lib.handle)
		dlclose(reader->lib.handle);
}

/* ---- the entries of an archive */

/* Without a leading "./" and a trailing "/"; "" is the root itself. */
static void tidy_path(char *path, enum tree_kind kind)
{
	size_t len;

	while (!strncmp(path, "./", 2))
		memmove(path, path + 2, strlen(path + 2) + 1);
	len = strlen(path);
	while (kind == TREE_DIR && len && path[len - 1] == '/')
		path[--len] = '\0';
	if (!strcmp(path, "."))
		*path = '\0';
}

/* The files of a bundle are only read, so the names that tar -P keeps do no harm. */
static const char *skip_outside(const char *path)
{
	while (*path == '/' || !strncmp(path, "../", 3))
		path += *path == '/' ? 1 : 3;
	return path;
}

static int add_file(struct reader *reader, struct archive_entry *entry, const char *path)
{
	size_t size = (size_t)reader->lib.archive_entry_size(entry), len = 0;
	char *data = malloc(size + 1);
	ssize_t n = 0;
	int r;

	if (!data)
		return ctx_error(reader->ctx, -ENOMEM, "out of memory");
	while (len < size &&
	       (n = reader->lib.archive_read_data(reader->archive, data + len, size - len)) > 0)
		len += (size_t)n;
	/* libarchive compares a checksum behind the last byte, if the format has one. */
	if (len == size)
		n = reader->lib.archive_read_data(reader->archive, data + len, 1);
	r = len == size && !n ? tree_add(reader->ctx, reader->tree, TREE_FILE, path, data, size) :
				reader_damaged(reader);
	free(data);
	return r;
}

static int unknown_kind(struct reader *reader, const char *path)
{
	return ctx_error(reader->ctx, -EBADMSG,
			 "%s: is neither a file, a directory nor a symbolic link", path);
}

static int add_entry(struct reader *reader, struct archive_entry *entry, char *path,
		     enum tree_kind kind)
{
	const struct library *lib = &reader->lib;
	const char *target;

	tidy_path(path, kind);
	switch (kind) {
	case TREE_FILE:
		if (lib->archive_entry_hardlink(entry) || lib->archive_entry_sparse_count(entry))
			return unknown_kind(reader, path);
		return add_file(reader, entry, reader->is_bundle ? skip_outside(path) : path);
	case TREE_DIR:
		return *path ? tree_add(reader->ctx, reader->tree, TREE_DIR, path, NULL, 0) : 0;
	default:
		target = lib->archive_entry_symlink(entry);
		return target ? tree_add(reader->ctx, reader->tree, TREE_LINK, path, target,
					 strlen(target)) :
				unknown_kind(reader, path);
	}
}

static int kind_of(const struct reader *reader, struct archive_entry *entry,
		   enum tree_kind *ret_kind)
{
	switch (reader->lib.archive_entry_filetype(entry)) {
	case AE_IFREG:
		*ret_kind = TREE_FILE;
		return 0;
	case AE_IFDIR:
		*ret_kind = TREE_DIR;
		return 0;
	case AE_IFLNK:
		*ret_kind = TREE_LINK;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Check before reading: skipped data takes as long to decompress. */
static int check_size(struct reader *reader, struct archive_entry *entry, const char *path)
{
	int64_t size = reader->lib.archive_entry_size(entry);

	if (!reader->lib.archive_entry_size_is_set(entry))
		return ctx_error(reader->ctx, -EBADMSG,
				 "the archive is cut off: the size of %s is missing", path);
	if (size < 0 || (uint64_t)size > TREE_MAX_BYTES - reader->bytes ||
	    reader->nr++ == TREE_MAX_ENTRIES)
		return ctx_error(reader->ctx, -EFBIG, "%s: no machine is as large as this", path);
	reader->bytes += (size_t)size;
	return 0;
}

/* Other entries of a bundle, such as links, cannot be a dump. */
static bool is_left_out(const struct reader *reader, struct archive_entry *entry)
{
	return reader->is_bundle && (reader->lib.archive_entry_filetype(entry) != AE_IFREG ||
				     reader->lib.archive_entry_hardlink(entry) ||
				     reader->lib.archive_entry_sparse_count(entry));
}

static int take_entry(struct reader *reader, struct archive_entry *entry)
{
	const char *name = reader->lib.archive_entry_pathname(entry);
	enum tree_kind kind;
	char *path;
	int r;

	if (!name)
		return ctx_error(reader->ctx, -EBADMSG, "the archive has an entry without a name");
	r = check_size(reader, entry, name);
	if (r < 0 || is_left_out(reader, entry))
		return r;
	path = strdup(name);
	if (!path)
		return ctx_error(reader->ctx, -ENOMEM, "out of memory");
	r = kind_of(reader, entry, &kind) < 0 ? unknown_kind(reader, path) :
						add_entry(reader, entry, path, kind);
	free(path);
	return r;
}

/*
 * libarchive accepts the end of the file as the end of the archive. Only the final block
 * of zeros, which libarchive has read, shows that the archive is complete.
 */
static int check_end(struct reader *reader)
{
	int64_t begin = reader->lib.archive_read_header_position(reader->archive);

	/* The directory at the end of a zip archive gives the size of each file. */
	if (reader->lib.archive_format(reader->archive) == ARCHIVE_FORMAT_ZIP)
		return 0;
	if (reader->lib.archive_filter_bytes(reader->archive, 0) > begin)
		return 0;
	return ctx_error(reader->ctx, -EBADMSG,
			 "the archive is cut off: the block that ends it is missing");
}

/* A name that does not fit the locale is only a warning. Use the bytes of the archive. */
static int read_entries(struct reader *reader)
{
	struct archive_entry *entry;
	int r = 0, status;

	while (!r) {
		status = reader->lib.archive_read_next_header(reader->archive, &entry);
		if (status == ARCHIVE_EOF)
			return check_end(reader);
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return reader->nr ? reader_damaged(reader) : no_archive(reader);
		r = take_entry(reader, entry);
	}
	return r;
}

static int read_archive(struct reader *reader, const char *data, size_t size)
{
	int r = reader_open(reader, data, size);

	if (!r)
		r = read_entries(reader);
	reader_close(reader);
	return r;
}

static bool is_zip(const char *data, size_t size)
{
	return size >= 4 && !memcmp(data, "PK\3\4", 4);
}

static int unpack_plain(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	struct reader reader = { .ctx = ctx, .tree = tree };
	int r;

	if (!size)
		return ctx_error(ctx, -EBADMSG, "the file is empty");
	/* It need not keep the links of a machine. */
	if (is_zip(data, size))
		return ctx_error(ctx, -EBADMSG,
				 "this is a zip archive: extract the recording from it; a dump in "
				 "it is read with --file");
	r = read_archive(&reader, data, size);
	if (!r)
		r = tree_strip_top(ctx, tree);
	return r ? r : tree_sort(ctx, tree);
}

/* Only a whole decompressed file can be checked. */
int archive_unpack(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	char *plain;
	int r;

	if (!archive_is_compressed(data, size))
		return unpack_plain(ctx, data, size, tree);
	r = archive_decompress(ctx, data, size, &plain, &size);
	if (!r)
		r = unpack_plain(ctx, plain, size, tree);
	free(plain);
	return r;
}

/* ---- a bundle: an archive with a dump among other files */

#define ZIP_MAX_END (22 + 65535) /* the last record of a zip archive with its comment */

/* The last record leads to the directory of a zip archive. libarchive can do without it. */
static bool has_zip_end(const char *data, size_t size)
{
	size_t skipped = size > ZIP_MAX_END ? size - ZIP_MAX_END : 0;

	return memmem(data + skipped, size - skipped, "PK\5\6", 4);
}

#define TAR_HEADER   512
#define TAR_CHECKSUM 148
#define TAR_DIGITS   8

/* The first tar had no magic, only the sum of the header, with blanks in place of the sum. */
static bool is_old_tar(const char *data, size_t size)
{
	unsigned long sum = ' ' * TAR_DIGITS, want = 0;
	bool has_digit = false;

	if (size < TAR_HEADER || !*data)
		return false;
	for (size_t i = 0; i < TAR_HEADER; i++)
		if (i < TAR_CHECKSUM || i >= TAR_CHECKSUM + TAR_DIGITS)
			sum += (unsigned char)data[i];
	for (size_t i = TAR_CHECKSUM; i < TAR_CHECKSUM + TAR_DIGITS; i++) {
		if (data[i] >= '0' && data[i] <= '7') {
			want = want << 3 | (unsigned long)(data[i] - '0');
			has_digit = true;
		} else if (data[i] && data[i] != ' ') {
			return false;
		}
	}
	return has_digit && want == sum;
}

/* The magic of tar is in its first header, behind the name and the numbers. */
bool archive_is_bundle(const char *data, size_t size)
{
	const size_t at = 257;

	return is_zip(data, size) || (size >= at + 5 && !memcmp(data + at, "ustar", 5)) ||
	       is_old_tar(data, size);
}

int archive_read_bundle(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	struct reader reader = { .ctx = ctx, .tree = tree, .is_bundle = true };

	if (is_zip(data, size) && !has_zip_end(data, size))
		return ctx_error(ctx, -EBADMSG, "the archive is cut off: its directory is missing");
	return read_archive(&reader, data, size);
}

/* ---- one file, compressed */

static bool is_gzip(const char *data, size_t size)
{
	return size >= 2 && !memcmp(data, "\x1f\x8b", 2);
}

/* RFC 8878, sec 3.1.2: a file of zstd may begin with other data. pzstd writes such files. */
static bool is_skippable(const char *data, size_t size)
{
	return size >= 4 && (data[0] & 0xf0) == 0x50 && !memcmp(data + 1, "\x2a\x4d\x18", 3);
}

bool archive_is_compressed(const char *data, size_t size)
{
	static const struct {
		const char *bytes;
		size_t size;
	} magic[] = {
		{ "BZh", 3 },
		{ "\xfd"
		  "7zXZ\0",
		  6 },
		{ "\x28\xb5\x2f\xfd", 4 },
		{ "\x5d\0\0", 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
		if (size >= magic[i].size && !memcmp(data, magic[i].bytes, magic[i].size))
			return true;
	return is_gzip(data, size) || is_skippable(data, size);
}

/* Double the buffer when it is full, up to the limit. */
static int grow_data(struct reader *reader, char **data, size_t *room)
{
	size_t more = *room ? 2 * *room : CHUNK;
	char *bigger;

	if (more > TREE_MAX_BYTES)
		return ctx_error(reader->ctx, -EFBIG, "decompressed it is larger than %u MiB",
				 TREE_MAX_BYTES >> 20);
	bigger = realloc(*data, more + 1);
	if (!bigger)
		return ctx_error(reader->ctx, -ENOMEM, "out of memory");
	*data = bigger;
	*room = more;
	return 0;
}

static int read_raw(struct reader *reader, char **data, size_t *ret_size)
{
	struct archive_entry *entry;
	size_t room = 0, len = 0;
	ssize_t n;
	int r = 0;

	if (reader->lib.archive_read_next_header(reader->archive, &entry) != ARCHIVE_OK)
		return reader_damaged(reader);
	do {
		if (len == room)
			r = grow_data(reader, data, &room);
		if (r < 0)
			return r;
		n = reader->lib.archive_read_data(reader->archive, *data + len, room - len);
		if (n < 0)
			return reader_damaged(reader);
		len += (size_t)n;
	} while (n);
	(*data)[len] = '\0';
	*ret_size = len;
	return 0;
}

/* Tapes and disks fill a file with zeros. Other bytes behind the end may be the lost part. */
static void tell_rest(const struct reader *reader, const char *rest, size_t size)
{
	size_t nr = size;

	while (nr && !rest[nr - 1])
		nr--;
	if (nr)
		ctx_note(reader->ctx,
			 "%zu byte%s behind the compressed data %s not compressed and %s skipped",
			 nr, nr == 1 ? "" : "s", nr == 1 ? "is" : "are", nr == 1 ? "is" : "are");
}

/* libarchive stops at the first byte that is not compressed, and compares no checksum of gzip. */
static int check_compressed(const struct reader *reader, const char *data, size_t size,
			    const char *plain, size_t len)
{
	size_t end = (size_t)reader->lib.archive_filter_bytes(reader->archive, -1);

	if (is_gzip(data, size) && !gzip_is_intact(data, end, plain, len))
		return ctx_error(reader->ctx, -EBADMSG,
				 "the file is damaged: its checksum is wrong");
	tell_rest(reader, data + end, size - end);
	return 0;
}

/* @ret_data: to be freed, with a terminating zero */
int archive_decompress(struct pcireset_ctx *ctx, const char *data, size_t size, char **ret_data,
		       size_t *ret_size)
{
	struct reader reader = { .ctx = ctx };
	int r = reader_open(&reader, data, size);

	*ret_data = NULL;
	if (!r)
		r = read_raw(&reader, ret_data, ret_size);
	if (!r)
		r = check_compressed(&reader, data, size, *ret_data, *ret_size);
	reader_close(&reader);
	if (r < 0) {
		free(*ret_data);
		*ret_data = NULL;
	}
	return r;
}
