// SPDX-License-Identifier: GPL-2.0-only
/* Which functions a type affects: a list with references, parents first. */
#include <linux/slab.h>

#include "plan/plan.h"

static int scope_add(struct pci_dev *dev, void *data)
{
	struct pcireset_plan *plan = data;
	struct pcireset_planned *fns;
	unsigned int max;

	/* It is being added or removed: the generation changes and shows that. */
	if (!pcireset_is_there(dev))
		return 0;

	if (plan->nr_fns == plan->max_fns) {
		max = max(1U, plan->max_fns * 2);
		fns = kvcalloc(max, sizeof(*fns), GFP_KERNEL_ACCOUNT);
		if (!fns)
			return -ENOMEM;
		if (plan->nr_fns)
			memcpy(fns, plan->fns, plan->nr_fns * sizeof(*fns));
		kvfree(plan->fns);
		plan->fns = fns;
		plan->max_fns = max;
	}

	plan->fns[plan->nr_fns].dev = pci_dev_get(dev);
	plan->fns[plan->nr_fns].parent = -1;
	plan->nr_fns++;
	return 0;
}

struct scope_walk {
	struct pcireset_plan *plan;
	int error;
};

static int scope_add_walked(struct pci_dev *dev, void *data)
{
	struct scope_walk *walk = data;

	walk->error = scope_add(dev, walk->plan);
	return walk->error;
}

static int scope_add_below(struct pcireset_plan *plan, struct pci_dev *bridge)
{
	struct scope_walk walk = { .plan = plan };

	pcireset_walk_below(bridge, pcireset_plan_caller(plan), scope_add_walked, &walk);
	return walk.error;
}

/* No bridge leads to VFs whose bus number differs from their PF's. */
static bool scope_is_missed_vf(const struct pcireset_plan *plan, struct pci_dev *vf,
			       unsigned int nr)
{
	struct pci_dev *pf;
	unsigned int i;

	if (!vf->is_virtfn)
		return false;

	pf = pci_physfn(vf);
	for (i = 0; i < nr; i++)
		if (plan->fns[i].dev == pf)
			return vf->bus != pf->bus || (!plan->bridge && pf == plan->dev);
	return false;
}

static bool scope_has_pf(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].dev->is_physfn && pci_num_vf(plan->fns[i].dev))
			return true;
	return false;
}

static int scope_add_missed_vfs(struct pcireset_plan *plan)
{
	unsigned int nr = plan->nr_fns;
	struct pci_dev *dev = NULL;
	int error;

	if (!scope_has_pf(plan))
		return 0;

	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev))) {
		if (!scope_is_missed_vf(plan, dev, nr))
			continue;
		error = scope_add(dev, plan);
		if (error) {
			pci_dev_put(dev);
			return error;
		}
	}
	return 0;
}

static bool scope_is_reset_by(const struct pcireset_plan *plan, u32 type, struct pci_dev *dev)
{
	u32 scope = pcireset_type_find(type)->scope;

	/* pciehp has PCIe slots only, and such a slot is all of the bus. */
	if (scope == PCIRESET_SCOPE_BUS || scope == PCIRESET_SCOPE_SLOT)
		return true;
	/* PCIe r6.0, sec 9.2.2.1: a reset of the PF clears VF Enable, its VFs are gone. */
	return dev == plan->dev || (dev->is_virtfn && pci_physfn(dev) == plan->dev);
}

static void scope_mark(struct pcireset_plan *plan, struct pcireset_planned *fn)
{
	unsigned int i;

	for (i = 0; i < plan->nr_types; i++) {
		u32 type = plan->types[i];

		if (scope_is_reset_by(plan, type, fn->dev))
			fn->reset |= type;
		if ((fn->reset & type) ||
		    ((type & PCI_RESET_FUNC) && pcireset_is_below(plan->dev, fn->dev)))
			fn->reach |= type;
	}

	if (fn->dev == plan->dev)
		fn->flags |= PCIRESET_MEMBER_TARGET;
	if (fn->reset)
		fn->flags |= PCIRESET_MEMBER_RESET;
	if (fn->dev->is_virtfn)
		fn->flags |= PCIRESET_MEMBER_VF;
	if (fn->dev->hdr_type == PCI_HEADER_TYPE_BRIDGE)
		fn->flags |= PCIRESET_MEMBER_BRIDGE;
}

static struct pci_dev *scope_parent_of(struct pci_dev *dev)
{
	return dev->is_virtfn ? pci_physfn(dev) : dev->bus->self;
}

static int scope_find_parent(const struct pcireset_plan *plan, unsigned int nr)
{
	struct pci_dev *parent = scope_parent_of(plan->fns[nr].dev);
	int i;

	if (!parent || parent == plan->bridge)
		return -1;
	if (nr && scope_parent_of(plan->fns[nr - 1].dev) == parent)
		return plan->fns[nr - 1].parent;
	for (i = nr - 1; i >= 0; i--)
		if (plan->fns[i].dev == parent)
			return i;
	return -1;
}

static u32 scope_all_types(const struct pcireset_plan *plan)
{
	u32 types = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_types; i++)
		types |= plan->types[i];
	return types;
}

static void scope_drop_unreached(struct pcireset_plan *plan)
{
	unsigned int i, kept = 0;

	for (i = 0; i < plan->nr_fns; i++) {
		if (plan->fns[i].reach)
			plan->fns[kept++] = plan->fns[i];
		else
			pci_dev_put(plan->fns[i].dev);
	}
	plan->nr_fns = kept;
}

static bool scope_has_target(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].flags & PCIRESET_MEMBER_TARGET)
			return true;
	return false;
}

/**
 * pcireset_scope_collect - fill in the members of a plan
 * @plan: the plan, with its types
 *
 * Includes what the core's own lists miss: VFs on other bus numbers, ARI functions
 * without a slot, and everything below a bridge.
 *
 * Context: Process context. The caller holds pcireset_topology, and no device
 * lock but that of @plan's function.
 * Return: 0, -ENOMEM, or -ENODEV if the function is being removed.
 */
int pcireset_scope_collect(struct pcireset_plan *plan)
{
	unsigned int i;
	int error;

	if (scope_all_types(plan) & PCIRESET_LINK_TYPES) {
		plan->bridge = pcireset_bridge_above(plan->dev);
		if (!plan->bridge)
			return -ENODEV;
		plan->bridge_fn.dev = plan->bridge;
		plan->bridge_fn.parent = -1;
		plan->bridge_fn.flags = PCIRESET_MEMBER_BRIDGE;
		error = scope_add_below(plan, plan->bridge);
	} else {
		error = scope_add(plan->dev, plan);
		if (!error)
			error = scope_add_below(plan, plan->dev);
	}
	if (!error)
		error = scope_add_missed_vfs(plan);
	if (error)
		return error;

	for (i = 0; i < plan->nr_fns; i++)
		scope_mark(plan, &plan->fns[i]);
	scope_drop_unreached(plan);
	for (i = 0; i < plan->nr_fns; i++)
		plan->fns[i].parent = scope_find_parent(plan, i);
	return scope_has_target(plan) ? 0 : -ENODEV;
}
