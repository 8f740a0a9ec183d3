/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mark of a recording: the files that were looked at, so that their absence is a fact. */
#include <string.h>
#include "core/core.h"

bool pcireset_ctx_has_recorded(const struct pcireset_ctx *ctx, const char *file)
{
	char path[PATH_MAX], text[ATTR_MAX], *save;

	if (!ctx_is_recording(ctx))
		return true;
	if (ctx_path(ctx, path, "%s", RECORDED_MARK) < 0 || read_file(path, text, sizeof(text)) < 0)
		return false;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strcmp(line, file))
			return true;
	return false;
}
