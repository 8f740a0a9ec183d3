// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump of config space: made into a machine, and everything asked of it.
 *
 * Input: what lspci -xxxx prints. A line "*" stands for what is missing of the config
 * space, as zeros: 4096 bytes of it are more than chance works with.
 */
#include <stdio.h>
#include <string.h>
#include "fuzz.h"
#include "libpcireset.h"

/* What the line before had as its offset is where the zeros begin. */
static void put_zeros(FILE *file, const char *before)
{
	unsigned int at = 0;

	if (sscanf(before, "%3x: ", &at) == 1)
		at = (at & 0xff0) + 16;
	for (; at < 4096; at += 16)
		fprintf(file, "%02x: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n", at);
}

static void put_dump(FILE *file, char *text)
{
	const char *before = "";
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strcmp(line, "*"))
			put_zeros(file, before);
		else
			fprintf(file, "%s\n", line);
		before = line;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pcireset_ctx *ctx;
	const char *name;
	FILE *file;

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	file = sandbox_file(&name);
	put_dump(file, text);
	fclose(file);
	free(text);

	MUST(!pcireset_ctx_new_from_dump(name, &ctx));
	ask_machine(ctx);
	pcireset_ctx_unref(ctx);
	sandbox_end_file();
	return 0;
}
