/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's reset counters. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "backend/backend.h"

int pcireset_ctx_read_stats(struct pcireset_ctx *ctx)
{
	struct pcireset_stats stats[NR_TYPES] = { 0 };
	int r;

	if (ctx->module_error == -ENOENT)
		return ctx_error(ctx, -ENOENT, "%s",
				 pcireset_why_to_str(PCIRESET_WHY_NO_MODULE, 0));
	r = pcireset_ctx_check_reset(ctx);
	for (size_t i = 0; !r && i < NR_TYPES; i++) {
		stats[i].size = sizeof(stats[i]);
		stats[i].type = pcireset_type_at(i);
		if (ioctl(ctx->fd, PCIRESET_STATS, &stats[i]) < 0)
			r = ctx_error(ctx, errno == ENOTTY ? -EOPNOTSUPP : -errno,
				      "cannot read the module's statistics: %s", strerror(errno));
	}
	if (r < 0)
		return r;
	memcpy(ctx->stats, stats, sizeof(stats));
	return 0;
}

const struct pcireset_stats *pcireset_ctx_get_stats(const struct pcireset_ctx *ctx, uint32_t type)
{
	int i = type_index(type);

	return i >= 0 && ctx->stats[i].size ? &ctx->stats[i] : NULL;
}
