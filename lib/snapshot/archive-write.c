/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Write a tar archive in the POSIX format: ustar, with pax records for long names.
 *
 * This does not use libarchive: the recorded machine may be a rescue system without that
 * library, and the archive must not depend on the version of a library.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "snapshot/snapshot.h"

#define BLOCK 512u

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static unsigned int header_checksum(const struct header *h)
{
	const unsigned char *b = (const void *)h;
	unsigned int sum = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool is_sum = i >= offsetof(struct header, sum) &&
			      i < offsetof(struct header, type);

		sum += is_sum ? ' ' : b[i];
	}
	return sum;
}

static int put_data(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int put_padded(int fd, const char *data, size_t size)
{
	static const char zeros[BLOCK];
	int r = put_data(fd, data, size);

	return r ? r : put_data(fd, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

/* Without owner and time, so that the same machine gives the same archive. */
static int put_header(int fd, char type, const char *name, const char *link, size_t size)
{
	struct header h = { .type = type, .version = "00" };
	char sum[8];

	memcpy(h.magic, "ustar", sizeof(h.magic));
	h.version[1] = '0';
	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	strcpy(h.mode, type == TREE_DIR ? "0000755" : "0000644");
	strcpy(h.uid, "0000000");
	strcpy(h.gid, "0000000");
	snprintf(h.size, sizeof(h.size), "%011zo", size);
	strcpy(h.mtime, "00000000000");
	snprintf(sum, sizeof(sum), "%06o", header_checksum(&h));
	memcpy(h.sum, sum, 7);
	h.sum[7] = ' ';
	return put_data(fd, &h, sizeof(h));
}

/* The length includes its own digits. */
static int add_record(char *records, size_t room, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1;

	for (size_t limit = 10; len + digits >= limit; limit *= 10)
		digits++;
	return snprintf(records, room, "%zu %s=%s\n", len + digits, key, value);
}

static int put_entry(int fd, const struct entry *entry)
{
	const char *link = entry->kind == TREE_LINK ? entry->data : "";
	char records[2 * TREE_MAX_PATH + 64];
	size_t size = entry->kind == TREE_FILE ? entry->size : 0;
	int len = 0, r = 0;

	if (strlen(entry->path) > sizeof(((struct header *)NULL)->name))
		len += add_record(records, sizeof(records), "path", entry->path);
	if (strlen(link) > sizeof(((struct header *)NULL)->link))
		len += add_record(records + len, sizeof(records) - (size_t)len, "linkpath", link);
	if (len) {
		r = put_header(fd, 'x', "pax", "", (size_t)len);
		if (!r)
			r = put_padded(fd, records, (size_t)len);
	}
	if (!r)
		r = put_header(fd, (char)entry->kind, entry->path, link, size);
	return r || !size ? r : put_padded(fd, entry->data, size);
}

/* Two blocks of zeros mark the end. */
int archive_pack(const struct tree *tree, int fd)
{
	static const char end[2 * BLOCK];
	int r = 0;

	for (size_t i = 0; !r && i < tree->nr; i++)
		r = put_entry(fd, &tree->v[i]);
	return r ? r : put_data(fd, end, sizeof(end));
}
