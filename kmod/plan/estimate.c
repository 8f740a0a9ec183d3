// SPDX-License-Identifier: GPL-2.0-only
/* The time that a plan takes at least, before anything is reset. */
#include <linux/slab.h>

#include "plan/plan.h"

/* pci_reset_secondary_bus(): PCI r3.0, sec 4.3.2 asks for 1 ms, and the core keeps it for 2. */
#define ASSERTED_US (2 * USEC_PER_MSEC)

/**
 * pcireset_estimate_reads - does an estimate read config space of a member?
 * @plan: the plan, with at least one type
 * @fn: the member
 *
 * Return: true if pcireset_estimate() reads it. Then the member must be awake.
 */
bool pcireset_estimate_reads(const struct pcireset_plan *plan, const struct pcireset_planned *fn)
{
	u32 type = plan->types[0];

	if (type & PCIRESET_LINK_TYPES)
		return fn->reach & type;
	return type & (PCI_RESET_FLR | PCI_RESET_PM) && fn->dev == plan->dev;
}

static struct pcireset_times estimate_times(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	u16 rtr_pos = pci_find_ext_capability(dev, PCIRESET_RTR_ID);

	return dev == plan->dev ? pcireset_times_of_target(dev, rtr_pos) :
				  pcireset_times_of(dev, rtr_pos);
}

/**
 * struct estimate_buses - the buses below the bridges of a plan
 * @slowest_us: for each bridge, the time that the slowest function on its bus needs
 * @ready_us: when that bus may be accessed, after the trigger; 0 if no member is on it
 *
 * The bridge of the plan comes first, the members after it.
 */
struct estimate_buses {
	u32 *slowest_us;
	u32 *ready_us;
};

/* Index of the bus that a member is on. For a VF, the bus of its PF counts. */
static unsigned int estimate_bus_of(const struct pcireset_plan *plan,
				    const struct pcireset_planned *fn)
{
	if (fn->dev->is_virtfn && fn->parent >= 0)
		fn = &plan->fns[fn->parent];
	return fn->parent + 1;
}

static void estimate_ask_all(const struct pcireset_plan *plan, const struct estimate_buses *buses)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		unsigned int bus = estimate_bus_of(plan, &plan->fns[i]);
		u32 us;

		if (!pcireset_estimate_reads(plan, &plan->fns[i]))
			continue;
		us = estimate_times(plan, plan->fns[i].dev).link_us;
		buses->slowest_us[bus] = max(buses->slowest_us[bus], us);
		buses->ready_us[bus] = 1;
	}
}

/* Parents come first, so that each bridge's own bus is known by then. */
static u32 estimate_last_ready(const struct pcireset_plan *plan, const struct estimate_buses *buses)
{
	unsigned int i;
	u32 us, last;

	last = pcireset_secondary_us(plan->bridge, 0, buses->slowest_us[0]);
	buses->ready_us[0] = last;
	for (i = 0; i < plan->nr_fns; i++) {
		if (!buses->ready_us[i + 1])
			continue;
		us = buses->ready_us[estimate_bus_of(plan, &plan->fns[i])];
		us = pcireset_secondary_us(plan->fns[i].dev, us, buses->slowest_us[i + 1]);
		buses->ready_us[i + 1] = us;
		last = max(last, us);
	}
	return last;
}

static int estimate_link(const struct pcireset_plan *plan, u64 *us)
{
	struct estimate_buses buses = {
		.slowest_us = kvcalloc(plan->nr_fns + 1, sizeof(u32), GFP_KERNEL_ACCOUNT),
		.ready_us = kvcalloc(plan->nr_fns + 1, sizeof(u32), GFP_KERNEL_ACCOUNT),
	};
	int error = -ENOMEM;

	if (buses.slowest_us && buses.ready_us) {
		estimate_ask_all(plan, &buses);
		*us = ASSERTED_US + (u64)estimate_last_ready(plan, &buses);
		error = 0;
	}
	kvfree(buses.ready_us);
	kvfree(buses.slowest_us);
	return error;
}

/**
 * pcireset_estimate - estimate the time that a plan takes at least
 * @plan: the plan, with at least one type
 * @ret_ns: from the trigger of its first type until its functions may be accessed; at
 *	least 1, or 0 if the type has no known time
 *
 * Context: The caller holds pcireset_topology, whose counter shows that no member was
 * removed, and keeps the members awake for which pcireset_estimate_reads() returns true.
 * Return: 0 or -ENOMEM.
 */
int pcireset_estimate(const struct pcireset_plan *plan, u64 *ret_ns)
{
	u32 type = plan->types[0];
	u64 us = 0;
	int error = 0;

	lockdep_assert_held(&pcireset_topology);
	*ret_ns = 0;
	if (type & PCIRESET_LINK_TYPES)
		error = estimate_link(plan, &us);
	else if (type == PCI_RESET_FLR)
		us = estimate_times(plan, plan->dev).flr_us;
	else if (type == PCI_RESET_PM)
		us = pcireset_quirk_d3hot_ms(plan->dev) * USEC_PER_MSEC +
		     estimate_times(plan, plan->dev).d0_us;
	else
		return 0;
	if (!error)
		*ret_ns = max_t(u64, us * NSEC_PER_USEC, 1);
	return error;
}
