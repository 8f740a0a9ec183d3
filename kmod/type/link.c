// SPDX-License-Identifier: GPL-2.0-only
/* The reset of a link, which the types slot, bus, cxl_bus and link_disable share. */
#include <linux/delay.h>
#include <linux/pci_hotplug.h>

#include "type/type.h"

/* How long to wait for a bind or unbind of pciehp. The members stay locked meanwhile. */
#define LINK_PCIEHP_LOCK_MS 100

/**
 * pcireset_cxl_port - find the DVSEC of a CXL port
 * @bridge: the bridge
 *
 * Return: its position in config space, 0 if the bridge is not a CXL port.
 */
u16 pcireset_cxl_port(struct pci_dev *bridge)
{
	return pci_find_dvsec_capability(bridge, PCIRESET_CXL_VENDOR_ID, PCIRESET_CXL_DVSEC_PORT);
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
	u16 pos = pcireset_cxl_port(bridge);
	u16 control;

	if (!pos)
		return false;
	pci_read_config_word(bridge, pos + PCIRESET_CXL_PORT_CONTROL, &control);
	return !PCI_POSSIBLE_ERROR(control) && !(control & PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
}

struct link_refusal {
	struct pci_dev *who;
};

static int link_refuses_reset(struct pci_dev *dev, void *data)
{
	struct link_refusal *refusal = data;

	if (!(dev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET))
		return 0;
	refusal->who = pci_dev_get(dev);
	return 1;
}

/* A function below @bridge that forbids a reset of its link, referenced, or NULL. */
static struct pci_dev *link_find_broken(struct pci_dev *bridge, enum pcireset_caller caller)
{
	struct link_refusal refusal = { NULL };

	pcireset_walk_below(bridge, caller, link_refuses_reset, &refusal);
	return refusal.who;
}

static bool link_is_broken_port(const struct pci_dev *bridge)
{
	return bridge->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET;
}

/**
 * pcireset_link_refused - does anything forbid a reset of the bus below a bridge?
 * @bridge: the bridge
 * @caller: what locks it may hold
 * @ret_who: what forbids it, referenced, or unchanged
 *
 * Return: enum pcireset_why, 0 if nothing does.
 */
u32 pcireset_link_refused(struct pci_dev *bridge, enum pcireset_caller caller,
			  struct pci_dev **ret_who)
{
	struct pci_dev *who;

	if (!bridge->subordinate)
		return PCIRESET_WHY_NO_BRIDGE;
	who = link_is_broken_port(bridge) ? pci_dev_get(bridge) : link_find_broken(bridge, caller);
	if (!who)
		return PCIRESET_WHY_NONE;
	*ret_who = who;
	return PCIRESET_WHY_QUIRK;
}

/**
 * pcireset_probe_has_slot - does a hotplug driver offer to reset the slot?
 * @probe: the query of a function below a bridge
 *
 * Return: true if it does.
 */
bool pcireset_probe_has_slot(struct pcireset_probe *probe)
{
	if (!(probe->known & PCIRESET_PROBE_SLOT))
		probe->has_slot = pcireset_pciehp_is_bound(probe->bridge);
	probe->known |= PCIRESET_PROBE_SLOT;
	return probe->has_slot;
}

/**
 * pcireset_probe_is_cxl - is the bridge a CXL port?
 * @probe: the query of a function below a bridge
 *
 * Return: true if it is.
 */
bool pcireset_probe_is_cxl(struct pcireset_probe *probe)
{
	if (!(probe->known & PCIRESET_PROBE_CXL)) {
		probe->cxl_port = pcireset_cxl_port(probe->bridge);
		if (probe->cxl_port)
			pci_read_config_word(probe->bridge,
					     probe->cxl_port + PCIRESET_CXL_PORT_CONTROL,
					     &probe->cxl_control);
	}
	probe->known |= PCIRESET_PROBE_CXL;
	return probe->cxl_port;
}

/**
 * pcireset_probe_is_masked - does a CXL port ignore a reset of its link?
 * @probe: the query of a function below a bridge
 * @unmask: the bit of Port Control that would make it heed the reset
 *
 * CXL r3.1, sec 8.1.5.2: while Unmask SBR is clear the bit in Bridge Control has no
 * effect, and while Unmask Link Disable is clear the one in Link Control has none.
 *
 * Return: true if it does.
 */
bool pcireset_probe_is_masked(struct pcireset_probe *probe, u16 unmask)
{
	return pcireset_probe_is_cxl(probe) && !PCI_POSSIBLE_ERROR(probe->cxl_control) &&
	       !(probe->cxl_control & unmask);
}

/**
 * pcireset_probe_below - does a function below the bridge forbid a reset of its link?
 * @probe: the query of a function below a bridge
 * @info: why_not and who are filled in if one does
 */
void pcireset_probe_below(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge->subordinate) {
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
		return;
	}
	if (!(probe->known & PCIRESET_PROBE_BELOW))
		probe->broken = link_find_broken(probe->bridge, probe->caller);
	probe->known |= PCIRESET_PROBE_BELOW;
	if (!probe->broken)
		return;
	info->why_not = PCIRESET_WHY_QUIRK;
	info->who = pcireset_addr_of(probe->broken);
}

/**
 * pcireset_probe_link - what all types that use the bridge's own reset have in common
 * @probe: the query of a function below a bridge
 * @info: why_not and who are filled in if something forbids a reset of the link
 */
void pcireset_probe_link(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge->subordinate || !link_is_broken_port(probe->bridge)) {
		pcireset_probe_below(probe, info);
		return;
	}
	info->why_not = PCIRESET_WHY_QUIRK;
	info->who = pcireset_addr_of(probe->bridge);
}

/*
 * On 6.1 and 6.12 a slot of pciehp only contains device 0, so ARI functions from number 8
 * on and their VFs have none. Below a PCIe port there is only one slot, and function 0 is
 * in it. Unlike pci_get_slot(), this does not wait for pci_bus_sem; see walk_carefully() in
 * topology/.
 */
static struct pci_dev *link_get_in_slot(struct pci_dev *dev)
{
	struct pci_dev *phys = pci_physfn(dev);

	if (phys->slot)
		return pci_dev_get(phys);
	return pci_get_domain_bus_and_slot(pci_domain_nr(phys->bus), phys->bus->number, 0);
}

static int link_reset_slot_locked(struct device *service, struct pci_dev *dev)
{
	struct pci_dev *in_slot = link_get_in_slot(dev);
	struct hotplug_slot *slot = in_slot ? pcireset_pciehp_slot(service, in_slot) : NULL;
	int error = slot ? slot->ops->reset_slot(slot, 0) : -ENODEV;

	pci_dev_put(in_slot);
	return error ? -EIO : 0;
}

/* Only tries: who holds this lock to unbind pciehp may wait for a lock of our caller. */
static bool link_lock_pciehp(struct device *service)
{
	ktime_t end = ktime_add_ms(ktime_get(), LINK_PCIEHP_LOCK_MS);

	while (!device_trylock(service)) {
		if (ktime_after(ktime_get(), end))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/**
 * pcireset_link_reset_slot - reset a hotplug slot
 * @trigger: a function in the slot
 *
 * The slot's driver expects the link to go down. Returns when the reset is no
 * longer asserted. The caller waits for the link and the functions.
 *
 * Context: Process context, with the locks of all functions below the bridge.
 * Return: 0, or -EIO if there is no slot, its driver is being unbound, or it failed.
 */
int pcireset_link_reset_slot(struct pcireset_trigger *trigger)
{
	struct device *service = pcireset_pciehp_get(trigger->bridge);
	int error = -EIO;

	if (service && link_lock_pciehp(service)) {
		error = link_reset_slot_locked(service, trigger->dev);
		device_unlock(service);
	}
	put_device(service);
	return error;
}

/**
 * pcireset_link_reset_bus - reset the bus below a bridge
 * @trigger: the function and its bridge
 *
 * Returns when the reset is no longer asserted. The caller waits for the link and
 * the functions.
 *
 * Context: Process context, with the locks of all functions below the bridge.
 * Return: 0, or -EIO if a hotplug slot has come, or the reset could not be issued.
 */
int pcireset_link_reset_bus(struct pcireset_trigger *trigger)
{
	if (pcireset_pciehp_is_bound(trigger->bridge))
		return -EIO;
	return pci_bridge_secondary_bus_reset(trigger->bridge) ? -EIO : 0;
}
