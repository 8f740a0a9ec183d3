/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of a context: the last error, the first failure, and the notes of a scan. */
#include <stdio.h>
#include <string.h>
#include "core/core.h"

int ctx_error(struct pcireset_ctx *ctx, int error, const char *fmt, ...)
{
	va_list ap;

	if (!ctx)
		return error;
	va_start(ap, fmt);
	vsnprintf(ctx->errmsg, sizeof(ctx->errmsg), fmt, ap);
	va_end(ap);
	return error;
}

/* For functions that cannot return an error: their caller gets it from ctx_end(). */
int ctx_fail(struct pcireset_ctx *ctx, int error, const char *what)
{
	if (!ctx->failure)
		ctx->failure =
			ctx_error(ctx, error, "%s: %s", what,
				  error == -EBADMSG ? "has no valid content" : strerror(-error));
	return error;
}

/*
 * A failure between this call and ctx_end() fails the call. An earlier failure is kept
 * for pcireset_ctx_get_failure().
 */
int ctx_begin(struct pcireset_ctx *ctx)
{
	int before = ctx->failure;

	ctx->failure = 0;
	return before;
}

int ctx_end(struct pcireset_ctx *ctx, int before, int error)
{
	int r = ctx->failure;

	if (before)
		ctx->failure = before;
	return r ? r : error;
}

int pcireset_ctx_get_failure(const struct pcireset_ctx *ctx)
{
	return ctx->failure;
}

const char *pcireset_ctx_get_errmsg(const struct pcireset_ctx *ctx)
{
	return ctx->errmsg;
}

/* Without memory, losing a note is better than losing everything. */
void ctx_note(struct pcireset_ctx *ctx, const char *fmt, ...)
{
	char **notes = reallocarray(ctx->notes, ctx->nr_notes + 1, sizeof(*notes));
	va_list ap;

	if (!notes)
		return;
	ctx->notes = notes;
	va_start(ap, fmt);
	if (vasprintf(&notes[ctx->nr_notes], fmt, ap) >= 0)
		ctx->nr_notes++;
	va_end(ap);
}

void ctx_drop_notes(struct pcireset_ctx *ctx, const char *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; i < ctx->nr_notes; i++) {
		if (strncmp(ctx->notes[i], prefix, strlen(prefix)))
			ctx->notes[kept++] = ctx->notes[i];
		else
			free(ctx->notes[i]);
	}
	ctx->nr_notes = kept;
}

const char *pcireset_ctx_get_note(const struct pcireset_ctx *ctx, size_t i)
{
	return i < ctx->nr_notes ? ctx->notes[i] : NULL;
}

void ctx_forget_notes(struct pcireset_ctx *ctx)
{
	while (ctx->nr_notes)
		free(ctx->notes[--ctx->nr_notes]);
	free(ctx->notes);
	ctx->notes = NULL;
}
