// SPDX-License-Identifier: GPL-2.0-only
/* Issue one type of reset, with the locks of all members held. */
#include <linux/slab.h>

#include "run/run.h"
#include "run/trace.h"

/*
 * pci_bridge_secondary_bus_reset() waits up to 60 s for the first function below the
 * bridge, and a signal does not end the wait. With a d3cold_delay of 0 it leaves the
 * wait to its caller. All functions below are locked here.
 */
static void issue_swap_delays(struct pcireset_tx *tx, unsigned int *delays)
{
	struct pci_bus *bus = tx->plan->bridge->subordinate;
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].dev->bus == bus)
			swap(tx->fns[i].dev->d3cold_delay, delays[i]);
}

static int issue_link_reset(struct pcireset_run *run, struct pcireset_trigger *trigger)
{
	struct pcireset_tx *tx = run->tx;
	unsigned int *delays;
	int ret;

	delays = kvcalloc(tx->nr_fns, sizeof(*delays), GFP_KERNEL);
	if (!delays)
		return -ENOMEM;

	issue_swap_delays(tx, delays);
	ret = run->type->trigger(trigger);
	/* Before 7.3 pciehp enables link events at the end of its reset, while the link trains. */
	if (tx->bridge_fn.masked.quiet)
		pcireset_hotplug_mask_again(&tx->bridge_fn);
	issue_swap_delays(tx, delays);

	kvfree(delays);
	return ret;
}

/**
 * pcireset_issue - issue the type of a run
 * @run: the run; its times triggered and access_at are written
 *
 * Returns when the reset is no longer asserted. The caller waits for the functions.
 *
 * Context: Process context, with the locks of the plan.
 * Return: 0; -ENOMEM if nothing was issued; -EIO if the reset could not be issued.
 */
int pcireset_issue(struct pcireset_run *run)
{
	struct pcireset_trigger trigger = {
		.dev = run->plan->dev,
		.bridge = run->plan->bridge,
		.times = pcireset_target_times(run->tx),
	};
	u32 type = run->type->bit;
	int error;

	if (type & PCIRESET_LINK_TYPES)
		error = issue_link_reset(run, &trigger);
	else
		error = run->type->trigger(&trigger);
	run->triggered = ktime_get();
	run->access_at = trigger.no_access_us ? ktime_add_us(run->triggered, trigger.no_access_us) :
						0;
	trace_pcireset_trigger(run, type, error);
	return error;
}
