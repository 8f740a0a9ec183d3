/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mark of a recording: the files that were looked at, so that their absence is a fact. */
#include <stdlib.h>
#include <string.h>
#include "core/core.h"

/*
 * Is the sysroot a recording? It omits all that does not belong to functions. Recordings of
 * earlier versions have no mark, and nothing of these files, which every machine has.
 */
int recording_learn(struct pcireset_ctx *ctx)
{
	static const char *const whole[] = { "dev",          "sys/block",  "sys/class/net/lo",
					     "sys/firmware", "sys/kernel", "sys/module" };
	char path[PATH_MAX], text[ATTR_MAX];
	int r;

	free(ctx->recorded);
	ctx->recorded = NULL;
	ctx->is_recording = *ctx->sysroot != '\0';
	if (!ctx->is_recording)
		return 0;
	r = ctx_path(ctx, path, "%s", RECORDED_MARK);
	if (!r)
		r = read_file(path, text, sizeof(text));
	if (r >= 0) {
		ctx->recorded = strdup(text);
		return ctx->recorded ? 0 : -ENOMEM;
	}
	for (size_t i = 0; is_absent(r) && i < ARRAY_SIZE(whole); i++) {
		r = ctx_look(ctx, whole[i], path);
		ctx->is_recording = r < 0;
	}
	return r < 0 && !is_absent(r) ? ctx_fail(ctx, r, path) : 0;
}

bool pcireset_ctx_has_recorded(const struct pcireset_ctx *ctx, const char *file)
{
	size_t size = strlen(file);

	if (!ctx->is_recording)
		return true;
	for (const char *line = ctx->recorded; line && *line; line += strspn(line, "\n")) {
		size_t length = strcspn(line, "\n");

		if (length == size && !strncmp(line, file, size))
			return true;
		line += length;
	}
	return false;
}
