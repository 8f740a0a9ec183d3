/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of a scan, in the order of addresses. */
#include "core/core.h"

/* Index of the first function whose address is not lower. */
size_t ctx_first_from(const struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	size_t low = 0, high = ctx->nr_devs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_cmp(&ctx->devs[mid]->addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct pcireset_dev *pcireset_dev_first(struct pcireset_ctx *ctx)
{
	return ctx->nr_devs ? ctx->devs[0] : NULL;
}

struct pcireset_dev *pcireset_dev_next(struct pcireset_dev *dev)
{
	struct pcireset_ctx *ctx = dev->ctx;

	return dev->listed && dev->index + 1 < ctx->nr_devs ? ctx->devs[dev->index + 1] : NULL;
}

struct pcireset_dev *pcireset_ctx_get_dev(struct pcireset_ctx *ctx,
					  const struct pcireset_addr *addr)
{
	size_t at = ctx_first_from(ctx, addr);

	return at < ctx->nr_devs && addr_is(&ctx->devs[at]->addr, addr) ? ctx->devs[at] : NULL;
}
