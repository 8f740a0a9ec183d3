// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recorded machine: unpacked, and everything asked of it.
 *
 * Input: a tar archive. The checksum of each header is made right where the header
 * says it is one, because chance never finds it.
 */
#include <stdio.h>
#include <string.h>
#include "fuzz.h"
#include "libpcireset.h"

#define BLOCK 512u

static void seal(uint8_t *header)
{
	unsigned int sum = 0;
	char text[8];

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + 148, text, 7);
}

static void seal_all(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		if (!memcmp(data + at + 257, "ustar", 5))
			seal(data + at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct pcireset_ctx *ctx;
	const char *name;
	FILE *file;

	MUST(copy);
	memcpy(copy, data, size);
	seal_all(copy, size);
	file = sandbox_file(&name);
	fwrite(copy, 1, size, file);
	fclose(file);
	free(copy);

	MUST(!pcireset_ctx_new(name, &ctx));
	ask_machine(ctx);
	pcireset_ctx_unref(ctx);
	/* Neither the directory is left, nor is anything beside it. */
	sandbox_end_file();
	return 0;
}
