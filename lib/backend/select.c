/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New contexts, and the choice of their back end. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "backend/backend.h"
#include "ctx/ctx.h"
#include "snapshot/snapshot.h"

/* A pipe without a name, such as /dev/stdin or that of the shell's <(...), has no real path. */
static bool is_pipe(const char *name)
{
	struct stat st;

	return name && strlen(name) < PATH_MAX && !stat(name, &st) && S_ISFIFO(st.st_mode);
}

static bool find_path(struct pcireset_ctx *ctx, const char *name, char path[PATH_MAX])
{
	if (!is_pipe(name))
		return realpath(name ? name : "/", path) ||
		       (ctx->is_dump && replay_split_number(ctx, name, path));
	strcpy(path, name);
	return true;
}

/* The scan opens the file, because the scan can report errors in it. */
static int choose_sysroot(struct pcireset_ctx *ctx, const char *sysroot)
{
	char path[PATH_MAX];
	struct stat st;

	if (!find_path(ctx, sysroot, path) || stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode) && ctx->is_dump)
		return -EISDIR;
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return -ENOTDIR;
	ctx->sysroot = strdup(strcmp(path, "/") ? path : "");
	if (!S_ISDIR(st.st_mode))
		ctx->file = strdup(path);
	return ctx->sysroot && (ctx->file || S_ISDIR(st.st_mode)) ? 0 : -ENOMEM;
}

static int ctx_new(const char *sysroot, bool is_dump, struct pcireset_ctx **ret_ctx)
{
	struct pcireset_ctx *ctx = calloc(1, sizeof(*ctx));
	int r;

	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->fd = -1;
	ctx->remover = -1;
	ctx->is_dump = is_dump;
	r = choose_sysroot(ctx, sysroot);
	if (r < 0) {
		pcireset_ctx_unref(ctx);
		return r;
	}
	ctx->module_error = *ctx->sysroot ? -EROFS : module_open(ctx);
	ctx->backend = ctx->module_error ? &backend_sysfs : &backend_module;
	*ret_ctx = ctx;
	return 0;
}

int pcireset_ctx_new(const char *sysroot, struct pcireset_ctx **ret_ctx)
{
	return ctx_new(sysroot, false, ret_ctx);
}

int pcireset_ctx_new_from_dump(const char *dump, struct pcireset_ctx **ret_ctx)
{
	return ctx_new(dump, true, ret_ctx);
}

bool pcireset_ctx_is_dump(const struct pcireset_ctx *ctx)
{
	return ctx->is_dump;
}

/* Close the device of a back end that is not used. */
static void forget_module(struct pcireset_ctx *ctx)
{
	if (ctx->fd >= 0)
		close(ctx->fd);
	ctx->fd = -1;
	ctx->backend = &backend_sysfs;
	ctx->module_error = *ctx->sysroot ? -EROFS : -ENOENT;
}

int pcireset_ctx_set_backend(struct pcireset_ctx *ctx, enum pcireset_backend backend)
{
	if (ctx->nr_devs)
		return ctx_error(ctx, -EBUSY, "the context has been scanned");
	switch (backend) {
	case PCIRESET_BACKEND_SYSFS:
		forget_module(ctx);
		return 0;
	case PCIRESET_BACKEND_MODULE:
		if (ctx->backend->id == PCIRESET_BACKEND_MODULE)
			return 0;
		if (ctx->module_error == -ENOENT)
			return ctx_error(ctx, -ENOENT, "%s",
					 pcireset_why_to_str(PCIRESET_WHY_NO_MODULE, 0));
		return pcireset_ctx_check_reset(ctx);
	default:
		return ctx_error(ctx, -EOPNOTSUPP, "%d: is not a back end", (int)backend);
	}
}
