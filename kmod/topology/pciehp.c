// SPDX-License-Identifier: GPL-2.0-only
/*
 * pciehp, the kernel's hotplug driver for PCIe ports, and its slots. A function points to
 * its slot without a reference, and root may unbind pciehp at any time. pciehp is bound to
 * a child of the port, whose device lock keeps it bound. No module can keep a slot of
 * another hotplug driver, so such slots are not used.
 */
#include <linux/pci_hotplug.h>

#include "topology/topology.h"

/* All drivers of this bus are built in, so that a driver and its name stay valid. */
static bool pciehp_is_bound(struct device *dev)
{
	const struct device_driver *driver = READ_ONCE(dev->driver);

	return dev->bus && !strcmp(dev->bus->name, "pci_express") && driver &&
	       !strcmp(driver->name, "pciehp");
}

static int pciehp_match(struct device *dev, void *data)
{
	struct device **service = data;

	if (!pciehp_is_bound(dev))
		return 0;
	*service = get_device(dev);
	return 1;
}

/**
 * pcireset_pciehp_get - find the device that pciehp is bound to
 * @port: the port
 *
 * Return: the child of @port, referenced, or NULL if pciehp is not bound.
 */
struct device *pcireset_pciehp_get(struct pci_dev *port)
{
	struct device *service = NULL;

	device_for_each_child(&port->dev, &service, pciehp_match);
	return service;
}

/**
 * pcireset_pciehp_is_bound - is the slot of a port managed by pciehp?
 * @port: the port
 *
 * Return: true if it is.
 */
bool pcireset_pciehp_is_bound(struct pci_dev *port)
{
	struct device *service = pcireset_pciehp_get(port);

	put_device(service);
	return service;
}

/**
 * pcireset_pciehp_slot - find the slot of a function
 * @service: the child of the port above the function, from pcireset_pciehp_get()
 * @dev: the function
 *
 * A removed function may still point to a slot that has been freed.
 *
 * Context: The caller holds the device lock of @service, and uses the slot under it.
 * Return: the slot, or NULL if pciehp was unbound, or @dev was removed or is in no slot.
 */
struct hotplug_slot *pcireset_pciehp_slot(struct device *service, struct pci_dev *dev)
{
	device_lock_assert(service);
	if (!pciehp_is_bound(service) || !pcireset_is_there(dev) || !dev->slot)
		return NULL;
	return dev->slot->hotplug;
}
