/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of a dump: an offset and the bytes at it, in hexadecimal. */
#include <ctype.h>
#include <string.h>
#include "snapshot/snapshot.h"

int dump_hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/*
 * A page, an editor or a string may put a mark right behind the last byte of a row, such as
 * "$", a quote, a backslash or "|". Not a mark of a number: "00:" is the next row.
 */
static bool may_follow_last(char c)
{
	return ispunct((unsigned char)c) && !strchr(":.-_", c);
}

size_t dump_read_bytes(const char **p, uint8_t *bytes, size_t room)
{
	size_t nr = 0;

	while (nr < room) {
		const char *digits = *p + strspn(*p, " ");

		if (dump_hex_digit(digits[0]) < 0 || dump_hex_digit(digits[1]) < 0 ||
		    (digits[2] && digits[2] != ' ' && digits[2] != '=' &&
		     !(nr + 1 == room && may_follow_last(digits[2]))))
			break;
		bytes[nr++] = (uint8_t)(dump_hex_digit(digits[0]) << 4 | dump_hex_digit(digits[1]));
		*p = digits + 2;
	}
	*p += strspn(*p, " ");
	return nr;
}

size_t dump_read_row(const char *line, size_t *ret_offset, uint8_t bytes[DUMP_LINE_BYTES],
		     const char **ret_rest)
{
	size_t digits = 0, offset = 0;

	for (; digits < 4 && dump_hex_digit(line[digits]) >= 0; digits++)
		offset = offset << 4 | (size_t)dump_hex_digit(line[digits]);
	if (digits < 2 || digits > 3 || line[digits] != ':' || line[digits + 1] != ' ' ||
	    offset % DUMP_LINE_BYTES)
		return 0;
	*ret_offset = offset;
	*ret_rest = line + digits + 1;
	return dump_read_bytes(ret_rest, bytes, DUMP_LINE_BYTES);
}
