// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file as somebody sends it, with a dump in it or not: read, or refused with a reason.
 *
 * Input: the file. Its text may be of any encoding, a mail, a page, or an archive.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
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
	static const char *root;
	struct pcireset_ctx *ctx;
	char name[512];
	FILE *file;

	if (!root) {
		root = sandbox_make();
		MUST(!setenv("TMPDIR", root, 1));
	}
	check_characters(data, size);
	snprintf(name, sizeof(name), "%s/dump", root);
	file = fopen(name, "we");
	MUST(file);
	fwrite(data, 1, size, file);
	fclose(file);

	MUST(!pcireset_ctx_new_from_dump(name, &ctx));
	ask_machine(ctx);
	pcireset_ctx_unref(ctx);
	MUST(!unlink(name) && !rmdir(root) && !mkdir(root, 0700));
	return 0;
}
