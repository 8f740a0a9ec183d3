/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compare a decompressed text with the checksums in its gzip file (RFC 1952, sec 2.3.1).
 * libarchive ignores them, and with one wrong bit a file may be a dump of another machine.
 */
#include <string.h>
#include "snapshot/snapshot.h"

#define TRAILER_BYTES 8           /* CRC-32 and length, low byte first */
#define POLYNOMIAL    0xedb88320u /* RFC 1952, sec 8 */

struct check {
	uint32_t table[256];
	const unsigned char *plain; /* the part that was not compared yet */
	size_t len;
	size_t work; /* bytes that may still be summed up */
};

static void make_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
	}
}

static uint32_t sum(const struct check *check, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ check->table[(crc ^ check->plain[i]) & 0xff];
	return ~crc;
}

static uint32_t read32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* If the trailer is that of the next part of the text, go on behind this part. */
static bool take_part(struct check *check, const unsigned char *trailer)
{
	size_t len = read32(trailer + 4);

	if (len > check->len || len > check->work)
		return false;
	check->work -= len;
	if (sum(check, len) != read32(trailer))
		return false;
	check->plain += len;
	check->len -= len;
	return true;
}

/*
 * A file may be several files one after the other. Before each but the first one is the trailer
 * of the one before it. The same bytes may also be compressed data, so the work is limited.
 */
bool gzip_is_intact(const char *data, size_t size, const char *plain, size_t len)
{
	static const char magic[] = "\x1f\x8b\x08";
	struct check check = { .plain = (const unsigned char *)plain, .len = len, .work = 4 * len };
	const char *end = data + size, *next = data;

	if (size < TRAILER_BYTES)
		return false;
	make_table(check.table);
	while ((next = memmem(next + 1, (size_t)(end - next - 1), magic, strlen(magic))))
		if (next - data >= TRAILER_BYTES)
			take_part(&check, (const unsigned char *)next - TRAILER_BYTES);
	return take_part(&check, (const unsigned char *)end - TRAILER_BYTES) && !check.len;
}
