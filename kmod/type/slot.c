// SPDX-License-Identifier: GPL-2.0-only
/* The reset of a hotplug slot, carried out by the hotplug driver of the port. */
#include <linux/pci.h>
#include <linux/pci_hotplug.h>

#include "pcireset.h"

/* As pci_get_slot(), but it does not wait for pci_bus_sem; see walk_carefully(). */
static struct pci_dev *function_0(struct pci_dev *dev)
{
	return pci_get_domain_bus_and_slot(pci_domain_nr(dev->bus), dev->bus->number, 0);
}

/**
 * pcireset_slot_find - find the slot that can reset a function
 * @dev: the function
 * @caller: what locks it may hold
 *
 * A VF is in the slot of its PF. On 6.1 and 6.12 a slot of pciehp only claims
 * device 0, so that ARI functions from number 8 on and their VFs have none;
 * below a PCIe port there is only one slot and function 0 knows it.
 *
 * Return: the slot, or NULL if no hotplug driver offers to reset one. It lives
 * as long as the port's hotplug driver is bound.
 */
struct pci_slot *pcireset_slot_find(struct pci_dev *dev, enum pcireset_caller caller)
{
	struct pci_dev *phys = pci_physfn(dev);
	struct pci_slot *slot = phys->slot;
	struct pci_dev *first;

	if (!slot && phys->bus->self && pcireset_is_downstream_port(phys->bus->self)) {
		first = caller == PCIRESET_CALLER_FREE ? pci_get_slot(phys->bus, 0) :
							 function_0(phys);
		slot = first ? first->slot : NULL;
		pci_dev_put(first);
	}

	if (!slot || !slot->hotplug || !slot->hotplug->ops->reset_slot)
		return NULL;
	/* The second argument asks for a probe; its type is bool or int, and 1 fits both. */
	if (slot->hotplug->ops->reset_slot(slot->hotplug, 1))
		return NULL;
	return slot;
}

void pcireset_probe_slot(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info)
{
	struct pci_dev *bridge = pcireset_bridge_above(dev);

	if (!bridge)
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
	else if (!pcireset_slot_find(dev, caller))
		info->why_not = PCIRESET_WHY_NO_SLOT;
	else if (pcireset_cxl_masks_sbr(bridge))
		info->why_not = PCIRESET_WHY_CXL_MASKED;
	else
		pcireset_link_probe(dev, caller, info);
	pci_dev_put(bridge);
}

/**
 * pcireset_slot_reset - let the hotplug driver reset the slot
 * @run: the run
 *
 * Context: Process context, with the locks of the plan.
 * Return: 0, or -EIO if the slot is gone or its driver failed.
 */
int pcireset_slot_reset(struct pcireset_run *run)
{
	struct pci_slot *slot = pcireset_slot_find(run->plan->dev, PCIRESET_CALLER_LOCKED);
	struct hotplug_slot *hotplug;
	int ret = -EIO;

	if (!slot)
		return -EIO;

	kobject_get(&slot->kobj);
	hotplug = slot->hotplug;
	if (hotplug && try_module_get(hotplug->owner)) {
		if (!hotplug->ops->reset_slot(hotplug, 0))
			ret = 0;
		module_put(hotplug->owner);
	}
	kobject_put(&slot->kobj);

	return ret;
}

int pcireset_trigger_slot(struct pcireset_run *run)
{
	return pcireset_secondary_reset(run);
}
