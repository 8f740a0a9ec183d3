// SPDX-License-Identifier: GPL-2.0-only
/* How long a plan would take at least, before anything is reset. */
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pcireset.h"

/* pci_reset_secondary_bus(): PCI r3.0, sec 4.3.2 asks for 1 ms, and the core keeps it for 2. */
#define ASSERTED_US (2 * USEC_PER_MSEC)

static struct pcireset_times ask(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	struct pcireset_times times;

	pm_runtime_get_sync(&dev->dev);
	times = pcireset_times_of(plan, dev);
	pm_runtime_put(&dev->dev);
	return times;
}

/**
 * struct buses - what is below the bridges of a plan
 * @slowest_us: by member whose bus it is, what the slowest function there needs
 * @ready_us: when that bus may be accessed, after the trigger; 0 if no member is on it
 *
 * The bridge of the plan comes first, the members after it.
 */
struct buses {
	u32 *slowest_us;
	u32 *ready_us;
};

/* Where the bus is that a member is on. A VF hangs on its PF, whose bus counts. */
static unsigned int bus_of(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	if (fn->dev->is_virtfn && fn->parent >= 0)
		fn = &plan->fns[fn->parent];
	return fn->parent + 1;
}

static void ask_all(const struct pcireset_plan *plan, const struct buses *buses)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		unsigned int bus = bus_of(plan, &plan->fns[i]);
		u32 us = ask(plan, plan->fns[i].dev).link_us;

		buses->slowest_us[bus] = max(buses->slowest_us[bus], us);
		buses->ready_us[bus] = 1;
	}
}

/* Parents come first, so that each bridge's own bus is known by then. */
static u32 last_ready(const struct pcireset_plan *plan, const struct buses *buses)
{
	unsigned int i;
	u32 us, last;

	last = pcireset_secondary_us(plan->bridge, 0, buses->slowest_us[0]);
	buses->ready_us[0] = last;
	for (i = 0; i < plan->nr_fns; i++) {
		if (!buses->ready_us[i + 1])
			continue;
		us = buses->ready_us[bus_of(plan, &plan->fns[i])];
		us = pcireset_secondary_us(plan->fns[i].dev, us, buses->slowest_us[i + 1]);
		buses->ready_us[i + 1] = us;
		last = max(last, us);
	}
	return last;
}

static int expect_link(const struct pcireset_plan *plan, u64 *us)
{
	struct buses buses = {
		.slowest_us = kvcalloc(plan->nr_fns + 1, sizeof(u32), GFP_KERNEL_ACCOUNT),
		.ready_us = kvcalloc(plan->nr_fns + 1, sizeof(u32), GFP_KERNEL_ACCOUNT),
	};
	int error = -ENOMEM;

	if (buses.slowest_us && buses.ready_us) {
		ask_all(plan, &buses);
		*us = ASSERTED_US + (u64)last_ready(plan, &buses);
		error = 0;
	}
	kvfree(buses.ready_us);
	kvfree(buses.slowest_us);
	return error;
}

static int ask_plan(const struct pcireset_plan *plan, u32 type, u64 *us)
{
	/* Those that have left since cannot be asked; they lead to what may be freed. */
	if (type && atomic64_read(plan->counter) != plan->topology)
		return -ESTALE;
	if (type & PCI_RESET_LINK)
		return expect_link(plan, us);
	if (type == PCI_RESET_FLR)
		*us = ask(plan, plan->dev).flr_us;
	else if (type == PCI_RESET_PM)
		*us = pcireset_quirk_d3hot_ms(plan->dev) * USEC_PER_MSEC +
		      ask(plan, plan->dev).d0_us;
	return 0;
}

/**
 * pcireset_expect - how long a plan would take at least
 * @plan: the plan, perhaps a refused one
 * @ret_ns: from the trigger of its first type until its functions may be accessed; at
 *	least 1, and 0 if there is no type or nothing tells
 *
 * Context: Process context, may sleep. No device lock is held.
 * Return: 0, -ENOMEM, or -ESTALE if functions came or went since @plan was made.
 */
int pcireset_expect(const struct pcireset_plan *plan, u64 *ret_ns)
{
	u32 type = pcireset_plan_type(plan);
	u64 us = 0;
	int error;

	*ret_ns = 0;
	down_read(&pcireset_topology);
	error = ask_plan(plan, type, &us);
	up_read(&pcireset_topology);
	if (!error && type & (PCI_RESET_LINK | PCI_RESET_FLR | PCI_RESET_PM))
		*ret_ns = max_t(u64, us * NSEC_PER_USEC, 1);
	return error;
}
