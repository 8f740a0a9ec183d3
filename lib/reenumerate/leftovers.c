/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed processes left behind: reset_method of functions, and registers of ports. */
#include <errno.h>
#include "reenumerate/reenumerate.h"

static int walk_all(struct leftover_walk *walk)
{
	int r = journal_foreach_leftover(walk);

	/* Nothing re-enumerates below a sysroot. */
	if (!r && !*walk->ctx->sysroot)
		r = guard_foreach_leftover(walk);
	return r ? r : walk->nr_left;
}

int pcireset_leftovers_look(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data)
{
	struct leftover_walk walk = { .ctx = ctx, .fn = fn, .data = data };

	return walk_all(&walk);
}

int pcireset_leftovers_repair(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data)
{
	struct leftover_walk walk = { .ctx = ctx, .repairs = true, .fn = fn, .data = data };

	if (*ctx->sysroot)
		return ctx_error(ctx, -EROFS, "%s", pcireset_why_to_str(PCIRESET_WHY_SYSROOT, 0));
	return walk_all(&walk);
}
