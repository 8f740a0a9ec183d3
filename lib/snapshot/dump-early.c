/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Config space in the kernel's log, with "pci=earlydump": a line such as
 * "pci 0000:02:00.0: config space:", then rows with an offset of eight digits. Kernels before
 * 4.19 print no colon after the address, and an offset of two digits.
 */
#include <string.h>
#include "snapshot/snapshot.h"

#define OFFSET_DIGITS 8

const char *dump_skip_early(const char *line)
{
	static const char words[] = "config space:";
	size_t driver = strcspn(line, " ");
	const char *address = line[driver] ? line + driver + 1 : NULL, *rest;

	if (!driver || !address)
		return NULL;
	rest = address + strcspn(address, " ");
	if (!*rest || strncmp(rest + 1, words, strlen(words)) != 0)
		return NULL;
	rest += 1 + strlen(words);
	return rest[strspn(rest, " ")] ? NULL : address;
}

size_t dump_read_early_row(const char *line, size_t *ret_offset, uint8_t bytes[DUMP_LINE_BYTES],
			   const char **ret_rest)
{
	size_t zeros = OFFSET_DIGITS - 3;

	if (strspn(line, "0") < zeros)
		return 0;
	return dump_read_row(line + zeros, ret_offset, bytes, ret_rest);
}
