/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References to contexts and functions. The last one frees them. */
#include <unistd.h>
#include "ctx/ctx.h"
#include "rules/rules.h"
#include "snapshot/snapshot.h"
#include "users/users.h"

struct pcireset_ctx *pcireset_ctx_ref(struct pcireset_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void ctx_drop_devs(struct pcireset_ctx *ctx)
{
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		ctx->devs[i]->listed = false;
		if (!ctx->devs[i]->refs)
			dev_free(ctx->devs[i]);
	}
	free(ctx->devs);
	free(ctx->by_path);
	ctx->devs = ctx->by_path = NULL;
	ctx->nr_devs = 0;
	ctx->knows_vfs = false;
	ctx->knows_first_dead = false;
	ctx->knows_broken_links = false;
	ctx->has_methods = METHODS_UNKNOWN;
	rules_forget(ctx);
	dev_list_clear(&ctx->broken_links);
	dev_list_clear(&ctx->dead);
}

struct pcireset_ctx *pcireset_ctx_unref(struct pcireset_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return NULL;
	ctx_drop_devs(ctx);
	users_forget(ctx);
	if (ctx->fd >= 0)
		close(ctx->fd);
	replay_remove(ctx);
	free(ctx->recorded);
	free(ctx->file);
	free(ctx->sysroot);
	free(ctx);
	return NULL;
}

struct pcireset_dev *pcireset_dev_ref(struct pcireset_dev *dev)
{
	dev->refs++;
	pcireset_ctx_ref(dev->ctx);
	return dev;
}

struct pcireset_dev *pcireset_dev_unref(struct pcireset_dev *dev)
{
	struct pcireset_ctx *ctx;

	if (!dev)
		return NULL;
	ctx = dev->ctx;
	if (!--dev->refs && !dev->listed)
		dev_free(dev);
	pcireset_ctx_unref(ctx);
	return NULL;
}

struct pcireset_ctx *pcireset_dev_get_ctx(const struct pcireset_dev *dev)
{
	return dev->ctx;
}
