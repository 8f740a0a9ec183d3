// SPDX-License-Identifier: GPL-2.0-only
/*
 * A compressed file: decompressed whole, or refused with a reason.
 *
 * Input: a byte that chooses the compression or none, a byte that chooses what happens to
 * the compressed file, two bytes for where, and what is compressed. Without compression it
 * is the file itself.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include "fuzz.h"
#include "snapshot/snapshot.h"

enum {
	UNHARMED,
	CUT,
	OTHER_BYTE,
	NR_FATES
};

static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
			       ARCHIVE_FILTER_XZ,   ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_LZMA };

struct bytes {
	char *v;
	size_t size;
};

static struct bytes copy(const uint8_t *data, size_t size)
{
	struct bytes all = { malloc(size ? size : 1), size };

	MUST(all.v);
	memcpy(all.v, data, size);
	return all;
}

static struct bytes compress_with(int filter, const uint8_t *data, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	struct archive *a = archive_write_new();
	struct bytes all = { malloc(2 * size + 65536), 0 };

	MUST(entry && a && all.v);
	archive_entry_set_pathname(entry, "dump");
	archive_entry_set_filetype(entry, AE_IFREG);
	MUST(archive_write_add_filter(a, filter) == ARCHIVE_OK);
	MUST(archive_write_set_format_raw(a) == ARCHIVE_OK);
	MUST(archive_write_set_bytes_per_block(a, 0) == ARCHIVE_OK);
	MUST(archive_write_open_memory(a, all.v, 2 * size + 65536, &all.size) == ARCHIVE_OK);
	MUST(archive_write_header(a, entry) == ARCHIVE_OK);
	MUST(archive_write_data(a, data, size) == (la_ssize_t)size);
	MUST(archive_write_free(a) == ARCHIVE_OK);
	archive_entry_free(entry);
	return all;
}

static void damage(struct bytes *file, int fate, size_t where)
{
	where %= file->size;
	if (fate == CUT)
		file->size = where;
	else if (fate == OTHER_BYTE)
		file->v[where] ^= (char)(1u << where % 8);
}

/*
 * What is compressed twice is refused. So is binary data that libarchive takes for lzma: that
 * format has no magic number, but always zeros near its beginning, which no dump has.
 */
static bool may_be_refused(int fate, const struct bytes *plain)
{
	size_t begin = plain->size < 16 ? plain->size : 16;

	return fate != UNHARMED || !begin || memchr(plain->v, 0, begin) ||
	       archive_is_compressed(plain->v, plain->size);
}

/* Bytes that make a machine are not needed: only what comes out of the file is looked at. */
static void decompress(struct bytes *file, int fate, const struct bytes *plain)
{
	struct pcireset_ctx *ctx;
	char *data = NULL;
	size_t size = 0;
	bool was_compressed = archive_is_compressed(file->v, file->size);

	MUST(!pcireset_ctx_new("/", &ctx));
	if (fate == UNHARMED && plain->size)
		MUST(was_compressed);
	if (archive_decompress(ctx, file->v, file->size, &data, &size)) {
		MUST(!data && *pcireset_ctx_get_errmsg(ctx));
		MUST(may_be_refused(fate, plain));
	} else {
		MUST(data && !data[size]);
		/* What is cut off is never taken for the whole. */
		if (plain->v && was_compressed && fate != OTHER_BYTE)
			MUST(size == plain->size && !memcmp(data, plain->v, size));
	}
	free(data);
	pcireset_ctx_unref(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes plain = { 0 }, file;
	int filter, fate;

	if (size < 4)
		return 0;
	filter = filters[data[0] % ARRAY_SIZE(filters)];
	fate = data[1] % NR_FATES;
	if (filter == ARCHIVE_FILTER_NONE) {
		fate = OTHER_BYTE;
		file = copy(data + 4, size - 4);
	} else {
		plain = copy(data + 4, size - 4);
		file = compress_with(filter, data + 4, size - 4);
		damage(&file, fate, (size_t)(data[2] | data[3] << 8));
	}
	decompress(&file, fate, &plain);
	free(file.v);
	free(plain.v);
	return 0;
}
