// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file as somebody sends it, with a dump in it or not: read, or refused with a reason.
 *
 * Input: the file. Its text may be of any encoding, a mail, a page, or an archive.
 */
#include <stdio.h>
#include <string.h>
#include "fuzz.h"
#include "libpcireset.h"
#include "snapshot/snapshot.h"

/* Never longer, no zero in it, and one behind it. */
static void check_characters(const uint8_t *data, size_t size)
{
	size_t len = 0;
	char *text = dump_narrow((const char *)data, size, &len);

	MUST(text && len <= size / 2 * 3 + 2);
	MUST(!text[len] && !memchr(text, '\0', len));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcireset_ctx *ctx;
	const char *name;
	FILE *file;

	check_characters(data, size);
	file = sandbox_file(&name);
	fwrite(data, 1, size, file);
	fclose(file);

	MUST(!pcireset_ctx_new_from_dump(name, &ctx));
	ask_machine(ctx);
	pcireset_ctx_unref(ctx);
	sandbox_end_file();
	return 0;
}
