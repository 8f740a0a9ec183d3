// SPDX-License-Identifier: GPL-2.0-only
/* Secondary Bus Reset below a bridge, while the kernel knows no function there. */
#include "run/run.h"
#include "run/trace.h"

static int empty_refuse(struct pcireset_plan *plan, int error, u32 why, struct pci_dev *who)
{
	plan->why = why;
	plan->who = pcireset_addr_of(who);
	return error;
}

/* The bridge is awake and locked. The caller holds the rescan lock, so no function is added. */
static int empty_check(struct pcireset_plan *plan)
{
	struct pci_dev *bridge = plan->bridge;
	struct pci_dev *who = NULL;
	int error;

	if (!pci_device_is_present(bridge))
		return empty_refuse(plan, -ENODEV, PCIRESET_WHY_GONE, bridge);
	/* A reset of the bridge, or of a function that was below it, has not ended. */
	if (pcireset_is_unfinished(bridge, PCIRESET_SETTLING, NULL) ||
	    pcireset_is_unfinished(bridge, PCIRESET_LATE, NULL) ||
	    pcireset_is_unfinished(bridge, PCIRESET_QUIET_PORT, NULL))
		return empty_refuse(plan, -EBUSY, PCIRESET_WHY_LATE, bridge);
	if (pcireset_contained(bridge))
		return empty_refuse(plan, -EBUSY, PCIRESET_WHY_CONTAINED, bridge);
	if (pcireset_cxl_masks_sbr(bridge))
		return empty_refuse(plan, -EOPNOTSUPP, PCIRESET_WHY_CXL_MASKED, bridge);

	who = pcireset_first_below(bridge);
	if (who)
		error = empty_refuse(plan, -EBUSY, PCIRESET_WHY_SCOPE, who);
	else if (pcireset_link_refused(bridge, PCIRESET_CALLER_FREE, &who))
		error = empty_refuse(plan, -EOPNOTSUPP, PCIRESET_WHY_QUIRK, who);
	else
		error = 0;
	pci_dev_put(who);
	return error;
}

static int empty_trigger(struct pcireset_run *run)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	int error;

	run->type = pcireset_type_find(PCI_RESET_BUS);
	trace_pcireset_begin(run, PCI_RESET_BUS);
	/* The core waits for the functions that it knows, and it knows none. */
	error = pci_bridge_secondary_bus_reset(plan->bridge) ? -EIO : 0;
	run->error = error;
	run->triggered = ktime_get();
	trace_pcireset_trigger(run, PCI_RESET_BUS, error);
	report->type = PCI_RESET_BUS;
	report->issued = PCI_RESET_BUS;
	report->scope = PCIRESET_SCOPE_BUS;
	report->proof = PCIRESET_PROOF_UNKNOWN;
	return error ? empty_refuse(plan, error, PCIRESET_WHY_TRIGGER, plan->bridge) : 0;
}

static int empty_reset_awake(struct pcireset_run *run)
{
	int error = pcireset_lock_bridge(run);

	if (error)
		return error;
	error = empty_check(run->plan);
	if (!error)
		error = empty_trigger(run);
	pcireset_unlock(run->tx);
	return error;
}

/* The device lock keeps the bridge's own driver, and resets of the bridge, away. */
static int empty_reset_locked(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pci_dev *bridge = plan->bridge;
	int error;

	if (!device_trylock(&bridge->dev))
		return empty_refuse(plan, -EBUSY, PCIRESET_WHY_LOCK, bridge);
	if (!pcireset_is_there(bridge))
		error = empty_refuse(plan, -ENODEV, PCIRESET_WHY_GONE, bridge);
	else if (!bridge->subordinate)
		error = empty_refuse(plan, -EOPNOTSUPP, PCIRESET_WHY_NO_BRIDGE, bridge);
	else
		error = empty_reset_awake(run);
	device_unlock(&bridge->dev);
	return error;
}

static int empty_reset(struct pcireset_run *run)
{
	int error;

	pci_lock_rescan_remove();
	error = empty_reset_locked(run);
	pci_unlock_rescan_remove();
	return error;
}

static int empty_plan(struct pci_dev *bridge, struct pcireset_plan **ret_plan)
{
	struct pcireset_request request = { .types = PCI_RESET_BUS };
	struct pcireset_plan *plan;
	int error = pcireset_plan_new(bridge, &request, &plan);

	if (error)
		return error;
	plan->types[0] = PCI_RESET_BUS;
	plan->nr_types = 1;
	plan->scope = PCIRESET_SCOPE_BUS;
	plan->bridge = pci_dev_get(bridge);
	plan->bridge_fn.dev = bridge;
	plan->bridge_fn.parent = -1;
	plan->bridge_fn.flags = PCIRESET_MEMBER_BRIDGE;
	*ret_plan = plan;
	return 0;
}

/**
 * pcireset_empty_bus_reset - reset the bus below a bridge that has no function there
 * @bridge: the bridge, referenced
 * @report: zeroed; the result
 *
 * Returns when the reset is no longer asserted: the caller waits for the link and the
 * device, rescans the bus, and keeps the port from reporting the link down. Refuses if
 * the kernel knows a function on the bus.
 *
 * Context: Process context. The caller holds no lock. Takes the rescan lock for up to
 * a second, but waits for it as long as somebody else has it.
 * Return: 0, -ENODEV, -EBUSY, -EINTR, -EOPNOTSUPP, -ENOMEM, -EIO.
 */
int pcireset_empty_bus_reset(struct pci_dev *bridge, struct pcireset_report *report)
{
	struct pcireset_run run = { .report = report, .started = ktime_get() };
	int error;

	pcireset_origin_here(&run.origin);
	error = empty_plan(bridge, &run.plan);
	if (error)
		return error;
	error = pcireset_tx_new(run.plan, &run.tx);
	if (!error)
		error = empty_reset(&run);
	run.plan->error = error;
	report->total_ns = ktime_to_ns(ktime_sub(ktime_get(), run.started));
	pcireset_plan_report(run.plan, report);
	if (report->issued)
		pcireset_stats_issued(&run, error);
	else
		pcireset_stats_refused();
	trace_pcireset_end(&run, error);
	pcireset_tx_put(run.tx);
	pcireset_plan_put(run.plan);
	return error;
}
