// SPDX-License-Identifier: GPL-2.0-only
/* Secondary Bus Reset by the bridge above, plain and with the CXL mask lifted. */
#include "pcireset.h"

/* CXL r3.1, sec 8.1.5: the DVSEC of a CXL port and its Port Control register. */
#define CXL_VENDOR_ID               0x1e98
#define CXL_DVSEC_PORT              3
#define CXL_PORT_CONTROL            0x0c
#define CXL_PORT_CONTROL_UNMASK_SBR 0x0001

static u16 cxl_port(struct pci_dev *bridge)
{
	return pci_find_dvsec_capability(bridge, CXL_VENDOR_ID, CXL_DVSEC_PORT);
}

/**
 * pcireset_cxl_masks_sbr - does a bridge ignore Secondary Bus Reset?
 * @bridge: the bridge
 *
 * CXL r3.1, sec 8.1.5.2: while Unmask SBR is clear the bit in Bridge Control
 * has no effect, and a reset by it would be reported and never happen.
 *
 * Return: true if it does.
 */
bool pcireset_cxl_masks_sbr(struct pci_dev *bridge)
{
	u16 pos = cxl_port(bridge);
	u16 control;

	if (!pos)
		return false;
	pci_read_config_word(bridge, pos + CXL_PORT_CONTROL, &control);
	return !PCI_POSSIBLE_ERROR(control) && !(control & CXL_PORT_CONTROL_UNMASK_SBR);
}

/**
 * pcireset_link_probe - what all types that reset the link have in common
 * @dev: the function
 * @caller: what locks it may hold
 * @info: why_not and who are filled in if something below the bridge forbids it
 */
void pcireset_link_probe(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info)
{
	struct pci_dev *bridge = pcireset_bridge_above(dev);
	struct pci_dev *who = NULL;

	if (!bridge) {
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
		return;
	}

	info->why_not = pcireset_scope_refused(bridge, caller, &who);
	if (who)
		info->who = pcireset_addr_of(who);
	pci_dev_put(who);
	pci_dev_put(bridge);
}

void pcireset_probe_bus(struct pci_dev *dev, enum pcireset_caller caller,
			struct pcireset_type_info *info)
{
	struct pci_dev *bridge = pcireset_bridge_above(dev);

	if (!bridge) {
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
		return;
	}

	/* The mask comes first: what the other reason advises would do nothing either. */
	if (pcireset_cxl_masks_sbr(bridge)) {
		info->why_not = PCIRESET_WHY_CXL_MASKED;
		info->who = pcireset_addr_of(bridge);
	} else if (pcireset_slot_find(dev, caller)) {
		info->why_not = PCIRESET_WHY_HOTPLUG;
		info->who = pcireset_addr_of(bridge);
	} else {
		pcireset_link_probe(dev, caller, info);
	}
	pci_dev_put(bridge);
}

void pcireset_probe_cxl_bus(struct pci_dev *dev, enum pcireset_caller caller,
			    struct pcireset_type_info *info)
{
	struct pci_dev *bridge = pcireset_bridge_above(dev);

	if (!bridge)
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
	else if (!cxl_port(bridge))
		info->why_not = PCIRESET_WHY_NO_CXL;
	else
		pcireset_link_probe(dev, caller, info);
	pci_dev_put(bridge);
}

/*
 * pci_bridge_secondary_bus_reset() waits up to 60 s for the first child and
 * cannot be interrupted. It leaves the wait to its caller where no child asks
 * for one, which is what d3cold_delay says; all children are locked here.
 */
static void swap_delays(struct pcireset_plan *plan, unsigned int *delays)
{
	struct pci_bus *bus = plan->bridge->subordinate;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].dev->bus == bus)
			swap(plan->fns[i].dev->d3cold_delay, delays[i]);
}

/* Before 7.3 pciehp enables the events of the link when its reset ends, while the link trains. */
static int reset_slot(struct pcireset_run *run)
{
	int ret = pcireset_slot_reset(run);

	if (run->plan->bridge_fn.quiet)
		pcireset_hotplug_mask_again(&run->plan->bridge_fn);
	return ret;
}

/**
 * pcireset_secondary_reset - reset the bus below the bridge of a plan
 * @run: the run
 *
 * Through the hotplug slot if there is one, for its driver then expects the
 * link to go down. Returns when the reset is no longer asserted; the wait for
 * the link and the functions is the caller's.
 *
 * Context: Process context, with the locks of the plan.
 * Return: 0, -ENOMEM, or -EIO if the reset could not be issued.
 */
int pcireset_secondary_reset(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	unsigned int *delays;
	int ret;

	delays = kvcalloc(plan->nr_fns, sizeof(*delays), GFP_KERNEL);
	if (!delays)
		return -ENOMEM;

	swap_delays(plan, delays);
	if (pcireset_slot_find(plan->dev, PCIRESET_CALLER_LOCKED))
		ret = reset_slot(run);
	else
		ret = pci_bridge_secondary_bus_reset(plan->bridge) ? -EIO : 0;
	swap_delays(plan, delays);

	kvfree(delays);
	return ret;
}

int pcireset_trigger_bus(struct pcireset_run *run)
{
	return pcireset_secondary_reset(run);
}

int pcireset_trigger_cxl_bus(struct pcireset_run *run)
{
	struct pci_dev *bridge = run->plan->bridge;
	u16 pos = cxl_port(bridge);
	u16 control;
	int ret;

	if (!pos)
		return -EIO;

	pci_read_config_word(bridge, pos + CXL_PORT_CONTROL, &control);
	if (PCI_POSSIBLE_ERROR(control))
		return -EIO;

	pci_write_config_word(bridge, pos + CXL_PORT_CONTROL,
			      control | CXL_PORT_CONTROL_UNMASK_SBR);
	ret = pcireset_secondary_reset(run);
	pci_write_config_word(bridge, pos + CXL_PORT_CONTROL, control);
	return ret;
}
