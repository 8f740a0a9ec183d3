// SPDX-License-Identifier: GPL-2.0-only
/* Which functions a type reaches: a snapshot with references, parents first. */
#include <linux/slab.h>

#include "pcireset.h"

/**
 * pcireset_bridge_above - the bridge whose secondary bus a function is on
 * @dev: the function; for a VF its PF counts
 *
 * Context: The caller holds pcireset_topology, or @dev's driver calls.
 * Return: the bridge, referenced, or NULL on a root bus.
 */
struct pci_dev *pcireset_bridge_above(struct pci_dev *dev)
{
	return pci_dev_get(pci_upstream_bridge(dev));
}

static bool is_below(struct pci_dev *bridge, struct pci_dev *dev)
{
	struct pci_bus *bus;

	for (bus = dev->bus; bus; bus = bus->parent)
		if (bus->self == bridge)
			return true;
	return false;
}

/*
 * VFs whose bus number differs from their PF's are on a bus without a bridge.
 * pci_walk_bus() does not get there, so walk_carefully() leaves them out, too:
 * add_missed_vfs() adds them, whoever walked.
 */
static bool is_on_virtual_bus(const struct pci_dev *dev)
{
	return dev->bus->parent && !dev->bus->self;
}

/*
 * As pci_walk_bus(), but it waits for no lock: error recovery may hold
 * pci_bus_sem for reading while it waits for a device lock of our caller's,
 * and a removal that waits to write to it then keeps all readers out. Looks at
 * every function of the machine; parents come before children there too.
 */
static void walk_carefully(struct pci_dev *bridge, int (*visit)(struct pci_dev *dev, void *data),
			   void *data)
{
	struct pci_dev *dev = NULL;

	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev))) {
		if (is_on_virtual_bus(dev) || !is_below(bridge, dev) || !visit(dev, data))
			continue;
		pci_dev_put(dev);
		return;
	}
}

/* Calls @visit for all that is below a bridge until it returns other than 0. */
static void walk_below(struct pci_dev *bridge, enum pcireset_caller caller,
		       int (*visit)(struct pci_dev *dev, void *data), void *data)
{
	struct pci_bus *below = READ_ONCE(bridge->subordinate);

	if (below && caller == PCIRESET_CALLER_LOCKED)
		walk_carefully(bridge, visit, data);
	else if (below)
		pci_walk_bus(below, visit, data);
}

/**
 * pcireset_first_below - a function on the secondary bus of a bridge
 * @bridge: the bridge
 *
 * Below a PCIe port that is device 0; on a conventional bus it may be any.
 *
 * Context: Process context. The caller may hold device locks: none is waited for
 * that somebody may hold who waits for those.
 * Return: the function, referenced, or NULL if there is none.
 */
struct pci_dev *pcireset_first_below(struct pci_dev *bridge)
{
	struct pci_bus *below = READ_ONCE(bridge->subordinate);
	struct pci_dev *dev = NULL;

	if (!below)
		return NULL;
	down_read(&pcireset_topology);
	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev)))
		if (dev->bus == below)
			break;
	up_read(&pcireset_topology);
	return dev;
}

struct refusal {
	struct pci_dev *who;
};

static int refuses_bus_reset(struct pci_dev *dev, void *data)
{
	struct refusal *refusal = data;

	if (!(dev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET))
		return 0;
	refusal->who = pci_dev_get(dev);
	return 1;
}

/**
 * pcireset_scope_refused - does anything forbid a reset of the bus below a bridge?
 * @bridge: the bridge
 * @caller: what locks it may hold
 * @ret_who: what forbids it, referenced, or unchanged
 *
 * Return: enum pcireset_why, 0 if nothing does.
 */
int pcireset_scope_refused(struct pci_dev *bridge, enum pcireset_caller caller,
			   struct pci_dev **ret_who)
{
	struct refusal refusal = { NULL };

	if (!bridge->subordinate)
		return PCIRESET_WHY_NO_BRIDGE;

	if (!refuses_bus_reset(bridge, &refusal))
		walk_below(bridge, caller, refuses_bus_reset, &refusal);
	if (!refusal.who)
		return PCIRESET_WHY_NONE;

	*ret_who = refusal.who;
	return PCIRESET_WHY_QUIRK;
}

static int add(struct pci_dev *dev, void *data)
{
	struct pcireset_plan *plan = data;
	struct pcireset_fn *fns;
	unsigned int max;

	/* On its way in or out; whichever, the generation moves and tells. */
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

struct walk {
	struct pcireset_plan *plan;
	int error;
};

static int add_walked(struct pci_dev *dev, void *data)
{
	struct walk *walk = data;

	walk->error = add(dev, walk->plan);
	return walk->error;
}

static int add_below(struct pcireset_plan *plan, struct pci_dev *bridge)
{
	struct walk walk = { .plan = plan };

	walk_below(bridge, pcireset_plan_caller(plan), add_walked, &walk);
	return walk.error;
}

/* The VFs of a PF whose bus number differs hang on a bus that no bridge leads to. */
static bool is_missed_vf(const struct pcireset_plan *plan, struct pci_dev *vf, unsigned int nr)
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

static bool has_pf(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].dev->is_physfn && pci_num_vf(plan->fns[i].dev))
			return true;
	return false;
}

static int add_missed_vfs(struct pcireset_plan *plan)
{
	unsigned int nr = plan->nr_fns;
	struct pci_dev *dev = NULL;
	int error;

	if (!has_pf(plan))
		return 0;

	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev))) {
		if (!is_missed_vf(plan, dev, nr))
			continue;
		error = add(dev, plan);
		if (error) {
			pci_dev_put(dev);
			return error;
		}
	}
	return 0;
}

/* The device on @top that @dev is or is below of. */
static struct pci_dev *ancestor_on(struct pci_bus *top, struct pci_dev *dev)
{
	dev = pci_physfn(dev);
	while (dev && dev->bus != top)
		dev = dev->bus->self;
	return dev;
}

/* A slot of conventional PCI is one device of several on the bus, one of PCIe is all of it. */
static bool in_slot(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	struct pci_dev *target = pci_physfn(plan->dev);
	struct pci_dev *top;

	if (pcireset_is_downstream_port(plan->bridge))
		return true;
	top = ancestor_on(target->bus, dev);
	return top && PCI_SLOT(top->devfn) == PCI_SLOT(target->devfn);
}

static bool is_reset_by(const struct pcireset_plan *plan, u32 type, struct pci_dev *dev)
{
	if (type & (PCI_RESET_BUS | PCI_RESET_CXL_BUS))
		return true;
	if (type & PCI_RESET_SLOT)
		return in_slot(plan, dev);
	/* PCIe r6.0, sec 9.2.2.1: a reset of the PF clears VF Enable, its VFs are gone. */
	return dev == plan->dev || (dev->is_virtfn && pci_physfn(dev) == plan->dev);
}

static void mark(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	unsigned int i;

	for (i = 0; i < plan->nr_types; i++) {
		u32 type = plan->types[i];

		if (is_reset_by(plan, type, fn->dev))
			fn->reset |= type;
		if ((fn->reset & type) || ((type & PCI_RESET_FUNC) && is_below(plan->dev, fn->dev)))
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

static struct pci_dev *hangs_on(struct pci_dev *dev)
{
	return dev->is_virtfn ? pci_physfn(dev) : dev->bus->self;
}

static int find_parent(const struct pcireset_plan *plan, unsigned int nr)
{
	struct pci_dev *parent = hangs_on(plan->fns[nr].dev);
	int i;

	if (!parent || parent == plan->bridge)
		return -1;
	if (nr && hangs_on(plan->fns[nr - 1].dev) == parent)
		return plan->fns[nr - 1].parent;
	for (i = nr - 1; i >= 0; i--)
		if (plan->fns[i].dev == parent)
			return i;
	return -1;
}

static u32 all_types(const struct pcireset_plan *plan)
{
	u32 types = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_types; i++)
		types |= plan->types[i];
	return types;
}

static void drop_unreached(struct pcireset_plan *plan)
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

static bool has_target(const struct pcireset_plan *plan)
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
 * Takes what the core's own lists forget: VFs on other bus numbers, ARI
 * functions without a slot, all that is below a bridge.
 *
 * Context: Process context. The caller holds pcireset_topology, and no device
 * lock but that of @plan's function.
 * Return: 0, -ENOMEM, or -ENODEV if the function is on its way out.
 */
int pcireset_scope_collect(struct pcireset_plan *plan)
{
	unsigned int i;
	int error;

	if (all_types(plan) & PCI_RESET_LINK) {
		plan->bridge = pcireset_bridge_above(plan->dev);
		if (!plan->bridge)
			return -ENODEV;
		plan->bridge_fn.dev = plan->bridge;
		plan->bridge_fn.parent = -1;
		plan->bridge_fn.flags = PCIRESET_MEMBER_BRIDGE;
		error = add_below(plan, plan->bridge);
	} else {
		error = add(plan->dev, plan);
		if (!error)
			error = add_below(plan, plan->dev);
	}
	if (!error)
		error = add_missed_vfs(plan);
	if (error)
		return error;

	for (i = 0; i < plan->nr_fns; i++)
		mark(plan, &plan->fns[i]);
	drop_unreached(plan);
	for (i = 0; i < plan->nr_fns; i++)
		plan->fns[i].parent = find_parent(plan, i);
	return has_target(plan) ? 0 : -ENODEV;
}
