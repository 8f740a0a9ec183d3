/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The back end of a context, and whether it may reset. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "core/core.h"

enum pcireset_backend pcireset_ctx_get_backend(const struct pcireset_ctx *ctx)
{
	return ctx->backend->id;
}

bool ctx_resets_by_sysfs(const struct pcireset_ctx *ctx)
{
	return ctx->backend->writes_kernel_files && ctx->module_error == -ENOENT;
}

/* The same as pcireset_ctx_check_reset(), without a message. */
bool ctx_can_reset(const struct pcireset_ctx *ctx)
{
	return !ctx->module_error || (ctx->module_error == -ENOENT && !geteuid());
}

int pcireset_ctx_check_reset(struct pcireset_ctx *ctx)
{
	switch (ctx->module_error) {
	case 0:
		return 0;
	case -ENOENT:
		if (!geteuid())
			return 0;
		return ctx_error(ctx, -EPERM,
				 "only root may reset, or with module pcireset a process with "
				 "CAP_SYS_ADMIN");
	case -EPERM:
		return ctx_error(ctx, -EPERM, "%s",
				 pcireset_why_to_str(PCIRESET_WHY_NO_PERMISSION, 0));
	case -EROFS:
		return ctx_error(ctx, -EROFS, "%s", pcireset_why_to_str(PCIRESET_WHY_SYSROOT, 0));
	default:
		return ctx_error(ctx, ctx->module_error, "/dev/pcireset: %s",
				 strerror(-ctx->module_error));
	}
}
