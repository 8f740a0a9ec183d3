/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that a reset affects, from the hierarchy in sysfs. */
#include <errno.h>
#include "dev/dev.h"

static uint32_t member_flags(const struct pcireset_dev *dev, const struct pcireset_dev *target,
			     uint32_t type)
{
	uint32_t flags = 0;

	if (dev == target)
		flags |= PCIRESET_MEMBER_TARGET;
	/* A VF below a port that is reset itself is cut off, like its PF. */
	if (type & PCI_RESET_LINK || dev == target ||
	    (dev_is_vf(dev) && pcireset_dev_get_physfn(dev) == target))
		flags |= PCIRESET_MEMBER_RESET;
	if (dev_is_vf(dev))
		flags |= PCIRESET_MEMBER_VF;
	if (pcireset_dev_is_bridge(dev))
		flags |= PCIRESET_MEMBER_BRIDGE;
	if (dev_driver(dev))
		flags |= PCIRESET_MEMBER_DRIVER;
	return flags;
}

/* The members found so far. */
struct found {
	struct pcireset_dev *target;
	uint32_t type;
	struct members *members;
};

static int add_found(const struct found *found, const struct pcireset_dev *dev)
{
	return members_add(found->members,
			   &(struct pcireset_member){
				   .addr = dev->addr,
				   .flags = member_flags(dev, found->target, found->type),
			   });
}

/* List the virtual functions of each function, in the order of addresses. */
static void learn_vfs(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev, *physfn;

	if (ctx->knows_vfs)
		return;
	pcireset_dev_foreach(ctx, dev)
		dev->first_vf = NULL;
	for (size_t i = ctx->nr_devs; i-- > 0;) {
		dev = ctx->devs[i];
		physfn = pcireset_dev_get_physfn(dev);
		if (!physfn)
			continue;
		dev->next_vf = physfn->first_vf;
		physfn->first_vf = dev;
	}
	ctx->knows_vfs = true;
}

/* Add each function once: in a sysroot, a VF may also be below its PF, or be its own PF. */
static int find_vfs(const struct found *found)
{
	const struct pcireset_dev *physfn = found->target;
	int r = 0;

	learn_vfs(physfn->ctx);
	for (const struct pcireset_dev *dev = physfn->first_vf; dev && !r; dev = dev->next_vf)
		if (dev != physfn && !dev_is_below(dev, physfn))
			r = add_found(found, dev);
	return r;
}

/* Every function below is cut off. In order of path, parents come first. */
static int find_below(const struct found *found, const struct pcireset_dev *top)
{
	const struct pcireset_ctx *ctx = top->ctx;
	int r = 0;

	for (size_t i = first_below(ctx->by_path, ctx->nr_devs, top);
	     !r && i < ctx->nr_devs && dev_is_below(ctx->by_path[i], top); i++)
		r = add_found(found, ctx->by_path[i]);
	return r;
}

/*
 * In sysfs, a VF is next to its PF, even if its bus number is not below the bridge. A
 * reset of the bridge therefore affects exactly the functions below its path.
 */
int dev_find_members(struct pcireset_dev *target, uint32_t type, struct members *members)
{
	const struct found found = { target, type, members };
	int r;

	if (type & PCI_RESET_LINK)
		return find_below(&found, dev_upstream(target));
	r = add_found(&found, target);
	if (!r)
		r = find_below(&found, target);
	return r ? r : find_vfs(&found);
}

static void add_to_view(struct view *view, const struct members *list, size_t at)
{
	if (at < list->nr)
		view_differ(view, list, at);
}

/*
 * A reset of a link affects the same functions, whichever of them it is for. Only the
 * target differs. The list is in the order of paths.
 */
static int share_members(struct pcireset_dev *target, uint32_t type, struct type_state *state)
{
	const struct pcireset_ctx *ctx = target->ctx;
	struct pcireset_dev *port = dev_upstream(target);
	size_t at = target->path_index - first_below(ctx->by_path, ctx->nr_devs, port);
	int r = 0;

	if (!port->below) {
		port->below = list_new();
		r = port->below ? dev_find_members(target, type, &port->below->members) : -ENOMEM;
		if (!r)
			port->below->target = at;
	}
	if (r < 0)
		return r;
	state->list = list_ref(port->below);
	state->view.nr = 0;
	if (at == port->below->target)
		return 0;
	add_to_view(&state->view, &port->below->members, port->below->target);
	add_to_view(&state->view, &port->below->members, at);
	return 0;
}

/* @state: dev_forget_types() frees its list, also after an error */
int dev_list_members(struct pcireset_dev *target, uint32_t type, struct type_state *state)
{
	if (target->ctx->shares_lists && type & PCI_RESET_LINK)
		return share_members(target, type, state);
	state->list = list_new();
	return state->list ? dev_find_members(target, type, &state->list->members) : -ENOMEM;
}
