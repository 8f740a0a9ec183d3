/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tar as POSIX has it (ustar, with pax records for long names), and GNU's long
 * names where it is read. Files, directories and symbolic links are all that a
 * machine is made of, so that anything else is an error.
 *
 * Not by libarchive: its libraries, 39 MB of them, would come with every program
 * that uses this one, and the checks that matter here would still be ours.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "private.h"
#include "tree.h"

#define BLOCK 512u

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* Where in the archive, and what the entries before this one said of it. */
struct reader {
	struct pcireset_ctx *ctx;
	const char *data;
	size_t size, at;
	char path[TREE_MAX_PATH], link[TREE_MAX_PATH]; /* "" if not longer than a header takes */
};

static unsigned int checksum(const struct header *h)
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

/* Octal digits, with blanks before and a blank or zero after; nothing is SIZE_MAX. */
static size_t octal(const char *field, size_t len)
{
	size_t value = 0, i = 0;

	while (i < len && field[i] == ' ')
		i++;
	if (i == len || field[i] < '0' || field[i] > '7')
		return SIZE_MAX;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (size_t)(field[i] - '0');
	return i == len || field[i] == ' ' || !field[i] ? value : SIZE_MAX;
}

static int truncated(const struct reader *reader)
{
	return ctx_error(reader->ctx, -EBADMSG, "the archive ends in the middle, after %zu bytes",
			 reader->size);
}

static int damaged(const struct reader *reader)
{
	if (reader->at)
		return ctx_error(reader->ctx, -EBADMSG, "the archive is damaged at byte %zu",
				 reader->at);
	return ctx_error(reader->ctx, -EBADMSG,
			 "this is no tar archive; a compressed one has to be decompressed first");
}

static int take_long(struct reader *reader, char *to, const char *value, size_t len)
{
	if (len >= TREE_MAX_PATH || memchr(value, '\0', len))
		return ctx_error(reader->ctx, -EBADMSG,
				 "at byte %zu: a name that is too long, or none", reader->at);
	memcpy(to, value, len);
	to[len] = '\0';
	return 0;
}

static int take_record(struct reader *reader, const char *key, size_t key_len, const char *value,
		       size_t len)
{
	if (key_len == 4 && !memcmp(key, "path", 4))
		return take_long(reader, reader->path, value, len);
	if (key_len == 8 && !memcmp(key, "linkpath", 8))
		return take_long(reader, reader->link, value, len);
	if ((key_len == 4 && !memcmp(key, "size", 4)) ||
	    (key_len >= 10 && !memcmp(key, "GNU.sparse", 10)))
		return ctx_error(reader->ctx, -EBADMSG,
				 "at byte %zu: no file of a machine is "
				 "sparse or so large",
				 reader->at);
	return 0;
}

/* "LENGTH key=value\n", where the length is that of all of it. */
static int read_records(struct reader *reader, const char *p, size_t left)
{
	while (left) {
		size_t len = 0, digits = 0;
		const char *equals;
		int r;

		for (; digits < left && digits < 6 && p[digits] >= '0' && p[digits] <= '9';
		     digits++)
			len = len * 10 + (size_t)(p[digits] - '0');
		equals = len > digits && len <= left ? memchr(p, '=', len) : NULL;
		if (!equals || p[digits] != ' ' || equals < p + digits + 1 || p[len - 1] != '\n')
			return ctx_error(reader->ctx, -EBADMSG,
					 "at byte %zu: a pax record that is "
					 "none",
					 reader->at);
		r = take_record(reader, p + digits + 1, (size_t)(equals - p) - digits - 1,
				equals + 1, (size_t)(p + len - 1 - equals - 1));
		if (r < 0)
			return r;
		p += len;
		left -= len;
	}
	return 0;
}

/* Without "./" before and "/" after; "" is the root itself. */
static void tidy(char *path)
{
	size_t len;

	while (!strncmp(path, "./", 2))
		memmove(path, path + 2, strlen(path + 2) + 1);
	len = strlen(path);
	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	if (!strcmp(path, "."))
		*path = '\0';
}

static void name_entry(struct reader *reader, const struct header *h)
{
	bool has_prefix = !memcmp(h->magic, "ustar", sizeof(h->magic)) && *h->prefix;

	if (!*reader->path && has_prefix)
		snprintf(reader->path, sizeof(reader->path), "%.*s/%.*s", (int)sizeof(h->prefix),
			 h->prefix, (int)sizeof(h->name), h->name);
	else if (!*reader->path)
		snprintf(reader->path, sizeof(reader->path), "%.*s", (int)sizeof(h->name), h->name);
	if (!*reader->link)
		snprintf(reader->link, sizeof(reader->link), "%.*s", (int)sizeof(h->link), h->link);
}

static int take_entry(struct reader *reader, const struct header *h, const char *data, size_t size,
		      struct tree *tree)
{
	int r = 0;

	name_entry(reader, h);
	/* An absolute name is not made a relative one: it is not what was recorded here. */
	if (h->type == TREE_DIR)
		tidy(reader->path);
	else
		while (!strncmp(reader->path, "./", 2))
			memmove(reader->path, reader->path + 2, strlen(reader->path + 2) + 1);
	switch (h->type) {
	case '\0':
	case TREE_FILE:
		r = tree_add(reader->ctx, tree, TREE_FILE, reader->path, data, size);
		break;
	case TREE_DIR:
		if (*reader->path)
			r = tree_add(reader->ctx, tree, TREE_DIR, reader->path, NULL, 0);
		break;
	case TREE_LINK:
		r = tree_add(reader->ctx, tree, TREE_LINK, reader->path, reader->link,
			     strlen(reader->link));
		break;
	default:
		return ctx_error(reader->ctx, -EBADMSG,
				 "%s: is neither a file, a directory nor a "
				 "symbolic link",
				 reader->path);
	}
	reader->path[0] = reader->link[0] = '\0';
	return r;
}

static int read_entry(struct reader *reader, const struct header *h, struct tree *tree)
{
	size_t size = octal(h->size, sizeof(h->size)), left = reader->size - reader->at - BLOCK;
	const char *data = reader->data + reader->at + BLOCK;
	int r = 0;

	if (octal(h->sum, sizeof(h->sum)) != checksum(h))
		return damaged(reader);
	if (size > left)
		return truncated(reader);
	switch (h->type) {
	case 'x':
		r = read_records(reader, data, size);
		break;
	case 'g':
		break;
	case 'L':
		r = take_long(reader, reader->path, data, strnlen(data, size));
		break;
	case 'K':
		r = take_long(reader, reader->link, data, strnlen(data, size));
		break;
	default:
		r = take_entry(reader, h, data, size, tree);
	}
	reader->at += BLOCK + size + (BLOCK - size % BLOCK) % BLOCK;
	return r;
}

int tar_read(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	static const char zeros[BLOCK];
	struct reader reader = { .ctx = ctx, .data = data, .size = size };
	int r = 0;

	while (!r) {
		struct header h;

		if (reader.at > size || size - reader.at < BLOCK)
			return truncated(&reader);
		memcpy(&h, data + reader.at, BLOCK);
		if (!memcmp(&h, zeros, BLOCK))
			break;
		r = read_entry(&reader, &h, tree);
	}
	return r ? r : tree_sort(ctx, tree);
}

static int put(int fd, const void *data, size_t size)
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
	int r = put(fd, data, size);

	return r ? r : put(fd, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

/* Nobody's, and of no time: the same machine makes the same archive. */
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
	snprintf(sum, sizeof(sum), "%06o", checksum(&h));
	memcpy(h.sum, sum, 7);
	h.sum[7] = ' ';
	return put(fd, &h, sizeof(h));
}

/* The length counts its own digits. */
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

/* Two blocks of zeros are the end. */
int tar_write(const struct tree *tree, int fd)
{
	static const char end[2 * BLOCK];
	int r = 0;

	for (size_t i = 0; !r && i < tree->nr; i++)
		r = put_entry(fd, &tree->v[i]);
	return r ? r : put(fd, end, sizeof(end));
}
